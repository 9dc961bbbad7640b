"""The test split: its windows in scaled units, with what is needed to score them. The only code that opens it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from rnn_vs_transformer.data.evidence import FEWEST_BLOCKS
from rnn_vs_transformer.data.panel import FloatArray, IntArray
from rnn_vs_transformer.data.series import Meta, load_meta, load_splits, load_test
from rnn_vs_transformer.data.splits import Places, Splits
from rnn_vs_transformer.evaluation.metrics import seasonal_naive_scale

SHOWN_WINDOWS: Final = 50
MOST_SHOWN: Final = 20_000
"""Forecasts of so many first test windows of each series, and of all series together, are kept to be looked at."""


@dataclass(frozen=True)
class TestSplit:
    """The test windows in scaled units, with what is needed to score them."""

    __test__ = False  # not a test class, whatever pytest thinks

    splits: Splits
    """All steps up to the end of test."""
    places: Places
    """The windows (W)."""
    truth: FloatArray
    """(W, H); not a number where nothing was observed."""
    scale: FloatArray
    """In-sample MAE of the seasonal naive (S,), in own units."""
    floors: Mapping[str, FloatArray]
    """(W, H) each, by the names of `Series.floors`."""
    meta: Meta

    @property
    def block_length(self) -> int:
        """Neighbouring forecast origins that are resampled together (L + H), as their windows overlap."""
        return self.meta.context_length + self.meta.prediction_length

    @cached_property
    def steps(self) -> IntArray:
        """Of the common axis, those at which there is a forecast origin (N,), in order."""
        steps: IntArray = np.unique(self._origin_steps)
        return steps

    @property
    def has_blocks(self) -> bool:
        """Whether there are enough independent blocks of time for an interval over them."""
        return len(self.steps) >= FEWEST_BLOCKS * self.block_length

    @property
    def series(self) -> list[slice]:
        """The windows of each series."""
        return self.places.of_series(len(self.splits.panel))

    @cached_property
    def shown(self) -> IntArray:
        """The first windows of each series, see `SHOWN_WINDOWS`."""
        most = max(1, min(SHOWN_WINDOWS, MOST_SHOWN // len(self.series)))
        return np.concatenate([np.arange(one.start, min(one.stop, one.start + most)) for one in self.series])

    @property
    def is_complete(self) -> bool:
        """Whether every target was observed."""
        return not sum(self.meta.filled_cells.values())

    @property
    def _origin_steps(self) -> IntArray:
        return self.splits.panel.axis_steps(*self.places)

    def per_series(self, of_windows: FloatArray) -> FloatArray:
        """Means of what each window has (W,), per series (S,)."""
        return np.array([of_windows[one].mean() for one in self.series])

    def over_time(self, of_windows: FloatArray) -> FloatArray:
        """What each window has (W,), per forecast origin (N,): such that their mean is the mean over `per_series`."""
        counts = np.bincount(self.places.series)
        weights = len(self.steps) / (len(counts) * counts[self.places.series])
        sums = np.bincount(np.searchsorted(self.steps, self._origin_steps), of_windows * weights)
        return np.asarray(sums, dtype=np.float64)

    def error_in_units(self, forecast: FloatArray) -> FloatArray:
        """Forecast less truth (W, H), in own units."""
        scaler, series = self.splits.scaler, self.places.series[:, None]
        if scaler.transform == "none":
            return (forecast - self.truth) * scaler.deviation[series]
        return scaler.unscale(forecast, series) - scaler.unscale(self.truth, series)


def open_test_split() -> TestSplit:
    """Read and scale the test split, with the scaling of the train steps.

    Raises:
        InputError: A file is missing, damaged, or of another run.
    """
    test, floors = load_test()
    splits = load_splits(test)
    return as_test_split(splits, load_meta(), floors)


def as_test_split(splits: Splits, meta: Meta, floors: Mapping[str, FloatArray]) -> TestSplit:
    """The test windows of splits that are open to their end; floors are in own units."""
    places = splits.places("test")
    series = places.series[:, None]
    return TestSplit(
        splits=splits,
        places=places,
        truth=np.where(splits.scored(places), splits.truth(places), np.nan),
        scale=_seasonal_naive_scales(splits, meta.season_length),
        floors={name: splits.scaler.scale(floor, series) for name, floor in floors.items()},
        meta=meta,
    )


def _seasonal_naive_scales(splits: Splits, season_length: int) -> FloatArray:
    """MASE's denominator of each series (S,), in own units."""
    panel, scales = splits.panel, []
    values = splits.scaler.unscale(panel.values, panel.series_of_cells)
    known = np.where(panel.observed, values, np.nan)
    for start, train_end in zip(panel.offsets[:-1], splits.ends[:, 0], strict=True):
        scales.append(seasonal_naive_scale(known[start : start + train_end], season_length))
    return np.array(scales)
