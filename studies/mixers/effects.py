"""How much of an error is owed to tokens, readout and mixer: main effects on its logarithm, with the world as the unit.

A unit is one draw of one case. Its logarithms of MSE form a cube of mixers, tokens and readouts, whole or refused, so
that effects do not mix; a difference within it does not know the unit's scale. `none` mixes nothing, and with point
tokens it sees one step only: it is a control, and stays out of the effects unless they say that it is in.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from rnn_vs_transformer.evaluation.intervals import mean_interval

FloatArray = npt.NDArray[np.float64]
TOKENS: Final = ("points", "season_tokens")
READOUTS: Final = ("last", "flatten")
FIRST: Final = "attention"
CONTROL: Final = "none"
SHARES: Final = ("tokens", "readout", "mixer", "interplay")


@dataclass(frozen=True)
class Effect:
    """An estimate with Student's 95 % interval over units."""

    effect: str
    over: str
    """What the units are: `worlds`, `cases`, or the worlds of the case that is named."""
    estimate: float
    low: float
    high: float
    units: int

    @classmethod
    def of(cls, effect: str, over: str, scale: Callable[[FloatArray], FloatArray], values: FloatArray) -> "Effect":
        """The mean of values (units,) with its interval, brought to another scale.

        Raises:
            ValueError: There are fewer than two units.
        """
        found = mean_interval(values)
        if found.low is None or found.high is None:
            raise ValueError(f"expected at least two units of {over}, got {len(values)}")
        estimate, low, high = (float(end) for end in scale(np.array([found.estimate, found.low, found.high])))
        return cls(effect, over, estimate, low, high, len(values))


@dataclass(frozen=True)
class Errors:
    """Logarithms of test MSE of all units."""

    logs: FloatArray
    """(units, mixers, tokens, readouts), tokens and readouts in the order of `TOKENS` and `READOUTS`."""
    mixers: tuple[str, ...]
    cases: tuple[str, ...]
    """Of each unit."""

    def without_control(self) -> "Errors":
        """The same without `none`."""
        kept = [name for name in self.mixers if name != CONTROL]
        return replace(self, logs=self.logs[:, [self.mixers.index(name) for name in kept]], mixers=tuple(kept))

    def of(self, tokens: str) -> "Errors":
        """The same with one kind of tokens."""
        number = TOKENS.index(tokens)
        return replace(self, logs=self.logs[:, :, [number]])

    def by_mixer(self) -> FloatArray:
        """Mean over tokens and readouts (units, mixers)."""
        means: FloatArray = self.logs.mean(axis=(2, 3))
        return means


def read_errors(runs: pd.DataFrame) -> Errors:
    """Take rows of case, draw, mixer, tokens, readout and mse.

    Raises:
        ValueError: A combination is missing or doubled, or an error is not positive and finite.
    """
    mixers = tuple(dict.fromkeys(runs["mixer"]))
    units = list(dict.fromkeys(zip(runs["case"], runs["draw"], strict=True)))
    found = runs.set_index(["case", "draw", "mixer", "tokens", "readout"])["mse"]
    wanted = [(*unit, *cell) for unit in units for cell in _cells(mixers)]
    if len(found) != len(wanted) or set(found.index) != set(wanted):
        raise ValueError(f"expected each of {len(wanted)} combinations once, got {len(found)} rows")
    errors = found.loc[wanted].to_numpy(dtype=np.float64)
    if not (np.isfinite(errors).all() and (errors > 0).all()):
        raise ValueError("expected positive, finite errors: effects are on their logarithms")
    shape = len(units), len(mixers), len(TOKENS), len(READOUTS)
    return Errors(np.log(errors).reshape(shape), mixers, tuple(case for case, _ in units))


def _cells(mixers: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    return ((mixer, tokens, readout) for mixer in mixers for tokens in TOKENS for readout in READOUTS)


def effects(errors: Errors) -> Mapping[str, FloatArray]:
    """Differences of log MSE by name, one per unit (units,); negative where the level that is named is the better."""
    mixing = errors.without_control()
    found = {
        "season_tokens": _tokens(mixing),
        "flatten_readout": _readout(mixing),
        "season_tokens.control_included": _tokens(errors),
        "flatten_readout.control_included": _readout(errors),
        "season_tokens.readout_last": _tokens(replace(mixing, logs=mixing.logs[..., [0]])),
        "season_tokens.readout_flatten": _tokens(replace(mixing, logs=mixing.logs[..., [1]])),
        "flatten_readout.points": _readout(mixing.of("points")),
        "flatten_readout.season_tokens": _readout(mixing.of("season_tokens")),
    }
    for tokens in reversed(TOKENS):
        means = dict(zip(errors.mixers, errors.of(tokens).by_mixer().T, strict=True))
        for other in (name for name in means if name != FIRST):
            found[f"{FIRST}_against_{other}.{tokens}"] = means[FIRST] - means[other]
    return found


def _tokens(errors: Errors) -> FloatArray:
    means = errors.logs.mean(axis=(1, 3))
    difference: FloatArray = means[:, 1] - means[:, 0]
    return difference


def _readout(errors: Errors) -> FloatArray:
    means = errors.logs.mean(axis=(1, 2))
    difference: FloatArray = means[:, 1] - means[:, 0]
    return difference


def held_out_range(means: FloatArray, groups: Sequence[str]) -> FloatArray:
    """Log error of the worst mixer less that of the best in each unit (units,), both chosen on the other groups.

    The largest less the smallest of several means is above zero even where all mixers are the same. Here the units that
    choose are not those that tell the difference: where mixers are the same it is zero on average, and may be below.

    Args:
        means: Log errors (units, mixers).
        groups: Of each unit; a unit is never judged by a choice that its group took part in.
    """
    names = np.asarray(groups)
    found = np.empty(len(means))
    for number, group in enumerate(names):
        others = means[names != group].mean(axis=0)
        found[number] = means[number, others.argmax()] - means[number, others.argmin()]
    return found


def shares(errors: Errors) -> Mapping[str, FloatArray]:
    """Parts of the spread of the log errors within each unit (units,), which sum to 1: an analysis of variance.

    The interplay is what tokens, readout and mixer do together beyond the sum of what each does. The luck of single
    trainings is in it too, and in the mixer's share more than in the others, as its means rest on fewer trainings.
    """
    centred = errors.logs - errors.logs.mean(axis=(1, 2, 3), keepdims=True)
    total = np.square(centred).mean(axis=(1, 2, 3))
    axes = {"tokens": (1, 3), "readout": (1, 2), "mixer": (2, 3)}
    found = {name: np.square(centred.mean(axis=over)).mean(axis=1) / total for name, over in axes.items()}
    found["interplay"] = 1 - sum(found.values())
    return found


def mean_by_case(values: FloatArray, cases: Sequence[str]) -> FloatArray:
    """The mean of each case (cases,), in order of appearance."""
    names = np.asarray(cases)
    return np.array([values[names == case].mean() for case in dict.fromkeys(cases)])
