"""Is one of two forecasters better across independent units: worlds, draws or series?

A unit gives one error of each forecaster. What is compared is the difference of their logarithms, second less first, so
that a unit counts the same whatever its scale, and exchanging the forecasters changes the sign and nothing else.

How often it errs (`studies/across_levels.py`): Student's interval misses the truth in 4 to 5 % where differences are
symmetric, and in 12, 10 and 8 % of 5, 10 and 20 units where they are as skewed as an exponential. Where the truth lies
on the margin's border, `equivalent` is said in 2 to 3 %, with such skewness in 7 to 11 %. A Bayesian probability above
0.95 for a side is no test at 5 %: without a difference it comes up in 4 to 16 %.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from rnn_vs_transformer.evaluation.comparison import verdict
from rnn_vs_transformer.evaluation.intervals import mean_interval

FloatArray = npt.NDArray[np.float64]

FEWEST_UNITS: Final = 5
DRAWS: Final = 10_000
MOST_RANKED: Final = 500
"""Of more units the Bayesian test takes every so-manieth in order of size, as it looks at all pairs."""
PRIOR: Final = 0.5
"""Weight of the prior's one observation, a difference of 0, where each unit has weight 1."""
VERDICTS: Final = {"rnn better": "first better", "transformer better": "second better"}
"""`verdict` sets its second group against its first and calls them by the families' names."""


@dataclass(frozen=True)
class AcrossUnits:
    """The relative difference of error, second against first, with what is known about it."""

    units: int
    relative_difference: float
    """Geometric mean of second / first, less 1; negative where the second is better."""
    ci_low: float
    ci_high: float
    """Ends of Student's 95 % interval over units."""
    student_p: float
    wilcoxon_p: float
    probability_first: float
    """Of the Bayesian signed-rank test: that of the three kinds of pairs of units those are the most that put the first
    ahead by more than the margin. It asks of typical units, the interval above of their mean."""
    probability_equivalent: float
    probability_second: float
    verdict: str
    """`first better`, `second better`, `equivalent` or `inconclusive`."""


def compare_across(
    first: npt.ArrayLike, second: npt.ArrayLike, margin: float, seed: int = 0, draws: int = DRAWS
) -> AcrossUnits:
    """Compare errors (n,), positive, paired by unit.

    The verdict follows Student's interval alone. It is `equivalent` where the interval of the log ratio lies within
    +-log(1 + margin), else a side is better where the interval excludes zero; below five units it is `inconclusive`.
    The p-values and the Bayesian probabilities stand beside it and do not change it. Wilcoxon's exact two-sided p is at
    least 2^(1 - n): with 5 units it is never below 0.0625.

    Args:
        first: Errors of the first forecaster.
        second: Errors of the second on the same units.
        margin: Relative difference up to which the two count as equivalent.
        seed: Of the draws of the Bayesian test.
        draws: Their number; 10,000 leave a standard error of at most 0.005.

    Raises:
        ValueError: The shapes differ, an error is not positive and finite, or there are fewer than two units.
    """
    differences = log_differences(first, second)
    units, region, found = len(differences), float(np.log1p(margin)), mean_interval(differences)
    if found.low is None or found.high is None:
        raise ValueError("expected at least two units, got 1")
    said = verdict(found.low, found.high, region) if units >= FEWEST_UNITS else "inconclusive"
    thinned = differences[:: -(-units // MOST_RANKED)]
    better_first, equivalent, better_second = signed_rank_probabilities(thinned, region, seed, draws)
    return AcrossUnits(
        units=units,
        relative_difference=float(np.expm1(found.estimate)),
        ci_low=float(np.expm1(found.low)),
        ci_high=float(np.expm1(found.high)),
        student_p=student_p(differences),
        wilcoxon_p=wilcoxon_p(differences),
        probability_first=better_first,
        probability_equivalent=equivalent,
        probability_second=better_second,
        verdict=VERDICTS.get(said, said),
    )


def log_differences(first: npt.ArrayLike, second: npt.ArrayLike) -> FloatArray:
    """Log error of the second less that of the first (n,), the smallest in size first, however the units are ordered.

    Raises:
        ValueError: The shapes differ, or an error is not positive and finite.
    """
    one, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if one.ndim != 1 or one.shape != other.shape:
        raise ValueError(f"expected errors of the same units, got {one.shape} and {other.shape}")
    if not all(np.isfinite(errors).all() and (errors > 0).all() for errors in (one, other)):
        raise ValueError("expected positive, finite errors: the comparison takes their logarithms")
    differences: FloatArray = np.log(other) - np.log(one)
    return differences[np.argsort(np.abs(differences), kind="stable")]


def student_p(differences: FloatArray) -> float:
    """Two-sided p of Student's t for a mean difference of zero, from differences (n,); agrees with `mean_interval`."""
    count, mean = len(differences), differences.mean()
    error = differences.std(ddof=1) / np.sqrt(count)
    return float(2 * special.stdtr(count - 1, -abs(mean) / error)) if error > 0 else float(mean == 0)


def wilcoxon_p(differences: FloatArray) -> float:
    """Two-sided p of Wilcoxon's signed-rank test on differences (n,), of which zeros are left out.

    Exact up to 50 differences without ties and up to 13 with them, else by the normal approximation; 1 where all are 0.
    """
    from scipy import stats  # noqa: PLC0415 - takes a second to import, which other stages should not wait for

    unequal = differences[differences != 0]
    return float(stats.wilcoxon(unequal).pvalue) if len(unequal) else 1.0


def signed_rank_probabilities(
    differences: FloatArray, region: float, seed: int, draws: int = DRAWS
) -> tuple[float, float, float]:
    """The Bayesian signed-rank test of Benavoli, Corani, Demsar and Zaffalon (2017, JMLR 18(77)).

    The units and the prior's difference of 0 have Dirichlet weights w. Of all pairs (i, j), weighted by w_i w_j, some
    have a mean difference above the region of practical equivalence, some below, the others within it. A draw of w
    goes to the part with the largest weight.

    Args:
        differences: Of the units (n,), second less first.
        region: Half the width of the region; its ends belong to it.
        seed: Of the draws.
        draws: Their number.

    Returns:
        Shares of the draws, which sum to 1: first better (above), equivalent, second better (below).
    """
    values = np.append(0.0, differences)
    means = (values[:, None] + values) / 2  # (n + 1, n + 1)
    weights = np.random.default_rng(seed).dirichlet(np.append(PRIOR, np.ones(len(differences))), draws)
    above, below = (((weights @ part) * weights).sum(axis=1) for part in (means > region, means < -region))
    largest = np.argmax([above, 1 - above - below, below], axis=0)  # (draws,)
    first, equivalent, second = (float(share) for share in np.bincount(largest, minlength=3) / draws)
    return first, equivalent, second


def holm(p_values: npt.ArrayLike) -> FloatArray:
    """P-values (m,) adjusted for their number, in the order given (Holm 1979): those below 0.05 hold together at 5 %.

    >>> holm([0.04, 0.01, 0.03]).round(6).tolist()
    [0.06, 0.03, 0.06]
    """
    raw = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(raw)
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(raw[order] * np.arange(len(raw), 0, -1)))
    return adjusted
