"""Reading a real series from a CSV file, refusing what cannot be read with certainty."""

import logging
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.data.scaling import LARGEST
from rnn_vs_transformer.runtime.errors import InputError, quoted
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.sources.columns import Columns, Found, read_numbers
from rnn_vs_transformer.sources.rows import Row, open_rows
from rnn_vs_transformer.sources.times import EXPECTED, TimeColumn, parse_times, regular_axis

log = logging.getLogger(__name__)
RAW_FOLDER = Path("data/raw")
CELLS_AT_ONCE = 200_000
"""So many cells of text are in memory at a time."""
SAMPLE_ROWS = 100
"""Rows from which `data.time_column: auto` tells the time column."""
SEASONS = {"h": 24, "B": 5, "D": 7, "W": 52, "MS": 12, "ME": 12, "QS": 4, "QE": 4, "min": 1440, "s": 60}
"""Steps in one season by pandas frequency: a day of hours or minutes, a week of days, a year of the rest."""
NAMES_OF_TIMES = {"date", "datetime", "ds", "time", "timestamp"}
FOREIGN_TIME = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}([ T]\d.*)?", re.ASCII)
"""A date in whatever order of day, month and year."""


@dataclass(frozen=True)
class Table:
    """A series as read: values (steps, C), those `filled` interpolated, and what is known of its time axis."""

    values: FloatArray
    channels: list[str]
    filled: npt.NDArray[np.bool_]
    time_column: str | None
    first_time: str | None
    frequency: str | None
    """pandas' name of the spacing, such as `h` or `W-SAT`."""


def read_table(params: DataParams) -> Table:
    """Read the chosen channels of `data.file` as float64, with empty cells interpolated where `data.missing` allows it.

    The memory grows with the numbers and not with the text.

    Raises:
        InputError: Whatever makes the file unusable, with row and column. Rows are counted as an editor
            shows lines: the header is row 1.
    """
    path = _raw_file(params.file)
    with open_rows(path) as (header, rows):
        sample = list(islice(rows, SAMPLE_ROWS))
        if not sample:
            raise InputError(f"{path} has a header but no rows")
        time_column = _find_time_column(header, sample, params.time_column)
        asked = _asked(header, params.channels, time_column)
        columns, times = _read_columns(chain(sample, rows), header, asked, time_column)
    if params.channels == "all":
        _refuse_headless(path, header)
        names = _channels_among(asked, columns.found)
        left_out = [name for name in asked if name not in names]
        log.info("channels: %s%s", _listed(names), f"; no numbers in: {_listed(left_out)}" if left_out else "")
    else:
        names = asked
    values, places = columns.values(), [asked.index(name) for name in names]
    if names != asked:
        values = np.ascontiguousarray(values[:, places])
    for name, place in zip(names, places, strict=True):
        _refuse_fault(name, columns.found[place])
    axis, frequency = (None, None) if times is None else regular_axis(times, str(time_column), params.missing)
    if times is not None and axis is not None and len(axis) > len(times):
        values = pd.DataFrame(values, index=times).reindex(axis).to_numpy(copy=True)
    values, filled = _fill(values, names, params.missing)
    return Table(values, names, filled, time_column, None if axis is None else str(axis[0]), frequency)


def read_channels(path: Path, time_column: str | None, channels: list[str], last: int) -> pd.DataFrame:
    """Read the last rows of any CSV file by the rules of `read_table`: channels as float64, times (if any) as text.

    Raises:
        InputError: A column is missing, or a cell is empty or no number.
    """
    with open_rows(path) as (header, rows):
        for name in [*channels, *([time_column] if time_column else [])]:
            if name not in header:
                raise InputError(f"{path}: no column {quoted(name)}; the file has {_listed(header)}")
        kept = deque(enumerate(rows, start=2), maxlen=last)
    if not kept:
        raise InputError(f"{path} has a header but no rows")
    first_row, cells = kept[0][0], list(zip(*(row for _, row in kept), strict=True))
    frame = pd.DataFrame(index=pd.RangeIndex(len(kept)))
    for name in channels:
        found = Found()
        frame[name] = read_numbers(cells[header.index(name)], first_row, found)
        _refuse_fault(name, found)
        if frame[name].isna().any():
            row = first_row + int(frame[name].isna().argmax())
            raise InputError(f"row {row}, column {quoted(name)}: the cell is empty; fill it in, or cut the file")
    if time_column:
        frame[time_column] = [text.strip() for text in cells[header.index(time_column)]]
    return frame


def season_length_of(table: Table) -> int:
    """Steps in one season, from the spacing of the times; InputError where that is unknown or has no usual season."""
    advice = "set data.season_length to the number of steps in one season"
    if table.frequency is None:
        raise InputError(f"data.season_length: auto needs a time column with a known spacing; {advice}")
    digits = "".join(letter for letter in table.frequency if letter.isdigit()) or "1"
    name = table.frequency.lstrip("0123456789").split("-")[0]
    season, rest = divmod(SEASONS.get(name, 0), int(digits))
    if season < 1 or rest:
        raise InputError(f"data.season_length: auto knows no season for spacing {table.frequency!r}; {advice}")
    return season


def _raw_file(file: str) -> Path:
    """The path of `data.file`, which must lie in the folder that DVC tracks."""
    path = Path(file)
    try:
        there, inside = path.is_file(), path.resolve().is_relative_to(RAW_FOLDER.resolve())
    except (OSError, ValueError) as error:  # a name that is too long, or a folder that must not be entered
        raise InputError(f"data.file: {path} cannot be used: {error}") from None
    if not inside:
        raise InputError(f"data.file: {path} is outside {RAW_FOLDER}/; put the CSV file there")
    if not there:
        raise InputError(f"data.file: {path} does not exist; put the CSV file into {RAW_FOLDER}/")
    return path


def _find_time_column(header: Row, sample: list[Row], wanted: str) -> str | None:
    if wanted != "auto":
        if wanted != "none" and wanted not in header:
            raise InputError(f"data.time_column: no column {quoted(wanted)}; the file has {_listed(header)}")
        return None if wanted == "none" else wanted
    columns = dict(zip(header, zip(*sample, strict=True), strict=True))
    for name, cells in columns.items():
        found = Found()
        read_numbers(cells, 2, found)
        if not found.mostly_numbers and 2 * parse_times(cells).notna().sum() > len(cells):
            return name
    for name, cells in columns.items():
        foreign = next((cell for cell in cells if cell.strip()), "")
        dates = sum(bool(FOREIGN_TIME.fullmatch(cell.strip())) for cell in cells)
        if name.casefold() in NAMES_OF_TIMES or 2 * dates > len(cells):
            raise InputError(
                f"column {quoted(name)}: {EXPECTED}, got {quoted(foreign)}; write the times so, or set "
                "data.time_column: none to take rows as steps",
            )
    return None


def _asked(header: Row, wanted: str | list[str], time_column: str | None) -> list[str]:
    """The columns to read as numbers: those of `data.channels`, or all that could be channels."""
    if isinstance(wanted, str):
        return [name for name in header if name != time_column]
    unknown = [name for name in wanted if name not in header or name == time_column]
    if unknown or not wanted or len(set(wanted)) < len(wanted):
        asked = quoted(unknown[0]) if unknown else wanted
        raise InputError(f"data.channels: cannot use {asked}; the file has {_listed(header)}")
    return wanted


def _read_columns(
    rows: Iterator[Row], header: Row, asked: list[str], time_column: str | None
) -> tuple[Columns, pd.DatetimeIndex | None]:
    places = [header.index(name) for name in asked]
    columns = Columns(len(asked))
    times = TimeColumn(time_column) if time_column else None
    first_row = 2
    while block := list(islice(rows, max(1, CELLS_AT_ONCE // len(header)))):
        if times:
            place = header.index(times.name)
            times.append([row[place] for row in block], first_row)
        numbers = block if len(places) == len(header) else [[row[at] for at in places] for row in block]
        columns.append(numbers, first_row)
        first_row += len(block)
    return columns, times.times() if times else None


def _refuse_headless(path: Path, header: Row) -> None:
    """Refuse a file whose first row is data, which would be lost as names."""
    found = Found()
    numbers = read_numbers(tuple(header), 1, found)
    counted = [list(range(start, start + len(header))) for start in (0, 1)]
    all_numbers = found.filled == found.numbers and numbers.tolist() not in counted
    if all_numbers or any(FOREIGN_TIME.fullmatch(name) for name in header) or (numbers % 1 > 0).any():
        seen = "holds numbers" if all_numbers else "looks like data"
        raise InputError(f"{path}: the first row {seen} ({_listed(header)}); put a row with names above it")


def _channels_among(names: list[str], found: list[Found]) -> list[str]:
    """The numeric columns of a file, which has at least one; none may be numeric in a way that is not certain."""
    for name, seen in zip(names, found, strict=True):
        meant = 2 * (seen.numbers + seen.foreign) >= seen.filled  # as numbers, were they written as ours
        if seen.first_foreign and meant and not seen.mostly_numbers:
            row, text = seen.first_foreign
            raise InputError(
                f"row {row}, column {quoted(name)}: {quoted(text)} is not written as a number here is: a dot for "
                "decimals, no separator between thousands, no unit; or leave the column out of data.channels",
            )
    channels = [name for name, seen in zip(names, found, strict=True) if seen.mostly_numbers]
    if not channels:
        raise InputError(f"no numeric column among {_listed(names)}; is the separator a comma?")
    for name in channels:
        if name.casefold() in NAMES_OF_TIMES:
            raise InputError(
                f"column {quoted(name)} holds numbers and not times: name the columns to forecast in data.channels, "
                "and set data.time_column: none"
            )
    return channels


def _refuse_fault(name: str, found: Found) -> None:
    if found.fault:
        row, text = found.fault
        raise InputError(
            f"row {row}, column {quoted(name)}: expected a finite number of at most {LARGEST:g}, got {quoted(text)}; "
            "leave the cell empty where the value is missing",
        )


def _fill(values: FloatArray, names: list[str], missing: str) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Fill gaps linearly, between known values only."""
    gaps = np.isnan(values)
    if not gaps.any():
        return values, gaps
    if missing == "error":
        step, channel = np.argwhere(gaps)[0]
        raise InputError(
            f"row {step + 2}, column {quoted(names[channel])}: the cell is empty ({gaps.sum()} in all); "
            "set data.missing: interpolate to fill such gaps",
        )
    for name, column, gap in zip(names, values.T, gaps.T, strict=True):
        if gap[0] or gap[-1]:
            raise InputError(f"column {quoted(name)} starts or ends with empty cells; cut those rows off the file")
        column[gap] = np.interp(np.flatnonzero(gap), np.flatnonzero(~gap), column[~gap])
    return values, gaps


def _listed(names: list[str], most: int = 10) -> str:
    shown = ", ".join(names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
