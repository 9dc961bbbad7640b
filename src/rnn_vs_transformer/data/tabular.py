"""Reading a real series from a CSV file, refusing what cannot be read with certainty."""

import csv
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.tseries.frequencies import to_offset

from rnn_vs_transformer.errors import InputError
from rnn_vs_transformer.params import DataParams

RAW_FOLDER = Path("data/raw")
FEWEST_TIMES = 3
"""What pandas needs to tell a spacing."""
SEASONS = {"h": 24, "B": 5, "D": 7, "W": 52, "MS": 12, "ME": 12, "QS": 4, "QE": 4, "min": 1440, "s": 60}
"""Steps in one season by pandas frequency: a day of hours or minutes, a week of days, a year of the rest."""


@dataclass(frozen=True)
class Table:
    """A series as read: values (steps, C) without gaps, and what is known of its time axis."""

    values: npt.NDArray[np.float64]
    channels: list[str]
    filled: npt.NDArray[np.bool_]
    """Which cells (steps, C) were empty and are interpolated."""
    time_column: str | None
    first_time: str | None
    frequency: str | None
    """pandas' name of the spacing, such as `h` or `W-SAT`."""


def read_table(params: DataParams) -> Table:
    """Read the CSV file that `data.file` names.

    Returns:
        The chosen channels as float64, with empty cells interpolated where `data.missing` allows it.

    Raises:
        InputError: Whatever makes the file unusable, with row and column. Rows are counted as an editor
            shows lines: the header is row 1.
    """
    path = Path(params.file)
    if not path.is_file():
        raise InputError(f"data.file: {path} does not exist; put the CSV file into {RAW_FOLDER}/")
    if not path.resolve().is_relative_to(RAW_FOLDER.resolve()):
        raise InputError(f"data.file: {path} is outside {RAW_FOLDER}/; put the CSV file there")
    cells = _read_cells(path)
    time_column = _find_time_column(cells, params.time_column)
    names = _channel_names(cells, params.channels, time_column)
    values = np.column_stack([_to_numbers(cells[name]) for name in names])
    times, frequency = _read_times(cells[time_column], params.missing) if time_column else (None, None)
    if times is not None and len(times) > len(cells):
        values = _insert_missing_rows(values, cells[time_column], times)
    values, filled = _fill(values, names, params.missing)
    return Table(values, names, filled, time_column, None if times is None else str(times[0]), frequency)


def read_channels(path: Path, time_column: str | None, channels: list[str], last: int) -> pd.DataFrame:
    """Read the last rows of the named columns of any CSV file, by the rules of `read_table`; nothing is filled in.

    Returns:
        The channels as float64, the time column (if any) as text, a row per step.

    Raises:
        InputError: A column is missing, or a cell is empty or no number.
    """
    cells = _read_cells(path)
    for name in [*channels, *([time_column] if time_column else [])]:
        if name not in cells.columns:
            raise InputError(f"{path}: no column {name!r}; the file has {_listed(cells.columns)}")
    cells = cells.iloc[-last:]
    values = np.column_stack([_to_numbers(cells[name]) for name in channels])
    if np.isnan(values).any():
        step, channel = np.argwhere(np.isnan(values))[0]
        raise InputError(
            f"row {cells.index[step]}, column {channels[channel]!r}: the cell is empty; fill it in, or cut the file"
        )
    frame = pd.DataFrame(values, columns=channels)
    if time_column:
        frame[time_column] = cells[time_column].to_numpy()
    return frame


def season_length_of(table: Table) -> int:
    """Steps in one season, from the spacing of the times.

    Raises:
        InputError: No time column, or a spacing without a usual season.
    """
    advice = "set data.season_length to the number of steps in one season"
    if table.frequency is None:
        raise InputError(f"data.season_length: auto needs a time column with a known spacing; {advice}")
    digits = "".join(letter for letter in table.frequency if letter.isdigit()) or "1"
    name = table.frequency.lstrip("0123456789").split("-")[0]
    season, rest = divmod(SEASONS.get(name, 0), int(digits))
    if season < 1 or rest:
        raise InputError(f"data.season_length: auto knows no season for spacing {table.frequency!r}; {advice}")
    return season


def _read_cells(path: Path) -> pd.DataFrame:
    """All cells as text, columns by stripped name."""
    try:
        _check_widths(path)
        cells = pd.read_csv(
            path, dtype=str, header=None, keep_default_na=False, encoding="utf-8-sig", skip_blank_lines=False
        )
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text (byte {error.start + 1}); save it as CSV UTF-8") from None
    except pd.errors.EmptyDataError:
        raise InputError(f"{path} is empty; expected a header row and rows of numbers") from None
    except (pd.errors.ParserError, csv.Error) as error:
        raise InputError(f"{path} is not a well-formed CSV: {' '.join(str(error).split())}") from None
    header = [str(name).strip() for name in cells.iloc[0]]
    repeated = [name for name, count in Counter(header).items() if count > 1]
    if repeated:
        raise InputError(f"{path}: column {repeated[0]!r} appears more than once; give each column its own name")
    if "" in header:
        raise InputError(f"{path}: column {header.index('') + 1} has no name; give it one, or leave the column out")
    cells = cells.iloc[1:].set_axis(header, axis=1)
    if cells.empty:
        raise InputError(f"{path} has a header but no rows")
    cells.index = pd.RangeIndex(2, len(cells) + 2)  # the row as an editor shows it
    text: pd.DataFrame = cells.apply(lambda column: column.str.strip())
    return text


def _check_widths(path: Path) -> None:
    """Refuse rows of uneven width: pandas takes a short row for one with empty cells."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.reader(lines)
        width = len(next(rows, []))
        for number, row in enumerate(rows, start=2):
            if len(row) != width and (row or width > 1):
                raise InputError(f"{path}: row {number} has {len(row)} cells, but the header has {width}")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text


def _mostly_numeric(column: pd.Series) -> bool:
    """Whether a column is meant as numbers: at least half of its filled cells are."""
    filled = [text for text in column if text]
    return bool(filled) and 2 * sum(map(_is_number, filled)) >= len(filled)


def _find_time_column(cells: pd.DataFrame, wanted: str) -> str | None:
    if wanted == "none":
        return None
    if wanted != "auto":
        if wanted not in cells.columns:
            raise InputError(f"data.time_column: no column {wanted!r}; the file has {_listed(cells.columns)}")
        return wanted
    for name in cells.columns:
        sample = cells[name].iloc[:100]
        if not _mostly_numeric(sample) and parse_times(sample).notna().mean() > 0.5:  # noqa: PLR2004
            return str(name)
    return None


def _channel_names(cells: pd.DataFrame, wanted: str | list[str], time_column: str | None) -> list[str]:
    if isinstance(wanted, list):
        unknown = [name for name in wanted if name not in cells.columns or name == time_column]
        if unknown or not wanted or len(set(wanted)) < len(wanted):
            asked = unknown[0] if unknown else wanted
            raise InputError(f"data.channels: cannot use {asked!r}; the file has {_listed(cells.columns)}")
        return wanted
    names = [str(name) for name in cells.columns if name != time_column and _mostly_numeric(cells[name])]
    if not names:
        raise InputError(f"no numeric column among {_listed(cells.columns)}; is the separator a comma?")
    return names


def _to_numbers(column: pd.Series) -> npt.NDArray[np.float64]:
    """Floats, with nan for an empty cell only."""
    numbers = np.empty(len(column))
    for position, (row, text) in enumerate(column.items()):
        value = float(text) if text and _is_number(text) else math.nan
        if text and not math.isfinite(value):
            raise InputError(
                f"row {row}, column {column.name!r}: expected a finite number, got {text!r}; "
                "leave the cell empty where the value is missing",
            )
        numbers[position] = value
    return numbers


def parse_times(column: pd.Series) -> pd.Series:
    """ISO 8601 texts as times; not-a-time where a text is none."""
    try:
        return pd.to_datetime(column, errors="coerce", format="ISO8601")
    except ValueError:  # mixed time zones
        return pd.to_datetime(column, errors="coerce", format="ISO8601", utc=True)


def _read_times(column: pd.Series, missing: str) -> tuple[pd.DatetimeIndex, str | None]:
    """The regular time axis (steps,), gaps included, and its frequency."""
    times = parse_times(column)
    if times.isna().any():
        row = times.index[times.isna()][0]
        raise InputError(f"row {row}, column {column.name!r}: expected a time like 2001-12-29 or "
                         f"2001-12-29 13:00:00, got {column[row]!r}")  # fmt: skip
    gaps = times.diff().iloc[1:]
    if (gaps <= pd.Timedelta(0)).any():
        row = gaps.index[gaps <= pd.Timedelta(0)][0]
        kind = "repeats the time of" if gaps[row] == pd.Timedelta(0) else "is earlier than"
        raise InputError(f"row {row}, column {column.name!r}: {column[row]!r} {kind} the row above; sort the times "
                         "and keep one row each")  # fmt: skip
    index = pd.DatetimeIndex(times)
    frequency = frequency_of(index)
    if frequency is not None or len(index) < FEWEST_TIMES:
        return index, frequency
    return _regular_axis(index, gaps, str(column.name), missing)


def _regular_axis(
    index: pd.DatetimeIndex, gaps: pd.Series, name: str, missing: str
) -> tuple[pd.DatetimeIndex, str | None]:
    step = gaps.mode().iloc[0]
    uneven = gaps[gaps % step != pd.Timedelta(0)]
    if len(uneven):
        raise InputError(f"row {uneven.index[0]}, column {name!r}: the times are not evenly spaced (mostly {step}, "
                         f"here {uneven.iloc[0]}); set data.time_column: none to take rows as steps")  # fmt: skip
    if missing == "error":
        row = gaps.index[gaps > step][0]
        raise InputError(f"row {row}, column {name!r}: {gaps[row] // step - 1} rows are missing before this time; "
                         "set data.missing: interpolate to fill them")  # fmt: skip
    steps = (index[-1] - index[0]) // step + 1
    if steps > 2 * len(index):
        raise InputError(f"column {name!r}: {steps - len(index)} of {steps} rows would have to be filled in; is one of "
                         "the times mistyped?")  # fmt: skip
    axis = pd.date_range(index[0], index[-1], freq=step)
    return axis, frequency_of(axis)


def frequency_of(times: pd.DatetimeIndex) -> str | None:
    """The spacing by pandas' name; None where there is none, or too few times to tell."""
    if len(times) < FEWEST_TIMES:
        return None
    with pd.option_context("future.infer_freq_returns_offset", True):  # the string of old is deprecated
        offset = to_offset(pd.infer_freq(times))
    return None if offset is None else offset.freqstr


def _insert_missing_rows(
    values: npt.NDArray[np.float64], column: pd.Series, axis: pd.DatetimeIndex
) -> npt.NDArray[np.float64]:
    frame = pd.DataFrame(values, index=pd.DatetimeIndex(parse_times(column)))
    return frame.reindex(axis).to_numpy(copy=True)


def _fill(
    values: npt.NDArray[np.float64], names: list[str], missing: str
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Fill gaps linearly, between known values only."""
    gaps = np.isnan(values)
    if not gaps.any():
        return values, gaps
    if missing == "error":
        step, channel = np.argwhere(gaps)[0]
        raise InputError(
            f"row {step + 2}, column {names[channel]!r}: the cell is empty ({gaps.sum()} in all); "
            "set data.missing: interpolate to fill such gaps",
        )
    for channel, name in enumerate(names):
        known = np.flatnonzero(~gaps[:, channel])
        if len(known) == 0 or known[0] > 0 or known[-1] < len(values) - 1:
            raise InputError(f"column {name!r} starts or ends with empty cells; cut those rows off the file")
        holes = np.flatnonzero(gaps[:, channel])
        values[holes, channel] = np.interp(holes, known, values[known, channel])
    return values, gaps


def _listed(names: pd.Index, most: int = 10) -> str:
    shown = ", ".join(map(str, names[:most]))
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
