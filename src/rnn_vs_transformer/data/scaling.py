"""Scaling of each series by its own train steps, after the transform that the user chose."""

from dataclasses import dataclass, replace
from typing import Literal, Self

import numpy as np
from scipy import special

from rnn_vs_transformer.data.panel import FloatArray, IntArray, Panel
from rnn_vs_transformer.runtime.errors import InputError, quoted

Transform = Literal["none", "log", "log1p", "boxcox"]
LARGEST = 1e100
"""Numbers beyond are markers or mistakes: their squares come near the end of float64."""
FARTHEST = 1e15
"""Deviations from the mean of train; the square of what is farther away would come near the end of float32."""
EXACT_EXPONENT = 300
"""Binary exponent of values up to which their squares, and sums of those, are normal float64 numbers."""
LEAST: dict[Transform, float] = {"log": 0.0, "log1p": -1.0, "boxcox": 0.0}
"""Values must be above, for each transform."""


@dataclass(frozen=True)
class Scaler:
    """Transform and z-score of each series; mean, deviation and power (S,) come from the train steps alone."""

    mean: FloatArray
    deviation: FloatArray
    transform: Transform = "none"
    power: FloatArray | None = None
    """Of the Box-Cox transform (1964), by maximum likelihood from 0 on; None for the others."""

    @classmethod
    def fit(cls, train: Panel, transform: Transform = "none", *, constant: bool = False) -> Self:
        """Fit on the observed train steps; a constant series has the deviation 1 where such are allowed.

        Raises:
            InputError: A series is constant over the train split, or beyond the range in which it could be scaled.
        """
        fitted = []
        for name, values, observed in zip(train.names, train.each(), np.split(train.observed, train.offsets[1:-1]),
                                          strict=True):  # fmt: skip
            known = values[observed]
            if not len(known):
                raise InputError(f"series {quoted(name)} has no value")
            is_constant = constant and bool((known == known[0]).all())
            allowed = is_constant and known[0] > LEAST.get(transform, -np.inf)
            if not allowed and (fault := fault_of(known, transform)):
                raise InputError(f"series {quoted(name)} {fault}")
            mean, deviation, power = _fit(known, transform)
            fitted.append((mean, 1.0 if is_constant else deviation, power))
        mean, deviation, power = np.array(fitted).T.copy()
        return cls(mean, deviation, transform, power if transform == "boxcox" else None)

    def part(self, series: IntArray) -> Self:
        """That of some series, by number."""
        power = None if self.power is None else self.power[series]
        return type(self)(self.mean[series], self.deviation[series], self.transform, power)

    def check_range(self, panel: Panel) -> None:
        """Refuse values not of the same world as the train steps: an InputError names series and step."""
        for number, (name, values) in enumerate(zip(panel.names, panel.each(), strict=True)):
            with np.errstate(all="ignore"):  # judged by the result
                far = ~(np.abs(self.scale(values, np.full(len(values), number))) <= FARTHEST)
            if far.any():
                step = int(far.argmax())
                if values[step] <= LEAST.get(self.transform, -np.inf):
                    raise InputError(
                        f"series {quoted(name)}: step {step} is {values[step]:g}, which data.transform: "
                        f"{self.transform} cannot take; {_other_transform(values)}"
                    )
                raise InputError(
                    f"series {quoted(name)}: step {step} is {values[step]:g}, more than {FARTHEST:g} deviations from "
                    "the mean of the train split; is it mistyped?",
                )

    def scale(self, values: FloatArray, series: IntArray) -> FloatArray:
        """Own units to scaled units; `series` is the number of the series of each value, or broadcasts to it."""
        bent = _bend(values, self.transform, None if self.power is None else self.power[series])
        return (bent - self.mean[series]) / self.deviation[series]

    def unscale(self, values: FloatArray, series: IntArray) -> FloatArray:
        """Scaled units to own units; see `scale`."""
        bent: FloatArray = values * self.deviation[series] + self.mean[series]
        if self.transform == "log":
            return np.exp(bent)
        if self.transform == "log1p":
            return np.expm1(bent)
        if self.power is not None:
            power = self.power[series]
            below = power * bent + 1 <= 0  # what lies below 0; False for what is not a number, which stays so
            return np.where(below, 0.0, special.inv_boxcox(np.where(below, 0.0, bent), power))
        return bent


def fault_of(train: FloatArray, transform: Transform = "none") -> str:
    """What makes the observed train steps of a series unusable; empty where they are usable."""
    if (train <= LEAST.get(transform, -np.inf)).any():
        return f"has {train.min():g} in train, which data.transform: {transform} cannot take; {_other_transform(train)}"
    mean, deviation, _ = _fit(train, transform)
    if not np.isfinite(mean) or abs(mean) > LARGEST or deviation > LARGEST:
        return f"has values beyond {LARGEST:g}; give it in another unit"
    if deviation <= 1e-12 * abs(mean) + np.finfo(np.float64).tiny:  # relative: hardly a unit is too small
        return "is constant over the train split; leave it out"
    return ""


def _other_transform(values: FloatArray) -> str:
    return "log1p takes values above -1" if values.min() > LEAST["log1p"] else "set data.transform: none"


def _fit(train: FloatArray, transform: Transform) -> tuple[float, float, float]:
    """Mean and deviation after the transform, and the power of Box-Cox (0 for others)."""
    power = _power(train) if transform == "boxcox" and not (train == train[0]).all() else 0.0
    values = _bend(train, transform, power)
    exponent = int(np.frexp(np.abs(values).max())[1])
    exponent *= abs(exponent) > EXACT_EXPONENT  # else squares fit; powers of 2 change no digit
    near_one = np.ldexp(values, -exponent) if exponent else values
    mean, deviation = np.ldexp(near_one.mean(), exponent), np.ldexp(near_one.std(), exponent)
    return float(mean), float(deviation), power


def _power(train: FloatArray) -> float:
    """At least 0, the logarithm: with a negative power a forecast above some value would have no way back."""
    from scipy import stats  # noqa: PLC0415 - takes a second to import, which other transforms should not wait for

    return max(0.0, float(stats.boxcox_normmax(train, method="mle")))


def _bend(values: FloatArray, transform: Transform, power: FloatArray | float | None) -> FloatArray:
    if transform == "log":
        return np.log(values)
    if transform == "log1p":
        return np.log1p(values)
    return values if power is None or transform == "none" else np.asarray(special.boxcox(values, power), np.float64)


@dataclass(frozen=True)
class CovariateScaler:
    """Z-score of the covariates that are numbers, on the train steps of all series; others stay as they are.

    What is unknown becomes 0, which is the mean of a number, and no level of a category.
    """

    mean: dict[str, FloatArray]
    """By `past`, `future` and `static`: of each column."""
    deviation: dict[str, FloatArray]

    @classmethod
    def fit(cls, train: Panel, numbers: dict[str, list[bool]]) -> Self:
        """Fit on the train steps; `numbers` tells which columns of `past`, `future` and `static` are numbers."""
        mean, deviation = {}, {}
        for known, are_numbers in numbers.items():
            columns, chosen = getattr(train, known), np.array(are_numbers, dtype=np.bool_)
            mean[known], deviation[known] = np.zeros(len(chosen)), np.ones(len(chosen))
            for column in np.flatnonzero(chosen):
                values = columns[:, column]
                values = values[np.isfinite(values)]
                if len(values) and values.std() > 0:
                    mean[known][column], deviation[known][column] = values.mean(), values.std()
                elif len(values):
                    mean[known][column] = values.mean()
        return cls(mean, deviation)

    def scale(self, panel: Panel) -> Panel:
        """The panel with its covariates scaled."""
        scaled = {
            known: np.nan_to_num((getattr(panel, known) - mean) / self.deviation[known], nan=0.0)
            for known, mean in self.mean.items()
            if len(mean)
        }
        return replace(panel, **scaled)
