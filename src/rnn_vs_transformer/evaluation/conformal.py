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


def coverage(forecast: FloatArray, truth: FloatArray, widths: FloatArray) -> FloatArray:
    """Share of the truths (C, N, H) that lie in the intervals, ends included, for each level (levels,)."""
    inside = np.abs(truth - forecast)[None] <= widths[:, :, None, :]
    share: FloatArray = inside.mean(axis=(1, 2, 3))
    return share
