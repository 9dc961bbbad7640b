"""How a cost grows with the context length L, and at which length two costs cross.

    cost = c * L^p,    so log cost = log c + p log L

The exponent p is the slope of a least-squares line. A cost with a linear and a quadratic part has no single exponent:
over all lengths p lies between 1 and 2, so the slope over the longest half is reported beside it, as it is nearer to
the exponent that the cost tends to.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from rnn_vs_transformer.evaluation.intervals import LEVEL, Estimate, widened_interval

FloatArray = npt.NDArray[np.float64]

FEWEST_LENGTHS = 3
"""A line through two points leaves no residual to judge it by."""
RESAMPLES = 2000


@dataclass(frozen=True)
class Crossover:
    """The context length beyond which another model is the cheaper one, if there is one, with a 95 % interval."""

    length: float | None
    low: float | None
    high: float | None
    cheaper_below: str
    cheaper_above: str
    share: float
    """Share of the resamples that cross in the same direction."""


def fit_exponent(lengths: FloatArray, costs: FloatArray) -> Estimate:
    """Fit a power law by least squares in logarithms: the slope of log cost against log length.

    The interval is Student's, from the residuals about the line of the n costs, in any unit, with n - 2 degrees of
    freedom: it holds the noise of the measurement and the bend of a cost that is no pure power.

    Raises:
        ValueError: There are fewer than 3 lengths.

    >>> round(fit_exponent(np.array([1.0, 2.0, 4.0]), np.array([3.0, 12.0, 48.0])).estimate, 6)
    2.0
    """
    if len(lengths) < FEWEST_LENGTHS:
        raise ValueError(f"expected at least {FEWEST_LENGTHS} lengths, got {len(lengths)}")
    x, y = (np.log(values) - np.log(values).mean() for values in (lengths, costs))
    slope = float(x @ y / (x @ x))
    freedom = len(lengths) - 2
    standard_error = np.sqrt(np.square(y - slope * x).sum() / freedom / (x @ x))
    half = float(special.stdtrit(freedom, (1 + LEVEL) / 2) * standard_error)
    return Estimate(slope, slope - half, slope + half)


def fit_local_exponent(lengths: FloatArray, costs: FloatArray) -> Estimate:
    """`fit_exponent` over the longest half of the lengths, rounded up and no fewer than 3."""
    longest = max(FEWEST_LENGTHS, -(-len(lengths) // 2))
    return fit_exponent(lengths[-longest:], costs[-longest:])


def crossing(lengths: FloatArray, differences: FloatArray) -> float | None:
    """The length at which differences (n,) of log costs at rising lengths change their sign for the last time, if ever.

    Between two lengths the difference is a straight line over log length, as it is for two power laws.

    >>> round(crossing(np.array([10.0, 1000.0]), np.array([-1.0, 1.0])), 6)
    100.0
    """
    positive = differences > 0
    changes = np.flatnonzero(positive[1:] != positive[:-1])
    if not len(changes):
        return None
    last = changes[-1]
    share = differences[last] / (differences[last] - differences[last + 1])
    return float(np.exp((1 - share) * np.log(lengths[last]) + share * np.log(lengths[last + 1])))


def find_crossover(
    names: Sequence[str], lengths: FloatArray, first: FloatArray, second: FloatArray, seed: int = 0
) -> Crossover:
    """Where the cheaper of two models changes.

    Costs are medians over rounds. In a round all models and lengths took turns, so the bootstrap draws whole rounds.
    Its spread is widened for few rounds (Hesterberg 2015, section 5.3). Where the cheaper one changes more than once,
    as it does between models that cost about the same, there is no crossover to be told.

    Args:
        names: Of the two models.
        lengths: Rising context lengths (n,).
        first: Costs of the first model (rounds, n).
        second: Costs of the second.
        seed: Of the bootstrap.

    Raises:
        ValueError: The shapes differ.
    """
    if first.shape != second.shape:
        raise ValueError(f"expected costs of the same rounds and lengths, got {first.shape} and {second.shape}")
    rounds = len(first)
    drawn = np.random.default_rng(seed).integers(rounds, size=(RESAMPLES, rounds))
    resampled = np.log(np.median(second[drawn], axis=1)) - np.log(np.median(first[drawn], axis=1))
    observed = np.log(np.median(second, axis=0)) - np.log(np.median(first, axis=0))
    above, below = names if observed[-1] > 0 else names[::-1]
    length = crossing(lengths, observed)
    if length is None:
        return Crossover(None, None, None, above, above, 0.0)
    if np.count_nonzero(np.diff(observed > 0)) > 1:
        return Crossover(None, None, None, "unclear", above, 0.0)
    agreeing = resampled[(resampled[:, -1] > 0) == (observed[-1] > 0)]
    found = [again for again in (crossing(lengths, row) for row in agreeing) if again is not None]
    low, high = widened_interval(length, np.array(found), rounds) if found else (None, None)
    return Crossover(length, low, high, below, above, len(found) / RESAMPLES)
