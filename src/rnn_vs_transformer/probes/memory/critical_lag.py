"""The critical lag: how far back a model remembers, with an interval over seeds.

For one seed it is the lag at which recovered first falls below one half, interpolated on the logarithm of the lag
between the two measured lags around it. Where it never does, the critical lag is known only to be at least the longest
one; where it is below from the start, at most the shortest. The crossings are then censored, as lifetimes are, so
neither a mean nor Student's t will do. The interval runs from the least to the greatest of n seeds: it covers the
median of all seeds with probability 1 - 2^(1-n), whatever their distribution (order statistics; David and Nagaraja
2003, section 7.1): 75 % for 3 seeds, 94 % for 5. The confidence is given with it: more of it takes more seeds.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

HALF: Final = 0.5

Bound = Literal["at most", "exact", "at least"]
RANK: Final[dict[Bound, int]] = {"at most": -1, "exact": 0, "at least": 1}


@dataclass(frozen=True)
class Crossing:
    """A lag, or the end of the measured lags beyond which it lies."""

    lag: float
    bound: Bound = "exact"

    def __str__(self) -> str:
        """`11.3`, or `at least 24`."""
        return f"{self.lag:.3g}" if self.bound == "exact" else f"{self.bound} {self.lag:.3g}"


@dataclass(frozen=True)
class CriticalLag:
    """The critical lag of a model: the median, least and greatest of its seeds.

    Of an even number of seeds the lower one in the middle counts. The confidence is that of covering the median of all.
    """

    estimate: Crossing
    low: Crossing
    high: Crossing
    confidence: float

    def __str__(self) -> str:
        """`11.3 (9.8 to 12.1)`, or one crossing where all are the same."""
        return str(self.low) if self.low == self.high else f"{self.estimate} ({self.low} to {self.high})"


def find_crossing(lags: Sequence[int], recovered: Sequence[float]) -> Crossing:
    """The lag at which recovered, given at each of the rising lags, first falls below one half.

    Raises:
        ValueError: The two differ in length, or there is no lag.

    >>> str(find_crossing([1, 4, 16], [1.0, 0.75, 0.25])), str(find_crossing([1, 4, 16], [0.9, 0.8, 0.7]))
    ('8', 'at least 16')
    """
    if len(lags) != len(recovered) or not lags:
        raise ValueError(f"expected one share for each of one or more lags, got {len(recovered)} for {len(lags)}")
    below = next((place for place, share in enumerate(recovered) if share < HALF), len(lags))
    if below in {0, len(lags)}:
        return Crossing(float(lags[-1]), "at least") if below else Crossing(float(lags[0]), "at most")
    above = below - 1
    way = (recovered[above] - HALF) / (recovered[above] - recovered[below])
    return Crossing(math.exp((1 - way) * math.log(lags[above]) + way * math.log(lags[below])))


def combine_seeds(crossings: Sequence[Crossing]) -> CriticalLag:
    """Median and interval over seeds; no seed is chosen.

    Raises:
        ValueError: There is no seed.
    """
    if not crossings:
        raise ValueError("expected the crossing of at least one seed, got none")
    rising = sorted(crossings, key=lambda crossing: (crossing.lag, RANK[crossing.bound]))
    median = rising[(len(rising) - 1) // 2]
    return CriticalLag(median, rising[0], rising[-1], 1 - 2.0 ** (1 - len(rising)))


def compare_memory(one: CriticalLag, other: CriticalLag) -> str:
    """What the two intervals allow to say of one against the other: `shorter`, `longer` or `inconclusive`.

    Equal ends, as where both are at least the longest lag, say nothing.
    """
    if _surely_below(one.high, other.low):
        return "shorter"
    return "longer" if _surely_below(other.high, one.low) else "inconclusive"


def _surely_below(one: Crossing, other: Crossing) -> bool:
    """A crossing known only from below cannot be surely below another, nor one known only from above surely above."""
    return one.bound != "at least" and other.bound != "at most" and one.lag < other.lag
