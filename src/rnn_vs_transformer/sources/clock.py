"""Which columns of a table are its time: one, or several that make one time together."""

import re
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.axis import EPOCHS
from rnn_vs_transformer.data.panel import BoolArray, IntArray
from rnn_vs_transformer.runtime.errors import InputError, quoted
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.sources.numbers_as_times import NAMES_OF_LABELS, NAMES_OF_TIMES, parse_by
from rnn_vs_transformer.sources.sheet import Cells, Sheet
from rnn_vs_transformer.sources.stamps import Stamps
from rnn_vs_transformer.sources.times import EXPECTED, read_times
from rnn_vs_transformer.sources.zones import in_zone

CLOCK_TIME: Final = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?", re.ASCII)
PARTS: Final = ("month", "quarter", "week", "day", "hour", "minute")
"""Columns that by their names refine a column of years or dates."""
IN_ENGLISH: Final = {
    "monat": "month", "mois": "month", "mes": "month", "mês": "month", "mese": "month", "quartal": "quarter",
    "trimestre": "quarter", "woche": "week", "semaine": "week", "semana": "week", "tag": "day", "jour": "day",
    "día": "day", "dia": "day", "stunde": "hour", "heure": "hour", "hora": "hour", "minuto": "minute",
}  # fmt: skip
HALF: Final = 0.5
NEARLY_ALL: Final = 0.8
FEWEST_GAPS: Final = 3
HIGHEST: Final = {"month": 12, "quarter": 4, "week": 53, "day": 31, "hour": 24, "minute": 59}


@dataclass(frozen=True)
class Clock:
    """The times of the rows, and the columns that they come from."""

    names: list[str]
    stamps: Stamps
    others: dict[str, str] = field(default_factory=dict)
    """Further columns that are times, and why."""


def find_clock(sheet: Sheet, params: DataParams, groups: IntArray | None, taken: set[str]) -> Clock | None:
    """The time of each row; None where there is none.

    Args:
        sheet: The table.
        params: `time_column`, `time_format` and `time_zone` count.
        groups: The number of the series of each row, where rows are of several.
        taken: Columns that have another role.

    Raises:
        InputError: A column is missing or could be read in two ways, a cell is no time.
    """
    wanted = params.time_column
    clock: Clock | None
    if wanted == "none":
        return None
    if isinstance(wanted, list) or wanted != "auto":
        names = wanted if isinstance(wanted, list) else [wanted]
        clock = _named(sheet, names, params.time_format)
    else:
        clock = _found(sheet, params.time_format, groups, taken)
    if clock is None:
        return None
    _check(sheet, clock)
    if params.time_zone != "none":
        clock = Clock(clock.names, in_zone(clock.stamps, params.time_zone, groups), clock.others)
    return clock


def _named(sheet: Sheet, names: list[str], form: str) -> Clock:
    for name in names:
        if name not in sheet.columns:
            raise InputError(f"data.time_column: no column {quoted(name)}; the file has {listed(list(sheet.columns))}")
    first = read_times(sheet.columns[names[0]], names[0], form, named=True)
    if first is None:
        words = sheet.columns[names[0]].as_words()
        row = words.first()
        where, got = f"{sheet.row(row)}, column {quoted(names[0])}", quoted(str(words.at(row)))
        raise InputError(f"{where}: {EXPECTED}, got {got}; set data.time_format")
    return Clock(names, _combine(sheet, first, names[1:]), {})


def _found(sheet: Sheet, form: str, groups: IntArray | None, taken: set[str]) -> Clock | None:
    """The only column of times, the first whose times differ from row to row, or a date with its hour."""
    free = {name: cells for name, cells in sheet.columns.items() if name not in taken and cells.found.filled}
    stamps = dict[str, Stamps]()
    faults = list[InputError]()
    for name, cells in sorted(free.items(), key=lambda item: item[1].numbers is not None):
        if cells.numbers is not None and any(free[other].numbers is None for other in stamps):
            break  # text is told as times with more certainty; numbers beside it are judged by their roles
        try:
            could_be = not cells.boolean and (form not in EPOCHS or _rises(cells))
            read = read_times(cells, name, form) if could_be else None
        except InputError as error:
            faults.append(error)
            continue
        if read is not None and 2 * int(np.sum(read.times.notna())) > cells.found.filled:
            stamps[name] = read
    if not stamps:
        if faults:
            raise faults[0]
        _refuse_unread(free)
        return None
    unique = [name for name, one in stamps.items() if not _repeated(one.times, groups).any()]
    chosen = (unique or list(stamps))[0]
    clock = Clock([chosen], stamps[chosen])
    if not unique:
        clock = _with_parts(sheet, chosen, stamps[chosen], groups, list(free)) or clock
    others = {name: "another time" for name in stamps if name not in clock.names}
    return Clock(clock.names, clock.stamps, others)


def _part_of(name: str) -> str:
    """The part of a time that a column is named for, or its own name, in lower case."""
    return IN_ENGLISH.get(name.casefold(), name.casefold())


def _rises(cells: Cells) -> bool:
    """Whether a column could be seconds: any number could, but those of times are whole and do not fall."""
    numbers = cells.numbers
    return numbers is not None and bool((np.diff(numbers) >= 0).all() and (numbers == np.floor(numbers)).all())


def _refuse_unread(free: dict[str, Cells]) -> None:
    for name, cells in free.items():
        if name.casefold() in NAMES_OF_TIMES | NAMES_OF_LABELS and cells.words is not None:
            got = quoted(str(cells.words.distinct[0]))
            raise InputError(
                f"column {quoted(name)}: {EXPECTED}, got {got}; set data.time_format, as in %d/%m/%Y, or "
                "data.time_column: none to take rows as steps",
            )


def _repeated(times: pd.DatetimeIndex, groups: IntArray | None) -> BoolArray:
    """The rows whose series has their time above already."""
    frame = pd.DataFrame({"time": times} if groups is None else {"time": times, "group": groups})
    return frame.duplicated().to_numpy()


def _with_parts(sheet: Sheet, name: str, date: Stamps, groups: IntArray | None, free: list[str]) -> Clock | None:
    """A date or year that repeats, with what tells its rows apart, where there is only one reading of it."""
    named = {_part_of(other): other for other in free if other != name}
    parts = [named[part] for part in PARTS if part in named]
    readings = [parts] if parts else []
    if 2 * _repeated(date.times, groups).sum() >= sheet.length:  # else two rows of a day are a fault, and no hours
        others = [other for other in free if other != name and [other] != parts]
        readings += [[other] for other in others if _could_refine(sheet.columns[other])]
    fitting = list[Clock]()
    for reading in readings:
        try:
            combined = _combine(sheet, date, reading)
        except InputError:
            continue
        if not _repeated(combined.times, groups).any() and (reading == parts or _even(combined.times)):
            if reading == parts:
                return Clock([name, *reading], combined)
            fitting.append(Clock([name, *reading], combined))
    if len(fitting) > 1:
        raise InputError(
            f"column {quoted(name)} repeats, and {listed([clock.names[1] for clock in fitting])} could each tell its "
            f"rows apart; set data.time_column: [{name}, {fitting[0].names[1]}], or another of them"
        )
    return fitting[0] if fitting else None


def _could_refine(cells: Cells) -> bool:
    """Whether a column looks like the time of day: 13:00, or 0 to 24."""
    if cells.numbers is None:
        words = cells.words
        matches = [] if words is None else [bool(CLOCK_TIME.fullmatch(text)) for text in words.distinct]
        return words is not None and words.share(np.array(matches, dtype=np.bool_)) > HALF
    values = np.unique(cells.numbers)
    return (
        len(values) > 1
        and bool((values == np.floor(values)).all())
        and values[0] >= 0
        and values[-1] <= HIGHEST["hour"]
    )


def _even(times: pd.DatetimeIndex) -> bool:
    """Whether nearly all times follow their predecessors by the same: what hours do, and other small numbers do not."""
    gaps = np.diff(np.unique(times.to_numpy()))
    counts = np.unique(gaps, return_counts=True)[1]
    return len(gaps) > FEWEST_GAPS and bool(counts.max() > NEARLY_ALL * len(gaps))


def _combine(sheet: Sheet, date: Stamps, others: list[str]) -> Stamps:
    """Add months, quarters, days or hours to years or dates."""
    times = date.times
    for place, name in enumerate(others):
        cells = sheet.columns[name]
        if cells.numbers is None:
            words = cells.as_words()
            texts = [f"{text}:00" if text.count(":") == 1 else text for text in words.distinct]
            times = (
                times + pd.to_timedelta(pd.Series(texts, dtype=str), errors="coerce").reindex(words.codes).to_numpy()
            )
            continue
        kind = _kind_of_part(name, cells, date, place)
        bad = ~((cells.numbers >= 0) & (cells.numbers <= HIGHEST[kind]) & (cells.numbers == np.floor(cells.numbers)))
        if bad.any():
            row = int(bad.argmax())
            raise InputError(
                f"{sheet.row(row)}, column {quoted(name)}: expected a whole number of the {kind}, got "
                f"{cells.numbers[row]:g}"
            )
        numbers = cells.numbers.astype(np.int64)
        if kind == "week":
            weeks = [f"{year}-W{week:02}-1" for year, week in zip(times.year, numbers, strict=True)]
            times = parse_by(weeks, "%G-W%V-%u")
        elif kind in {"month", "quarter"}:
            months = numbers if kind == "month" else 3 * numbers - 2
            times = pd.DatetimeIndex(
                pd.to_datetime(pd.DataFrame({"year": times.year, "month": months, "day": 1}), errors="coerce")
            )
        else:
            seconds = {"day": 86400, "hour": 3600, "minute": 60}[kind] * (numbers - (kind == "day"))
            times = pd.DatetimeIndex(times + pd.to_timedelta(seconds, unit="s"))
    return Stamps(times, why="one time with " + listed(others)) if others else date


def _kind_of_part(name: str, cells: Cells, date: Stamps, place: int) -> str:
    if _part_of(name) in HIGHEST:
        return _part_of(name)
    if place == 0 and date.notation == "%Y":
        return "quarter" if cells.numbers is not None and np.nanmax(cells.numbers) <= HIGHEST["quarter"] else "month"
    return "hour"


def _check(sheet: Sheet, clock: Clock) -> None:
    """Refuse a cell that is no time."""
    missing = clock.stamps.times.isna()
    if not missing.any():
        return
    row = int(missing.argmax())
    shown = " ".join(str(sheet.columns[name].as_words().at(row)) for name in clock.names)
    what = "nothing" if shown == "None" else quoted(shown)
    raise InputError(f"{sheet.row(row)}, column {quoted(clock.names[0])}: {EXPECTED}, got {what}")


def listed(names: list[str], most: int = 10) -> str:
    """Names in a message, the first ten of them."""
    shown = ", ".join(names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
