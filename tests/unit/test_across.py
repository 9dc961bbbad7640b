"""Two forecasters over independent units: symmetry, known values, verdicts, and how often they err."""

import numpy as np
import pytest
from scipy import stats

from rnn_vs_transformer.evaluation.across import compare_across, holm
from rnn_vs_transformer.evaluation.intervals import block_error, crossed_interval, mean_interval, ratio_of_pairs
from studies.across_levels import UNITS, error_rates, error_table

MARGIN = 0.02
SHARES = ("probability_first", "probability_equivalent", "probability_second")


def errors(units=12, difference=0.06, spread=0.04, seed=0):
    """Errors of two forecasters: units differ much in level, the second is worse by about `difference`."""
    generator = np.random.default_rng(seed)
    first = np.exp(generator.normal(scale=2.0, size=units))
    return first, first * np.exp(generator.normal(difference, spread, units))


def shares(found):
    return [getattr(found, name) for name in SHARES]


def test_swapping_the_forecasters_turns_the_result_around():
    """The comparison has no favourite: the sign flips, the probabilities swap, the verdict names the other."""
    first, second = errors()

    one, other = compare_across(first, second, MARGIN), compare_across(second, first, MARGIN)

    assert (one.verdict, other.verdict) == ("first better", "second better")
    assert (1 + one.relative_difference) * (1 + other.relative_difference) == pytest.approx(1)
    assert (1 + one.ci_low) * (1 + other.ci_high) == pytest.approx(1)
    assert (one.student_p, one.wilcoxon_p) == (other.student_p, other.wilcoxon_p)
    assert shares(one) == shares(other)[::-1]


@pytest.mark.parametrize("scale", [1e-6, 3.0, np.arange(1.0, 13.0)], ids=["small", "large", "each unit its own"])
def test_the_unit_of_the_errors_changes_nothing(scale):
    """Only ratios count, so a series in metres and one in degrees can stand side by side."""
    first, second = errors()

    plain, scaled = compare_across(first, second, MARGIN), compare_across(scale * first, scale * second, MARGIN)

    for name in ("relative_difference", "ci_low", "ci_high", "student_p", "wilcoxon_p", *SHARES):
        assert getattr(scaled, name) == pytest.approx(getattr(plain, name), rel=1e-9), name
    assert scaled.verdict == plain.verdict


def test_the_order_of_the_units_does_not_matter():
    """Not even to the draws: a table sorted another way gives the same bytes."""
    first, second = errors()
    order = np.random.default_rng(1).permutation(len(first))

    assert compare_across(first[order], second[order], MARGIN) == compare_across(first, second, MARGIN)


def test_equal_errors_are_equivalent_for_certain():
    """No difference in any unit is a finding, not a division by zero."""
    first, _ = errors(units=6)

    found = compare_across(first, first, MARGIN)

    assert (found.ci_low, found.relative_difference, found.ci_high) == (0, 0, 0)
    assert (found.student_p, found.wilcoxon_p, shares(found)) == (1, 1, [0, 1, 0])
    assert found.verdict == "equivalent"


def test_the_same_difference_in_every_unit_is_certain_too():
    """Units that agree exactly leave no doubt, though Wilcoxon's test knows signs and ranks alone."""
    found = compare_across(np.ones(6), np.full(6, 1.5), MARGIN)

    assert (found.student_p, found.wilcoxon_p) == pytest.approx((0, 2 / 2**6))
    assert (found.ci_low, found.ci_high) == pytest.approx((0.5, 0.5))
    assert found.verdict == "first better"
    assert found.probability_first > 0.99


def test_more_units_narrow_the_interval_and_the_doubt():
    """The same five ratios seen four times over: less than half as wide, and the better side more probable."""
    first, second = errors(units=5, difference=0.06, spread=0.08)

    few, many = compare_across(first, second, MARGIN), compare_across(np.tile(first, 4), np.tile(second, 4), MARGIN)

    assert (few.units, many.units) == (5, 20)
    assert many.ci_high - many.ci_low < (few.ci_high - few.ci_low) / 2
    assert many.probability_first > few.probability_first


@pytest.mark.parametrize(
    ("ratios", "expected"),
    [
        ([1.10, 1.20, 1.15, 1.12, 1.18], "first better"),
        ([0.90, 0.80, 0.85, 0.88, 0.82], "second better"),
        ([1.01, 0.99, 1.00, 1.005, 0.995], "equivalent"),
        ([1.010, 1.012, 1.011, 1.009, 1.010], "equivalent"),
        ([0.70, 1.30, 1.10, 0.90, 1.00], "inconclusive"),
        ([1.10, 1.20, 1.15, 1.12], "inconclusive"),
        ([1.0, 1.0, 1.0, 1.0], "inconclusive"),
    ],
)
def test_every_verdict_can_be_reached_and_needs_five_units(ratios, expected):
    """Within the margin the two are equivalent however sure a tiny difference; four units never decide."""
    found = compare_across(np.ones(len(ratios)), ratios, MARGIN)

    assert found.verdict == expected
    assert sum(shares(found)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("ratios", "expected"),
    [
        ([1.10, 1.02, 0.97, 1.05, 1.30, 1.01, 1.08], (0.9425, 0.0555, 0.0020)),
        ([0.98, 1.01, 0.95, 0.90, 1.015, 0.99], (0.0, 0.5151, 0.4849)),
    ],
)
def test_the_bayesian_test_gives_the_probabilities_of_its_authors_package(ratios, expected):
    """Of baycomp 1.0.3, `SignedRankTest.probs` with 800,000 draws; four standard errors of 100,000 are 0.0063."""
    found = compare_across(np.ones(len(ratios)), ratios, MARGIN, draws=100_000)

    assert shares(found) == pytest.approx(expected, abs=0.0063)


def test_p_values_and_interval_are_those_of_the_textbook_tests():
    """Student's p, its interval and Wilcoxon's exact p agree with scipy's and with the interval used elsewhere."""
    first, second = errors()
    logs = np.log(second / first)
    whole = ratio_of_pairs(second, first)

    found = compare_across(first, second, MARGIN)

    assert found.student_p == pytest.approx(stats.ttest_1samp(logs, 0).pvalue)
    assert found.wilcoxon_p == pytest.approx(stats.wilcoxon(logs, method="exact").pvalue)
    assert (found.relative_difference + 1, found.ci_low + 1, found.ci_high + 1) == pytest.approx(
        (whole.estimate, whole.low, whole.high)
    )


def test_wilcoxon_leaves_out_zeros_counts_ties_and_cannot_reach_five_percent_with_five_units():
    """Ratios 2, 2, 2, 2 and 1: four equal ranks of one sign, so 2 of the 2^4 signs are as extreme. Five give 1/16."""
    tied = compare_across(np.ones(5), [2, 2, 2, 2, 1], MARGIN)
    clear = compare_across(np.ones(5), [2, 3, 4, 5, 6], MARGIN)

    assert (tied.wilcoxon_p, clear.wilcoxon_p) == (2 / 2**4, 2 / 2**5)
    assert clear.verdict == "first better"


def test_errors_that_are_not_paired_positive_or_enough_are_refused():
    """A logarithm of zero or a broadcast pair would give a number all the same."""
    for first, second, message in (
        ([1.0, 2.0], [1.0], r"got \(2,\) and \(1,\)"),
        ([[1.0, 2.0]], [[1.0, 2.0]], r"got \(1, 2\)"),
        ([1.0, 0.0], [1.0, 1.0], "positive"),
        ([1.0, 1.0], [1.0, np.nan], "finite"),
        ([1.0], [2.0], "two units, got 1"),
        ([], [], "at least one unit"),
    ):
        with pytest.raises(ValueError, match=message):
            compare_across(first, second, MARGIN)


def test_holm_adjusts_as_worked_out_by_hand_and_keeps_the_order():
    """0.01 x 4, 0.02 x 3, then 0.03 x 2 equals it, and 0.9 x 1; none above 1, and none below a smaller one's."""
    assert holm([0.9, 0.02, 0.01, 0.03]) == pytest.approx([0.9, 0.06, 0.04, 0.06])
    assert holm([0.6, 0.7]) == pytest.approx([1.0, 1.0])
    assert holm([0.04]) == pytest.approx([0.04])
    assert holm([]).shape == (0,)


@pytest.mark.simulation
def test_the_comparison_errs_about_as_often_as_it_says():
    """Of 200 experiments 5 % are 10, with a standard error of 1.5 points: symmetric differences stay near or below.

    Skewed differences exceed it, as the docstring says; `studies/across_levels.py` prints the full table, of 10,000.
    """
    rates = error_rates(repetitions=200, draws=500)
    symmetric = rates[rates["differences"] != "skewed (exponential)"]

    assert len(rates) == 3 * len(UNITS)
    assert (symmetric[["student", "wilcoxon", "side", "border"]] <= 0.10).all(axis=None)
    assert (symmetric["interval"] >= 0.90).all()
    assert (rates["interval"] >= 0.80).all()
    assert (rates.loc[rates["units"] == 5, "wilcoxon"] == 0).all()
    assert (rates["side"] >= rates["both"]).all()
    assert len(error_table(rates).splitlines()) == 2 + len(rates)


def test_an_interval_over_seeds_and_units_is_that_over_one_of_them_where_the_other_changes_nothing():
    values = np.random.default_rng(0).normal(size=30)
    alone = mean_interval(values)
    for both in (np.tile(values, (4, 1)), np.tile(values[:, None], (1, 4))):
        found = crossed_interval(both)
        assert (found.estimate, found.low, found.high) == pytest.approx((alone.estimate, alone.low, alone.high))
    same = crossed_interval(np.full((3, 5), 0.25))
    assert (same.low, same.high) == (0.25, 0.25)


@pytest.mark.parametrize(("of_seeds", "of_units"), [(0.0, 3.0), (1.0, 0.0), (1.0, 3.0)])
def test_an_interval_over_seeds_and_units_holds_the_mean_in_95_of_100(of_seeds, of_units):
    """Over units alone it holds in fewer than half where the seeds differ."""
    draw, held, narrow, rounds = np.random.default_rng(1), 0, 0, 1_000
    for _ in range(rounds):
        values = (
            of_seeds * draw.normal(size=(5, 1)) + of_units * draw.normal(size=(1, 100)) + draw.normal(size=(5, 100))
        )
        found, over_units = crossed_interval(values), mean_interval(values.mean(axis=0))
        held += found.low <= 0 <= found.high
        narrow += over_units.low <= 0 <= over_units.high
    assert 0.92 <= held / rounds <= 0.98
    assert (narrow / rounds < 0.8) == (of_seeds > 0)


def test_the_error_over_blocks_is_that_over_units_where_neighbours_are_one():
    values = np.random.default_rng(0).normal(size=20)
    alone = values.std(ddof=1) / np.sqrt(20)
    assert block_error(values, 1) == pytest.approx(alone)
    assert block_error(np.repeat(values, 5), 5) == pytest.approx(alone)


def test_the_error_over_blocks_is_that_of_the_mean_where_neighbours_are_alike():
    """A level per ten units: over units alone the error would be a third. The last block is shorter."""
    draw = np.random.default_rng(1)
    drawn = np.array([(np.repeat(draw.normal(size=21), 10) + 0.1 * draw.normal(size=210))[:205] for _ in range(2_000)])
    over_blocks = np.sqrt(np.mean([block_error(values, 10) ** 2 for values in drawn]))
    assert over_blocks == pytest.approx(drawn.mean(axis=1).std(), rel=0.05)
    assert np.sqrt(np.mean(drawn.var(axis=1)) / 205) < 0.4 * over_blocks


@pytest.mark.parametrize("shape", [(1, 5), (5, 1)])
def test_one_seed_or_unit_has_no_interval_over_both(shape):
    with pytest.raises(ValueError, match="expected two seeds and two units"):
        crossed_interval(np.zeros(shape))
