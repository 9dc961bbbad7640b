"""Tables of the page: cells that show one thing and may be sorted by another."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """What a table shows, and the value that it is sorted by; an empty one comes last."""

    text: str
    value: str | float = ""
    of: str = ""
    """What a number is of, such as `mse rnn`: numbers of the page that are of one thing are equal."""


@dataclass(frozen=True)
class Table:
    """Headings and rows; the first column names the row, the others hold numbers unless `words` says otherwise."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    words: Sequence[int] = (0,)
    """Places of the columns that hold text."""


def cell(text: object) -> Cell:
    """A text, sorted by itself."""
    return Cell(str(text), str(text))


def number(value: float | None, form: str, of: str = "") -> Cell:
    """A number in a format such as `.3f`; an empty cell where there is none."""
    return Cell("") if value is None or value != value else Cell(format(value, form), value, of)  # noqa: PLR0124 - NaN


def per_cent(value: float) -> str:
    """A relative number in whole per cent with its sign.

    >>> per_cent(-0.268), per_cent(0.001)
    ('-27 %', '0 %')
    """
    whole = round(100 * value)
    return f"{whole:+d} %" if whole else "0 %"
