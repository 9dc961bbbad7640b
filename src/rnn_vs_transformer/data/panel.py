"""The one form of all data: the values of all series one behind the other, with offsets, a mask, steps and covariates.

A wide file is the special case in which all series have the same times.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
OF_CELLS = ("values", "observed", "past", "future")


@dataclass(frozen=True)
class Panel:
    """All series; a cell is one step of one series."""

    names: list[str]
    """Of the series (S)."""
    values: FloatArray
    """(cells,), series by series and step by step; gaps are filled."""
    observed: BoolArray
    """(cells,); what is False was filled, and is no target."""
    offsets: IntArray
    """(S + 1,): series s has the cells offsets[s] to offsets[s + 1] - 1."""
    first_steps: IntArray
    """(S,): where on the common time axis each series starts."""
    past: FloatArray
    """(cells, Kp): covariates known until the forecast origin."""
    future: FloatArray
    """(cells, Kf): covariates known over the horizon too, the calendar among them."""
    static: FloatArray
    """(S, Ks)."""

    @classmethod
    def of(
        cls,
        names: list[str],
        series: list[FloatArray],
        observed: list[BoolArray] | None = None,
        first_steps: list[int] | None = None,
        covariates: tuple[FloatArray, FloatArray, FloatArray] | None = None,
    ) -> Self:
        """A panel of series (steps,) each; all observed, from step 0 on and without covariates where nothing is said.

        Covariates are `past`, `future` and `static`, as the panel has them.
        """
        offsets = np.concatenate([[0], np.cumsum([len(one) for one in series])]).astype(np.int64)
        cells = int(offsets[-1])
        return cls(
            names=names,
            values=np.concatenate([np.asarray(one, dtype=np.float64) for one in series]),
            observed=np.ones(cells, dtype=np.bool_) if observed is None else np.concatenate(observed),
            offsets=offsets,
            first_steps=np.array(first_steps or [0] * len(series), dtype=np.int64),
            **dict(
                zip(
                    ("past", "future", "static"),
                    covariates or (np.empty((cells, 0)), np.empty((cells, 0)), np.empty((len(series), 0))),
                    strict=True,
                )
            ),
        )

    @classmethod
    def wide(cls, values: FloatArray, names: list[str]) -> Self:
        """A panel of the columns of values (steps, S), all observed."""
        return cls.of(names, list(values.T))

    def __len__(self) -> int:
        """Series."""
        return len(self.names)

    @property
    def lengths(self) -> IntArray:
        """Steps of each series (S,)."""
        return np.diff(self.offsets)

    @property
    def series_of_cells(self) -> IntArray:
        """The number of the series of each cell (cells,)."""
        return np.repeat(np.arange(len(self)), self.lengths)

    @property
    def steps_of_cells(self) -> IntArray:
        """Each cell's step within its series (cells,)."""
        steps: IntArray = np.arange(len(self.values)) - np.repeat(self.offsets[:-1], self.lengths)
        return steps

    def axis_steps(self, cells: IntArray, series: IntArray) -> IntArray:
        """Where on the common time axis some cells of these series lie."""
        steps: IntArray = cells - self.offsets[series] + self.first_steps[series]
        return steps

    def each(self) -> Iterator[FloatArray]:
        """The values of each series (steps,), views."""
        yield from np.split(self.values, self.offsets[1:-1])

    def chosen(self, series: IntArray) -> Self:
        """Some of the series, by increasing number."""
        if (np.diff(series) <= 0).any():
            raise ValueError(f"expected increasing numbers of series, got {series}")
        kept = np.isin(self.series_of_cells, series)
        chosen: Self = replace(
            self,
            names=[self.names[number] for number in series],
            offsets=np.concatenate([[0], np.cumsum(self.lengths[series])]),
            first_steps=self.first_steps[series],
            static=self.static[series],
        )
        return replace(chosen, **self._cells(kept))

    def without_covariates(self) -> Self:
        """The series alone."""
        cells = len(self.values)
        return replace(self, past=np.empty((cells, 0)), future=np.empty((cells, 0)), static=np.empty((len(self), 0)))

    def part(self, start: IntArray, end: IntArray) -> Self:
        """The steps start[s] to end[s] - 1 of each series s."""
        steps, lengths = self.steps_of_cells, self.lengths
        kept = (steps >= np.repeat(start, lengths)) & (steps < np.repeat(end, lengths))
        offsets = np.concatenate([[0], np.cumsum(end - start)]).astype(np.int64)
        return replace(self, offsets=offsets, first_steps=self.first_steps + start, **self._cells(kept))

    def _cells(self, kept: BoolArray) -> dict[str, Any]:
        return {name: getattr(self, name)[kept] for name in OF_CELLS}

    def followed_by(self, later: Self) -> Self:
        """Each series with its later steps behind it."""
        order = np.argsort(np.concatenate([self.series_of_cells, later.series_of_cells]), kind="stable")
        cells: dict[str, Any] = {
            name: np.concatenate([getattr(self, name), getattr(later, name)])[order] for name in OF_CELLS
        }
        return replace(self, offsets=self.offsets + later.offsets, **cells)
