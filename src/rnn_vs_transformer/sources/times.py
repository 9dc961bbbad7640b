"""Times out of text and numbers, in every common notation; what could be two times is refused."""

import re
from collections.abc import Iterable
from typing import Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.axis import EPOCHS
from rnn_vs_transformer.runtime.errors import InputError, quoted
from rnn_vs_transformer.sources.numbers_as_times import epochs, parse_by, times_of_numbers
from rnn_vs_transformer.sources.sheet import Cells
from rnn_vs_transformer.sources.stamps import Stamps
from rnn_vs_transformer.sources.words import Texts

ISO: Final = re.compile(r"\d{4}(\d{4}(T.*)?|[-/]\d.*|\.\d{1,2}\.\d.*)?", re.ASCII)
"""What may be read as a time: pandas also takes `now` and `today`, decimal years and negative ones."""
OFFSET: Final = re.compile(r"(?<=\d)\s*(Z|[-+]\d{2}(:?\d{2})?)$")
"""The offset from UTC at the end of a time; looked for only behind a colon, as dates end in -02 too."""
NUMERIC: Final = re.compile(
    r"(?P<a>\d{1,2})(?P<s>[-/.])(?P<b>\d{1,2})(?P=s)(?P<y>\d{4}|\d{2})"
    r"(?:(?P<t>[ T]+)\d{1,2}:\d{2}(?P<sec>:\d{2})?(?P<fraction>\.\d+)?(?P<pm> ?[AaPp][Mm])?)?",
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
    for date in (
        "%d %b %Y", "%d-%b-%Y", "%b %d %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%b %Y", "%B %Y", "%b-%Y", "%d%b%Y",
    )
    for clock in ("", " %H:%M", " %H:%M:%S")
]  # fmt: skip
EXPECTED: Final = "expected a time like 2001-12-29 or 2001-12-29 13:00:00"
SAMPLE: Final = 200


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
        return times_of_numbers(cells.numbers, name, named=named)
    words = cells.as_words()
    if not _could_be_times(words.distinct):
        return None
    found = _of_texts(words.distinct, name)
    return None if found is None else found.spread(words.codes)


def _could_be_times(texts: Texts) -> bool:
    """Whether some of the texts are times, certain or not."""
    try:
        return len(texts) > 0 and _of_texts(texts[:: max(1, len(texts) // SAMPLE)], "") is not None
    except InputError:
        return True


def _of_texts(texts: Texts, name: str) -> Stamps | None:
    for reader in (_iso, _quarters, _months, _weeks, _numeric_dates, _named_months):
        try:
            stamps = reader(texts)
        except InputError as error:
            raise InputError(f"column {quoted(name)}: {error}") from None
        if stamps is not None and 2 * np.sum(stamps.times.notna()) > len(texts):
            return stamps
    return None


def _iso(texts: Texts) -> Stamps | None:
    series = pd.Series([text if ISO.fullmatch(text) else None for text in texts], dtype=object)
    if 2 * series.notna().sum() <= len(series):
        return None
    offsets = [OFFSET.search(text) if text and ":" in text else None for text in series]
    if not any(offsets):
        return Stamps(pd.DatetimeIndex(pd.to_datetime(series, errors="coerce", format="ISO8601")))
    bare = [text for text, offset in zip(series, offsets, strict=True) if text and not offset]
    if bare:
        raise InputError(f"some times have an offset from UTC, but {quoted(bare[0])} has none; write all alike")
    utc = pd.DatetimeIndex(pd.to_datetime(series, errors="coerce", format="ISO8601", utc=True))
    cut = [text[: offset.start()] if offset else None for text, offset in zip(series, offsets, strict=True)]
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


def _quarters(texts: Texts) -> Stamps | None:
    first = _first_match(QUARTER, texts)
    if first is None:
        return None
    matches = [QUARTER.fullmatch(text) for text in texts]
    dates = [
        match and f"{match['y1'] or match['y2']}-{3 * int(match['q1'] or match['q2']) - 2:02}-01" for match in matches
    ]
    notation = f"%Y{first['s1']}Q%q" if first["y1"] else f"Q%q{first['s2']}%Y"
    return Stamps(_iso_dates(dates), notation, why="read as quarters")


def _months(texts: Texts) -> Stamps | None:
    first = _first_match(MONTH, texts)
    if first is None:
        return None
    dates = [(match := MONTH.fullmatch(text)) and f"{match['y']}-{int(match['m']):02}-01" for text in texts]
    return Stamps(_iso_dates(dates), f"%Y{first['s']}M%m", why="read as months")


def _weeks(texts: Texts) -> Stamps | None:
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


def _numeric_dates(texts: Texts) -> Stamps | None:
    matches = [match for text in texts if (match := NUMERIC.fullmatch(text))]
    if 2 * len(matches) <= len(texts):
        return None
    first = matches[0]
    way_out = "set data.time_format, as in %d/%m/%Y or %m/%d/%Y"
    if len(first["y"]) < 4:  # noqa: PLR2004
        raise InputError(f"{quoted(first[0])} has a year of two digits; set data.time_format, as in %d/%m/%y")
    day_first = next((match for match in matches if int(match["a"]) > 12), None)  # noqa: PLR2004
    month_first = next((match for match in matches if int(match["b"]) > 12), None)  # noqa: PLR2004
    if day_first and month_first:
        raise InputError(
            f"{quoted(day_first[0])} has the day first and {quoted(month_first[0])} the month; write all alike"
        )
    dots = first["s"] == "."
    if not (day_first or month_first or dots):
        raise InputError(f"{quoted(first[0])} could have the day or the month first, and no row tells which; {way_out}")
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
    return Stamps(parse_by(texts, form), form, why=why)


def _named_months(texts: Texts) -> Stamps | None:
    sample = texts[:20]
    for form in NAMED_MONTHS:
        if 2 * np.sum(parse_by(sample, form).notna()) > len(sample):
            return Stamps(parse_by(texts, form), form)
    return None


def _by_format(cells: Cells, name: str, form: str) -> Stamps:
    """By the format that the user gave."""
    if form in EPOCHS:
        numbers = cells.numbers
        if numbers is None:
            try:
                words = cells.as_words()
                numbers = np.append([float(text) for text in words.distinct], np.nan)[words.codes]
            except ValueError:
                raise InputError(
                    f"data.time_format: {form} needs a column of numbers, and {quoted(name)} is none"
                ) from None
        return Stamps(epochs(numbers, form), form, why=f"{form} since 1970, by data.time_format")
    words = cells.as_words()
    distinct = words.distinct
    try:
        times = parse_by(distinct, form)
    except ValueError as error:
        raise InputError(f"data.time_format: {quoted(form)}: {error}") from None
    if times.isna().all():
        example = quoted(str(distinct[0])) if len(distinct) else "nothing"
        raise InputError(f"data.time_format: {quoted(form)} does not fit column {quoted(name)}, which has {example}")
    return Stamps(times, form, why="by data.time_format").spread(words.codes)
