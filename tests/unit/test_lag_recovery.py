"""Scores of lag recovery, counted out by hand."""

import numpy as np
import pytest

from rnn_vs_transformer.probes.inspection.lag_recovery import (
    recovery_table,
    regime_echo,
    score_band,
    score_horizon,
    summarise_recovery,
    true_lags,
)
from rnn_vs_transformer.probes.inspection.subjects import Importance
from rnn_vs_transformer.sources.synthetic import simulate

DELAY, HORIZON, LENGTH = 7, 3, 12


def perfect_importance():
    """(H, L), one at the own lag d - h of each horizon step h."""
    importance = np.zeros((HORIZON, LENGTH))
    for step in range(1, HORIZON + 1):
        importance[step - 1, DELAY - step] = 1
    return importance


def test_the_true_lags_are_those_where_the_world_looks():
    """Change one value of the past: the regimes of the next H steps change only if it is one of the true lags."""
    for delay, horizon, length in ((7, 3, 12), (4, 6, 12), (20, 3, 12), (13, 3, 12)):
        origin = 100
        looked_at = {origin + step - delay for step in range(1, horizon + 1)}
        observed = {origin - back for back in range(length)}
        assert set((origin - true_lags(delay, horizon, length)).tolist()) == looked_at & observed


def test_scores_are_those_counted_out_by_hand():
    """6 steps, true lags 2 and 3, top two 2 and 5: one hit of two; of 15 pairs 6 miss both, so 9/15 do as well.

    Turned round the circle, the pair {2, 5}, three apart, hits one of {2, 3} in four of six places, both in none.
    """
    score = score_band(np.array([0.0, 0.1, 0.9, 0.2, 0.1, 0.8]), np.array([2, 3]), recent_steps=0)
    assert score.precision == 0.5
    assert score.chance == pytest.approx(2 / 6)
    assert score.lift == pytest.approx(1.5)
    assert score.p_value == pytest.approx(9 / 15)
    assert score.shift_p_value == pytest.approx(4 / 6)


def test_a_perfect_profile_gets_the_best_score_and_a_reversed_one_the_worst():
    """All true lags on top: precision 1, and one order of the C(12, 3) = 220 does as well."""
    profile = perfect_importance().mean(axis=0)
    lags = true_lags(DELAY, HORIZON, LENGTH)
    best, worst = score_band(profile, lags, 0), score_band(-profile, lags, 0)

    assert (best.precision, best.lift) == (1, 4)
    assert best.p_value == pytest.approx(1 / 220)
    assert best.shift_p_value == pytest.approx(1 / 12)
    assert (worst.precision, worst.p_value, worst.shift_p_value) == (0, 1, 1)


def test_the_newest_steps_are_left_out_on_both_sides():
    """They are important in every sound model of the world, and so neither a hit nor a miss."""
    profile = perfect_importance().mean(axis=0)
    profile[:4] = 9.0
    lags = true_lags(DELAY, HORIZON, LENGTH)
    assert score_band(profile, lags, recent_steps=0).precision == 0
    assert score_band(profile, lags, recent_steps=4).precision == 1
    assert score_band(profile, lags, recent_steps=4).chance == 3 / 8
    assert score_band(profile, lags, recent_steps=5).chance == 2 / 7, "a true lag among the newest does not count"


def test_there_is_no_score_where_there_is_nothing_to_tell_apart():
    """No true lag in the context, or nothing but true lags."""
    profile = np.ones(5)
    assert score_band(profile, np.array([], dtype=np.int64), 0) is None
    assert score_band(profile, np.arange(5), 0) is None
    assert score_band(profile, np.array([1]), 2) is None


def test_a_random_importance_scores_at_chance_and_rarely_significantly():
    """The p-value is exact: at most 5 % of random orders are below 0.05, and the mean precision is the chance."""
    generator = np.random.default_rng(0)
    scores = [score_band(generator.random(96), true_lags(48, 24, 96), 4) for _ in range(500)]
    assert np.mean([score.precision for score in scores]) == pytest.approx(24 / 92, abs=0.02)
    assert np.mean([score.p_value < 0.05 for score in scores]) < 0.07
    assert np.mean([score.shift_p_value < 0.05 for score in scores]) < 0.07


def test_each_horizon_step_finds_its_own_lag_or_not():
    """Off by one still counts, off by two does not; chance is the 3 near steps of the scored ones."""
    importance = perfect_importance()
    assert score_horizon(importance, DELAY, recent_steps=0) == (1, 3 / 12)
    assert score_horizon(np.roll(importance, 1, axis=1), DELAY, recent_steps=0)[0] == 1
    assert score_horizon(np.roll(importance, 2, axis=1), DELAY, recent_steps=0)[0] == 0
    assert score_horizon(importance, 30, recent_steps=0) is None


def test_the_default_world_repeats_its_regime_with_opposite_sign(params):
    """Why looking two delays back is no mistake there: the sign of u_{t-2d} tells that of u_{t-d}."""
    _, deviation = simulate(params.data.synthetic)
    assert regime_echo(deviation, params.data.synthetic.delay) < -0.8
    generator = np.random.default_rng(0)
    assert abs(regime_echo(generator.standard_normal(20_000), 48)) < 0.03


def test_recovery_over_seeds_is_their_mean_with_its_interval():
    """One perfect seed and one that looks at the echo, 2d - h steps back: half of the lags are found of each."""
    at_delay = np.pad(perfect_importance(), ((0, 0), (0, 8)))  # a context of 20 steps
    at_echo = np.roll(at_delay, DELAY, axis=1)
    attributions = [Importance("rnn", "occlusion", seed, found) for seed, found in enumerate([at_delay, at_echo])]
    table = recovery_table(attributions, DELAY, HORIZON, recent_steps=2)
    found = summarise_recovery(attributions, DELAY, HORIZON, recent_steps=2)

    assert table.groupby(["target", "recent_steps_left_out"])["precision"].apply(list).to_dict() == {
        ("delay", 0): [1, 0],
        ("delay", 2): [1, 0],
        ("echo", 0): [0, 1],
        ("echo", 2): [0, 1],
    }
    assert found["delay"]["precision"] == 0.5
    assert (found["delay"]["precision_ci_low"], found["delay"]["precision_ci_high"]) == (0, 1), "no share is beyond"
    assert found["delay"]["lift"] == pytest.approx(0.5 * 18 / 3)
    assert found["own_lag_share"] == 0.5
