"""The time axis that all series of a panel share: what was read, and what continues it into the future."""

from dataclasses import dataclass, field, replace
from typing import Final, Self

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.panel import IntArray
from rnn_vs_transformer.runtime.errors import InputError

SEASONS: Final = {"h": 24, "bh": 8, "B": 5, "D": 7, "W": 52, "MS": 12, "ME": 12, "BMS": 12, "BME": 12, "QS": 4, "QE": 4,
                  "BQS": 4, "BQE": 4, "YS": 1, "YE": 1, "BYS": 1, "BYE": 1, "min": 1440, "s": 86400}  # fmt: skip
"""Steps in one season by pandas frequency: a day of hours, minutes or seconds, a week of days, a year of the rest."""
EPOCHS: Final = {"seconds": "s", "milliseconds": "ms", "microseconds": "us", "nanoseconds": "ns"}
"""Units of the time since 1970, by name."""
WEEK: Final = 7 * 86400
MONDAY: Final = pd.Timestamp("1970-01-05")


@dataclass(frozen=True)
class Axis:
    """Step 0 and what follows it. Steps are plain numbers where `first` or the spacing is unknown.

    The spacing is one of three: pandas' `frequency`, `months` from one `day` of the month to the next, or the times of
    the `week` that come each week again, such as opening hours.
    """

    first: str | None = None
    """The time of step 0 in ISO 8601, on the local clock where there is a zone."""
    frequency: str | None = None
    """pandas' name of the spacing, such as `h` or `W-SAT`."""
    zone: str | None = None
    """Such as Europe/Berlin or UTC+01:00."""
    clock: bool = False
    """With a zone: whether steps are even on the local clock (days of 23, 24 or 25 hours), not in hours that pass."""
    months: int = 0
    day: int = 0
    week: list[int] = field(default_factory=list)
    """Seconds since Monday's midnight."""
    notation: str | None = None
    """How the file wrote its times: a format of strftime (with %q for the quarter), or a unit since 1970."""

    @property
    def known(self) -> bool:
        """Whether steps have times."""
        return self.first is not None and bool(self.frequency or self.months or self.week)

    @property
    def spacing(self) -> str:
        """In words."""
        if self.week:
            return f"{len(self.week)} times a week"
        if self.months:
            return f"{self.months} month{'s' * (self.months > 1)}, on day {self.day}"
        return self.frequency or "unknown"

    def times(self, steps: IntArray) -> pd.Index:
        """The times of steps, which may lie beyond the last one read; the steps themselves where times are unknown."""
        steps = np.asarray(steps, dtype=np.int64)
        if not self.known:
            return pd.Index(steps)
        bare = self._bare(int(steps.max(initial=0)) + 1)[steps]
        return self.with_zone(bare)

    def labels(self, steps: IntArray) -> list[str]:
        """The times of steps as the file writes them: 2029, 2009Q4, 1640995200; in ISO 8601 where that is as good."""
        times = self.times(steps)
        if not isinstance(times, pd.DatetimeIndex):
            return [str(step) for step in times]
        if self.notation is None:
            daily = self.zone is None and (self._bare(3) == self._bare(3).normalize()).all()
            return [str(time.date() if daily else time) for time in times]
        if self.notation in EPOCHS:
            bare = times.tz_convert("UTC").tz_localize(None) if times.tz else times
            return [
                str(number)
                for number in bare.to_numpy().astype(f"datetime64[{EPOCHS[self.notation]}]").astype(np.int64)
            ]
        form = self.notation
        return [time.strftime(form.replace("%q", str(time.quarter))) for time in times]

    def steps_of(self, times: pd.DatetimeIndex) -> IntArray:
        """The steps of times; -1 for a time that is not on the axis, or before it."""
        return self.steps_of_bare(self.bare(times))

    def steps_of_bare(self, bare: pd.DatetimeIndex) -> IntArray:
        """The same, of times without a zone, as `bare` gives them."""
        if not len(bare):
            return np.empty(0, dtype=np.int64)
        return self._until(bare.max()).get_indexer(bare).astype(np.int64)

    def starting_at(self, first: pd.Timestamp) -> Self:
        """The same spacing from another first step on."""
        return replace(self, first=str(first))

    def bare(self, times: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """Times without a zone, in which the steps are even."""
        if times.tz is None:
            return times
        return times.tz_convert(self.zone if self.clock and self.zone else "UTC").tz_localize(None)

    def with_zone(self, bare: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """Bare times in the zone."""
        if self.zone is None:
            return bare
        if self.clock:
            return bare.tz_localize(self.zone, ambiguous=np.ones(len(bare), dtype=bool), nonexistent="shift_forward")
        return bare.tz_localize("UTC").tz_convert(self.zone)

    def _start(self) -> pd.Timestamp:
        return self.bare(pd.DatetimeIndex([pd.Timestamp(self.first or "")]))[0]

    def _until(self, last: pd.Timestamp) -> pd.DatetimeIndex:
        """All steps up to a time, bare."""
        start = self._start()
        if last < start:
            return pd.DatetimeIndex([start])
        if self.week:
            return self._bare(((last - start) // pd.Timedelta(seconds=WEEK) + 2) * len(self.week))
        if self.months:
            return self._bare(((last.year - start.year) * 12 + last.month - start.month) // self.months + 2)
        return pd.date_range(start, last, freq=self.frequency)

    def _bare(self, count: int) -> pd.DatetimeIndex:
        """The first steps, bare."""
        start = self._start()
        if self.week:
            slots, origin = np.array(self.week), (start - MONDAY) // pd.Timedelta(seconds=WEEK)
            offset = int(np.searchsorted(slots, int((start - MONDAY).total_seconds()) - origin * WEEK))
            weeks, slot = np.divmod(np.arange(count) + offset, len(slots))
            seconds = (weeks + origin) * WEEK + slots[slot]
            return pd.DatetimeIndex(MONDAY.as_unit(start.unit) + pd.to_timedelta(seconds, unit="s"))
        if self.months:
            firsts = pd.date_range(start.normalize().replace(day=1), periods=count, freq=f"{self.months}MS")
            days = np.minimum(self.day, firsts.days_in_month.to_numpy()) - 1
            return pd.DatetimeIndex(firsts + pd.to_timedelta(days, unit="D") + (start - start.normalize()))
        return pd.date_range(start, periods=count, freq=self.frequency)


def season_length_of(axis: Axis) -> int:
    """Steps in one season, from the spacing of the times; InputError where that is unknown or has no usual season."""
    advice = "set data.season_length to the number of steps in one season"
    if not axis.known:
        raise InputError(f"data.season_length: auto needs a time column with a known spacing; {advice}")
    if axis.week:
        days = len({slot // 86400 for slot in axis.week})
        return len(axis.week) // days if len(axis.week) > days else days
    frequency = f"{axis.months}MS" if axis.months else str(axis.frequency)
    name = frequency.lstrip("0123456789").split("-")[0]
    count = int(frequency[: len(frequency) - len(frequency.lstrip("0123456789"))] or 1)
    season, rest = divmod(SEASONS.get(name, 0), 1 if SEASONS.get(name) == 1 else count)
    if not season or rest or (season == 1 and SEASONS[name] > 1):
        raise InputError(f"data.season_length: auto knows no season for spacing {frequency!r}; {advice}")
    return season
