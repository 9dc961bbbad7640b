"""Several forecasters over series: ranks, Friedman, Nemenyi, groups, and pairs, on literal values."""

import numpy as np
import pytest
from scipy import stats

from rnn_vs_transformer.evaluation.across import holm
from rnn_vs_transformer.evaluation.ranks import critical_difference, friedman, groups, mean_ranks, pairwise_p

DEMSAR = 1 - np.array([
    [0.763, 0.768, 0.771, 0.798], [0.599, 0.591, 0.590, 0.569], [0.954, 0.971, 0.968, 0.967],
    [0.628, 0.661, 0.654, 0.657], [0.882, 0.888, 0.886, 0.898], [0.936, 0.931, 0.916, 0.931],
    [0.661, 0.668, 0.609, 0.685], [0.583, 0.583, 0.563, 0.625], [0.775, 0.838, 0.866, 0.875],
    [1.000, 1.000, 1.000, 1.000], [0.940, 0.962, 0.965, 0.962], [0.619, 0.666, 0.614, 0.669],
    [0.972, 0.981, 0.9751, 0.975], [0.957, 0.978, 0.946, 0.970],
])  # fmt: skip
"""One less the area under the curve of four classifiers on 14 data sets: table 6 of Demsar (2006).

Its ranks know of one difference that the three digits printed there hide; here it is a fourth digit.
"""


def test_ranks_and_friedman_are_those_of_the_published_example():
    """Mean ranks 3.143, 2.000, 2.893 and 1.964; chi-square 9.28, here corrected for ties (one of 4, three of 2)."""
    assert mean_ranks(DEMSAR).round(3).tolist() == [3.143, 2.0, 2.893, 1.964]
    statistic, p = friedman(DEMSAR)
    assert statistic == pytest.approx(9.28 / (1 - (60 + 3 * 6) / (14 * 4 * 15)), abs=0.01)
    assert p == pytest.approx(stats.chi2.sf(statistic, 3))


@pytest.mark.parametrize(
    ("forecasters", "quantile"), [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (6, 2.850), (10, 3.164)]
)
def test_the_critical_difference_has_the_published_quantiles(forecasters, quantile):
    """q_0.05 of table 5 of Demsar (2006), which are rounded or cut after three digits."""
    found = critical_difference(forecasters, 30) / np.sqrt(forecasters * (forecasters + 1) / (6 * 30))
    assert found == pytest.approx(quantile, abs=1.1e-3)


def test_four_times_as_many_series_halve_the_critical_difference():
    assert critical_difference(5, 40) == pytest.approx(critical_difference(5, 10) / 2)


def test_friedman_of_a_table_worked_out_by_hand():
    """The same order on 3 series: rank sums 3, 6 and 9, so 12 / (3 * 3 * 4) (9 + 36 + 81) - 3 * 3 * 4 = 6."""
    statistic, p = friedman(np.array([[1.0, 2.0, 3.0]] * 3))
    assert statistic == pytest.approx(6.0)
    assert p == pytest.approx(np.exp(-3.0))


def test_forecasters_that_never_differ_are_alike():
    """Nothing to rank is no division by zero."""
    assert friedman(np.ones((10, 4))) == (0.0, 1.0)
    assert mean_ranks(np.ones((10, 4))).tolist() == [2.5] * 4
    assert groups([2.5] * 4, critical_difference(4, 10)) == ["a"] * 4


def test_two_forecasters_are_too_few():
    with pytest.raises(ValueError, match="expected at least 3 forecasters, got 2"):
        friedman(np.ones((10, 2)))


@pytest.mark.parametrize(
    ("ranks", "least", "letters"),
    [
        ([1.0, 2.0, 3.0, 4.0], 1.5, ["a", "ab", "bc", "c"]),
        ([1.0, 2.0, 3.0, 4.0], 1.0, ["a", "b", "c", "d"]),
        ([1.0, 2.0, 3.0, 4.0], 9.0, ["a", "a", "a", "a"]),
        ([4.0, 1.0, 1.0, 3.5], 1.0, ["b", "a", "a", "b"]),
        ([1.0, 1.5, 2.4, 2.5], 1.0, ["a", "ab", "bc", "c"]),
    ],
)
def test_who_share_a_letter_differ_by_less_than_the_critical_difference(ranks, least, letters):
    """At exactly the difference two are told apart (Demsar 2006), and no group lies within another."""
    assert groups(ranks, least) == letters


def test_pairs_have_wilcoxon_s_p_corrected_for_their_number():
    """One order on all of 7 series: each pair alone has 2 / 2^7, and Holm makes three times that of all."""
    errors = np.exp(np.random.default_rng(0).normal(size=(7, 1))) * [[1.0, 1.1, 1.3]]
    assert pairwise_p(errors) == pytest.approx({(0, 1): 6 / 2**7, (0, 2): 6 / 2**7, (1, 2): 6 / 2**7})


def test_pairs_agree_with_scipy_on_the_logarithms():
    errors = np.exp(np.random.default_rng(0).normal(size=(30, 3)))
    raw = [stats.wilcoxon(np.log(errors[:, b]) - np.log(errors[:, a])).pvalue for a, b in ((0, 1), (0, 2), (1, 2))]
    assert list(pairwise_p(errors).values()) == pytest.approx(holm(raw).tolist())


def test_an_error_of_nothing_is_better_than_any_other():
    """A logarithm of 0 must not make the test fail, nor count for nothing."""
    errors = np.exp(np.random.default_rng(0).normal(size=(12, 3)))
    tiny, none = errors.copy(), errors.copy()
    tiny[3:5, 0], none[3:5, 0] = 1e-200, 0.0
    none[7], tiny[7] = 0.0, 1.0  # equal, so left out

    assert pairwise_p(none)[0, 1] == pytest.approx(pairwise_p(tiny)[0, 1])
    assert pairwise_p(np.zeros((12, 3))) == {(0, 1): 1.0, (0, 2): 1.0, (1, 2): 1.0}
