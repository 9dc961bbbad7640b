"""How often the prediction intervals about a forecast, sized on validation, hold the truth on test."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rnn_vs_transformer.data.evidence import FEWEST_BLOCKS
from rnn_vs_transformer.evaluation.conformal import LEVELS, STEP, adaptive_intervals, half_widths_by_series, inside
from rnn_vs_transformer.evaluation.intervals import bootstrap_interval
from rnn_vs_transformer.settings.evaluate import EvaluateParams

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rolling:
    """Scores of intervals that follow the series, as means over windows."""

    coverage: float
    unbounded: float
    """Share of the intervals that have an infinite width."""
    width: float | None
    """Mean width of the others, in scaled units; None where there are none."""


def coverage_row(
    calibration: Sequence[FloatArray], residuals: Sequence[FloatArray], block: int, params: EvaluateParams
) -> dict[str, float]:
    """Coverage on test and mean width, in scaled units, of both kinds of intervals: means over series.

    Args:
        calibration: Truth less forecast on validation (N0, H) of each series.
        residuals: Truth less forecast on test (N, H) of each series.
        block: Forecast origins that are resampled together.
        params: The bootstrap.

    Returns:
        `coverage_80`, with its 95 % interval over time where all series have as many windows, `width_80`,
        `rolling_coverage_80`, `rolling_unbounded_80` and `rolling_width_80`, and so on; a level for which validation is
        too short is left out.
    """
    found: dict[str, float] = {}
    pairs = [(before, after) for before, after in zip(calibration, residuals, strict=True) if len(after)]
    for level in LEVELS:
        widths, name = half_widths_by_series(calibration, [level]), f"{100 * level:.0f}"
        if not np.isfinite(widths).all():
            continue
        hits = [inside(after[None], widths[:, [number]])[0, 0] for number, after in enumerate(residuals) if len(after)]
        coverage = float(np.mean([some.mean() for some in hits]))
        found |= {f"coverage_{name}": coverage, f"width_{name}": float(2 * np.mean(widths))}
        if len({len(some) for some in hits}) == 1:
            found |= _interval(name, np.mean(hits, axis=(0, 2)), block, params)
        rolling = [score_rolling(before[None], after[None], level) for before, after in pairs]
        found[f"rolling_coverage_{name}"] = float(np.mean([one.coverage for one in rolling]))
        found[f"rolling_unbounded_{name}"] = float(np.mean([one.unbounded for one in rolling]))
        if bounded := [one.width for one in rolling if one.width is not None]:
            found[f"rolling_width_{name}"] = float(np.mean(bounded))
    return found


def score_rolling(calibration: FloatArray, residuals: FloatArray, level: float, step: float = STEP) -> Rolling:
    """Scores of `adaptive_intervals` of one nominal level, from errors on validation (C, N0, H) and test (C, N, H)."""
    hits, widths = adaptive_intervals(calibration, residuals, [level], step)
    windows = np.bincount(np.arange(residuals.shape[1]) // residuals.shape[2])  # of each block; the last may be short
    weights = np.broadcast_to(windows[:, None], widths.shape)
    bounded = np.isfinite(widths)
    return Rolling(
        coverage=float(hits.mean()),
        unbounded=float(np.average(~bounded, weights=weights)),
        width=float(2 * np.average(widths[bounded], weights=weights[bounded])) if bounded.any() else None,
    )


def _interval(name: str, hits: FloatArray, block: int, params: EvaluateParams) -> dict[str, float]:
    """95 % interval over time of a coverage, from the share of hits of each window (N,); none where it is undefined."""
    if hits.min() == hits.max() or len(hits) < FEWEST_BLOCKS * block:
        return {}
    found = bootstrap_interval(hits[None], block, params.resamples, params.seed)
    ends = {f"coverage_{name}_ci_low": found.low, f"coverage_{name}_ci_high": min(1.0, found.high)}
    return ends if np.isfinite([found.low, found.high]).all() else {}
