"""The rows of the reports: what is told of the scores of one forecaster, and of two against each other."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from rnn_vs_transformer.data.evidence import FEWEST_SERIES, NotEnoughData
from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.evaluation.comparison import Comparison, compare
from rnn_vs_transformer.evaluation.intervals import ratio_interval
from rnn_vs_transformer.evaluation.metrics import owa
from rnn_vs_transformer.evaluation.scoring import Scores, mean_series_mse
from rnn_vs_transformer.evaluation.series_comparison import SeriesComparison, compare_series, widened
from rnn_vs_transformer.evaluation.test_split import TestSplit
from rnn_vs_transformer.runtime.files import finite
from rnn_vs_transformer.settings.evaluate import EvaluateParams

DIGITS: Final = 8
"""Decimals in reports: more than the models' float32 carries."""


def error_row(runs: Sequence[Scores]) -> dict[str, float]:
    """`mse` and `mae` of the seeds of one forecaster, in scaled units: means of single models."""
    return {"mse": float(np.mean([seed.mse for seed in runs])), "mae": float(np.mean([seed.mae for seed in runs]))}


def panel_row(runs: Sequence[Scores], references: Mapping[str, Scores]) -> dict[str, float]:
    """`smape` in %, and `owa` where Naive2 is defined for every series: what panels are known by, means over seeds."""
    mase, smape = (float(np.mean([getattr(seed, name) for seed in runs])) for name in ("mase", "smape"))
    if (naive2 := references.get("naive2")) is None:
        return {"smape": smape}
    return {"smape": smape, "owa": owa(smape, mase, naive2.smape, naive2.mase)}


def family_row(runs: Sequence[Scores], test: TestSplit, params: EvaluateParams) -> dict[str, float]:
    """`error_row` of a family, and where time suffices `mse_ci_low` and `mse_ci_high`, 95 % over seeds and time."""
    if not test.has_blocks:
        return error_row(runs)
    losses = _losses(runs)
    weights = np.broadcast_to(test.over_time(np.ones(len(test.truth))), losses.shape)  # 1 where all series are there
    interval = ratio_interval(losses, weights, test.block_length, params.resamples, params.seed)
    return {**error_row(runs), "mse_ci_low": interval.low, "mse_ci_high": interval.high}


def control_row(
    name: str, runs: Sequence[Scores], control: Sequence[Scores], test: TestSplit, params: EvaluateParams
) -> dict[str, float]:
    """`ridge_difference` and the like: relative MSE difference of a family from a control, with 95 % interval.

    It is negative where the family is better. A control of one run stands for each seed. Empty without enough data.
    """
    if not test.has_blocks:
        if len(test.series) < FEWEST_SERIES:
            return {}
        found = _compare_over_series(control, runs, params)
        ends = {"": found.relative_mse_difference, "_ci_low": found.ci_low, "_ci_high": found.ci_high}
        return {f"{name}_difference{end}": value for end, value in ends.items()}
    losses = _losses(runs)
    theirs = np.broadcast_to(_losses(control), losses.shape)
    interval = ratio_interval(losses, theirs, test.block_length, params.resamples, params.seed)
    return {
        f"{name}_difference": float(losses.mean() / theirs.mean() - 1),
        f"{name}_difference_ci_low": interval.low - 1,
        f"{name}_difference_ci_high": interval.high - 1,
    }


def compare_runs(
    first: Sequence[Scores], second: Sequence[Scores], test: TestSplit, params: EvaluateParams
) -> Comparison | NotEnoughData:
    """The second group of seeds against the first, paired by seed.

    Below `FEWEST_SERIES` the units are blocks of time, see `compare`. From there on they are the series, see
    `compare_series`; as series may share shocks, the interval is as wide as that over time too, where there is one.
    """
    if len(test.series) < FEWEST_SERIES:
        return compare(_losses(first), _losses(second), test.block_length, params)
    over_series = _compare_over_series(first, second, params)
    if not test.has_blocks:
        return over_series
    over_time = compare(_losses(first), _losses(second), test.block_length, params)
    return widened(over_series, over_time, params) if isinstance(over_time, Comparison) else over_series


def _compare_over_series(first: Sequence[Scores], second: Sequence[Scores], params: EvaluateParams) -> SeriesComparison:
    return compare_series(mean_series_mse(first), mean_series_mse(second), params)


def rounded(row: Mapping[str, float | str]) -> dict[str, float | str]:
    """The row as it is written.

    Raises:
        ValueError: A number is not finite.
    """
    told = {key: value for key, value in row.items() if value is not None}
    return {key: value if isinstance(value, str) else round(finite(value), DIGITS) for key, value in told.items()}


def _losses(runs: Sequence[Scores]) -> FloatArray:
    """(seeds, N)."""
    return np.stack([seed.window_mse for seed in runs])
