"""Curves over an axis, with bands; or dots alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rnn_vs_transformer.reporting.charts.axis import Axis
from rnn_vs_transformer.reporting.tables import Cell, Table, number

WIDTH: Final = 420
HEIGHT: Final = 250
LEFT: Final = 48
RIGHT: Final = 12
TOP: Final = 10
BOTTOM: Final = 42
MOST_ROWS: Final = 24
"""So many rows has the table behind a figure; of more, some evenly spread."""


@dataclass(frozen=True)
class Curve:
    """One line; `look` gives its colour (see report.css), `low` and `high` its band."""

    name: str
    look: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] = ()
    high: Sequence[float] = ()
    dashed: bool = False


@dataclass(frozen=True)
class Lines:
    """A figure of curves in one frame."""

    name: str
    title: str
    caption: str
    x: Axis
    y: Axis
    curves: Sequence[Curve]
    dots: bool = False
    """Whether the points are drawn and not joined."""
    references: Sequence[float] = ()
    """Heights of dotted lines across."""
    form: str = ".3g"
    kind: str = "lines"

    width: int = WIDTH
    height: int = HEIGHT

    def left(self, value: float) -> float:
        """Distance of a value from the left edge."""
        return round(LEFT + self.x.at(value) * (WIDTH - LEFT - RIGHT), 1)

    def top(self, value: float) -> float:
        """Distance of a value from the upper edge."""
        return round(HEIGHT - BOTTOM - self.y.at(value) * (HEIGHT - TOP - BOTTOM), 1)

    def points(self, curve: Curve) -> list[tuple[float, float]]:
        """Places of the known points, in order."""
        return [(self.left(x), self.top(y)) for x, y in zip(curve.x, curve.y, strict=True) if y == y]  # noqa: PLR0124

    def path(self, curve: Curve) -> str:
        """The line as an SVG path."""
        return _joined(self.points(curve))

    def band(self, curve: Curve) -> str:
        """The band as an SVG path that closes; empty where there is none."""
        if not len(curve.low):
            return ""
        lower = [(self.left(x), self.top(y)) for x, y in zip(curve.x, curve.low, strict=True)]
        upper = [(self.left(x), self.top(y)) for x, y in zip(curve.x, curve.high, strict=True)]
        return f"{_joined([*upper, *reversed(lower)])}Z"

    @property
    def frame(self) -> tuple[int, int, int, int]:
        """Left, top, right and lower edge of the drawing area."""
        return LEFT, TOP, WIDTH - RIGHT, HEIGHT - BOTTOM

    @property
    def legend(self) -> Sequence[Curve]:
        """The curves that a key is needed for."""
        return self.curves if len(self.curves) > 1 else ()

    @property
    def table(self) -> Table:
        """A row per point on the x axis, a column per curve."""
        known = [dict(zip(curve.x, curve.y, strict=True)) for curve in self.curves]
        places = sorted({x for one in known for x in one})
        some = places if len(places) <= MOST_ROWS else [
            places[round(row * (len(places) - 1) / (MOST_ROWS - 1))] for row in range(MOST_ROWS)
        ]  # fmt: skip
        rows = [[Cell(f"{x:,.6g}", x), *(number(one.get(x), self.form) for one in known)] for x in some]
        return Table([self.x.label, *(curve.name for curve in self.curves)], rows)


def _joined(points: Sequence[tuple[float, float]]) -> str:
    return "".join(f"{'L' if place else 'M'}{x:g} {y:g}" for place, (x, y) in enumerate(points))
