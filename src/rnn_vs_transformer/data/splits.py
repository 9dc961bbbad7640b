"""Chronological splits: their forecast origins, truth and windows, and scaling fitted on train."""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from rnn_vs_transformer.runtime.errors import InputError, quoted

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Split = Literal["train", "validation", "test"]
LARGEST = 1e100
"""Numbers beyond are markers or mistakes: their squares come near the end of float64."""
FARTHEST = 1e15
"""Deviations from the mean of train; the square of what is farther away would come near the end of float32."""
EXACT_EXPONENT = 300
"""Binary exponent of values up to which their squares, and sums of those, are normal float64 numbers."""


@dataclass(frozen=True)
class Borders:
    """First step after train, after validation and after test. Steps beyond `test_end` are unused."""

    train_end: int
    validation_end: int
    test_end: int

    def of(self, split: Split) -> tuple[int, int]:
        """First step of a split, and first step after it."""
        ends = {"train": (0, self.train_end), "validation": (self.train_end, self.validation_end),
                "test": (self.validation_end, self.test_end)}  # fmt: skip
        return ends[split]


def split_borders(split: list[float], steps: int) -> Borders:
    """Cut a series of `steps` steps into train, validation and test, each a fraction (all below 1) or a step count.

    Raises:
        InputError: The step counts need more steps than there are.
    """
    if all(share < 1 for share in split):
        return Borders(*(round(sum(split[:end]) * steps) for end in (1, 2, 3)))
    train, validation, test = (int(count) for count in split)
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
    for name in ("validation", "test"):
        start, end = borders.of(name)
        if end - start < needed:
            raise InputError(
                f"the {name} split has {end - start} steps, but data.prediction_length ({prediction_length}) needs at "
                f"least {needed}; lower it, or give a longer series or a larger data.split",
            )


def forecast_origins(start: int, end: int, context_length: int, prediction_length: int) -> IntArray:
    """Every forecast origin whose targets lie in steps [start, end); its context may reach back over `start`."""
    return np.arange(max(start, context_length) - 1, end - prediction_length)


@dataclass(frozen=True)
class Scaler:
    """Z-score per channel; mean and deviation (C,) come from the train split alone."""

    mean: FloatArray
    deviation: FloatArray

    @classmethod
    def fit(cls, train: FloatArray, channels: list[str]) -> Self:
        """Fit on the train steps (steps, C).

        Raises:
            InputError: A channel is constant over the train split, or beyond the range in which it could be scaled.
        """
        exponents = np.frexp(np.abs(train).max(axis=0))[1]
        exponents *= np.abs(exponents).max() > EXACT_EXPONENT  # else squares fit; powers of 2 change no digit
        near_one = np.ldexp(train, -exponents) if exponents.any() else train
        mean, deviation = (np.ldexp(part, exponents) for part in (near_one.mean(axis=0), near_one.std(axis=0)))
        huge = ~np.isfinite(mean) | (np.abs(mean) > LARGEST) | (deviation > LARGEST)
        constant = deviation <= 1e-12 * np.abs(mean) + np.finfo(np.float64).tiny  # relative: hardly a unit is too small
        for unusable, fault in (
            (huge, f"has values beyond {LARGEST:g}; give it in another unit"),
            (constant, "is constant over the train split; leave it out of data.channels"),
        ):
            if unusable.any():
                raise InputError(f"channel {quoted(channels[int(unusable.argmax())])} {fault}")
        return cls(mean, deviation)

    def check_range(self, values: FloatArray, channels: list[str]) -> None:
        """Refuse values (steps, C) not of the same world as the train steps: an InputError names channel and step."""
        for channel, name in enumerate(channels):  # one at a time, for the memory's sake
            far = ~(np.abs(values[:, channel] - self.mean[channel]) / self.deviation[channel] <= FARTHEST)
            if far.any():
                step = int(far.argmax())
                raise InputError(
                    f"channel {quoted(name)}: step {step} is {values[step, channel]:g}, more than {FARTHEST:g} "
                    "deviations from the mean of the train split; is it mistyped?",
                )

    def scale(self, values: FloatArray) -> FloatArray:
        """Series units to scaled units, (..., C)."""
        return (values - self.mean) / self.deviation

    def unscale(self, values: FloatArray) -> FloatArray:
        """Scaled units to series units, (..., C)."""
        return values * self.deviation + self.mean


@dataclass(frozen=True)
class Splits:
    """A series in scaled units, as far as it was opened, and the windows of its splits."""

    values: FloatArray
    """All steps up to the end of validation, or of test where that was opened (steps, C)."""
    borders: Borders
    context_length: int
    prediction_length: int
    scaler: Scaler

    def origins(self, split: Split) -> IntArray:
        """The forecast origins of a split (N,), see `forecast_origins`."""
        return forecast_origins(*self.borders.of(split), self.context_length, self.prediction_length)

    def truth(self, split: Split) -> FloatArray:
        """What the forecasts of a split should have been (C, N, H)."""
        ahead = self.origins(split)[:, None] + np.arange(1, self.prediction_length + 1)
        return np.moveaxis(self.values[ahead], 2, 0)
