"""One table as it was read, whatever it was read from: the seam between kinds of files and their meaning."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import is_bool_dtype, is_complex_dtype, is_datetime64_any_dtype, is_numeric_dtype

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.data.scaling import LARGEST
from rnn_vs_transformer.runtime.errors import InputError, quoted
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.sources.columns import Found, Spelling, lone_dot, read_numbers
from rnn_vs_transformer.sources.rows import SEPARATORS, Row, Rows, check_names, open_rows
from rnn_vs_transformer.sources.words import Coder, Texts, Words

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
    words: Words | None = None
    times: pd.DatetimeIndex | None = None
    boolean: bool = False
    """Numbers that were True and False."""

    def __len__(self) -> int:
        """Rows."""
        for cells in (self.numbers, self.words, self.times):
            if cells is not None:
                return len(cells)
        return 0

    def as_words(self) -> Words:
        """Numbers and times as text too."""
        if self.words is not None:
            return self.words
        values = self.numbers if self.numbers is not None else self.times
        codes, distinct = pd.factorize(np.empty(0) if values is None else values)
        texts = np.empty(len(distinct), dtype=object)
        texts[:] = [f"{value:.15g}" if self.numbers is not None else str(value) for value in distinct]
        return Words(codes.astype(np.int32), texts)


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
    codes, distinct = pd.factorize(np.asarray(column, dtype=object))
    if len(distinct) and all(isinstance(value, bool | np.bool_) for value in distinct):
        return _cells_of_numbers(np.append(distinct.astype(float), np.nan)[codes], boolean=True, as_text=as_text)
    if len(distinct) and all(isinstance(value, date) for value in distinct):
        times = pd.DatetimeIndex(pd.to_datetime(column, errors="coerce"))
        return Cells(Found(filled=int(np.sum(times.notna()))), times=times)
    texts = np.append([str(value) for value in distinct], "").astype(object)
    return _cells_of_text(texts[codes], spelling, as_text=as_text)


def _cells_of_numbers(numbers: FloatArray, *, boolean: bool, as_text: bool) -> Cells:
    known = ~np.isnan(numbers)
    usable = np.abs(numbers) <= LARGEST
    found = Found(int(known.sum()), int(known.sum()))
    bad = known & ~usable
    if bad.any():
        found.fault = (int(bad.argmax()), str(numbers[bad.argmax()]))
        numbers[bad] = np.nan
    cells = Cells(found, numbers=numbers, boolean=boolean)
    return Cells(found, words=cells.as_words()) if as_text else cells


def _cells_of_text(cells: Texts, spelling: Spelling, *, as_text: bool) -> Cells:
    if not as_text and _is_numeric(tuple(cells[:SAMPLE_ROWS]), spelling):
        found = Found()
        return Cells(found, numbers=read_numbers(tuple(cells), 0, found, spelling))
    coder = Coder(spelling.missing)
    return _cells_of_words(coder.words(coder.codes(cells, len(cells))), spelling, as_text=as_text)


def _cells_of_words(words: Words, spelling: Spelling, *, as_text: bool) -> Cells:
    """A column of text; numbers in it are looked for where they could have been meant."""
    found = Found()
    if not as_text:
        read_numbers(tuple(words.at(row) or "" for row in range(min(len(words), SAMPLE_ROWS))), 0, found, spelling)
        if found.first_foreign is None or 2 * (found.numbers + found.foreign) < found.filled:
            found = Found()
    if found.first_foreign is None:
        found.filled = int((words.codes >= 0).sum())
    return Cells(found, words=words)


def _spelling(params: DataParams, *, comma: bool = False) -> Spelling:
    return Spelling(frozenset({"", *(marker.strip().casefold() for marker in params.missing_values)}), comma)


def _read_csv(path: Path, params: DataParams, texts: set[str]) -> Sheet:
    with open_rows(path, params.separator) as rows:
        sample = list(islice(rows.cells, SAMPLE_ROWS))
        if not sample:
            raise InputError(f"{path} has a header but no rows")
        comma = rows.separator != "," and _decimal_comma(sample)
        spelling = _spelling(params, comma=comma)
        _check_dots(rows, sample, spelling, texts)
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


def _check_dots(rows: Rows, sample: list[Row], spelling: Spelling, texts: set[str]) -> None:
    for name, column in zip(rows.names, zip(*sample, strict=True), strict=True):
        if name not in texts and (cell := lone_dot(column, spelling, semicolons=rows.separator == ";")):
            raise InputError(
                f"column {quoted(name)}: {quoted(cell)} may be {cell.replace('.', '')} or {cell}; write thousands "
                f"without a dot, or decimals with one digit more ({cell}0)"
            )


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
    coders = [Coder(spelling.missing) for _ in names]
    codes: list[list[npt.NDArray[np.int32]]] = [[] for _ in names]
    length = 0
    while block := list(islice(cells, max(1, CELLS_AT_ONCE // len(names)))):
        table = np.empty((sum(numeric), len(block)))
        place = 0
        for number, column in enumerate(zip(*block, strict=True)):
            if numeric[number]:
                table[place] = read_numbers(column, length, found[number], spelling)
                place += 1
            else:
                codes[number].append(coders[number].codes(column, len(column)))
        numbers.append(table)
        length += len(block)
    whole = np.concatenate(numbers, axis=1)
    columns, place = dict[str, Cells](), 0
    for number, name in enumerate(names):
        if numeric[number]:
            columns[name] = Cells(found[number], numbers=whole[place])
            place += 1
        else:
            words = coders[number].words(np.concatenate(codes[number]))
            columns[name] = _cells_of_words(words, spelling, as_text=name in texts)
    return columns, length


def _is_numeric(column: tuple[str, ...], spelling: Spelling) -> bool:
    found = Found()
    read_numbers(column, 0, found, spelling)
    return found.mostly_numbers or not found.filled
