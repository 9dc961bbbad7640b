"""How often the prediction intervals of both families held the truth on test."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from rnn_vs_transformer.data.windows import Windows, to_tensor
from rnn_vs_transformer.evaluation.adaptive_conformal import STEP, adaptive_intervals
from rnn_vs_transformer.evaluation.comparison import mean_interval
from rnn_vs_transformer.evaluation.conformal import LEVELS, half_widths, inside
from rnn_vs_transformer.evaluation.interval_scores import ensemble_forecast, load_seeds, validation_residuals
from rnn_vs_transformer.evaluation.scoring import TestSplit
from rnn_vs_transformer.models.shell import Builder
from rnn_vs_transformer.params import EvaluateParams

FloatArray = npt.NDArray[np.float64]


def score_intervals(
    builders: Mapping[str, Builder], seeds: int, test: TestSplit, params: EvaluateParams
) -> dict[str, dict[str, float]]:
    """Coverage on test and mean width, in scaled units, of the intervals about the mean forecast of the seeds.

    Returns:
        Per family `coverage_80` with its 95 % interval over time, `width_80`, the scores of `score_rolling`, and so
        on; a level for which validation is too short is left out.
    """
    return {family: _score_family(family, build, seeds, test, params) for family, build in builders.items()}


def _score_family(family: str, build: Builder, seeds: int, test: TestSplit, params: EvaluateParams) -> dict[str, float]:
    meta = test.meta
    forecasters = load_seeds(family, build, seeds, meta)
    calibration = validation_residuals(forecasters, test.values[: meta.borders.validation_end], meta)
    windows = Windows(to_tensor(test.values), test.origins, meta.context_length, meta.prediction_length)
    residuals = test.truth - ensemble_forecast(forecasters, windows).reshape(test.truth.shape)
    found: dict[str, float] = {}
    for level in LEVELS:
        widths, name = half_widths(calibration, [level]), f"{100 * level:.0f}"
        if not np.isfinite(widths).all():
            continue
        hits = inside(residuals, widths)[0]
        found |= {f"coverage_{name}": float(hits.mean()), f"width_{name}": float(2 * widths.mean())}
        found |= _interval(name, hits.mean(axis=(0, 2)), test.block_length, params)
        found |= score_rolling(calibration, residuals, level)
    return found


def score_rolling(calibration: FloatArray, residuals: FloatArray, level: float, step: float = STEP) -> dict[str, float]:
    """Coverage and width of intervals that follow the series (`adaptive_intervals`), as means over windows.

    Args:
        calibration: Errors on validation (C, N0, H).
        residuals: Errors on test (C, N, H).
        level: Nominal coverage.
        step: How fast the level moves.

    Returns:
        `rolling_coverage_80`; `rolling_unbounded_80`, the share of intervals of infinite width; `rolling_width_80`,
        the mean width of the others (left out where there are none).
    """
    hits, widths = adaptive_intervals(calibration, residuals, [level], step)
    _, count, horizon = residuals.shape
    windows = np.bincount(np.arange(count) // horizon)  # of each block; the last may be short
    weights = np.broadcast_to(windows[:, None], widths.shape)
    bounded, name = np.isfinite(widths), f"{100 * level:.0f}"
    found = {
        f"rolling_coverage_{name}": float(hits.mean()),
        f"rolling_unbounded_{name}": float(np.average(~bounded, weights=weights)),
    }
    if bounded.any():
        found[f"rolling_width_{name}"] = float(2 * np.average(widths[bounded], weights=weights[bounded]))
    return found


def _interval(name: str, hits: FloatArray, block: int, params: EvaluateParams) -> dict[str, float]:
    """95 % interval over time of a coverage, from the share of hits of each window (N,); none where it is undefined."""
    if hits.min() == hits.max():
        return {}
    found = mean_interval(hits[None], block, params.resamples, params.seed)
    ends = {f"coverage_{name}_ci_low": found.low, f"coverage_{name}_ci_high": min(1.0, found.high)}
    return ends if np.isfinite([found.low, found.high]).all() else {}
