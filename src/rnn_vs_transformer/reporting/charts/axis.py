"""Axes: where a value lies between the two ends, and at which round values the ticks stand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, inf, isfinite, log10
from typing import Final

STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0, 20.0)
"""Distances between ticks, times a power of ten."""
MOST_TICKS: Final = 6


@dataclass(frozen=True)
class Axis:
    """Values from `low` to `high`, on a straight or a logarithmic scale."""

    label: str
    low: float
    high: float
    ticks: Sequence[float]
    log: bool = False

    def at(self, value: float) -> float:
        """Where a value lies, from 0 at the low end to 1 at the high one; what is beyond stands at the end."""
        low, high, place = (log10(one) if self.log else one for one in (self.low, self.high, self._within(value)))
        return (place - low) / (high - low)

    def _within(self, value: float) -> float:
        return min(max(value, self.low), self.high)

    @property
    def marks(self) -> list[tuple[float, str]]:
        """Place and text of each tick."""
        return [(self.at(tick), tick_text(tick)) for tick in self.ticks]


def linear(label: str, values: Iterable[float], *, zero: bool = False) -> Axis:
    """A straight axis over the values, from round to round; from 0 on, if that is asked for.

    >>> linear("MSE", [0.05, 0.21], zero=True).ticks
    [0.0, 0.05, 0.1, 0.15, 0.2, 0.25]
    """
    shown = [value for value in values if isfinite(value)] or [0.0]
    low, high = (0.0 if zero else min(shown)), max(shown)
    high = high if high > low else low + 1.0
    power = 10.0 ** floor(log10((high - low) / MOST_TICKS))
    step = next(power * one for one in STEPS if (high - low) / (power * one) <= MOST_TICKS - 1)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    ticks = [round(place * step, 10) for place in range(first, last + 1)]
    return Axis(label, ticks[0], ticks[-1], ticks)


def steps(label: str, values: Iterable[float]) -> Axis:
    """A straight axis over whole numbers, which ends where they end.

    >>> steps("Step", range(1, 25)).ticks
    [5, 10, 15, 20]
    """
    shown = list(values)
    low, high = min(shown), max(*shown, min(shown) + 1)
    ticks = [tick for tick in linear(label, [low, high]).ticks if low <= tick <= high and tick == int(tick)]
    return Axis(label, low, high, [int(tick) for tick in ticks])


def logarithmic(label: str, values: Iterable[float], ticks: Sequence[float] = ()) -> Axis:
    """A logarithmic axis over values above 0, with ticks at 1, 2 and 5 times powers of ten unless some are given.

    >>> logarithmic("MSE", [0.09, 1.3]).ticks
    [0.1, 0.2, 0.5, 1.0]
    """
    shown = [value for value in values if 0 < value < inf] or [1.0]
    low, high = min(shown), max(shown)
    low, high = (low / 1.1, high * 1.1) if high <= low * 1.01 else (low / 1.02, high * 1.02)
    return Axis(label, low, high, ticks or _round_ticks(low, high), log=True)


def _round_ticks(low: float, high: float) -> list[float]:
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    decades = [10.0**power for power in powers if low <= 10.0**power <= high]
    if len(decades) > 2:  # noqa: PLR2004
        return decades[:: ceil(len(decades) / MOST_TICKS)]
    found = [round(one * 10.0**power, 12) for power in powers for one in (1, 2, 5)]
    return [tick for tick in found if low <= tick <= high] or [low, high]


def tick_text(value: float) -> str:
    """A tick's number for people: powers of ten where it is very small or large.

    >>> tick_text(0.05), tick_text(12000), tick_text(1e-7), tick_text(0.0)
    ('0.05', '12,000', '1e-7', '0')
    """
    if value and not 1e-4 <= abs(value) < 1e6:  # noqa: PLR2004
        return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e")
    return f"{value:,.10g}" if abs(value) >= 1 else f"{value:.3g}"
