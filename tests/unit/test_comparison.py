"""The statistics of the comparison: literal values, rules, and limits."""

from dataclasses import asdict

import numpy as np
import pytest

from rnn_vs_transformer.evaluation.comparison import (
    compare,
    diebold_mariano,
    minimum_detectable_effect,
    too_little_evidence,
    verdict,
)
from rnn_vs_transformer.evaluation.intervals import Interval, bootstrap_interval, long_run_variance, ratio_interval
from rnn_vs_transformer.settings.evaluate import EvaluateParams


def losses(seed, seeds=5, origins=300, level=1.0, spread=0.1):
    """Losses whose noise is partly of the seed, partly of the origin, partly their own."""
    generator = np.random.default_rng(seed)
    of_seed, of_origin = generator.standard_normal((seeds, 1)), generator.standard_normal(origins)
    return level + spread * (of_seed + of_origin + generator.standard_normal((seeds, origins))) / 3


def compared(rnn, transformer, **changes):
    block = changes.pop("block", 20)
    return compare(rnn, transformer, block, EvaluateParams(**{"margin": 0.02, "resamples": 400, "seed": 0, **changes}))


@pytest.mark.parametrize(
    ("ci_low", "ci_high", "expected"),
    [
        (-0.02, 0.02, "equivalent"),
        (-0.0201, 0.02, "inconclusive"),
        (-0.02, 0.0201, "inconclusive"),
        (-0.015, -0.005, "equivalent"),
        (0.005, 0.015, "equivalent"),
        (-0.0201, -0.0001, "transformer better"),
        (-0.0201, 0.0, "inconclusive"),
        (0.0001, 0.0201, "rnn better"),
        (0.0, 0.0201, "inconclusive"),
        (-0.5, -0.4, "transformer better"),
        (0.4, 0.5, "rnn better"),
        (-0.5, 0.5, "inconclusive"),
    ],
)
def test_the_verdict_turns_exactly_at_its_thresholds(ci_low, ci_high, expected):
    """Inside the margin the families count as equal, however sure a tiny difference; outside, zero must be excluded."""
    assert verdict(ci_low, ci_high, 0.02) == expected


def test_the_difference_is_relative_to_the_rnn():
    """Means 2 and 3 are half as much again, for the RNN: (3 - 2)/2; negative means a better Transformer."""
    rnn, transformer = losses(0) + 1.0, losses(1) + 2.0
    rnn, transformer = rnn * 2 / rnn.mean(), transformer * 3 / transformer.mean()

    result = compared(rnn, transformer)

    assert result.relative_mse_difference == pytest.approx(0.5)
    assert result.ci_low < 0.5 < result.ci_high
    assert result.verdict == "rnn better"
    assert result.diebold_mariano > 1.96


def test_identical_families_are_equivalent():
    """No difference is a possible finding, with an interval of no width and a statistic of zero."""
    result = compared(losses(0), losses(0))

    assert (result.ci_low, result.relative_mse_difference, result.ci_high) == (0.0, 0.0, 0.0)
    assert (result.diebold_mariano, result.minimum_detectable_effect, result.verdict) == (0.0, 0.0, "equivalent")


def test_noise_common_to_both_families_cancels():
    """Seeds and origins are paired: hard origins and unlucky seeds say nothing on the difference."""
    rnn = losses(0, spread=0.3)

    result = compared(rnn, 1.1 * rnn)

    assert result.ci_low == pytest.approx(0.1)
    assert result.ci_high == pytest.approx(0.1)


def test_swapping_the_families_turns_the_result_around():
    """The comparison has no favourite: the sign flips, the statistic is negated, the verdict names the other."""
    rnn, transformer = losses(0), losses(1, level=1.2)

    one, other = compared(rnn, transformer), compared(transformer, rnn)

    assert 1 + other.relative_mse_difference == pytest.approx(1 / (1 + one.relative_mse_difference))
    assert 1 + other.ci_low == pytest.approx(1 / (1 + one.ci_high), rel=0.01)
    assert 1 + other.ci_high == pytest.approx(1 / (1 + one.ci_low), rel=0.01)
    assert other.diebold_mariano == pytest.approx(-one.diebold_mariano)
    assert (one.verdict, other.verdict) == ("rnn better", "transformer better")


@pytest.mark.parametrize("unit", [1e-6, 4.0, 1e6])
def test_the_unit_of_the_losses_changes_nothing(unit):
    """All results are ratios, so a series in other units must lead to the same finding."""
    plain, scaled = compared(losses(0), losses(1)), compared(unit * losses(0), unit * losses(1))

    for name in ("relative_mse_difference", "ci_low", "ci_high", "diebold_mariano", "minimum_detectable_effect"):
        assert getattr(scaled, name) == pytest.approx(getattr(plain, name), rel=1e-6, abs=1e-9), name
    assert scaled.verdict == plain.verdict


def test_the_interval_is_bit_identical_for_its_seed():
    """`metrics.json` gives the same bytes from run to run, though the interval is drawn."""
    first, again, other = (compared(losses(0), losses(1), seed=seed) for seed in (1, 1, 2))

    assert first == again
    assert first.ci_low != other.ci_low
    first, again, other = (bootstrap_interval(losses(1), 20, 200, seed) for seed in (7, 7, 8))
    assert first == again != other


@pytest.mark.parametrize(
    ("seeds", "origins", "block", "resamples", "low", "high", "freedom"),
    [
        (3, 110, 20, 1500, 0.9949038643575181, 1.1145511309757798, 2.2209328193600815),
        (1, 50, 7, 300, 1.0118833660536164, 1.0774045065548792, 3.0),
    ],
)
def test_the_interval_is_the_one_that_the_published_code_draws(seeds, origins, block, resamples, low, high, freedom):
    """Committed verdicts rest on these very draws; sizes with a rest of a block, one seed, and more than one chunk."""
    rnn, transformer = losses(0, seeds, origins), losses(1, seeds, origins, level=1.05)

    interval = ratio_interval(transformer, rnn, block, resamples, seed=5)

    assert [interval.low, interval.high, interval.degrees_of_freedom] == pytest.approx([low, high, freedom], rel=1e-9)


def test_without_any_difference_the_degrees_of_freedom_are_those_of_the_blocks():
    """Fifteen blocks leave fourteen; nothing else tells how the variance would be shared out."""
    assert ratio_interval(losses(0), losses(0), 20, 100, 0).degrees_of_freedom == 14.0


def test_losses_of_other_seeds_or_origins_are_refused():
    """What is not paired must not be compared as if it were; broadcasting would do so in silence."""
    with pytest.raises(ValueError, match=r"got \(5, 300\) and \(1, 300\)"):
        compared(losses(0), losses(1, seeds=1))


def test_the_diebold_mariano_statistic_equals_the_one_worked_out_by_hand():
    """Differences 1, 2, 3, 4: mean 2.5, squares about it sum to 5, neighbours' products to 1.25.

    One lag: variance 5/4, statistic 2.5 / sqrt(1.25/4) = 2 sqrt(5). Two: (5 + 2 * 1/2 * 1.25)/4 = 1.5625, so 2.5/0.625.
    In a comparison the series is the seeds' mean difference over time.
    """
    differences = np.array([1.0, 2.0, 3.0, 4.0])

    assert long_run_variance(differences, 2) == pytest.approx(1.5625)
    assert diebold_mariano(differences, 1) == pytest.approx(2 * 5**0.5)
    assert diebold_mariano(differences, 2) == pytest.approx(4.0)
    assert diebold_mariano(-differences, 2) == pytest.approx(-4.0)
    assert diebold_mariano(np.zeros(4), 2) == 0.0
    rnn, transformer = losses(0), losses(1)
    assert compared(rnn, transformer).diebold_mariano == diebold_mariano((transformer - rnn).mean(axis=0), 20)


@pytest.mark.simulation
@pytest.mark.parametrize("overlap", [1, 5])
def test_the_diebold_mariano_statistic_is_about_standard_normal_for_equal_families(overlap):
    """Beyond 1.96 lie 5 % of the draws under the null, also where each difference shares steps with its neighbours."""
    generator = np.random.default_rng(0)
    noise = generator.standard_normal((400, 800 + overlap - 1))
    series = [np.convolve(draw, np.ones(overlap), "valid") for draw in noise]

    statistics = np.array([diebold_mariano(differences, 4 * overlap) for differences in series])

    assert abs(statistics.mean()) < 4 / 400**0.5
    assert 0.9 < statistics.std() < 1.2
    assert 0.02 < (np.abs(statistics) > 1.96).mean() < 0.10


def test_a_difference_of_the_detectable_size_is_found_four_times_in_five():
    """For a standard error of 0.01 of the log ratio and many degrees of freedom: 1 - exp(-(1.960 + 0.842) * 0.01)."""
    interval = Interval(np.exp(-0.0196), np.exp(0.0196), degrees_of_freedom=1e6)

    assert minimum_detectable_effect(interval) == pytest.approx(0.02763, rel=1e-3)


@pytest.mark.parametrize(("few", "many"), [((1, 200), (1, 3200)), ((5, 300), (20, 300))])
def test_the_detectable_effect_shrinks_with_more_data(few, many):
    """Sixteen times the origins quarter it where the noise is from time, four times the seeds halve it elsewhere."""
    effects = [compared(losses(0, *size), losses(1, *size)).minimum_detectable_effect for size in (few, many)]

    assert effects[1] < 0.7 * effects[0]


def test_few_seeds_and_seeds_that_differ_widen_the_interval():
    """Three seeds must claim less than twelve; and two are enough to tell that seeds differ."""
    three, twelve = (bootstrap_interval(losses(0, seeds=seeds), 20, 400, 0) for seeds in (3, 12))
    assert three.degrees_of_freedom < twelve.degrees_of_freedom
    assert three.high - three.low > twelve.high - twelve.low

    rnn, transformer = losses(0, seeds=2), losses(1, seeds=2)
    alike = transformer - transformer.mean(axis=1, keepdims=True) + transformer.mean()
    apart = alike + np.array([[-0.2], [0.2]])
    widths = [result.ci_high - result.ci_low for result in (compared(rnn, alike), compared(rnn, apart))]
    assert widths[1] > 2 * widths[0]


def test_one_seed_gives_an_interval_but_no_verdict():
    """However clear the difference looks."""
    result = compared(losses(0, seeds=1), losses(1, seeds=1, level=2.0))
    assert 0 < result.ci_low < result.relative_mse_difference < result.ci_high
    assert result.verdict == "inconclusive"


def test_fewer_than_four_blocks_of_time_are_not_enough_for_any_number():
    """On 80 windows in blocks of 20 there is a verdict, on 79 neither that nor a difference nor an interval."""
    few, enough = (compared(losses(0, 5, n), losses(1, 5, n, level=3.0), block=20) for n in (79, 80))
    assert asdict(few) == {"test_windows": 79, "enough_test_windows": 80, "verdict": "not enough data"}
    assert enough.verdict == "rnn better"


def test_what_is_missing_is_told():
    assert too_little_evidence(seeds=2, origins=400, block=100) == ""
    assert "1 seed" in too_little_evidence(seeds=1, origins=400, block=100)
    assert "not enough data: 399 test windows" in too_little_evidence(seeds=2, origins=399, block=100)
    assert too_little_evidence(seeds=2, origins=1, block=100, series=10) == ""


@pytest.mark.simulation
def test_the_interval_stays_possible_and_swapping_inverts_it_on_heavy_tails():
    """Losses are positive: with few blocks of persistent lognormal losses no ratio of theirs can be negative."""
    generator = np.random.default_rng(0)
    for _ in range(20):
        shared = moving_average(generator, 661, 120)
        rnn, transformer = (np.exp(shared + generator.normal(scale=0.8, size=(5, 661))) for _ in range(2))
        rnn = rnn * np.exp(moving_average(generator, 661, 60))
        forth, back = (compared(*pair, block=120, resamples=300) for pair in ((rnn, transformer), (transformer, rnn)))
        assert -1 < forth.ci_low < forth.ci_high
        assert (1 + forth.ci_low) * (1 + back.ci_high) == pytest.approx(1)
        assert (1 + forth.ci_high) * (1 + back.ci_low) == pytest.approx(1)


@pytest.mark.parametrize("origins", [2, 3, 10])
@pytest.mark.parametrize("seeds", [1, 2])
def test_a_block_longer_than_the_data_is_cut(origins, seeds):
    """A short test split has no whole block; the interval is then wide, but it is one (and is not told)."""
    rnn, transformer = losses(0, seeds, origins), losses(1, seeds, origins)
    result = ratio_interval(transformer, rnn, 120, 400, 0)

    assert np.isfinite([result.low, result.high, minimum_detectable_effect(result)]).all()
    assert np.isfinite(diebold_mariano((transformer - rnn).mean(axis=0), 120))
    assert result.low <= transformer.mean() / rnn.mean() <= result.high
    assert result == ratio_interval(transformer, rnn, max(1, origins // 2), 400, 0)


def test_resampling_in_parts_leaves_no_resample_out():
    """More resamples than are drawn at once move the ends but little; a forgotten part would leave zeros."""
    some, more = (ratio_interval(losses(1), losses(0), 20, resamples, 0) for resamples in (1000, 2500))

    assert more.low == pytest.approx(some.low, abs=0.01)
    assert more.high == pytest.approx(some.high, abs=0.01)


def test_wider_blocks_see_the_dependence_that_single_origins_hide():
    """Losses of overlapping windows move together; an interval that ignored it would be several times too narrow."""
    generator = np.random.default_rng(0)
    together = 1 + 0.1 * moving_average(generator, 600, 30)[None]

    ignoring, aware = (bootstrap_interval(together, block, 400, 0) for block in (1, 60))

    assert aware.high - aware.low > 2.5 * (ignoring.high - ignoring.low)


def moving_average(generator, origins, window):
    """Noise of variance 1 that neighbouring origins share, as overlapping windows do."""
    return np.convolve(generator.standard_normal(origins + window - 1), np.ones(window) / window**0.5, "valid")


@pytest.mark.simulation
def test_the_standard_error_allows_for_dependence_as_long_as_a_block():
    """Noise shared by 30 neighbours, in blocks of 30: the mean of 1,500 origins deviates by 0.1 * sqrt(30/1500).

    Blocks alone miss a third of that variance, and so leave 0.82 of the deviation; the correction must bring most back.
    """
    errors = []
    for experiment in range(100):
        generator = np.random.default_rng([11, experiment])
        shared = 1 + 0.1 * moving_average(generator, 1500, 30)[None]
        errors.append(bootstrap_interval(shared, 30, 400, experiment).log_standard_error)

    assert 0.87 < np.median(errors) / (0.1 * (30 / 1500) ** 0.5) < 1.1


@pytest.mark.simulation
@pytest.mark.parametrize(("of_time", "of_seed"), [(0.3, 0.02), (0.02, 0.2)], ids=["time", "seeds"])
def test_the_interval_covers_the_truth_at_about_its_nominal_rate(of_time, of_seed):
    """An interval of 95 % must hold the true ratio, 1.1, in about 95 of 100 experiments, whatever the noise is from.

    200 experiments put an exact 95 % between 0.91 and 0.98; few seeds cost a little, hence the band. The misses must
    not all lie on one side.
    """
    below = above = 0
    for experiment in range(200):
        generator = np.random.default_rng([7, experiment])
        rnn, transformer = (
            level
            + factor * of_time * moving_average(generator, 600, 30)
            + factor * of_seed * generator.standard_normal((5, 1))
            + 0.1 * generator.standard_normal((5, 600))
            for level, factor in ((1.0, 0.5), (1.1, 1.0))
        )
        interval = ratio_interval(transformer, rnn, 30, 400, seed=experiment)
        below, above = below + (interval.high < 1.1), above + (interval.low > 1.1)

    assert 0.90 <= 1 - (below + above) / 200 <= 0.99
    assert min(below, above) >= 1
