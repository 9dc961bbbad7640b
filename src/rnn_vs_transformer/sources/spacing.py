"""The regular axis that the times of a table lie on."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

from rnn_vs_transformer.data.axis import MONDAY, WEEK, Axis
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.sources.stamps import Stamps

Tell = Callable[[int], str]
"""How a message names one of the increasing times, by its place."""
FEWEST_TIMES: Final = 3
"""What pandas needs to tell a spacing."""
FEWEST_WEEKS: Final = 2
"""Weeks that must have passed before days are taken for working days, or hours for opening hours."""
MONTH_ENDS: Final = 31


def find_axis(stamps: Stamps, tell: Tell) -> Axis:
    """The axis of all times of a table; its spacing is unknown where there are fewer than three.

    `tell` names a time in a message.

    Raises:
        InputError: The times are not evenly spaced, or most of the steps are missing.
    """
    times = stamps.times.unique().sort_values()
    clocks = _clocks(stamps, times)
    if len(times) < FEWEST_TIMES:
        return Axis(first=str(times[0]), zone=_zone(times), notation=stamps.notation)
    fault: InputError | None = None
    for bare, frame in clocks:
        try:
            spacing = _spacing(bare, tell)
        except InputError as error:
            fault = fault or error
            continue
        start = times[0] if frame.zone else bare[0]
        return replace(spacing, zone=frame.zone, clock=frame.clock, notation=stamps.notation, first=str(start))
    raise fault or AssertionError


def _zone(times: pd.DatetimeIndex) -> str | None:
    return None if times.tz is None else str(times.tz)


def _clocks(stamps: Stamps, times: pd.DatetimeIndex) -> list[tuple[pd.DatetimeIndex, Axis]]:
    """The clocks on which the times may be even, the likelier first: days on the local one, hours on UTC's."""
    if times.tz is None:
        return [(times, Axis())]
    zone = _zone(times)
    utc = (times.tz_convert("UTC").tz_localize(None), Axis(zone=zone))
    if stamps.wall is not None:
        wall = stamps.wall.unique().sort_values()
        local = (wall, Axis(clock=True))
    else:
        local = (times.tz_localize(None), Axis(zone=zone, clock=True))
    daily = len(set(local[0] - local[0].normalize())) == 1
    return [local, utc] if daily else [utc, local]


def _spacing(index: pd.DatetimeIndex, tell: Tell) -> Axis:
    """The spacing of increasing times without a zone."""
    frequency = frequency_of(index)
    if frequency is not None and "bh" not in frequency:  # other opening hours are no frequency to pandas
        return Axis(frequency=frequency)
    return _calendar(index) or _weekly(index) or _even(index, tell)


def _even(index: pd.DatetimeIndex, tell: Tell) -> Axis:
    """As far apart as most of the rows are."""
    gaps = (index[1:] - index[:-1]).to_numpy()
    spacings, counts = np.unique(gaps, return_counts=True)
    step = pd.Timedelta(spacings[counts.argmax()])
    uneven = np.flatnonzero(gaps % step.to_numpy())
    if len(uneven):
        raise InputError(
            f"{tell(int(uneven[0]) + 1)}: the times are not evenly spaced (mostly {step}, but "
            f"{index[uneven[0] + 1]} comes {pd.Timedelta(gaps[uneven[0]])} after the one before); "
            "set data.time_column: none to take rows as steps",
        )
    steps = (index[-1] - index[0]) // step + 1
    if steps > 2 * len(index):
        raise InputError(
            f"{tell(int(gaps.argmax()) + 1)}: {steps - len(index)} of {steps} rows would have to be filled in, most of "
            "them before this one; is one of the times mistyped?",
        )
    axis = pd.date_range(index[0], periods=max(FEWEST_TIMES, min(steps, 100)), freq=step)
    return Axis(frequency=frequency_of(axis))


def _calendar(index: pd.DatetimeIndex) -> Axis | None:
    """The same day of the month each month, the last day of it, or all working days; None for others."""
    if len(set(index - index.normalize())) > 1:
        return None
    months = np.asarray(index.year * 12 + index.month)
    step = int(np.gcd.reduce(np.diff(months)))
    many = step and (months[-1] - months[0]) // step < 2 * len(index)
    if many and index.is_month_end.all():
        return Axis(frequency=f"{step}ME" if step > 1 else "ME") if step % 3 else _anchored(index, step, "QE")
    day = int(index.day.max())
    if many and (index.day == np.minimum(day, index.days_in_month)).all():
        if day > 1:
            return Axis(months=step, day=day)
        return Axis(frequency=f"{step}MS" if step > 1 else "MS") if step % 3 else _anchored(index, step, "QS")
    weekends = (index[-1] - index[0]).days // 7
    days = np.asarray((index[1:] - index[:-1]).days)
    daily = 2 * np.isin(days, (1, 3)).sum() > len(days) and (days == 1).any()  # after the day or the Friday before
    if weekends >= FEWEST_WEEKS and (index.day_of_week < 5).all() and daily:  # noqa: PLR2004 - Saturday
        return Axis(frequency="B")
    return None


def _anchored(index: pd.DatetimeIndex, step: int, kind: str) -> Axis:
    freq = f"{step}{'ME' if kind == 'QE' else 'MS'}"
    return Axis(frequency=frequency_of(pd.date_range(index[0], periods=10, freq=freq)))


def _weekly(index: pd.DatetimeIndex) -> Axis | None:
    """The same times each week, such as opening hours; None where most of the steps would be missing."""
    weeks = (index[-1] - index[0]) // pd.Timedelta(seconds=WEEK)
    if weeks < FEWEST_WEEKS:
        return None
    seconds = ((index - MONDAY) // pd.Timedelta(seconds=1)).to_numpy() % WEEK
    slots, counts = np.unique(seconds, return_counts=True)
    days = len(np.unique(slots // 86400))
    steps = np.diff(slots)
    if len(slots) < 2 or 2 * counts.min() < weeks or not (days < 7 or _has_nights(slots)):  # noqa: PLR2004
        return None
    if days == len(slots) or 2 * (steps == steps.min()).sum() < len(steps):
        return None
    return Axis(week=[int(slot) for slot in slots])


def _has_nights(slots: np.ndarray) -> bool:
    """Whether each day has a longer pause than its steps are."""
    steps = np.diff(np.append(slots, slots[0] + WEEK))
    return bool(steps.max() > steps.min())


def frequency_of(times: pd.DatetimeIndex) -> str | None:
    """The spacing by pandas' name; None where there is none, or too few times to tell."""
    if len(times) < FEWEST_TIMES:
        return None
    with pd.option_context("future.infer_freq_returns_offset", True):  # the string of old is deprecated
        offset = to_offset(pd.infer_freq(times))
    return None if offset is None else offset.freqstr
