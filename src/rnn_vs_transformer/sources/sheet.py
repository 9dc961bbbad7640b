"""One table as it was read, whatever it was read from: the seam between kinds of files and their meaning."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final, Protocol, Self, runtime_checkable

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_complex_dtype, is_datetime64_any_dtype, is_numeric_dtype

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.data.scaling import LARGEST
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.sources.columns import Found, Spelling, Texts, read_numbers, strip_texts
from rnn_vs_transformer.sources.rows import SEPARATORS, Row, Rows, check_names, open_rows

CELLS_AT_ONCE: Final = 200_000
"""So many cells of text are in memory at a time."""
SAMPLE_ROWS: Final = 1000
"""Rows from which a column of text is told from one of numbers."""
COMMA_DECIMAL: Final = re.compile(r"[-+]?\d+,\d+([eE][-+]?\d+)?")
NO_COMMA_DECIMAL: Final = re.compile(r"[-+]?\d{1,3}(,\d{3}){2,}|[-+]?[\d,]*\.\d*([eE][-+]?\d+)?")
COLUMNAR: Final = {".parquet", ".pq", ".feather", ".arrow"}


@dataclass
class Cells:
    """One column: numbers (NaN for none), text (None for none), or times (NaT for none); the others are None."""

    found: Found
    numbers: FloatArray | None = None
    texts: Texts | None = None
    times: pd.DatetimeIndex | None = None
    boolean: bool = False
    """Numbers that were True and False."""

    @classmethod
    def of_texts(cls, texts: Texts) -> Self:
        """A column of text, all filled."""
        return cls(Found(filled=len(texts)), texts=texts)

    def __len__(self) -> int:
        """Rows."""
        for cells in (self.numbers, self.texts, self.times):
            if cells is not None:
                return len(cells)
        return 0

    @property
    def content(self) -> FloatArray | Texts:
        """Numbers where it has them, else text."""
        return self.as_texts() if self.numbers is None else self.numbers

    def as_texts(self) -> Texts:
        """Numbers and times as text too; None where there is no value."""
        if self.texts is not None:
            return self.texts
        texts = np.empty(len(self), dtype=object)
        if self.numbers is not None:
            texts[:] = [None if np.isnan(number) else f"{number:.15g}" for number in self.numbers]
        elif self.times is not None:
            texts[:] = [None if pd.isna(time) else str(time) for time in self.times]
        return texts


@dataclass
class Sheet:
    """The columns of a table by name, all equally long."""

    name: str
    columns: dict[str, Cells]
    length: int
    notes: list[str] = field(default_factory=list)
    rows: Rows | None = None
    """Of a CSV file."""
    labels: pd.Index | None = None
    """Of a frame."""

    def row(self, row: int) -> str:
        """How a message names row 0, 1, ...: by the line of a file, where the header is row 1."""
        if self.labels is not None:
            return f"row {self.labels[row]!s}"
        return f"row {self.rows.line(row) if self.rows else row + 2}"


@runtime_checkable
class ToPandas(Protocol):
    """A frame of polars, or a table of pyarrow."""

    def to_pandas(self) -> pd.DataFrame:
        """The same as a frame of pandas."""
        ...


Frame = pd.DataFrame | pd.Series | ToPandas


def read_sheet(path: Path, params: DataParams, texts: Iterable[str] = ()) -> Sheet:
    """Read a file by its ending; the columns in `texts` are never taken for numbers.

    Raises:
        InputError: Whatever makes the file unusable.
    """
    if path.suffix.casefold() in COLUMNAR:
        return _read_columnar(path, params, set(texts))
    return _read_csv(path, params, set(texts))


def _read_columnar(path: Path, params: DataParams, texts: set[str]) -> Sheet:
    import pyarrow as pa  # noqa: PLC0415 - seconds that a CSV file need not wait for

    try:
        frame = (pd.read_parquet if path.suffix.casefold() in {".parquet", ".pq"} else pd.read_feather)(path)
    except (OSError, ValueError, KeyError, NotImplementedError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path} cannot be read as {path.suffix[1:]}: {reason}") from None
    sheet = sheet_of(frame, params, texts, str(path))
    sheet.labels = None
    return sheet


def sheet_of(frame: Frame, params: DataParams, texts: Iterable[str] = (), name: str = "the frame") -> Sheet:
    """A frame of pandas or polars, or a Series of one variable; an index with names or times is a column too.

    Raises:
        InputError: It is none of these, or has no rows or columns.
    """
    labels = frame.index if isinstance(frame, pd.DataFrame | pd.Series) else None
    frame = pandas_of(frame)
    names = [str(column).strip() for column in frame.columns]
    check_names(name, names)
    if not names or not len(frame):
        raise InputError(f"{name} has {'no rows' if names else 'no columns'}")
    spelling, wanted = _spelling(params), set(texts)
    columns = {
        column: _cells_of(frame.iloc[:, place], spelling, as_text=column in wanted)
        for place, column in enumerate(names)
    }
    return Sheet(name, columns, len(frame), labels=labels)


def pandas_of(frame: Frame) -> pd.DataFrame:
    """The frame of pandas; an index with names or times becomes a column.

    Raises:
        InputError: It is no frame.
    """
    if isinstance(frame, pd.Series):
        frame = frame.to_frame("y" if frame.name is None else frame.name)
    if not isinstance(frame, pd.DataFrame):
        if not isinstance(frame, ToPandas):
            raise InputError(f"expected a frame of pandas or polars, or a Series, got {type(frame).__name__}")
        frame = frame.to_pandas()
        if isinstance(frame, pd.Series):  # of polars
            frame = frame.to_frame(frame.name or "y")
    if not isinstance(frame.index, pd.RangeIndex) and (
        isinstance(frame.index, pd.MultiIndex | pd.DatetimeIndex | pd.PeriodIndex) or frame.index.name is not None
        or not is_numeric_dtype(frame.index.dtype)
    ):  # fmt: skip
        names = [
            level or f"index {place}" if frame.index.nlevels > 1 else level or "time"
            for place, level in enumerate(frame.index.names)
        ]
        frame = frame.rename_axis(index=names).reset_index()
    return frame


def _cells_of(column: pd.Series, spelling: Spelling, *, as_text: bool) -> Cells:
    kind = column.dtype
    if isinstance(kind, pd.PeriodDtype):
        column = column.dt.to_timestamp()
        kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype):
        column = column.astype(object)
    if is_datetime64_any_dtype(kind):
        return Cells(Found(filled=int(column.notna().sum())), times=pd.DatetimeIndex(column))
    if is_numeric_dtype(kind) and not is_complex_dtype(kind):
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
        return _cells_of_numbers(numbers, boolean=is_bool_dtype(kind), as_text=as_text)
    values = np.asarray(column, dtype=object)
    present = [value for value in values if not _is_none(value)]
    if present and all(isinstance(value, bool | np.bool_) for value in present):
        return _cells_of_numbers(_floats(values), boolean=True, as_text=as_text)
    if present and all(hasattr(value, "year") for value in present):  # datetime.date
        return Cells(Found(filled=len(present)), times=pd.DatetimeIndex(pd.to_datetime(column, errors="coerce")))
    return _cells_of_text(tuple("" if _is_none(value) else str(value) for value in values), spelling, as_text=as_text)


def _is_none(value: object) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value))


def _floats(values: Any) -> FloatArray:
    return np.array([np.nan if _is_none(value) else float(value) for value in values], dtype=np.float64)


def _cells_of_numbers(numbers: FloatArray, *, boolean: bool, as_text: bool) -> Cells:
    known = ~np.isnan(numbers)
    usable = np.abs(numbers) <= LARGEST
    found = Found(int(known.sum()), int(known.sum()))
    if not known.all():
        found.first_missing = int((~known).argmax())
    bad = known & ~usable
    if bad.any():
        found.fault = (int(bad.argmax()), str(numbers[bad.argmax()]))
        numbers[bad] = np.nan
    cells = Cells(found, numbers=numbers, boolean=boolean)
    return Cells(found, texts=cells.as_texts()) if as_text else cells


def _cells_of_text(cells: tuple[str, ...], spelling: Spelling, *, as_text: bool) -> Cells:
    found = Found()
    if not as_text:
        numbers = read_numbers(cells, 0, found, spelling)
        if found.mostly_numbers or not found.filled:
            return Cells(found, numbers=numbers)
    texts = strip_texts(cells, spelling)
    return Cells(_found_in(texts, as_text, spelling), texts=texts)


def _found_in(texts: Texts, as_text: bool, spelling: Spelling) -> Found:
    """What a column of text holds; numbers are looked for where they could have been meant."""
    filled = sum(text is not None for text in texts)
    sample = tuple("" if text is None else text for text in texts[:SAMPLE_ROWS])
    found = Found()
    if not as_text:
        read_numbers(sample, 0, found, spelling)
        if found.first_foreign is None or 2 * (found.numbers + found.foreign) < found.filled:
            found = Found()
    found.filled = max(found.filled, filled) if found.first_foreign is None else found.filled
    return found


def _spelling(params: DataParams, *, comma: bool = False) -> Spelling:
    return Spelling(frozenset({"", *(marker.strip().casefold() for marker in params.missing_values)}), comma)


def _read_csv(path: Path, params: DataParams, texts: set[str]) -> Sheet:
    with open_rows(path, params.separator) as rows:
        sample = list(islice(rows.cells, SAMPLE_ROWS))
        if not sample:
            raise InputError(f"{path} has a header but no rows")
        comma = rows.separator != "," and _decimal_comma(sample)
        spelling = _spelling(params, comma=comma)
        columns, length = _read_blocks(chain(sample, rows.cells), rows, sample, spelling, texts)
    sheet = Sheet(str(path), columns, length, rows=rows)
    words = {separator: word for word, separator in SEPARATORS.items()}
    if rows.separator != ",":
        sheet.notes.append(f"separator: {words[rows.separator]}{'; a comma is the decimal sign' if comma else ''}")
    for count, kind in ((rows.comments, "comment"), (rows.blank, "blank line")):
        if count:
            sheet.notes.append(f"passed over: {count} {kind}{'s' * (count > 1)}")
    if rows.cut:
        sheet.notes.append("passed over: the empty last column, which has no name")
    return sheet


def _decimal_comma(sample: list[Row]) -> bool:
    """Whether a comma is the decimal sign: some cells are numbers only so, and none only otherwise."""
    cells = {cell.strip() for row in sample for cell in row if "," in cell or "." in cell}
    return any(COMMA_DECIMAL.fullmatch(cell) for cell in cells) and not any(map(NO_COMMA_DECIMAL.fullmatch, cells))


def _read_blocks(
    cells: Iterator[Row], rows: Rows, sample: list[Row], spelling: Spelling, texts: set[str]
) -> tuple[dict[str, Cells], int]:
    """All columns: numbers where the sample is mostly numbers or all missing, else text."""
    names = rows.names
    numeric = [
        name not in texts and _is_numeric(column, spelling)
        for name, column in zip(names, zip(*sample, strict=True), strict=True)
    ]
    found = [Found() for _ in names]
    numbers: list[FloatArray] = []
    strings: list[list[Texts]] = [[] for _ in names]
    length = 0
    while block := list(islice(cells, max(1, CELLS_AT_ONCE // len(names)))):
        table = np.empty((sum(numeric), len(block)))
        place = 0
        for number, column in enumerate(zip(*block, strict=True)):
            if numeric[number]:
                table[place] = read_numbers(column, length, found[number], spelling)
                place += 1
            else:
                strings[number].append(strip_texts(column, spelling))
        numbers.append(table)
        length += len(block)
    whole = np.concatenate(numbers, axis=1)
    columns, place = dict[str, Cells](), 0
    for number, name in enumerate(names):
        if numeric[number]:
            columns[name] = Cells(found[number], numbers=whole[place])
            place += 1
        else:
            text = np.concatenate(strings[number])
            columns[name] = Cells(_found_in(text, name in texts, spelling), texts=text)
    return columns, length


def _is_numeric(column: tuple[str, ...], spelling: Spelling) -> bool:
    found = Found()
    read_numbers(column, 0, found, spelling)
    return found.mostly_numbers or not found.filled
