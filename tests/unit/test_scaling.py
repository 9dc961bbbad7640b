"""Exponents and crossover lengths that were planted are found again, with intervals that hold them."""

import numpy as np
import pytest

from rnn_vs_transformer.probes.cost.scaling import crossing, find_crossover, fit_exponent, fit_local_exponent

LENGTHS = 2.0 ** np.arange(5, 12)
FAMILIES = ("rnn", "transformer")


def noisy(costs, spread, rounds, generator):
    """Rounds of a cost, each slowed down as a whole and each measurement on its own."""
    whole_round = 0.1 * generator.standard_normal((rounds, 1))
    return costs * np.exp(whole_round + spread * generator.standard_normal((rounds, len(costs))))


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.0])
def test_a_planted_exponent_is_found_exactly(exponent):
    """A pure power law is a straight line in logarithms, so nothing is left for the interval."""
    for fit in (fit_exponent, fit_local_exponent):
        found = fit(LENGTHS, 0.003 * LENGTHS**exponent)
        assert found.estimate == pytest.approx(exponent, abs=1e-9)
        assert found.high - found.low < 1e-6


def test_a_linear_part_hides_the_quadratic_one_less_on_long_contexts():
    """With a*L + L^2 the local exponent 2 - a/(a+L) rises from 1 to 2; the longest half must be nearer to 2."""
    costs = 500 * LENGTHS + LENGTHS**2
    whole, local = fit_exponent(LENGTHS, costs), fit_local_exponent(LENGTHS, costs)

    assert 1 < whole.estimate < local.estimate < 2
    middle_of_longest_half = np.sqrt(256.0 * 2048.0)
    assert local.estimate == pytest.approx(2 - 500 / (500 + middle_of_longest_half), abs=0.02)
    assert whole.high - whole.low > 0.1, "the bend shows in the interval"


def test_the_unit_of_the_cost_does_not_matter():
    """Seconds or milliseconds: only the constant changes."""
    costs = 500 * LENGTHS + LENGTHS**2
    assert fit_exponent(LENGTHS, 1000 * costs).estimate == pytest.approx(fit_exponent(LENGTHS, costs).estimate)


def test_the_interval_of_an_exponent_holds_the_truth_19_times_in_20():
    """Nominal 95 % must be about 95 %, with noise of 10 % on each length."""
    generator = np.random.default_rng(0)
    fits = [fit_exponent(LENGTHS, LENGTHS**1.5 * np.exp(0.1 * generator.standard_normal(7))) for _ in range(500)]

    assert 0.92 < np.mean([found.low <= 1.5 <= found.high for found in fits]) < 0.98


def test_a_line_through_two_lengths_is_refused():
    """Two points leave nothing to judge the fit by."""
    with pytest.raises(ValueError, match="at least 3 lengths, got 2"):
        fit_exponent(LENGTHS[:2], LENGTHS[:2])


@pytest.mark.parametrize("truth", [50.0, 300.0, 1500.0])
def test_a_planted_crossover_is_found(truth):
    """A linear and a quadratic cost meet where their lines in logarithms do, on a measured length or between two."""
    rounds = np.ones((5, 1))
    found = find_crossover(FAMILIES, LENGTHS, rounds * LENGTHS, rounds * LENGTHS**2 / truth)

    assert found.length == pytest.approx(truth)
    assert (found.cheaper_below, found.cheaper_above) == ("transformer", "rnn")
    assert found.low == pytest.approx(truth)
    assert found.high == pytest.approx(truth)
    assert found.share == 1


def test_the_order_of_the_models_does_not_matter():
    """Where two models cross is a fact about both."""
    rounds = np.ones((5, 1))
    found = find_crossover(FAMILIES[::-1], LENGTHS, rounds * LENGTHS**2 / 300, rounds * LENGTHS)

    assert found.length == pytest.approx(300)
    assert (found.cheaper_below, found.cheaper_above) == ("transformer", "rnn")


@pytest.mark.parametrize(("factor", "cheaper"), [(2.0, "rnn"), (0.5, "transformer")])
def test_there_is_no_crossover_where_one_family_is_cheaper_throughout(factor, cheaper):
    """`None`, and the family that it is."""
    rounds = np.ones((5, 1))
    found = find_crossover(FAMILIES, LENGTHS, rounds * LENGTHS, rounds * LENGTHS * factor)

    assert (found.length, found.low, found.high) == (None, None, None)
    assert (found.cheaper_below, found.cheaper_above) == (cheaper, cheaper)


@pytest.mark.parametrize("rounds", [3, 9])
def test_the_interval_of_the_crossover_holds_the_truth(rounds):
    """At least at its nominal rate, although a round that is slow as a whole hits both families."""
    generator = np.random.default_rng(1)
    found = []
    for seed in range(40):
        costs = [noisy(cost, 0.1, rounds, generator) for cost in (LENGTHS, LENGTHS**2 / 700)]
        found.append(find_crossover(FAMILIES, LENGTHS, *costs, seed))

    assert np.mean([one.low <= 700 <= one.high for one in found]) >= 0.9
    assert np.median([one.high / one.low for one in found]) < (4 if rounds == 3 else 1.6), "and says something"


def test_a_crossover_that_noise_makes_is_seen_in_few_resamples():
    """Two equal costs cross by chance; the share of resamples that agree must not look like certainty."""
    generator = np.random.default_rng(2)
    shares = [
        find_crossover(FAMILIES, LENGTHS, *(noisy(LENGTHS, 0.1, 9, generator) for _ in range(2)), seed).share
        for seed in range(20)
    ]

    assert np.mean(shares) < 0.9


def test_of_several_sign_changes_the_last_one_counts():
    """Beyond it the order no longer changes: noise on short lengths must not make the crossover."""
    lengths = np.array([1.0, 10.0, 100.0, 1000.0])
    assert crossing(lengths, np.array([1.0, -1.0, 1.0, 1.0])) == pytest.approx(10**1.5)


def test_costs_of_different_rounds_are_refused():
    """Rounds are resampled together, so both models need the same ones."""
    with pytest.raises(ValueError, match=r"got \(3, 7\) and \(4, 7\)"):
        find_crossover(FAMILIES, LENGTHS, np.ones((3, 7)), np.ones((4, 7)))
