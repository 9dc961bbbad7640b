"""Times that are written as numbers: compact dates, times since 1970, and years."""

from collections.abc import Iterable
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from rnn_vs_transformer.data.axis import EPOCHS
from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.sources.stamps import Stamps

NAMES_OF_TIMES: Final = {"date", "datetime", "ds", "time", "timestamp"}
NAMES_OF_LABELS: Final = {
    "month",
    "week",
    "quarter",
    "period",
    "datum",
    "day",
    "monat",
    "zeit",
    "zeitpunkt",
    "fecha",
    "mois",
}
"""Of text that tells the time, if it could be read."""
NAMES_OF_YEARS: Final = {"year", "years", "yr", "jahr", "année", "annee", "año", "ano", "anno"}
NAMES_OF_EPOCHS: Final = {*NAMES_OF_TIMES, "unix", "epoch", "ts", "utc", "unixtime", "unix_time", "posix", "t"}
COMPACT: Final = {6: "%Y%m", 8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
"""Formats of whole numbers by their digits."""
COMPACT_YEARS: Final = (1800, 2200)
MONTHS: Final = 6
"""Digits of the format that many other numbers have too."""
EPOCH_RANGE: Final = (1e8, 4.2e9)
"""Seconds since 1970 that are taken for such: 1973 to 2103."""
SCALES: Final = (1.0, 1e3, 1e6, 1e9)
"""Of the units since 1970, in a second."""
YEARS: Final = (1000, 2300)
YEARS_WITHOUT_NAME: Final = (1500, 2200)
FEWEST: Final = 5
"""Numbers in a row that are taken for times without a name that says so."""


def times_of_numbers(numbers: FloatArray, name: str, *, named: bool) -> Stamps | None:
    """Compact dates, times since 1970, and years; None where numbers are just numbers."""
    values, codes = np.unique(numbers, return_inverse=True)
    values = values[~np.isnan(values)]
    codes = np.where(np.isnan(numbers), -1, codes)
    if not len(values) or (values != np.floor(values)).any() or values[0] < YEARS[0]:
        return None
    lowered = name.casefold().strip()
    found = (
        _compact(values, named=named or lowered in NAMES_OF_TIMES)
        or _since_1970(values, named=named or lowered in NAMES_OF_EPOCHS)
        or _years(values, named=named or lowered in NAMES_OF_YEARS)
    )
    return None if found is None else found.spread(codes)


def _compact(values: FloatArray, *, named: bool) -> Stamps | None:
    digits = len(f"{values[0]:.0f}")
    if digits not in COMPACT or digits != len(f"{values[-1]:.0f}") or (len(values) < FEWEST and not named):
        return None
    times = parse_by([f"{number:.0f}" for number in values], COMPACT[digits])
    if times.isna().any() or times[0].year < COMPACT_YEARS[0] or times[-1].year > COMPACT_YEARS[1]:
        return None
    months = np.diff(times.year * 12 + times.month)
    if digits == MONTHS and not named and len(np.unique(months)) > 1:
        return None
    return Stamps(times, COMPACT[digits], why=f"compact dates, {COMPACT[digits]}")


def _since_1970(values: FloatArray, *, named: bool) -> Stamps | None:
    for unit, scale in zip(EPOCHS, SCALES, strict=True):
        if EPOCH_RANGE[0] * scale <= values[0] and values[-1] <= EPOCH_RANGE[1] * scale:
            if named or _even(np.diff(values), 60 * scale):
                return Stamps(epochs(values, unit), unit, why=f"{unit} since 1970")
            return None
    return None


def _even(gaps: FloatArray, unit: float) -> bool:
    """Whether numbers are as far apart as times are: mostly the same whole minutes."""
    if len(gaps) < FEWEST - 1:
        return False
    spacings, counts = np.unique(gaps, return_counts=True)
    common = spacings[counts.argmax()]
    return bool(2 * counts.max() >= len(gaps) and common % unit == 0 and (gaps % common == 0).all())


def _years(values: FloatArray, *, named: bool) -> Stamps | None:
    low, high = YEARS if named else YEARS_WITHOUT_NAME
    if values[0] < low or values[-1] > high:
        return None
    if not named and (len(values) < FEWEST or (np.diff(values) != 1).any()):
        return None
    return Stamps(parse_by([f"{number:04.0f}" for number in values], "%Y"), "%Y", why="years")


def parse_by(texts: Iterable[object], form: str) -> pd.DatetimeIndex:
    """Texts as times by a format of strftime; not-a-time for others."""
    return pd.DatetimeIndex(pd.to_datetime(pd.Series(list(texts), dtype=object), format=form, errors="coerce"))


def epochs(numbers: FloatArray, unit: str) -> pd.DatetimeIndex:
    """Times since 1970 in a unit of `EPOCHS`; not-a-time for not-a-number.

    Raises:
        InputError: They are too far from 1970.
    """
    known = ~np.isnan(numbers)
    nanoseconds = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}[EPOCHS[unit]]
    if (np.abs(numbers[known]) * nanoseconds >= 2.0**63).any():
        raise InputError(f"data.time_format: numbers are too large for {unit} since 1970")
    whole = np.where(known, numbers, 0)
    if (whole == np.floor(whole)).all():
        stamps: npt.NDArray[np.datetime64] = whole.astype(np.int64).astype(f"datetime64[{EPOCHS[unit]}]")
    else:
        stamps = np.round(whole * nanoseconds).astype(np.int64).astype("datetime64[ns]")
    stamps[~known] = np.datetime64("NaT")
    return pd.DatetimeIndex(stamps)
