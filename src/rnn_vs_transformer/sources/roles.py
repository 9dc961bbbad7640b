"""What each column of a table is to a forecast: nothing is taken for a series that could be something else, unsaid."""

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.covariates import FLAGS, MOST_LEVELS
from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.runtime.errors import InputError, quoted
from rnn_vs_transformer.sources.clock import Clock, listed
from rnn_vs_transformer.sources.columns import Found, Spelling, read_numbers
from rnn_vs_transformer.sources.sheet import Cells, Sheet
from rnn_vs_transformer.sources.times import NAMES_OF_EPOCHS, NAMES_OF_TIMES, NAMES_OF_YEARS, read_times

SERIES: Final = "series"
TARGET: Final = "target"
TIME: Final = "time"
STEP: Final = "step"
NAME: Final = "name of the series"
LEFT_OUT: Final = "left out"
FEWEST: Final = 3
NAMES_OF_COUNTERS: Final = {"id", "index", "idx", "row", "no", "nr", "#", "column 1", "step", "unnamed: 0", "rownum"}
DATE: Final = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}([ T]\d.*)?", re.ASCII)
"""A date in whatever order of day, month and year."""
NAME_IT: Final = "name it in data.covariates to use it, or in data.channels to forecast it"


@dataclass(frozen=True)
class Column:
    """A column of the file and the role that it got."""

    name: str
    role: str
    why: str = ""


def roles_of(sheet: Sheet, clock: Clock | None, taken: dict[str, str]) -> dict[str, Column]:
    """The roles of the columns that the settings do not name: `SERIES`, or `LEFT_OUT` and why.

    Args:
        sheet: The table.
        clock: Its times.
        taken: The roles of the others.

    Raises:
        InputError: A column seems to hold numbers in another notation.
    """
    roles = {name: _role(name, cells, clock, sheet) for name, cells in sheet.columns.items() if name not in taken}
    if clock is not None:
        roles.update({name: Column(name, LEFT_OUT, why) for name, why in clock.others.items() if name in roles})
    if not any(column.role == SERIES for column in roles.values()):
        counters = [name for name, column in roles.items() if column.why.startswith(("a counter", "the "))]
        for name in counters:
            if name.casefold() not in NAMES_OF_COUNTERS | NAMES_OF_TIMES:
                roles[name] = Column(
                    name, SERIES, f"{roles[name].why.partition(';')[0]}, but the only numbers that there are"
                )
    return roles


def _role(name: str, cells: Cells, clock: Clock | None, sheet: Sheet) -> Column:
    left_out = _why_left_out(name, cells, clock, sheet)
    return Column(name, LEFT_OUT, left_out) if left_out else Column(name, SERIES, "numbers")


def _why_left_out(name: str, cells: Cells, clock: Clock | None, sheet: Sheet) -> str:
    if not cells.found.filled:
        return "empty"
    if cells.times is not None:
        return "another time"
    if cells.numbers is None:
        return _text(name, cells, sheet)
    if not cells.found.mostly_numbers:
        return "text in most cells"
    if is_flag(cells):
        return f"a flag, no target; {NAME_IT}"
    known = cells.numbers[~np.isnan(cells.numbers)]
    if is_counter(name, cells.numbers):
        return "a counter of the rows"
    if clock is not None and len(known) == len(cells) and (part := _part_of_time(cells.numbers, clock)):
        return f"the {part} of the time; see data.covariates.calendar"
    if clock is not None and (stamps := _time_in_numbers(name, cells)):
        return f"another time ({stamps})"
    if name.casefold() in NAMES_OF_TIMES and clock is None:
        raise InputError(
            f"column {quoted(name)} holds numbers and not times: name the columns to forecast in data.channels, "
            "and set data.time_column: none"
        )
    return ""


def _text(name: str, cells: Cells, sheet: Sheet) -> str:
    present = [text for text in cells.as_texts() if text is not None]
    distinct = {str(text).casefold() for text in present}
    if len(distinct) == 2 and distinct <= set(FLAGS):  # noqa: PLR2004
        return f"a flag, no target; {NAME_IT}"
    foreign = cells.found
    if foreign.first_foreign and 2 * (foreign.numbers + foreign.foreign) >= foreign.filled:
        row, text = foreign.first_foreign
        raise InputError(
            f"{sheet.row(row)}, column {quoted(name)}: {quoted(text)} is not written as a number here is: a dot for "
            "decimals, no separator between thousands, no unit; or leave the column out of data.channels",
        )
    return (
        "text" if len(distinct) > min(MOST_LEVELS, len(present) // 2) else "text; name it in data.covariates to use it"
    )


def is_flag(cells: Cells) -> bool:
    """Whether the values are 0 and 1, or True and False."""
    if cells.numbers is None:
        return False
    if cells.boolean:
        return True
    if len(cells) < FEWEST:
        return False
    seen = cells.numbers[~np.isnan(cells.numbers)]
    return bool(((seen == 0) | (seen == 1)).all()) and len(np.unique(seen)) == 2  # noqa: PLR2004


def is_counter(name: str, numbers: FloatArray) -> bool:
    """Whether the numbers count the rows: one more from each to the next, or rising whole numbers with such a name."""
    if len(numbers) < FEWEST or np.isnan(numbers).any():
        return False
    steps = np.diff(numbers)
    if (numbers == np.floor(numbers)).all() and ((steps == 1).all() or (steps == -1).all()):
        return True
    return (
        name.casefold() in NAMES_OF_COUNTERS
        and (numbers == np.floor(numbers)).all()
        and len(np.unique(numbers)) == len(numbers)
    )


def _part_of_time(numbers: FloatArray, clock: Clock) -> str | None:
    """The part of the time that the numbers repeat, such as the year."""
    if len(numbers) < FEWEST or (numbers != np.floor(numbers)).any() or len(np.unique(numbers)) < 2:  # noqa: PLR2004
        return None
    times = clock.stamps.times
    parts = {
        "year": times.year, "quarter": times.quarter, "month": times.month, "day": times.day, "hour": times.hour,
        "minute": times.minute, "weekday": times.day_of_week, "weekday ": times.day_of_week + 1,
        "day of the year": times.day_of_year, "week": times.isocalendar().week.to_numpy(dtype=np.int64),
    }  # fmt: skip
    return next((part.strip() for part, values in parts.items() if (np.asarray(values) == numbers).all()), None)


def _time_in_numbers(name: str, cells: Cells) -> str | None:
    named = name.casefold() in NAMES_OF_EPOCHS | NAMES_OF_YEARS
    stamps = read_times(cells, name, "auto")
    return stamps.why if stamps is not None and (named or stamps.times.is_monotonic_increasing) else None


def advise_long(sheet: Sheet, times: pd.DatetimeIndex, row: int, time_columns: list[str]) -> InputError:
    """What to say of a wide file in which times repeat; never to drop rows, which may be another series."""
    frame = pd.DataFrame({"time": times})
    candidates = list[str]()
    for name, cells in sheet.columns.items():
        texts = cells.as_texts() if cells.numbers is None or _few_whole(cells.numbers) else None
        if (
            texts is not None
            and 2 * pd.Series(texts).nunique() <= len(texts)
            and name not in time_columns
            and not frame.assign(name=texts).duplicated().any()
        ):
            candidates.append(name)
    repeated = f"{sheet.row(row)}, column {quoted(' and '.join(time_columns))}: {times[row]} comes more than once"
    if candidates:
        return InputError(
            f"{repeated}; several series? set data.format: long and data.series_column: {candidates[0]}"
            + (f" (or {listed(candidates[1:])})" if candidates[1:] else "")
        )
    return InputError(
        f"{repeated}; several series? set data.series_column, with data.format: long; where clocks were put back, set "
        "data.time_zone, or write times with their offset, as in 02:00+01:00"
    )


def _few_whole(numbers: FloatArray) -> bool:
    values = np.unique(numbers[~np.isnan(numbers)])
    return bool((values == np.floor(values)).all()) and 2 * len(values) <= len(numbers)


def refuse_headless(sheet: Sheet) -> None:
    """Refuse a file whose first row is data, which would be lost as names."""
    names = list(sheet.columns)
    if sheet.labels is not None:
        return
    found = Found()
    numbers = read_numbers(tuple(names), 0, found, Spelling(frozenset({""})))
    counted = [list(range(start, start + len(names))) for start in (0, 1)]
    all_numbers = found.filled == found.numbers and numbers.tolist() not in counted
    if all_numbers or any(DATE.fullmatch(name) for name in names) or (numbers % 1 > 0).any():
        seen = "holds numbers" if all_numbers else "looks like data"
        raise InputError(f"{sheet.name}: the first row {seen} ({listed(names)}); put a row with names above it")
