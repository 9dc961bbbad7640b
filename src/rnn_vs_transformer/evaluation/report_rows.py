"""What reports say of scored forecasters: mean errors with their interval, and one group of seeds against another."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from rnn_vs_transformer.evaluation.comparison import Comparison, compare, mean_interval, ratio_interval
from rnn_vs_transformer.evaluation.scoring import Scores, TestSplit
from rnn_vs_transformer.params import EvaluateParams
from rnn_vs_transformer.runtime.files import finite

DIGITS: Final = 8
"""Decimals in reports: more than the models' float32 carries."""


def error_row(runs: Sequence[Scores]) -> dict[str, float]:
    """`mse` and `mae` of the seeds of one forecaster, in scaled units: means of single models."""
    return {"mse": float(np.mean([seed.mse for seed in runs])), "mae": float(np.mean([seed.mae for seed in runs]))}


def family_row(runs: Sequence[Scores], test: TestSplit, params: EvaluateParams) -> dict[str, float]:
    """`error_row` of a family, with `mse_ci_low` and `mse_ci_high`, its 95 % interval over seeds and time."""
    interval = mean_interval(_losses(runs), test.block_length, params.resamples, params.seed)
    return {**error_row(runs), "mse_ci_low": interval.low, "mse_ci_high": interval.high}


def ridge_row(runs: Sequence[Scores], ridge: Scores, test: TestSplit, params: EvaluateParams) -> dict[str, float]:
    """The relative MSE difference of a family from ridge on the same windows, negative where the family is better.

    It is `ridge_difference`, with its 95 % interval over seeds and time.
    """
    losses = _losses(runs)
    linear = np.tile(ridge.window_mse, (len(losses), 1))
    interval = ratio_interval(losses, linear, test.block_length, params.resamples, params.seed)
    return {
        "ridge_difference": float(losses.mean() / linear.mean() - 1),
        "ridge_difference_ci_low": interval.low - 1,
        "ridge_difference_ci_high": interval.high - 1,
    }


def compare_runs(
    first: Sequence[Scores], second: Sequence[Scores], test: TestSplit, params: EvaluateParams
) -> Comparison:
    """The second group of seeds against the first, paired by seed and window; see `compare`."""
    return compare(_losses(first), _losses(second), test.block_length, params.margin, params.resamples, params.seed)


def rounded(row: Mapping[str, float | str]) -> dict[str, float | str]:
    """The row as it is written.

    Raises:
        ValueError: A number is not finite.
    """
    return {key: value if isinstance(value, str) else round(finite(value), DIGITS) for key, value in row.items()}


def _losses(runs: Sequence[Scores]) -> npt.NDArray[np.float64]:
    """(seeds, N)."""
    return np.stack([seed.window_mse for seed in runs])
