"""The times of the rows of a table, and how they are written."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd


@dataclass(frozen=True)
class Stamps:
    """The times of all rows (not-a-time where there is none), and how they are written."""

    times: pd.DatetimeIndex
    """As written, or in their zone where offsets are written."""
    notation: str | None = None
    """See `Axis.notation`."""
    wall: pd.DatetimeIndex | None = None
    """The local clock, where offsets change: `times` are in UTC then."""
    why: str = "read as times"

    def spread(self, codes: npt.NDArray[np.integer]) -> "Stamps":
        """The times of all rows, out of those of distinct cells; -1 is a row without a time."""
        wall = None if self.wall is None else _spread(self.wall, codes)
        return replace(self, times=_spread(self.times, codes), wall=wall)


def _spread(times: pd.DatetimeIndex, codes: npt.NDArray[np.integer]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.Series(times).reindex(codes))
