"""The rows of a CSV file, one at a time, so that a file may be larger than the memory."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from rnn_vs_transformer.runtime.errors import InputError, quoted

Row = list[str]
SEPARATORS = {";": "semicolon", "\t": "tab", "|": "bar"}
FORMULA = re.compile(r"[=@+-](?![\d.]+$)")
"""How a cell begins that a spreadsheet runs; -1.5 is a number."""


@contextmanager
def open_rows(path: Path) -> Iterator[tuple[Row, Iterator[Row]]]:
    """Open a comma-separated file in UTF-8, with or without a byte order mark and with any line ends.

    It yields the stripped names of the columns, and the rows below them, each as wide as the header.

    Raises:
        InputError: The file cannot be opened, is no such file, or its header leaves the columns in doubt. While the
            rows are read: a row of another width, text that is not UTF-8, a quote that does not end.
    """
    try:
        file = path.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    with file:
        rows = _rows(path, file)
        header = next(rows, None)
        if header is None:
            raise InputError(f"{path} is empty; expected a header row and rows of numbers")
        names = [name.strip() for name in header]
        _check_names(path, names)
        yield names, rows


def _rows(path: Path, file: TextIO) -> Iterator[Row]:
    """The header and all rows; pandas would take a short row for one with empty cells."""
    width = 0
    try:
        for number, row in enumerate(csv.reader(file, strict=True), start=1):
            width = width or max(1, len(row))
            cells = row or [""] * (width == 1)
            if len(cells) != width:
                raise InputError(f"{path}: row {number} has {len(row)} cells, but the header has {width}")
            yield cells
    except UnicodeDecodeError as error:
        position = file.buffer.tell() - len(error.object) + error.start + 1
        raise InputError(f"{path} is not UTF-8 text (byte {position}); save it as CSV UTF-8") from None
    except csv.Error as error:
        raise InputError(f"{path} is not a well-formed CSV: {error}") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None


def _check_names(path: Path, names: Row) -> None:
    for name in names:
        for separator, word in SEPARATORS.items():
            if separator in name:
                raise InputError(
                    f"{path}: the header has {quoted(name)}; is the separator a {word}? Save the file with commas "
                    f"between cells and a dot for decimals (or take the {word} out of the column's name)",
                )
        if not name.isprintable():
            raise InputError(f"{path}: the column name {quoted(name)} has a character that cannot be shown; rename it")
        if FORMULA.match(name):
            raise InputError(
                f"{path}: the column name {quoted(name)} begins like a formula, and a spreadsheet that opens a report "
                "would run it; rename the column",
            )
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise InputError(f"{path}: column {quoted(repeated[0])} appears more than once; give each its own name")
    if "" in names:
        raise InputError(f"{path}: column {names.index('') + 1} has no name; give it one, or leave the column out")
