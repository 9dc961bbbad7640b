"""Split-conformal intervals: as wide as the validation errors of the same horizon step and channel were.

Sources: Vovk, Gammerman and Shafer (2005); Lei et al. (2018). The guarantee holds for exchangeable errors. Neighbouring
windows overlap and a series may drift, so here the coverage is measured on test and not promised.

Those that follow the series are sized anew every H steps, at a level that each miss raises and each hit lowers:
adaptive conformal inference, Gibbs and Candes (2021), alpha_{t+1} = alpha_t + gamma*(alpha - err_t). For each channel
and horizon step, 1 - alpha_t is the level, err_t is 1 where window t missed, and gamma is `STEP`. The paper learns from
each t at once; a forecast H steps ahead is judged H steps late, so here the level moves once in H windows.
"""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

LEVELS: Final = (0.80, 0.95)
"""Nominal coverages of the intervals."""
STEP: Final = 0.002
"""gamma: a miss raises the level by this times the nominal one, a hit lowers it by this times 1 less the nominal.
Chosen on other worlds, see docs/decisions.md."""


def half_widths(residuals: FloatArray, levels: Sequence[float] = LEVELS) -> FloatArray:
    """Half the width of intervals: the least absolute residual that at least ceil((N + 1) * level) of N do not exceed.

    Args:
        residuals: Truth less forecast on validation (C, N, H).
        levels: Nominal coverages, each in (0, 1).

    Returns:
        (levels, C, H); infinite where N is too small for a level.

    >>> half_widths(np.array([[[3.0], [-1.0], [2.0], [-4.0]]]), [0.5, 0.8, 0.9]).ravel().tolist()
    [3.0, 4.0, inf]
    """
    channels, _, horizon = residuals.shape
    nominal = np.array(levels)[:, None, None]
    return widths_at(residuals, np.broadcast_to(nominal, (len(levels), channels, horizon)))


def half_widths_by_series(residuals: Sequence[FloatArray], levels: Sequence[float] = LEVELS) -> FloatArray:
    """`half_widths` of each series from its residuals (N, H), of which it may have any number: (levels, S, H).

    Where a series has too few for a level, those of all series together count, in scaled units.
    """
    own = np.concatenate([half_widths(one[None], levels) for one in residuals], axis=1)
    return np.where(np.isfinite(own), own, half_widths(np.concatenate(residuals)[None], levels))


def widths_at(residuals: FloatArray, levels: FloatArray) -> FloatArray:
    """As `half_widths`, with levels (levels, C, H); at 0 or less an interval is as narrow as can be."""
    channels, count, horizon = residuals.shape
    ranked = np.full((channels, count + 2, horizon), math.inf)
    ranked[:, 0] = 0.0
    ranked[:, 1:-1] = np.sort(np.abs(residuals), axis=1)
    rank = np.ceil(np.round((count + 1) * levels, 9)).clip(0, count + 1).astype(np.int64)
    widths: FloatArray = np.take_along_axis(ranked[None], rank[:, :, None], axis=2)[:, :, 0]
    return widths


def inside(residuals: FloatArray, widths: FloatArray) -> BoolArray:
    """Which errors (C, N, H) the half widths (levels, C, H) cover, ends included: (levels, C, N, H)."""
    hits: BoolArray = np.abs(residuals)[None] <= widths[:, :, None, :]
    return hits


def adaptive_intervals(
    calibration: FloatArray, residuals: FloatArray, levels: Sequence[float] = LEVELS, step: float = STEP
) -> tuple[BoolArray, FloatArray]:
    """Which errors of consecutive windows lie in their intervals, and half the widths of these.

    Every H steps the intervals are sized on the latest known windows, as many as there were at first. A window counts,
    for the widths and for the level, once its last target has been observed, H steps after its origin. However the
    errors drift, of the first N windows that count the share of misses is at most (1 - level)/(step*N) + 2*H/N above
    nominal.

    Args:
        calibration: Errors on windows (C, N0, H), the last of them H origins before the first of `residuals`.
        residuals: Errors of consecutive windows (C, N, H).
        levels: Nominal coverages.
        step: How fast the level moves; with 0 the intervals roll and do not adapt.

    Returns:
        Hits (levels, C, N, H) and half widths (levels, C, blocks of H windows, H); a half width is infinite where
        misses have raised the level beyond what the largest known error can cover.
    """
    horizon, kept = residuals.shape[2], calibration.shape[1]
    known = np.concatenate([calibration, residuals], axis=1)
    nominal = np.array(levels)[:, None, None]
    working = np.broadcast_to(nominal, (len(levels), residuals.shape[0], horizon))
    hits = np.zeros((len(levels), *residuals.shape), dtype=np.bool_)
    widths, judged = [], 0
    for start in range(0, residuals.shape[1], horizon):
        observed = max(0, start - horizon + 1)
        surplus = nominal * (observed - judged) - hits[:, :, judged:observed].sum(axis=2)  # misses beyond nominal
        working = np.maximum(working + step * surplus, 0.0)  # below, exact forecasts would sink it for good
        widths.append(widths_at(known[:, observed : observed + kept], working))
        some = slice(start, start + horizon)
        hits[:, :, some] = inside(residuals[:, some], widths[-1])
        judged = observed
    return hits, np.stack(widths, axis=2)
