"""Columns out of rows of text: numbers at 8 bytes each, whatever the text took, with what was found in them."""

import math
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import numpy as np

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.data.scaling import LARGEST

FOREIGN_NUMBER: Final = re.compile(r"[-+\u2212$€£¥]?\s*\d[\d.,'\u2019\s]*[%]?")
"""A number as other countries and spreadsheets write it: 1.234,5 or 1'234 or 5 %."""
WITH_LONE_DOT: Final = re.compile(r"[-+]?[1-9]\d{0,2}\.\d{3}")
UP_TO_A_THOUSAND: Final = re.compile(r"[-+]?\d{1,3}")
DASHES: Final = {".", "-", "--"}
"""Missing values where nothing else in a column is text."""


@dataclass
class Found:
    """How many cells of a column are filled, numbers (any that float knows), and numbers in another notation only."""

    filled: int = 0
    numbers: int = 0
    foreign: int = 0
    fault: tuple[int, str] | None = None
    """Row (from 0) and text of the first cell that is neither missing nor a usable number."""
    first_foreign: tuple[int, str] | None = None

    @property
    def mostly_numbers(self) -> bool:
        """Whether the column is meant as numbers: at least half of its filled cells are."""
        return self.filled > 0 and 2 * self.numbers >= self.filled


@dataclass(frozen=True)
class Spelling:
    """How a file writes its values."""

    missing: frozenset[str]
    """Cells without a value, in lower case; the empty one is among them."""
    comma: bool = False
    """Whether a comma, not a dot, is the decimal sign."""

    def is_missing(self, text: str) -> bool:
        """Whether a stripped cell holds no value."""
        return not text or text.casefold() in self.missing


def lone_dot(cells: tuple[str, ...], spelling: Spelling, *, semicolons: bool) -> str | None:
    """A cell like 1.636 where all that have a dot are like it, so that it may be 1636 too.

    It may where the file has semicolons between its columns, as where a dot stands between thousands, and where cells
    without a dot have three digits at most.
    """
    dotted = [cell.strip() for cell in cells if "." in cell]
    if not dotted or not all(map(WITH_LONE_DOT.fullmatch, dotted)):
        return None
    plain = [cell.strip() for cell in cells if "." not in cell]
    rest = [text for text in plain if not spelling.is_missing(text) and text not in DASHES]
    mixed = bool(rest) and all(map(UP_TO_A_THOUSAND.fullmatch, rest))
    return dotted[0] if mixed or (semicolons and not rest) else None


def read_numbers(cells: tuple[str, ...], first_row: int, found: Found, spelling: Spelling) -> FloatArray:
    """Numbers of some cells of one column, not-a-number for others; what was seen is added to `found`."""
    joined = "\0".join(cells)
    if "_" not in joined and not (spelling.comma and "." in joined):  # float() takes 1_000 for a number
        plain = joined.replace(",", ".").split("\0") if spelling.comma else cells
        with suppress(ValueError):
            numbers = np.fromiter(map(float, plain), dtype=np.float64, count=len(cells))
            if (np.abs(numbers) <= LARGEST).all():
                found.filled += len(cells)
                found.numbers += len(cells)
                return numbers
    return np.array(
        [_read_number(cell.strip(), row, found, spelling) for row, cell in enumerate(cells, start=first_row)],
        dtype=np.float64,
    )


def _read_number(text: str, row: int, found: Found, spelling: Spelling) -> float:
    if spelling.is_missing(text) or text in DASHES:
        return math.nan
    found.filled += 1
    plain = text.replace(",", ".") if spelling.comma and "." not in text else text
    try:
        number = None if "_" in text or (spelling.comma and "." in text) else float(plain)
    except ValueError:
        number = None
    if number is not None:
        found.numbers += 1
        if abs(number) <= LARGEST:
            return number
    elif FOREIGN_NUMBER.fullmatch(text):
        found.foreign += 1
        found.first_foreign = found.first_foreign or (row, text)
    found.fault = found.fault or (row, text)
    return math.nan
