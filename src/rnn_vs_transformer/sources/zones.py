"""Times on a local clock, with the hour that is missing in spring and the one that comes twice in autumn."""

import zoneinfo
from dataclasses import replace

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.axis import EPOCHS
from rnn_vs_transformer.data.panel import IntArray
from rnn_vs_transformer.runtime.errors import InputError, quoted
from rnn_vs_transformer.sources.stamps import Stamps


def in_zone(stamps: Stamps, zone: str, groups: IntArray | None) -> Stamps:
    """Local times without offset as times of `data.time_zone`, group by group in the order of the rows.

    Raises:
        InputError: There is no such zone, or a time that its clocks never show.
    """
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            f"data.time_zone: there is no time zone {quoted(zone)}; expected one like Europe/Berlin"
        ) from None
    if stamps.times.tz is not None:
        return replace(stamps, times=stamps.times.tz_convert(zone), wall=None)
    if stamps.notation in EPOCHS:
        return replace(stamps, times=stamps.times.tz_localize("UTC").tz_convert(zone))
    if len(set(stamps.times.dropna() - stamps.times.dropna().normalize())) <= 1:  # days: no hour to tell apart
        return replace(
            stamps,
            times=stamps.times.tz_localize(
                zone, ambiguous=np.ones(len(stamps.times), dtype=bool), nonexistent="shift_forward"
            ),
        )
    numbers = np.zeros(len(stamps.times), dtype=np.int64) if groups is None else groups
    result = pd.Series(pd.NaT, index=range(len(numbers)), dtype=f"datetime64[{stamps.times.unit}, UTC]")
    for rows in pd.Series(range(len(numbers))).groupby(numbers).indices.values():
        result.iloc[rows] = _localised(stamps.times[rows], zone).tz_convert("UTC")
    return replace(stamps, times=pd.DatetimeIndex(result).tz_convert(zone))


def _localised(times: pd.DatetimeIndex, zone: str) -> pd.DatetimeIndex:
    known = times.dropna()
    forwards = len(known) < 2 or known[0] <= known[-1]  # noqa: PLR2004
    ordered = times if forwards else times[::-1]
    try:
        try:
            placed = ordered.tz_localize(zone, ambiguous="infer")
        except ValueError as error:
            if "nonexistent" in str(error).casefold() or "NonExistent" in type(error).__name__:
                raise
            placed = _occurrences(ordered, zone)
    except ValueError as error:
        raise InputError(
            f"data.time_zone: {str(error).split(',')[0]} is no time of {zone}; are the times in another zone, or "
            "without daylight saving?"
        ) from None
    return placed if forwards else placed[::-1]


def _occurrences(times: pd.DatetimeIndex, zone: str) -> pd.DatetimeIndex:
    """The first of two equal local times is summer time, and so is a single one of them."""
    second = pd.Series(times).duplicated().to_numpy()
    return times.tz_localize(zone, ambiguous=~second)
