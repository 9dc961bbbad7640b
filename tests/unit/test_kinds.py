"""What a series is made of, and whether the families' ratio of errors goes with it."""

import numpy as np
import pandas as pd
import pytest

from rnn_vs_transformer.evaluation.kinds import KINDS, Strengths, correlations, strengths

STEPS = np.arange(120.0)
SEASON = np.sin(2 * np.pi * STEPS / 12)
NOISE = np.random.default_rng(0).standard_normal(120)


def test_a_line_is_all_trend_and_a_wave_all_season():
    line, wave = strengths(STEPS, 12), strengths(SEASON, 12)
    assert line.trend == pytest.approx(1.0)
    assert line.season == 0.0
    assert wave.season == pytest.approx(1.0)
    assert wave.trend == pytest.approx(0.0, abs=1e-9)


def test_noise_is_hardly_either():
    """What is left is what a mean of ten seasons, and one of twelve steps, makes of noise."""
    found = strengths(NOISE, 12)
    assert found.trend < 0.25
    assert found.season < 0.25


def test_the_strengths_worked_out_by_hand():
    """Season 2 of 0, 4, 2, 6, 4, 8, ...: the trend is 2.5, 3.5, 4.5, ..., and 1.5 goes up and down; no rest."""
    assert strengths(np.array([0.0, 4.0, 2.0, 6.0, 4.0, 8.0, 6.0, 10.0]), 2) == Strengths(
        pytest.approx(1.0), pytest.approx(1.0)
    )


@pytest.mark.parametrize("part", ["trend", "season"])
def test_more_of_it_is_stronger(part):
    """From none to all."""
    sizes = (0.0, 0.5, 2.0, 20.0)
    found = [
        getattr(strengths(NOISE + size * (SEASON if part == "season" else STEPS / 10), 12), part) for size in sizes
    ]
    assert found == sorted(found)
    assert found[-1] > 0.98


def test_unit_and_level_change_no_strength():
    values = NOISE + SEASON + STEPS / 50
    one, other = strengths(values, 12), strengths(1e6 * values - 1e7, 12)
    assert (other.trend, other.season) == pytest.approx((one.trend, one.season))


def test_what_cannot_be_told_is_not():
    """No season where its length is one step; nothing of less than two seasons; nothing in a constant."""
    assert strengths(STEPS, 1) == Strengths(pytest.approx(1.0), None)
    assert strengths(STEPS[:23], 12) == Strengths(None, None)
    assert strengths(STEPS[:7], 1) == Strengths(None, None)
    assert strengths(np.full(40, 0.1), 4) == Strengths(0.0, 0.0)


def table(**columns):
    """Twelve series of rising length, with ratios that fall, and nothing else."""
    plain = {"length": np.arange(12), "season_strength": np.nan, "trend_strength": 0.5, "log_ratio": -np.arange(12.0)}
    return pd.DataFrame({**plain, **columns})


def test_what_rises_with_the_ratio_has_a_correlation_of_one():
    """Whatever the curve, as ranks alone count; and -1 turned round."""
    found = correlations(table(season_strength=np.exp(-np.arange(12.0)), trend_strength=np.arange(12) % 2))
    assert found["length"]["spearman"] == pytest.approx(-1.0)
    assert found["season_strength"]["spearman"] == pytest.approx(1.0)
    assert abs(found["trend_strength"]["spearman"]) < 0.3
    assert [found[kind]["series"] for kind in KINDS] == [12, 12, 12]


def test_p_values_are_corrected_for_the_number_of_kinds():
    """By Holm: the smallest of three counts thrice."""
    noise = np.random.default_rng(0)
    found = correlations(
        table(length=noise.random(12), season_strength=noise.random(12), trend_strength=noise.random(12))
    )
    p_values = sorted(one["p"] for one in found.values())
    assert min(one["holm_p"] for one in found.values()) == pytest.approx(min(1.0, 3 * p_values[0]))
    assert all(one["p"] <= one["holm_p"] <= 1 for one in found.values())


def test_kinds_in_which_series_do_not_differ_and_series_without_a_ratio_are_left_out():
    """A constant has no ranks to correlate; with fewer than ten series left nothing is told."""
    ratios = -np.arange(12.0)
    ratios[[0, 5]] = np.nan
    found = correlations(table(log_ratio=ratios))
    assert set(found) == {"length"}
    assert found["length"]["series"] == 10
    assert found["length"]["holm_p"] == found["length"]["p"]
    ratios[7] = np.nan
    assert correlations(table(log_ratio=ratios)) == {}
    assert correlations(table(log_ratio=0.0)) == {}
