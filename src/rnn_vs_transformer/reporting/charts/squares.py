"""A field of squares: words in each, or shades alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rnn_vs_transformer.reporting.charts.axis import Axis
from rnn_vs_transformer.reporting.tables import Table

WIDTH: Final = 420
LEFT: Final = 148
HIGH: Final = 27
BELOW: Final = 40
LEAST: Final = 0.04
"""Fainter shades are left out."""


@dataclass(frozen=True)
class Square:
    """What stands where; `look` gives its colour, `shade` from 0 to 1 how much of it."""

    row: int
    column: int
    look: str
    text: str = ""
    told: str = ""
    """What is shown of it on asking."""
    mark: str = ""
    shade: float = 1.0


@dataclass(frozen=True)
class Squares:
    """A figure of named rows and columns."""

    name: str
    title: str
    caption: str
    rows: Sequence[str]
    columns: Sequence[str]
    label: str
    """What the columns are."""
    squares: Sequence[Square]
    table: Table
    kind: str = "squares"

    width: int = WIDTH

    @property
    def wide(self) -> float:
        """Width of a square."""
        return (WIDTH - LEFT) / len(self.columns)

    @property
    def height(self) -> int:
        """Of the whole figure."""
        return HIGH * len(self.rows) + BELOW

    def corner(self, square: Square) -> tuple[float, float]:
        """Upper left corner."""
        return round(LEFT + square.column * self.wide, 1), square.row * HIGH


@dataclass(frozen=True)
class Shades:
    """A figure of many small squares without words: how much, by row and column; dashed: where it should be."""

    name: str
    title: str
    caption: str
    x: Axis
    y: Axis
    values: Sequence[Sequence[float]]
    """From 0 to 1, by row from above and by column."""
    look: str
    table: Table
    line: Sequence[tuple[float, float]] = ()
    """Column and row of points, counted from 0, that are joined."""
    kind: str = "shades"

    width: int = WIDTH
    height: int = 230

    left: int = 40
    bottom: int = 40

    @property
    def wide(self) -> float:
        """Width of a square."""
        return (self.width - self.left - 6) / len(self.values[0])

    @property
    def high(self) -> float:
        """Height of a square."""
        return (self.height - self.bottom - 4) / len(self.values)

    @property
    def squares(self) -> list[tuple[float, float, float]]:
        """Left, top and shade of those that show anything."""
        return [
            (round(self.left + column * self.wide, 1), round(4 + row * self.high, 1), round(value, 2))
            for row, values in enumerate(self.values) for column, value in enumerate(values) if value >= LEAST
        ]  # fmt: skip

    @property
    def frame(self) -> tuple[float, float, float, float]:
        """Left, top, right and lower edge of the squares."""
        return self.left, 4, self.width - 6, self.height - self.bottom

    @property
    def path(self) -> str:
        """The line."""
        places = [(self.left + (column + 0.5) * self.wide, 4 + (row + 0.5) * self.high) for column, row in self.line]
        return "".join(f"{'L' if place else 'M'}{x:.1f} {y:.1f}" for place, (x, y) in enumerate(places))
