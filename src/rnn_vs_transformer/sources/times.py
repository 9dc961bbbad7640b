"""Times out of text, and the regular axis that they lie on."""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

from rnn_vs_transformer.runtime.errors import InputError, quoted

FEWEST_TIMES = 3
"""What pandas needs to tell a spacing."""
FEWEST_WEEKENDS = 2
"""Weekends that must be missing before days are taken for working days."""
TIME = re.compile(r"\d{4}(\d{4}(T.*)?|[-/]\d.*|\.\d{1,2}\.\d.*)?", re.ASCII)
"""What may be read as a time: pandas also takes `now` and `today`, decimal years and negative ones."""
OFFSET = re.compile(r".*:.*(Z|[-+]\d{2}(:?\d{2})?)")
"""A time with its offset from UTC."""
EXPECTED = "expected a time like 2001-12-29 or 2001-12-29 13:00:00"


def parse_times(column: Iterable[str]) -> pd.Series:
    """ISO 8601 texts as times, not-a-time for others; in UTC if they have an offset; InputError if only some do."""
    texts = [text.strip() for text in column]
    times = pd.Series([text if TIME.fullmatch(text) else None for text in texts], dtype=object)
    try:
        return pd.to_datetime(times, errors="coerce", format="ISO8601")
    except ValueError:  # more than one offset
        parsed = pd.to_datetime(times, errors="coerce", format="ISO8601", utc=True)
    bare = [text for text, known in zip(texts, parsed.notna(), strict=True) if known and not OFFSET.fullmatch(text)]
    if bare:
        raise InputError(f"some times have an offset from UTC, but {quoted(bare[0])} has none; write all alike")
    return parsed


class TimeColumn:
    """A column of times that grows by blocks of rows."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._blocks: list[pd.Series] = []

    def append(self, cells: list[str], first_row: int) -> None:
        """Add cells, from `first_row` of the file on; InputError where one is no time, or unlike those above."""
        try:
            times = parse_times(cells)
        except InputError as error:
            raise InputError(f"column {quoted(self.name)}, from row {first_row} on: {error}") from None
        if times.isna().any():
            place = int(times.isna().argmax())
            raise InputError(
                f"row {first_row + place}, column {quoted(self.name)}: {EXPECTED}, got {quoted(cells[place])}"
            )
        if self._blocks and (times.dt.tz is None) != (self._blocks[0].dt.tz is None):
            raise InputError(
                f"row {first_row}, column {quoted(self.name)}: {quoted(cells[0])} and the rows above do not agree in "
                "having an offset from UTC; write all alike",
            )
        self._blocks.append(times.dt.tz_convert("UTC") if times.dt.tz is not None else times)

    def times(self) -> pd.DatetimeIndex:
        """All rows so far; InputError where the times do not increase from row to row."""
        blocks = self._blocks
        if len({block.dtype for block in blocks}) > 1:
            try:
                blocks = [block.dt.as_unit("ns") for block in blocks]
            except pd.errors.OutOfBoundsDatetime:
                raise InputError(
                    f"column {quoted(self.name)} has times to the nanosecond beside years far from now; round them"
                ) from None
        index = pd.DatetimeIndex(pd.concat(blocks, ignore_index=True))
        backwards = np.flatnonzero(index[1:] <= index[:-1])
        if len(backwards):
            place = int(backwards[0]) + 1
            kind = "repeats the time of" if index[place] == index[place - 1] else "is earlier than"
            advice = "; where clocks were put back, write times with their offset, as in 02:00+01:00"
            raise InputError(
                f"row {place + 2}, column {quoted(self.name)}: {index[place]} {kind} the row above; sort the times and "
                f"keep one row each{'' if index.tz else advice}"
            )
        return index


def regular_axis(index: pd.DatetimeIndex, name: str, missing: str) -> tuple[pd.DatetimeIndex, str | None]:
    """The regular axis that the increasing times of the column `name` lie on, and its frequency by pandas' name.

    The axis includes missing rows, which `missing: interpolate` allows; the frequency is None where nothing tells it.

    Raises:
        InputError: The times are not evenly spaced, or too many rows are missing.
    """
    frequency = frequency_of(index)
    if frequency is not None or len(index) < FEWEST_TIMES:
        return index, frequency
    axis = _calendar_axis(index)
    if axis is None or len(axis) > 2 * len(index):
        axis = _even_axis(index, name)
    absent = np.diff(axis.get_indexer(index)) - 1
    if missing == "error" and absent.any():
        place = int(np.flatnonzero(absent)[0])
        raise InputError(
            f"row {place + 3}, column {quoted(name)}: {absent[place]} rows are missing before this time; "
            "set data.missing: interpolate to fill them",
        )
    return axis, frequency_of(axis)


def _even_axis(index: pd.DatetimeIndex, name: str) -> pd.DatetimeIndex:
    """Times as far apart as most of the rows are."""
    gaps = (index[1:] - index[:-1]).to_numpy()
    spacings, counts = np.unique(gaps, return_counts=True)
    step = pd.Timedelta(spacings[counts.argmax()])
    uneven = np.flatnonzero(gaps % step.to_numpy())
    if len(uneven):
        raise InputError(
            f"row {uneven[0] + 3}, column {quoted(name)}: the times are not evenly spaced (mostly {step}, here "
            f"{pd.Timedelta(gaps[uneven[0]])}); set data.time_column: none to take rows as steps",
        )
    steps = (index[-1] - index[0]) // step + 1
    if steps > 2 * len(index):
        raise InputError(
            f"column {quoted(name)}: {steps - len(index)} of {steps} rows would have to be filled in; is one of the "
            "times mistyped?",
        )
    return pd.date_range(index[0], index[-1], freq=step)


def _calendar_axis(index: pd.DatetimeIndex) -> pd.DatetimeIndex | None:
    """All first or last days of the months, or all working days, where the times are such days; None otherwise."""
    if len(set(index - index.normalize())) > 1:
        return None
    step = int(np.gcd.reduce(np.diff(index.year * 12 + index.month)))
    for kind, months in (("MS", index.is_month_start), ("ME", index.is_month_end)):
        if step and months.all():
            return pd.date_range(index[0], index[-1], freq=f"{step}{kind}")
    weekends = (index[-1] - index[0]).days // 7
    days = np.asarray((index[1:] - index[:-1]).days)
    daily = 2 * np.isin(days, (1, 3)).sum() > len(days) and (days == 1).any()  # after the day or the Friday before
    if weekends >= FEWEST_WEEKENDS and (index.day_of_week < 5).all() and daily:  # noqa: PLR2004 - Saturday
        return pd.date_range(index[0], index[-1], freq="B")
    return None


def frequency_of(times: pd.DatetimeIndex) -> str | None:
    """The spacing by pandas' name; None where there is none, or too few times to tell."""
    if len(times) < FEWEST_TIMES:
        return None
    with pd.option_context("future.infer_freq_returns_offset", True):  # the string of old is deprecated
        offset = to_offset(pd.infer_freq(times))
    return None if offset is None else offset.freqstr
