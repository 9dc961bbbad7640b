"""The critical lag: planted ones are found, unknown ends stay unknown, and no seed is chosen."""

import numpy as np
import pytest

from rnn_vs_transformer.probes.memory.critical_lag import Crossing, combine_seeds, compare_memory, find_crossing

LAGS = [1, 2, 4, 8, 16, 24, 32, 48, 64, 96]


def planted(critical, steepness=2.0):
    """Shares that fall from 1 to 0, a logistic curve of log lag with one half at the critical lag."""
    return [1 / (1 + (lag / critical) ** steepness) for lag in LAGS]


@pytest.mark.parametrize("critical", [1.5, 6.0, 11.3, 40.0, 90.0])
def test_a_planted_critical_lag_is_found(critical):
    """The curve is not a straight line between two lags, so a few per cent remain."""
    crossing = find_crossing(LAGS, planted(critical))
    assert crossing.bound == "exact"
    assert crossing.lag == pytest.approx(critical, rel=0.04)


def test_the_crossing_is_interpolated_on_the_logarithm_of_the_lag():
    """Half way down between lags 4 and 16 lies 8, their geometric mean, and not 10."""
    assert find_crossing([1, 4, 16], [1.0, 0.7, 0.3]).lag == pytest.approx(8)


def test_where_recovered_never_falls_below_one_half_the_critical_lag_is_at_least_the_longest():
    """A model whose memory outlasts the probe must not be given the probe's end as its own."""
    assert str(find_crossing(LAGS, [0.95] * 9 + [0.5])) == "at least 96"


def test_where_recovered_is_below_from_the_first_lag_the_critical_lag_is_at_most_that():
    """Nothing can be interpolated to the left of the first measurement."""
    assert str(find_crossing([2, 4], [0.49, 0.9])) == "at most 2"


def test_the_first_fall_counts_where_recovered_rises_again():
    """What comes back at a longer lag was not remembered all the way."""
    assert find_crossing([1, 4, 16, 64], [1.0, 0.4, 0.9, 0.1]).lag < 4


@pytest.mark.parametrize(("lags", "shares"), [([], []), ([1, 2], [0.3])])
def test_lags_without_shares_are_refused(lags, shares):
    with pytest.raises(ValueError, match="expected one share"):
        find_crossing(lags, shares)


def test_the_interval_runs_over_all_seeds_and_the_estimate_is_the_middle_one():
    """Neither the best nor the worst seed is reported as the result."""
    found = combine_seeds([Crossing(12.0), Crossing(8.0), Crossing(24.0, "at least")])
    assert (found.estimate, found.low, found.high) == (Crossing(12.0), Crossing(8.0), Crossing(24.0, "at least"))
    assert str(found) == "12 (8 to at least 24)"
    assert found.confidence == 0.75


def test_of_an_even_number_of_seeds_the_lower_middle_counts():
    """The mean of an exact and a censored crossing would be neither."""
    found = combine_seeds([Crossing(24.0, "at least"), Crossing(5.0), Crossing(24.0, "at least"), Crossing(7.0)])
    assert found.estimate == Crossing(7.0)


def test_censored_crossings_lie_beyond_exact_ones_at_the_same_lag():
    found = combine_seeds([Crossing(1.0, "at most"), Crossing(1.0), Crossing(1.0, "at least")])
    assert [found.low.bound, found.estimate.bound, found.high.bound] == ["at most", "exact", "at least"]


def test_seeds_that_all_outlast_the_probe_give_one_bound():
    assert str(combine_seeds([Crossing(24.0, "at least")] * 3)) == "at least 24"


def test_no_seed_is_refused():
    with pytest.raises(ValueError, match="at least one seed"):
        combine_seeds([])


@pytest.mark.parametrize(("seeds", "confidence"), [(3, 0.75), (5, 0.9375)])
def test_the_interval_covers_the_median_as_often_as_it_says(seeds, confidence):
    """Of 4000 sets of seeds from a skewed distribution with the median 10, the stated share covers it."""
    lags = 10 * np.exp(np.random.default_rng(0).gumbel(loc=np.log(np.log(2)), size=(4000, seeds)))
    found = [combine_seeds([Crossing(lag) for lag in row]) for row in lags.tolist()]
    covered = np.mean([one.low.lag <= 10 <= one.high.lag for one in found])
    assert found[0].confidence == confidence
    assert covered == pytest.approx(confidence, abs=0.02)


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        ([8, 10, 12], [13, 20, 30], "shorter"),
        ([13, 20, 30], [8, 10, 12], "longer"),
        ([8, 10, 14], [13, 20, 30], "inconclusive"),
        ([10, 10, 10], [10, 10, 10], "inconclusive"),
    ],
)
def test_memory_is_shorter_only_where_the_intervals_lie_apart(one, other, verdict):
    found, against = (combine_seeds([Crossing(float(lag)) for lag in lags]) for lags in (one, other))
    assert compare_memory(found, against) == verdict


def test_a_censored_end_proves_only_what_it_bounds():
    """At least 24 is longer than 12, but two that are both at least 24, or both at most 1, may stand in any order."""
    short, beyond = combine_seeds([Crossing(12.0)] * 3), combine_seeds([Crossing(24.0, "at least")] * 3)
    below = combine_seeds([Crossing(1.0, "at most")] * 3)
    assert compare_memory(short, beyond) == "shorter"
    assert compare_memory(below, short) == "shorter"
    assert compare_memory(beyond, beyond) == compare_memory(below, below) == "inconclusive"
    assert compare_memory(beyond, combine_seeds([Crossing(40.0)] * 3)) == "inconclusive"
