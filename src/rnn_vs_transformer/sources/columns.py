"""Columns of numbers out of rows of text, with what was found in them; 8 bytes per number, whatever the text took."""

import math
import re
from array import array
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.data.scaling import LARGEST
from rnn_vs_transformer.sources.rows import Row

FOREIGN_NUMBER = re.compile(r"[-+\u2212$€£¥]?\s*\d[\d.,'\u2019\s]*[%]?")
"""A number as other countries and spreadsheets write it: 1.234,5 or 1'234 or 5 %."""


@dataclass
class Found:
    """How many cells of a column are filled, numbers (any that float knows), and numbers in another notation only."""

    filled: int = 0
    numbers: int = 0
    foreign: int = 0
    fault: tuple[int, str] | None = None
    """Row and text of the first cell that is neither empty nor a usable number."""
    first_foreign: tuple[int, str] | None = None

    @property
    def mostly_numbers(self) -> bool:
        """Whether the column is meant as numbers: at least half of its filled cells are."""
        return self.filled > 0 and 2 * self.numbers >= self.filled


class Columns:
    """Numbers (steps, columns), row by row; not-a-number for each cell that holds none."""

    def __init__(self, width: int) -> None:
        self.found = [Found() for _ in range(width)]
        self._numbers = array("d")

    def append(self, block: list[Row], first_row: int) -> None:
        """Add rows of `width` cells each; the first of them is `first_row` of the file."""
        numbers = np.empty((len(block), len(self.found)))
        for number, cells in enumerate(zip(*block, strict=True)):
            numbers[:, number] = read_numbers(cells, first_row, self.found[number])
        self._numbers.frombytes(numbers.tobytes())

    def values(self) -> FloatArray:
        """All rows so far, without a copy; nothing can be appended after."""
        return np.frombuffer(self._numbers).reshape(-1, len(self.found))


def read_numbers(cells: tuple[str, ...], first_row: int, found: Found) -> FloatArray:
    """Numbers of some cells of one column, not-a-number for others; what was seen is added to `found`."""
    if "_" not in "".join(cells):  # float() takes 1_000 for a number
        with suppress(ValueError):
            numbers = np.fromiter(map(float, cells), dtype=np.float64, count=len(cells))
            if (np.abs(numbers) <= LARGEST).all():
                found.filled += len(cells)
                found.numbers += len(cells)
                return numbers
    return np.array([_read_number(cell.strip(), row, found) for row, cell in enumerate(cells, start=first_row)])


def _read_number(text: str, row: int, found: Found) -> float:
    if not text:
        return math.nan
    found.filled += 1
    try:
        number = None if "_" in text else float(text)
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
