"""Times out of text and numbers, in every common notation; what could be two times is refused."""

import re
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.axis import EPOCHS
from rnn_vs_transformer.data.splits import FloatArray
from rnn_vs_transformer.runtime.errors import InputError, quoted
from rnn_vs_transformer.sources.columns import Texts
from rnn_vs_transformer.sources.sheet import Cells

ISO: Final = re.compile(r"\d{4}(\d{4}(T.*)?|[-/]\d.*|\.\d{1,2}\.\d.*)?", re.ASCII)
"""What may be read as a time: pandas also takes `now` and `today`, decimal years and negative ones."""
OFFSET: Final = re.compile(r"(?<=\d)\s*(Z|[-+]\d{2}(:?\d{2})?)$")
"""The offset from UTC at the end of a time; looked for only behind a colon, as dates end in -02 too."""
NUMERIC: Final = re.compile(
    r"(?P<a>\d{1,2})(?P<s>[-/.])(?P<b>\d{1,2})(?P=s)(?P<y>\d{4}|\d{2})(?:(?P<t>[ T]+)\d{1,2}:\d{2}(?P<sec>:\d{2})?(?P<fraction>\.\d+)?"
    r"(?P<pm> ?[AaPp][Mm])?)?",
    re.ASCII,
)
"""A date with the day or the month first."""
QUARTER: Final = re.compile(
    r"(?:(?P<y1>\d{4})(?P<s1>[ -]?)[Qq](?P<q1>[1-4])|[Qq](?P<q2>[1-4])(?P<s2>[ /-]?)(?P<y2>\d{4}))", re.ASCII
)
MONTH: Final = re.compile(r"(?P<y>\d{4})(?P<s>[ -]?)[Mm](?P<m>\d{1,2})", re.ASCII)
ISO_WEEK: Final = re.compile(r"\d{4}-?[Ww]\d{2}(-?[1-7])?", re.ASCII)
NAMED_MONTHS: Final = [
    date + clock
    for date in ("%d %b %Y", "%d-%b-%Y", "%b %d %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%b %Y", "%B %Y", "%b-%Y", "%d%b%Y")
    for clock in ("", " %H:%M", " %H:%M:%S")
]  # fmt: skip
EXPECTED: Final = "expected a time like 2001-12-29 or 2001-12-29 13:00:00"
NAMES_OF_TIMES: Final = {"date", "datetime", "ds", "time", "timestamp"}
NAMES_OF_YEARS: Final = {"year", "years", "yr", "jahr", "année", "annee", "año", "ano", "anno"}
NAMES_OF_EPOCHS: Final = {*NAMES_OF_TIMES, "unix", "epoch", "ts", "utc", "unixtime", "unix_time", "posix", "t"}
COMPACT: Final = {6: "%Y%m", 8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
"""Formats of whole numbers by their digits."""
EPOCH_RANGE: Final = (1e8, 4.2e9)
"""Seconds since 1970 that are taken for such: 1973 to 2103."""
YEARS: Final = (1000, 2300)
FEWEST: Final = 5
"""Numbers in a row that are taken for times without a name that says so."""
SAMPLE: Final = 200


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


def read_times(cells: Cells, name: str, form: str, *, named: bool = False) -> Stamps | None:
    """The times of a column by `data.time_format`; None where `auto` finds none.

    Numbers are taken for times with less hesitation where the user has `named` the column.

    Raises:
        InputError: The column is meant as times, but could be read in two ways.
    """
    if cells.times is not None:
        return Stamps(cells.times)
    if form != "auto":
        return _by_format(cells, name, form)
    if cells.numbers is not None:
        return _of_numbers(cells.numbers, name, named=named)
    texts = cells.as_texts()
    codes, distinct = pd.factorize(texts)
    if not len(distinct):
        return None
    step = max(1, len(distinct) // SAMPLE)
    if _of_texts(distinct[::step], name) is None:
        return None
    found = _of_texts(distinct, name)
    if found is None:
        return None
    times = _spread(found.times, codes)
    wall = None if found.wall is None else _spread(found.wall, codes)
    return replace(found, times=times, wall=wall)


def _spread(times: pd.DatetimeIndex, codes: np.ndarray) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(times.take(codes, allow_fill=True, fill_value=pd.NaT))


def _of_texts(texts: Texts, name: str) -> Stamps | None:
    for reader in (_iso, _quarters, _months, _weeks, _numeric_dates, _named_months):
        stamps = reader(texts, name)
        if stamps is not None and 2 * stamps.times.notna().sum() > len(texts):
            return stamps
    return None


def _iso(texts: Texts, name: str) -> Stamps | None:
    series = pd.Series([text if ISO.fullmatch(text) else None for text in texts], dtype=object)
    if 2 * series.notna().sum() <= len(series):
        return None
    offsets = [OFFSET.search(text) if text and ":" in text else None for text in series]
    if not any(offsets):
        return Stamps(pd.DatetimeIndex(pd.to_datetime(series, errors="coerce", format="ISO8601")))
    bare = [text for text, offset in zip(series, offsets, strict=True) if text and not offset]
    if bare:
        raise InputError(
            f"column {quoted(name)}: some times have an offset from UTC, but {quoted(bare[0])} has none; write all alike"
        )
    utc = pd.DatetimeIndex(pd.to_datetime(series, errors="coerce", format="ISO8601", utc=True))
    cut = [text and text[: offset.start()] for text, offset in zip(series, offsets, strict=True) if offset or not text]
    wall = pd.DatetimeIndex(pd.to_datetime(pd.Series(cut, dtype=object), errors="coerce", format="ISO8601"))
    shifts = (wall - utc.tz_localize(None)).dropna().unique()
    if len(shifts) == 1:
        return Stamps(utc.tz_convert(_fixed_zone(shifts[0])))
    return Stamps(utc, wall=wall)


def _fixed_zone(shift: pd.Timedelta) -> str:
    minutes = int(shift.total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    return "UTC" if not minutes else f"UTC{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _first_match(pattern: re.Pattern[str], texts: Texts) -> re.Match[str] | None:
    return next((match for text in texts if (match := pattern.fullmatch(text))), None)


def _quarters(texts: Texts, name: str) -> Stamps | None:
    first = _first_match(QUARTER, texts)
    if first is None:
        return None
    matches = [QUARTER.fullmatch(text) for text in texts]
    dates = [
        match and f"{match['y1'] or match['y2']}-{3 * int(match['q1'] or match['q2']) - 2:02}-01" for match in matches
    ]
    notation = f"%Y{first['s1']}Q%q" if first["y1"] else f"Q%q{first['s2']}%Y"
    return Stamps(_iso_dates(dates), notation, why="read as quarters")


def _months(texts: Texts, name: str) -> Stamps | None:
    first = _first_match(MONTH, texts)
    if first is None:
        return None
    dates = [(match := MONTH.fullmatch(text)) and f"{match['y']}-{int(match['m']):02}-01" for text in texts]
    return Stamps(_iso_dates(dates), f"%Y{first['s']}M%m", why="read as months")


def _weeks(texts: Texts, name: str) -> Stamps | None:
    first = _first_match(ISO_WEEK, texts)
    if first is None:
        return None
    dash = "-" if "-" in first[0] else ""
    weekly = first[1] is None
    form = f"%G{dash}W%V" + ("" if weekly else f"{dash}%u")
    days = [f"{text}{dash}1" if weekly else text for text in texts]
    times = pd.to_datetime(pd.Series(days, dtype=object), format=f"%G{dash}W%V{dash}%u", errors="coerce")
    return Stamps(pd.DatetimeIndex(times), form, why="read as weeks, by their Mondays")


def _iso_dates(dates: Iterable[str | None]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(pd.Series(list(dates), dtype=object), errors="coerce", format="ISO8601"))


def _numeric_dates(texts: Texts, name: str) -> Stamps | None:
    matches = [match for text in texts if (match := NUMERIC.fullmatch(text))]
    if 2 * len(matches) <= len(texts):
        return None
    first = matches[0]
    way_out = "set data.time_format, as in %d/%m/%Y or %m/%d/%Y"
    if len(first["y"]) < 4:  # noqa: PLR2004
        raise InputError(
            f"column {quoted(name)}: {quoted(first[0])} has a year of two digits; set data.time_format, as in %d/%m/%y"
        )
    day_first = next((match for match in matches if int(match["a"]) > 12), None)  # noqa: PLR2004
    month_first = next((match for match in matches if int(match["b"]) > 12), None)  # noqa: PLR2004
    if day_first and month_first:
        raise InputError(
            f"column {quoted(name)}: {quoted(day_first[0])} has the day first and {quoted(month_first[0])} the month; "
            "write all alike"
        )
    dots = first["s"] == "."
    if not (day_first or month_first or dots):
        raise InputError(
            f"column {quoted(name)}: {quoted(first[0])} could have the day or the month first, and no row tells which; {way_out}"
        )
    day = bool(day_first) or (dots and not month_first)
    form = first["s"].join(["%d", "%m", "%Y"] if day else ["%m", "%d", "%Y"])
    if first["t"]:
        form += "T" if "T" in first["t"] else " "
        form += (
            ("%I" if first["pm"] else "%H")
            + ":%M"
            + (":%S" if first["sec"] else "")
            + (".%f" if first["fraction"] else "")
        )
        form += (" %p" if " " in first["pm"] else "%p") if first["pm"] else ""
    proof = day_first or month_first
    why = f"{'day' if day else 'month'} first: {proof[0] if proof else 'dots between the parts'}"
    return Stamps(_strptime(texts, form), form, why=why)


def _named_months(texts: Texts, name: str) -> Stamps | None:
    sample = texts[:20]
    for form in NAMED_MONTHS:
        if 2 * _strptime(sample, form).notna().sum() > len(sample):
            return Stamps(_strptime(texts, form), form)
    return None


def _strptime(texts: Iterable[object], form: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(pd.Series(list(texts), dtype=object), format=form, errors="coerce"))


def _by_format(cells: Cells, name: str, form: str) -> Stamps:
    """By the format that the user gave."""
    if form in EPOCHS:
        numbers = cells.numbers
        if numbers is None:
            try:
                numbers = np.array([np.nan if text is None else float(text) for text in cells.as_texts()])
            except ValueError:
                raise InputError(
                    f"data.time_format: {form} needs a column of numbers, and {quoted(name)} is none"
                ) from None
        return Stamps(_epochs(numbers, form), form, why=f"{form} since 1970, by data.time_format")
    codes, distinct = pd.factorize(cells.as_texts())
    try:
        times = _strptime(distinct, form)
    except ValueError as error:
        raise InputError(f"data.time_format: {quoted(form)}: {error}") from None
    if times.isna().all():
        example = quoted(str(distinct[0])) if len(distinct) else "nothing"
        raise InputError(f"data.time_format: {quoted(form)} does not fit column {quoted(name)}, which has {example}")
    return Stamps(_spread(times, codes), form, why="by data.time_format")


def _of_numbers(numbers: FloatArray, name: str, *, named: bool) -> Stamps | None:
    """Compact dates, times since 1970, and years; None where numbers are just numbers."""
    values = np.unique(numbers[~np.isnan(numbers)])
    if not len(values) or (values != np.floor(values)).any() or values[0] < YEARS[0]:
        return None
    lowered, digits = name.casefold().strip(), len(str(int(values[0])))
    if (
        digits == len(str(int(values[-1])))
        and digits in COMPACT
        and (len(values) >= FEWEST or (named or lowered in NAMES_OF_TIMES))
    ):
        times = _strptime([f"{number:.0f}" for number in values], COMPACT[digits])
        if times.notna().all() and 1800 <= times[0].year and times[-1].year <= 2200:  # noqa: PLR2004
            if named or digits > 6 or len(np.unique(np.diff(times.year * 12 + times.month))) == 1:  # noqa: PLR2004
                return Stamps(_place(times, values, numbers), COMPACT[digits], why=f"compact dates, {COMPACT[digits]}")
    gaps = np.diff(values)
    for unit, (word, scale) in enumerate(zip(EPOCHS, (1.0, 1e3, 1e6, 1e9), strict=True)):
        low, high = EPOCH_RANGE
        if (
            low * scale <= values[0]
            and values[-1] <= high * scale
            and _even(gaps, named or lowered in NAMES_OF_EPOCHS, 60 * scale)
        ):
            return Stamps(_epochs(numbers, word), word, why=f"{word} since 1970")
    in_range = YEARS[0] <= values[0] and values[-1] <= YEARS[1]
    if in_range and (
        named or lowered in NAMES_OF_YEARS or (len(values) >= FEWEST and values[0] >= 1500 and (gaps == 1).all())
    ):  # noqa: PLR2004
        times = _strptime([f"{number:04.0f}" for number in values], "%Y")
        return Stamps(_place(times, values, numbers), "%Y", why="years")
    return None


def _even(gaps: FloatArray, named: bool, unit: float) -> bool:
    """Whether times are as far apart as times are: mostly the same, or by a name that says so."""
    if named:
        return True
    if len(gaps) < FEWEST - 1:
        return False
    spacings, counts = np.unique(gaps, return_counts=True)
    common = spacings[counts.argmax()]
    return bool(2 * counts.max() >= len(gaps) and common % unit == 0 and (gaps % common == 0).all())


def _place(times: pd.DatetimeIndex, values: FloatArray, numbers: FloatArray) -> pd.DatetimeIndex:
    codes = np.where(np.isnan(numbers), -1, np.searchsorted(values, numbers))
    return _spread(times, codes)


def _epochs(numbers: FloatArray, unit: str) -> pd.DatetimeIndex:
    known = ~np.isnan(numbers)
    whole = np.where(known, numbers, 0)
    short = EPOCHS[unit]
    try:
        if (whole == np.floor(whole)).all():
            times = pd.DatetimeIndex(whole.astype(np.int64).astype(f"datetime64[{short}]"))
        else:
            times = pd.DatetimeIndex(pd.to_datetime(whole, unit=short))
    except (ValueError, OverflowError) as error:
        raise InputError(f"data.time_format: {unit} since 1970: {error}") from None
    return times.where(known)


def in_zone(stamps: Stamps, zone: str, groups: np.ndarray | None) -> Stamps:
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
            f"data.time_zone: {str(error).split(',')[0]} is no time of {zone}; are the times in another zone, or without "
            "daylight saving?"
        ) from None
    return placed if forwards else placed[::-1]


def _occurrences(times: pd.DatetimeIndex, zone: str) -> pd.DatetimeIndex:
    """The first of two equal local times is summer time, and so is a single one of them."""
    second = pd.Series(times).duplicated().to_numpy()
    return times.tz_localize(zone, ambiguous=~second)
