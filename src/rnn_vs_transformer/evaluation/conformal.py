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
    channels, _, horizon = residuals.shape
    nominal = np.array(levels)[:, None, None]
    return widths_at(residuals, np.broadcast_to(nominal, (len(levels), channels, horizon)))


def widths_at(residuals: FloatArray, levels: FloatArray) -> FloatArray:
    """As `half_widths`, with a level of its own for each channel and horizon step.

    Args:
        residuals: Errors to size the intervals on (C, N, H).
        levels: (levels, C, H); at 0 or less an interval is as narrow as can be.

    Returns:
        (levels, C, H).
    """
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
