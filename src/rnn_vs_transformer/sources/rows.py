"""The rows of a CSV file, one at a time, so that a file may be larger than the memory."""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

from rnn_vs_transformer.runtime.errors import InputError, quoted

Row = list[str]
SEPARATORS: Final = {"semicolon": ";", "tab": "\t", "bar": "|", "comma": ",", "space": " "}
"""By the names of `data.separator`; the first that fits is taken."""
SNIFFED_LINES: Final = 100
NAMELESS: Final = "column 1"
FORMULA: Final = re.compile(r"[=@+-](?![\d.]+$)")
"""How a cell begins that a spreadsheet runs; -1.5 is a number."""


@dataclass
class Rows:
    """A header and the rows below it, each as wide as the header. What was passed over is known when all are read."""

    names: Row
    separator: str
    cells: Iterator[Row]
    skipped: list[int] = field(default_factory=list)
    """Lines that are comments or blank, counted from 1."""
    comments: int = 0
    blank: int = 0
    cut: bool = False
    """Whether empty cells beyond the named columns were left out."""

    def line(self, row: int) -> int:
        """The line of row 0, 1, ..., as an editor counts lines."""
        number = row + 2
        for line in self.skipped:
            if line > number:
                break
            number += 1
        return number


@contextmanager
def open_rows(path: Path, separator: str = "auto") -> Iterator[Rows]:
    """Open a file of separated values, plain or `.gz`, in UTF-8 (with or without a byte order mark) or UTF-16.

    Comments (lines that begin with #) and blank lines are passed over, as are empty cells beyond the header.

    Raises:
        InputError: The file cannot be opened, is no such file, or its header leaves the columns in doubt. While the
            rows are read: a row of another width, text that cannot be decoded, a quote that does not end.
    """
    try:
        binary: Any = (gzip.open if path.suffix == ".gz" else open)(path, "rb")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    with binary, _told(path, binary):
        utf_16 = binary.peek(2)[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
        lines = io.TextIOWrapper(binary, encoding="utf-16" if utf_16 else "utf-8-sig", newline="")
        first = list(islice(lines, SNIFFED_LINES))
        chosen = SEPARATORS[separator] if separator != "auto" else _sniff(first)
        rows = Rows([], chosen, iter(()))
        table = csv.reader(
            _without_comments(chain(first, lines), rows), delimiter=chosen, skipinitialspace=chosen == " ", strict=True
        )
        header = next((row for row in table if _counted(row, rows)), None)
        if header is None:
            raise InputError(f"{path} is empty; expected a header row and rows of numbers")
        rows.names = _names(path, header)
        rows.cut = len(rows.names) < len(header)
        rows.cells = _rows(path, table, rows)
        yield rows


def _without_comments(lines: Iterable[str], rows: Rows) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if line.startswith("#") and not line.startswith("#N/A"):
            rows.skipped.append(number)
            rows.comments += 1
        else:
            yield line


def _counted(row: Row, rows: Rows) -> bool:
    """Whether a row has cells; a blank line above the header is passed over."""
    if not row:
        rows.skipped.append(1)
        rows.blank += 1
    return bool(row)


def _sniff(lines: list[str]) -> str:
    """The separator with which most rows are as wide as the header."""
    texts = list(_without_comments(lines, Rows([], "", iter(()))))
    best, share = ",", 0.5
    for separator in SEPARATORS.values():
        try:
            rows = [row for row in csv.reader(texts, delimiter=separator, skipinitialspace=separator == " ") if row]
        except csv.Error:
            continue
        width = len(_cut(rows[0], 1)) if rows else 0
        fitting = sum(len(_cut(row, width)) == width for row in rows) / max(1, len(rows))
        if width > 1 and fitting > share:
            best, share = separator, fitting
    return best


def _cut(row: Row, least: int) -> Row:
    """Without the empty cells at its end."""
    end = len(row)
    while end > least and not row[end - 1].strip():
        end -= 1
    return row[:end]


@contextmanager
def _told(path: Path, binary: Any) -> Iterator[None]:
    """Faults of the file in one line."""
    try:
        yield
    except UnicodeDecodeError as error:
        if error.encoding.startswith("utf-16"):
            raise InputError(f"{path} begins as UTF-16 text but is none; save it as CSV UTF-8") from None
        position = binary.tell() - len(error.object) + error.start + 1
        raise InputError(f"{path} is not UTF-8 text (byte {position}); save it as CSV UTF-8") from None
    except csv.Error as error:
        raise InputError(f"{path} is not a well-formed CSV: {error}") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise InputError(f"{path} is no whole gzip file; was its download cut off?") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None


def _rows(path: Path, table: Iterator[Row], rows: Rows) -> Iterator[Row]:
    """The rows below the header; pandas would take a short row for one with empty cells."""
    width, count = len(rows.names), 0
    for row in table:
        if len(row) != width:
            if not row and width > 1:
                rows.skipped.append(rows.line(count))
                rows.blank += 1
                continue
            cells = _cut(row, width) if row else [""]
            if len(cells) != width:
                where = f"{path}: row {rows.line(count)} has {len(row)} cell{'s' * (len(row) > 1)}"
                raise InputError(f"{where}, but the header has {width}")
            row = cells  # noqa: PLW2901 - the same without empty cells
        count += 1
        yield row


def _names(path: Path, header: Row) -> Row:
    """The checked names of the columns; the first may have none, as pandas writes an index."""
    names = _cut([name.strip() for name in header], 1)
    if len(names) > 1 or len(header) > 1:
        names[0] = names[0] or NAMELESS
    check_names(path, names)
    if len(names) == 1:
        for word, separator in SEPARATORS.items():
            if separator in names[0] and separator != " ":
                raise InputError(
                    f"{path}: the header has {quoted(names[0])}, and the rows are not as wide; is the separator a "
                    f"{word}? Set data.separator: {word}, or take the {word} out of the column's name"
                )
    return names


def check_names(path: Path | str, names: Row) -> None:
    """Refuse names that leave a column in doubt, or that would do harm in a report.

    Raises:
        InputError: A name is missing, comes twice, cannot be shown, or begins like a formula.
    """
    for name in names:
        if not name.isprintable():
            raise InputError(f"{path}: the column name {quoted(name)} has a character that cannot be shown; rename it")
        if FORMULA.match(name):
            raise InputError(
                f"{path}: the column name {quoted(name)} begins like a formula, and a spreadsheet that opens a report "
                "would run it; rename the column",
            )
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated and repeated != [""]:
        raise InputError(f"{path}: column {quoted(repeated[0])} appears more than once; give each its own name")
    if "" in names:
        raise InputError(f"{path}: column {names.index('') + 1} has no name; give it one, or leave the column out")
