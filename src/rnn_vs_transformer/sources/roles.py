"""What each column of a table is to a forecast: nothing is taken for a series that could be something else, unsaid."""

import re
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from rnn_vs_transformer.data.covariates import FLAGS, MOST_LEVELS
from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.runtime.errors import InputError, quoted
from rnn_vs_transformer.sources.clock import Clock, listed
from rnn_vs_transformer.sources.columns import Found, Spelling, read_numbers
from rnn_vs_transformer.sources.numbers_as_times import NAMES_OF_EPOCHS, NAMES_OF_TIMES, NAMES_OF_YEARS
from rnn_vs_transformer.sources.sheet import Cells, Sheet
from rnn_vs_transformer.sources.times import read_times

SERIES: Final = "series"
TARGET: Final = "target"
TIME: Final = "time"
STEP: Final = "step"
NAME: Final = "name of the series"
LEFT_OUT: Final = "left out"
FEWEST: Final = 3
PAIR: Final = 2
FEWEST_OF_A_LINE: Final = 20
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


class OtherFormatError(InputError):
    """A table that seems to be of another `data.format`, with the columns that may name its series."""

    def __init__(self, message: str, form: str, series_columns: list[str]) -> None:
        """See `InputError`."""
        super().__init__(message)
        self.form, self.series_columns = form, series_columns


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
    if not cells.found.filled:
        why = "empty"
    elif cells.times is not None:
        why = "another time"
    elif cells.numbers is None:
        why = _text(name, cells, sheet)
    elif not cells.found.mostly_numbers:
        why = "text in most cells"
    elif is_flag(cells):
        why = f"a flag, no target; {NAME_IT}"
    else:
        why = _timed(name, cells, clock) if clock is not None else _untimed(name, cells.numbers)
    return Column(name, LEFT_OUT, why) if why else Column(name, SERIES, "numbers")


def _timed(name: str, cells: Cells, clock: Clock) -> str:
    """Why numbers beside times are no series: they tell the time once more."""
    if cells.numbers is not None and (part := _part_of_time(cells.numbers, clock)):
        return f"the {part} of the time; see data.covariates.calendar"
    if cells.numbers is not None and (counted := _counted(name, cells.numbers)):
        return counted
    named = name.casefold() in NAMES_OF_EPOCHS | NAMES_OF_YEARS
    stamps = read_times(cells, name, "auto")
    return f"another time ({stamps.why})" if stamps and (named or stamps.times.is_monotonic_increasing) else ""


def _untimed(name: str, numbers: FloatArray) -> str:
    """Why numbers are no series where nothing is known to be the time."""
    counted = _counted(name, numbers)
    if name.casefold() in NAMES_OF_TIMES and not (counted and name.casefold() == "time"):
        raise InputError(
            f"column {quoted(name)} holds numbers and not times: set data.time_format, or name the columns to forecast "
            "in data.channels and set data.time_column: none"
        )
    return counted


def _text(name: str, cells: Cells, sheet: Sheet) -> str:
    distinct = {str(text).casefold() for text in cells.as_words().distinct}
    if len(distinct) == PAIR and distinct <= set(FLAGS):
        return f"a flag, no target; {NAME_IT}"
    foreign = cells.found
    if foreign.first_foreign and 2 * (foreign.numbers + foreign.foreign) >= foreign.filled:
        row, text = foreign.first_foreign
        raise InputError(
            f"{sheet.row(row)}, column {quoted(name)}: {quoted(text)} is not written as a number here is: a dot for "
            "decimals, no separator between thousands, no unit; or leave the column out of data.channels",
        )
    return "text" if len(distinct) > min(MOST_LEVELS, len(cells) // 2) else "text; name it in data.covariates to use it"


def is_flag(cells: Cells) -> bool:
    """Whether the values are 0 and 1, or True and False."""
    if cells.numbers is None:
        return False
    if cells.boolean:
        return True
    if len(cells) < FEWEST:
        return False
    seen = cells.numbers[~np.isnan(cells.numbers)]
    return bool(((seen == 0) | (seen == 1)).all()) and len(np.unique(seen)) == PAIR


def _counted(name: str, numbers: FloatArray) -> str:
    """Why numbers are no series: they count the rows, rise by the same each row, or are whole and have such a name."""
    if len(numbers) < FEWEST or np.isnan(numbers).any():
        return ""
    steps, whole = np.diff(numbers), bool((numbers == np.floor(numbers)).all())
    named = name.casefold() in NAMES_OF_COUNTERS and len(np.unique(numbers)) == len(numbers)
    if whole and (named or (steps == 1).all() or (steps == -1).all()):
        return "a counter of the rows"
    line = len(numbers) >= FEWEST_OF_A_LINE and steps[0] != 0 and np.allclose(steps, steps[0], rtol=1e-6, atol=0)
    return f"a counter, {steps[0]:g} more each row" if line else ""


def _part_of_time(numbers: FloatArray, clock: Clock) -> str | None:
    """The part of the time that the numbers repeat, such as the year."""
    if (
        len(numbers) < FEWEST
        or np.isnan(numbers).any()
        or (numbers != np.floor(numbers)).any()
        or len(np.unique(numbers)) < PAIR
    ):
        return None
    times = clock.stamps.times if clock.stamps.wall is None else clock.stamps.wall
    parts = {
        "year": times.year, "quarter": times.quarter, "month": times.month, "day": times.day, "hour": times.hour,
        "minute": times.minute, "weekday": times.day_of_week, "weekday ": times.day_of_week + 1,
        "day of the year": times.day_of_year, "week": times.isocalendar().week.to_numpy(dtype=np.int64),
    }  # fmt: skip
    return next((part.strip() for part, values in parts.items() if (np.asarray(values) == numbers).all()), None)


def advise_long(sheet: Sheet, times: pd.DatetimeIndex, row: int, time_columns: list[str]) -> InputError:
    """What to say of a wide file in which times repeat; never to drop rows, which may be another series."""
    frame = pd.DataFrame({"time": times})
    words = {
        name: cells.as_words()
        for name, cells in sheet.columns.items()
        if name not in time_columns and (cells.numbers is None or _few_whole(cells.numbers)) and not is_flag(cells)
    }
    codes = {name: one.codes for name, one in words.items() if 2 * len(one.distinct) <= len(one)}
    candidates = [name for name in codes if not _repeat(frame, codes, (name,))]
    pairs = [pair for pair in combinations(codes, 2) if not _repeat(frame, codes, pair)]
    repeated = f"{sheet.row(row)}, column {quoted(' and '.join(time_columns))}: {times[row]} comes more than once"
    advice = "set data.format: long and data.series_column"
    if not candidates and pairs:
        joined = f"{listed(list(pairs[0]))} together name a series: join them in one column, and"
        return OtherFormatError(f"{repeated}; {joined} {advice} to it", "long", [])
    if not candidates:
        clocks = "where clocks were put back, set data.time_zone, or write times with their offset, as in 02:00+01:00"
        return OtherFormatError(f"{repeated}; several series? {advice}; {clocks}", "long", [])
    others = f" (or {listed(candidates[1:])})" if candidates[1:] else ""
    return OtherFormatError(f"{repeated}; several series? {advice}: {candidates[0]}{others}", "long", candidates)


def _repeat(times: pd.DataFrame, codes: dict[str, npt.NDArray[np.int32]], names: tuple[str, ...]) -> bool:
    """Whether a series has a time twice, where columns together name it."""
    beside = {f"name {place}": codes[name] for place, name in enumerate(names)}
    return bool(times.assign(**beside).duplicated().any())


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
