"""Chronological splits of each series: their forecast origins, truth and windows."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, NamedTuple, Self

import numpy as np

from rnn_vs_transformer.data.panel import BoolArray, FloatArray, IntArray, Panel
from rnn_vs_transformer.data.scaling import Scaler
from rnn_vs_transformer.runtime.errors import InputError, quoted

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


@dataclass(frozen=True)
class Borders:
    """First step after train, after validation and after test of one series. Steps beyond `test_end` are unused."""

    train_end: int
    validation_end: int
    test_end: int

    def of(self, split: Split) -> tuple[int, int]:
        """First step of a split, and first step after it."""
        ends = (0, self.train_end, self.validation_end, self.test_end)
        number = SPLITS.index(split)
        return ends[number], ends[number + 1]


def split_borders(split: list[float | Literal["rest"]], steps: int) -> Borders:
    """Cut a series of `steps` steps into train, validation and test, each a fraction (all below 1) or a step count.

    Raises:
        InputError: The step counts need more steps than there are.
    """
    counts = [share for share in split if share != "rest"]
    if all(share < 1 for share in counts):
        return Borders(*(round(sum(counts[:end]) * steps) for end in (1, 2, 3)))
    validation, test = (int(count) for count in counts[-2:])
    train = int(counts[0]) if len(counts) == len(split) else max(0, steps - validation - test)
    if train + validation + test > steps:
        raise InputError(f"data.split asks for {train} + {validation} + {test} steps, but the series has only {steps}")
    return Borders(train, train + validation, train + validation + test)


def check_windows(borders: Borders, context_length: int, prediction_length: int, fewest: int = 2) -> None:
    """Refuse splits too short for training, selection or testing: an InputError names the split, and by how much."""
    needed = prediction_length + fewest - 1
    if borders.train_end < context_length + needed:
        raise InputError(
            f"the train split has {borders.train_end} steps, but data.context_length ({context_length}) + "
            f"data.prediction_length ({prediction_length}) need at least {context_length + needed}; "
            "lower them, or give a longer series or a larger data.split"
        )
    for name in SPLITS[1:]:
        start, end = borders.of(name)
        if end - start < needed:
            raise InputError(
                f"the {name} split has {end - start} steps, but data.prediction_length ({prediction_length}) needs at "
                f"least {needed}; lower it, or give a longer series or a larger data.split",
            )


def forecast_origins(start: int, end: int, context_length: int, prediction_length: int) -> IntArray:
    """Every forecast origin whose targets lie in steps [start, end); its context may reach back over `start`."""
    return np.arange(max(start, context_length) - 1, end - prediction_length)


class Places(NamedTuple):
    """Where windows lie in a panel, series by series and in order of time."""

    origins: IntArray
    """The cell of each window's forecast origin (W,)."""
    series: IntArray
    """The number of its series (W,)."""

    def of_series(self, count: int) -> list[slice]:
        """Where the windows of each of `count` series stand."""
        bounds = np.searchsorted(self.series, np.arange(count + 1))
        return [slice(start, end) for start, end in pairwise(bounds.tolist())]

    def mean_over_series(self, of_windows: FloatArray) -> float:
        """The mean over series of the mean over their windows (W,), as scores are taken."""
        numbers = np.unique(self.series)
        starts = np.searchsorted(self.series, numbers)
        return float(np.mean([windows.mean() for windows in np.split(of_windows, starts[1:])]))


def split_spans(ends: IntArray, split: Split) -> tuple[IntArray, IntArray]:
    """First step of a split of each series (S,), and first step after it; `ends` are (S, 3)."""
    number = SPLITS.index(split)
    return ends[:, number - 1] if number else np.zeros(len(ends), dtype=np.int64), ends[:, number]


def find_windows(panel: Panel, ends: IntArray, split: Split, context_length: int, prediction_length: int) -> Places:
    """The windows of a split, of which `ends` (S, 3) tells the steps; see `Splits` for those that are left out."""
    places = _all_windows(panel, ends, split, context_length, prediction_length)
    if panel.observed.all():
        return places
    known = panel.observed[steps_ahead(places.origins, prediction_length)].any(axis=1)
    kept = panel.observed[places.origins] & known
    return Places(places.origins[kept], places.series[kept])


def _all_windows(panel: Panel, ends: IntArray, split: Split, context_length: int, prediction_length: int) -> Places:
    some = [
        forecast_origins(start, end, context_length, prediction_length) + offset
        for start, end, offset in zip(*split_spans(ends, split), panel.offsets[:-1], strict=True)
    ]
    return Places(np.concatenate(some), np.repeat(np.arange(len(some)), [len(origins) for origins in some]))


def count_possible_windows(ends: IntArray, split: Split, context_length: int, prediction_length: int) -> int:
    """Windows of a split, with those that are left out."""
    starts, stops = split_spans(ends, split)
    first = np.maximum(starts, context_length) - 1
    return int(np.maximum(0, stops - prediction_length - first).sum())


def fold_ends(ends: IntArray, number: int) -> IntArray:
    """The ends of the splits (S, 3) of a fold of validation, see `Splits.fold`."""
    train_end, validation_end = ends[:, 0], ends[:, 1]
    back = number * (validation_end - train_end)
    return np.stack([train_end - back, validation_end - back, validation_end - back], axis=1)


def require_folds(panel: Panel, ends: IntArray, lengths: tuple[int, int], season_length: int, folds: int) -> None:
    """Refuse folds before which a series has nothing to learn from: an InputError names it, and how many there can be.

    Args:
        panel: Whose gaps may leave a fold without windows.
        ends: Of the splits (S, 3).
        lengths: Context and prediction length.
        season_length: The seasonal naive looks back as far.
        folds: See `Splits.fold`.
    """
    context_length, prediction_length = max(lengths[0], season_length), lengths[1]
    for fold in range(1, folds):
        for split in SPLITS[:2]:
            found = find_windows(panel, fold_ends(ends, fold), split, context_length, prediction_length)
            counts = np.bincount(found.series, minlength=len(panel))
            if not counts.all():
                name = quoted(panel.names[int(counts.argmin())])
                raise InputError(
                    f"train.validation_folds: {folds} leaves series {name} without a {split} window in the earliest; "
                    f"set it to {fold} or less, leave the series out, or make validation shorter"
                )


def steps_ahead(origins: IntArray, prediction_length: int) -> IntArray:
    """The cells of the targets (W, H) of windows with these origins (W,)."""
    return origins[:, None] + np.arange(1, prediction_length + 1)


@dataclass(frozen=True)
class Splits:
    """The series in scaled units, as far as they were opened, and the windows of their splits.

    A window is left out where its forecast origin was filled, since what fills it looks ahead, or where nothing of its
    target was observed.
    """

    panel: Panel
    """All steps up to the end of validation, or of test where that was opened."""
    ends: IntArray
    """(S, 3): first step after train, after validation and after test of each series."""
    context_length: int
    prediction_length: int
    scaler: Scaler
    lower: FloatArray | None = None
    """No forecast of the series (S,) is below, in scaled units."""

    @classmethod
    def of_wide(
        cls, values: FloatArray, borders: Borders, context_length: int, prediction_length: int, scaler: Scaler
    ) -> Self:
        """The columns of scaled values (steps, S), all observed and cut alike."""
        names = [str(number) for number in range(values.shape[1])]
        ends = np.tile([borders.train_end, borders.validation_end, borders.test_end], (len(names), 1))
        return cls(Panel.wide(values, names), ends, context_length, prediction_length, scaler)

    def fold(self, number: int) -> Self:
        """The same with train and validation ended earlier, by `number` times the validation steps of each series.

        Fold 0 is what it was; the others have no test steps. The scaling stays, so that errors have one unit.
        """
        return replace(self, ends=fold_ends(self.ends, number)) if number else self

    @property
    def values(self) -> FloatArray:
        """Of all series, one behind the other (cells,)."""
        return self.panel.values

    def places(self, split: Split, context_length: int | None = None) -> Places:
        """The windows of a split; with another context length than that of the models where one is given."""
        return find_windows(self.panel, self.ends, split, context_length or self.context_length, self.prediction_length)

    def truth(self, places: Places) -> FloatArray:
        """What the forecasts of windows should have been (W, H)."""
        return self.values[steps_ahead(places.origins, self.prediction_length)]

    def scored(self, places: Places) -> BoolArray:
        """Which of these targets were observed (W, H)."""
        return self.panel.observed[steps_ahead(places.origins, self.prediction_length)]

    def clip(self, forecast: FloatArray, places: Places) -> FloatArray:
        """The forecasts (W, H), none below `lower`."""
        return forecast if self.lower is None else np.maximum(forecast, self.lower[places.series, None])
