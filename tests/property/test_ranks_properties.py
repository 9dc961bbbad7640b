"""Laws that the ranks of forecasters obey, whatever the errors."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rnn_vs_transformer.evaluation.ranks import critical_difference, friedman, groups, mean_ranks, pairwise_p

SHAPES = st.tuples(st.integers(10, 14), st.integers(3, 5))
ERRORS = arrays(np.int64, SHAPES, elements=st.integers(1, 6)).map(lambda whole: whole / 4)
"""Series by forecasters, with many ties."""


def letters_of(errors):
    return groups(mean_ranks(errors), critical_difference(*errors.shape[::-1]))


@given(ERRORS, st.randoms(use_true_random=False))
def test_exchanged_forecasters_exchange_what_is_said_of_them(errors, random):
    """Ranks, groups and pairs go with the forecaster, and Friedman's test knows no order."""
    order = random.sample(range(errors.shape[1]), errors.shape[1])
    moved, pairs, exchanged = errors[:, order], pairwise_p(errors), pairwise_p(errors[:, order])

    np.testing.assert_allclose(mean_ranks(moved), mean_ranks(errors)[order])
    assert friedman(moved) == pytest.approx(friedman(errors))
    assert [set(letters_of(moved)[new]) for new in range(len(order))] == [set(letters_of(errors)[old]) for old in order]
    for new, other in combinations(range(len(order)), 2):
        assert exchanged[new, other] == pytest.approx(pairs[tuple(sorted((order[new], order[other])))])


@given(ERRORS, st.randoms(use_true_random=False))
def test_the_order_of_the_series_does_not_matter(errors, random):
    order = random.sample(range(len(errors)), len(errors))

    np.testing.assert_allclose(mean_ranks(errors[order]), mean_ranks(errors))
    assert friedman(errors[order]) == pytest.approx(friedman(errors))
    assert pairwise_p(errors[order]) == pytest.approx(pairwise_p(errors))


@given(ERRORS, st.sampled_from([np.exp, np.sqrt, np.square, lambda errors: 3 * errors + 1]))
def test_a_monotone_transform_of_all_errors_changes_no_rank(errors, transform):
    """MSE or RMSE, it is the same table: only the order on each series counts."""
    np.testing.assert_array_equal(mean_ranks(transform(errors)), mean_ranks(errors))
    assert friedman(transform(errors)) == friedman(errors)
    assert letters_of(transform(errors)) == letters_of(errors)


@given(ERRORS, st.integers(0, 5))
def test_a_series_of_another_unit_changes_nothing(errors, seed):
    """Each may have its own: also for the pairs, as the unit drops out of logarithms; so does a power of all errors."""
    units = 10.0 ** np.random.default_rng(seed).uniform(-9, 9, (len(errors), 1))

    np.testing.assert_array_equal(mean_ranks(units * errors), mean_ranks(errors))
    assert pairwise_p(units * errors) == pytest.approx(pairwise_p(errors))
    assert pairwise_p(errors**2) == pytest.approx(pairwise_p(errors))


@given(ERRORS)
def test_ranks_sum_to_those_of_all_and_p_values_lie_between_0_and_1(errors):
    """Whoever gains a rank takes it from another; ties share."""
    forecasters = errors.shape[1]
    statistic, p = friedman(errors)

    assert mean_ranks(errors).sum() == pytest.approx(forecasters * (forecasters + 1) / 2)
    assert statistic >= -1e-9
    assert 0 <= p <= 1
    assert all(0 <= value <= 1 for value in pairwise_p(errors).values())


@given(st.lists(st.integers(4, 40).map(lambda rank: rank / 4), min_size=2, max_size=8), st.integers(1, 16))
def test_two_share_a_letter_if_and_only_if_they_are_not_told_apart(ranks, quarters):
    """And each has a letter, the best an `a`."""
    found = groups(ranks, quarters / 4)

    assert all(found)
    assert "a" in found[int(np.argmin(ranks))]
    for one, other in combinations(range(len(ranks)), 2):
        assert bool(set(found[one]) & set(found[other])) == (abs(ranks[one] - ranks[other]) < quarters / 4)
