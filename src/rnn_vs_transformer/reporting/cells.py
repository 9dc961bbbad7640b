"""Cells of the report's tables."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """What a table shows, and the value that it is sorted by; an empty one comes last."""

    text: str
    value: str | float = ""


def number(value: float | None, form: str) -> Cell:
    """A number in a format such as `.3f`; an empty cell where there is none."""
    return Cell("") if value is None else Cell(format(value, form), value)
