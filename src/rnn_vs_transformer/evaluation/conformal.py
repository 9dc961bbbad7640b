"""Split-conformal intervals: as wide as the validation errors of the same horizon step and channel were.

Sources: Vovk, Gammerman and Shafer (2005); Lei et al. (2018). The guarantee holds for exchangeable errors. Neighbouring
windows overlap and a series may drift, so here the coverage is measured on test and not promised.
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


def half_widths(residuals: FloatArray, levels: Sequence[float] = LEVELS) -> FloatArray:
    """Half the width of the interval of each level, channel and horizon step.

    The least absolute residual that at least ceil((N + 1) * level) of N do not exceed.

    Args:
        residuals: Truth less forecast on validation (C, N, H).
        levels: Nominal coverages, each in (0, 1).

    Returns:
        (levels, C, H); infinite where N is too small for a level.

    >>> half_widths(np.array([[[3.0], [-1.0], [2.0], [-4.0]]]), [0.5, 0.8, 0.9]).ravel().tolist()
    [3.0, 4.0, inf]
    """
    count = residuals.shape[1]
    ranked = np.sort(np.abs(residuals), axis=1)
    widths = np.full((len(levels), residuals.shape[0], residuals.shape[2]), math.inf)
    for place, level in enumerate(levels):
        rank = math.ceil(round((count + 1) * level, 9))
        if rank <= count:
            widths[place] = ranked[:, rank - 1]
    return widths


def inside(residuals: FloatArray, widths: FloatArray) -> BoolArray:
    """Which errors (C, N, H) the half widths (levels, C, H) cover, ends included: (levels, C, N, H)."""
    hits: BoolArray = np.abs(residuals)[None] <= widths[:, :, None, :]
    return hits


def rolling_inside(calibration: FloatArray, residuals: FloatArray, levels: Sequence[float] = LEVELS) -> BoolArray:
    """As `inside`, with widths that follow the series: sized anew every H steps on the latest windows that are known.

    A window counts once its last target has been observed, H steps after its origin, so nothing of the future is used.
    As many windows are kept as there were at first.

    Args:
        calibration: Errors on the windows before the first of `residuals` (C, N0, H), the last of them H origins
            earlier, so that all their targets are known.
        residuals: Errors of consecutive windows (C, N, H).
        levels: Nominal coverages.

    Returns:
        (levels, C, N, H).
    """
    horizon, kept = residuals.shape[2], calibration.shape[1]
    known = np.concatenate([calibration, residuals], axis=1)
    hits = np.zeros((len(levels), *residuals.shape), dtype=np.bool_)
    for start in range(0, residuals.shape[1], horizon):
        end = kept + max(0, start - horizon + 1)
        some = slice(start, start + horizon)
        hits[:, :, some] = inside(residuals[:, some], half_widths(known[:, end - kept : end], levels))
    return hits
