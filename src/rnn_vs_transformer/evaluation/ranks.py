"""Which of several forecasters can be told apart over independent units, such as series? By their ranks on each.

Friedman's test asks whether all are alike. After it, two are told apart where their mean ranks differ by at least the
critical difference of Nemenyi (Demsar 2006, JMLR 7). That depends on who else is ranked; beside it stands Wilcoxon's
signed-rank test of each pair, corrected by Holm, which does not (Benavoli, Corani and Mangili 2016, JMLR 17(5)).
"""

from collections.abc import Sequence
from itertools import combinations
from string import ascii_lowercase
from typing import Final

import numpy as np

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.evaluation.across import holm, wilcoxon_p

LEVEL: Final = 0.05
FEWEST_FORECASTERS: Final = 3
DIGITS: Final = 12
"""Of differences of logarithms, before they are ranked by size."""


def mean_ranks(errors: FloatArray) -> FloatArray:
    """Mean over units of the rank of each forecaster's error (n, k): 1 is best, and who are equal share their ranks.

    >>> mean_ranks(np.array([[0.1, 0.2, 0.3], [0.5, 0.5, 0.7]])).tolist()
    [1.25, 1.75, 3.0]
    """
    from scipy import stats  # noqa: PLC0415 - takes a second to import, which other stages should not wait for

    means: FloatArray = stats.rankdata(errors, axis=1).mean(axis=0)
    return means


def friedman(errors: FloatArray) -> tuple[float, float]:
    """Friedman's chi-square and its p that all forecasters are alike, from errors (n, k), corrected for ties.

    Raises:
        ValueError: There are fewer than three forecasters.
    """
    from scipy import stats  # noqa: PLC0415 - see `mean_ranks`

    if errors.shape[1] < FEWEST_FORECASTERS:
        raise ValueError(f"expected at least {FEWEST_FORECASTERS} forecasters, got {errors.shape[1]}")
    if (errors == errors[:, :1]).all():
        return 0.0, 1.0
    found = stats.friedmanchisquare(*errors.T)
    return float(found.statistic), float(found.pvalue)


def critical_difference(forecasters: int, units: int) -> float:
    """Mean ranks that differ by as much are told apart at 5 %: q sqrt(k (k + 1) / (6 n)), for all pairs together.

    q is the quantile of the studentized range of k values over the root of 2 (Nemenyi 1963).

    >>> round(critical_difference(4, 14), 4)  # 2.569 sqrt(20 / 84), the example of Demsar (2006)
    1.2536
    """
    from scipy import stats  # noqa: PLC0415 - see `mean_ranks`

    quantile = float(stats.studentized_range.ppf(1 - LEVEL, forecasters, np.inf)) / np.sqrt(2)
    return float(quantile * np.sqrt(forecasters * (forecasters + 1) / (6 * units)))


def groups(ranks: Sequence[float] | FloatArray, least: float) -> list[str]:
    """The groups of those not told apart that each forecaster is in, as letters: who share one differ by less.

    Args:
        ranks: Mean ranks (k,).
        least: The critical difference.

    Returns:
        One text each, in the order given; `a` is the group of the best.

    >>> groups([3.0, 1.0, 1.8], 1.5)
    ['b', 'a', 'ab']
    """
    values, found, reached = np.asarray(ranks, dtype=np.float64), [""] * len(ranks), -1
    letters = iter(ascii_lowercase)
    order = np.argsort(values, kind="stable")
    for first in range(len(order)):
        last = int(np.flatnonzero(values[order] - values[order[first]] < least)[-1])
        if last > reached:  # else they all are in the group before
            letter, reached = next(letters), last
            for place in order[first : last + 1]:
                found[place] += letter
    return found


def pairwise_p(errors: FloatArray) -> dict[tuple[int, int], float]:
    """Wilcoxon's p of each pair of forecasters, on the differences of their log errors (n, k), corrected by Holm.

    An error of 0 is better than any other by more than all finite differences.
    """
    pairs = list(combinations(range(errors.shape[1]), 2))
    raw = [wilcoxon_p(_log_differences(errors[:, first], errors[:, second])) for first, second in pairs]
    return dict(zip(pairs, holm(raw).tolist(), strict=True))


def _log_differences(first: FloatArray, second: FloatArray) -> FloatArray:
    """Second less first (n,), 0 where they are equal, and finite: only signs and the order of sizes count.

    Equal ones stay so whatever the units of the series: rounding takes off what the logarithms' last digits differ by.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        differences = np.where(first == second, 0.0, np.round(np.log(second) - np.log(first), DIGITS))
    infinite = np.isinf(differences)
    farthest = 1 + np.abs(differences[~infinite]).max(initial=0.0)
    return np.where(infinite, np.sign(differences) * farthest, differences)
