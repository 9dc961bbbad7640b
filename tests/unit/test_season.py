"""A season is suggested where the series has another one than was set, and never where it has none."""

import numpy as np
import pytest

from rnn_vs_transformer.data.season import suggested_season


def noise(steps, seed=0):
    return np.random.default_rng(seed).normal(size=steps)


def seasonal(steps, season, sharpness=1.0, seed=0):
    """A repeated profile of no simple form, in noise of half its size."""
    profile = noise(season, seed + 100)
    return sharpness * np.resize(profile / profile.std(), steps) + 0.5 * noise(steps, seed)


def autoregression(steps, phi, seed=0):
    values, shocks = np.zeros(steps), noise(steps, seed)
    for step in range(1, steps):
        values[step] = phi * values[step - 1] + shocks[step]
    return values


def smooth(steps, season, seed=0):
    return np.sin(2 * np.pi * np.arange(steps) / season) + 0.2 * noise(steps, seed)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "make",
    [
        noise,
        lambda steps, seed: np.cumsum(noise(steps, seed)),
        lambda steps, seed: autoregression(steps, 0.9, seed),
        lambda steps, seed: autoregression(steps, -0.7, seed),
        lambda steps, seed: np.arange(steps) + 5 * noise(steps, seed),
    ],
    ids=["noise", "random walk", "AR(1)", "alternating AR(1)", "trend"],
)
@pytest.mark.parametrize("steps", [60, 200, 1000])
def test_none_where_there_is_no_season(make, steps, seed) -> None:
    for season in (1, 7, 24):
        assert suggested_season(make(steps, seed=seed), season) is None


@pytest.mark.parametrize(("steps", "season", "set_to"), [
    (120, 12, 1), (120, 12, 52), (2000, 24, 1), (2000, 24, 52), (2000, 168, 24), (400, 7, 24), (120, 4, 7),
    (9000, 1440, 60),
])  # fmt: skip
def test_a_season_left_over_from_another_series_is_told(steps, season, set_to) -> None:
    assert suggested_season(seasonal(steps, season), set_to) == season


@pytest.mark.parametrize("season", [12, 24, 50])
@pytest.mark.parametrize("cycles", [7, 20])
def test_a_smooth_season_is_found_to_the_step(season, cycles) -> None:
    """Its neighbours fit nearly as well in few cycles, and its multiples as well as itself."""
    assert suggested_season(smooth(cycles * season, season), 1) == season


def test_the_right_season_and_its_multiples_will_do() -> None:
    for season in (24, 48, 168):
        assert suggested_season(seasonal(2000, 24), season) is None


def test_a_week_is_told_where_a_day_was_set_and_explains_less() -> None:
    day, week = seasonal(4000, 24, 0.3), seasonal(4000, 168, seed=3)
    assert suggested_season(day + week, 24) == 168


def test_trend_and_gaps_hide_no_season() -> None:
    values = seasonal(240, 12) + 0.2 * np.arange(240)
    values[[0, 3, 50, 51, 52, 239]] = np.nan
    assert suggested_season(values, 5) == 12


def test_units_and_level_do_not_matter() -> None:
    values = seasonal(240, 12)
    assert suggested_season(1e9 + 1e-3 * values, 5) == suggested_season(-1e6 * values, 5) == 12


@pytest.mark.parametrize("values", [np.empty(0), np.ones(100), np.full(50, np.nan), noise(5), np.array([1.0, np.nan])])
def test_too_little_to_tell_gives_none(values) -> None:
    assert suggested_season(values, 1) is None


def test_too_few_cycles_are_not_clear() -> None:
    assert suggested_season(seasonal(5 * 24, 24), 1) is None
