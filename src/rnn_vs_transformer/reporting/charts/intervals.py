"""A row per forecaster: a dot with its interval, or a bar; what they are judged by stands as lines across all rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rnn_vs_transformer.reporting.charts.axis import Axis
from rnn_vs_transformer.reporting.tables import Table

WIDTH: Final = 420
SIDE: Final = 8
ROW: Final = 36
KEY: Final = 16
"""Height of the line of text above a reference's line."""
BELOW: Final = 40


@dataclass(frozen=True)
class Row:
    """What one row shows; `text` is its number as it is told everywhere else."""

    name: str
    look: str
    value: float
    text: str
    low: float | None = None
    high: float | None = None
    singles: Sequence[float] = ()
    """Of single seeds, drawn as ticks."""
    hollow: bool = False
    mark: str = ""
    """What stands behind its name."""
    of: str = ""


@dataclass(frozen=True)
class Intervals:
    """A figure of rows."""

    name: str
    title: str
    caption: str
    x: Axis
    rows: Sequence[Row]
    table: Table
    references: Sequence[Row] = ()
    note: str = ""
    bars: bool = False
    kind: str = "intervals"

    width: int = WIDTH

    def left(self, value: float) -> float:
        """Distance of a value from the left edge."""
        return round(SIDE + self.x.at(value) * (WIDTH - 2 * SIDE), 1)

    @property
    def top(self) -> int:
        """Where the rows begin, below the names of the references."""
        return KEY * len(self.references) + 6

    @property
    def bottom(self) -> int:
        """Where the axis lies."""
        return self.top + ROW * len(self.rows) + 4

    @property
    def height(self) -> int:
        """Of the whole figure."""
        return self.bottom + BELOW

    def middle(self, place: int) -> int:
        """Height of the dot or bar of a row; its name stands above it."""
        return self.top + ROW * place + 25

    @property
    def bands(self) -> list[tuple[int, int]]:
        """Upper and lower end of what lies beside the dots: there alone do lines across stand, not through names."""
        return [(self.middle(place) - 8, self.middle(place) + 12) for place in range(len(self.rows))]

    def key(self, place: int) -> int:
        """Height of the name of a reference."""
        return KEY * place + 12

    def ends_at(self, reference: Row) -> bool:
        """Whether the name of a reference stands to the left of its line, as there is more room."""
        return self.x.at(reference.value) > 0.6  # noqa: PLR2004
