"""The worlds of the map: their draws, and the floors that no forecaster may fall below."""

from itertools import pairwise, product

import numpy as np
import pytest
from panels import one_series, unscaled

from rnn_vs_transformer.data.splits import Borders, forecast_origins, split_borders
from rnn_vs_transformer.models.baselines import fit_ridge, last_value_forecast, seasonal_naive_forecast
from rnn_vs_transformer.sources import synthetic
from rnn_vs_transformer.sources.cases import CASES, SIGMA, World, context_floor, draw_world
from rnn_vs_transformer.sources.drift import Drift
from rnn_vs_transformer.sources.regimes import Regimes
from rnn_vs_transformer.sources.setar import context_floor_forecast

STEPS, HORIZON = 20_000, 24
BORDERS = Borders(12_000, 14_000, STEPS)
HIDDEN = {"drift", "regimes"}
"""Cases with a state that no past shows in full, so that more than the noise of one step is unknown."""


@pytest.fixture(scope="module")
def worlds():
    """A long draw of each case by name."""
    return {case: draw_world(case, STEPS, 0) for case in CASES}


def truth_of(values, origins):
    return values[origins[:, None] + np.arange(1, HORIZON + 1)]


def ridge_mse(values, borders, context_length, origins):
    splits = unscaled(values, borders, context_length, HORIZON)
    ridge = fit_ridge(splits, context_length)
    return np.square(ridge.forecast(splits.panel, one_series(origins)) - truth_of(values, origins)).mean()


@pytest.mark.parametrize("case", CASES)
def test_a_draw_repeats_to_the_byte_and_no_two_draws_or_cases_are_alike(case):
    values = draw_world(case, 500, 3).values
    others = [draw_world(case, 500, 4), *(draw_world(other, 500, 3) for other in CASES if other != case)]

    assert values.tobytes() == draw_world(case, 500, 3).values.tobytes()
    assert values.shape == (500,)
    assert max(abs(np.corrcoef(values, other.values)[0, 1]) for other in others) < 0.999


@pytest.mark.parametrize("case", CASES)
def test_draws_are_different_worlds_and_not_one_with_different_noise(case):
    first, second = draw_world(case, 500, 0), draw_world(case, 500, 1)

    assert first.process != second.process
    assert case == "drift" or not np.allclose(first.season, second.season)


def test_an_unknown_case_is_refused_by_name():
    with pytest.raises(ValueError, match=r"expected a case among short_memory, .*, got 'long_memory'"):
        draw_world("long_memory", 100, 0)


@pytest.mark.parametrize("case", CASES)
def test_what_test_holds_lies_in_the_range_of_train(case, worlds):
    """Else a map would show who extrapolates, and not who forecasts."""
    values = worlds[case].values
    train, test = values[: BORDERS.train_end], values[BORDERS.validation_end :]

    assert abs(test.mean() - train.mean()) < train.std() / 2
    assert np.abs(test - train.mean()).max() < 1.3 * np.abs(train - train.mean()).max()


@pytest.mark.parametrize("case", CASES)
def test_the_floors_lie_in_order_below_every_baseline(case, worlds):
    """All the past tells no less than a context, and a known process no less than one fitted to the series."""
    world = worlds[case]
    values, length = world.values, world.context_length
    origins = forecast_origins(*BORDERS.of("test"), length, HORIZON)
    truth = truth_of(values, origins)
    naive = seasonal_naive_forecast(values, origins, HORIZON, world.season_length)
    baselines = [
        ridge_mse(values, BORDERS, length, origins),
        np.square(naive - truth).mean(),
        np.square(last_value_forecast(values, origins, HORIZON) - truth).mean(),
    ]

    floor = np.square(world.floor(origins, HORIZON) - truth).mean()
    context = np.square(context_floor(world, origins, length, HORIZON) - truth).mean()

    assert floor < context < min(baselines)


@pytest.mark.parametrize("case", CASES)
def test_one_step_errors_of_the_floor_are_white_and_as_large_as_the_noise(case, worlds):
    """Else the past would tell something that the floor left unused."""
    world = worlds[case]
    origins = np.arange(999, STEPS - 1)
    errors = world.values[origins + 1] - world.floor(origins, 1)[:, 0]

    correlations = [np.corrcoef(errors[lag:], errors[:-lag])[0, 1] for lag in (1, 2, 24, world.context_length)]

    assert np.abs(correlations).max() < 4 / np.sqrt(len(errors))
    excess = errors.var() / SIGMA**2 - 1
    assert 0.05 < excess < 0.5 if case in HIDDEN else abs(excess) < 4 * np.sqrt(2 / len(errors))


@pytest.mark.parametrize("case", CASES)
def test_no_floor_uses_a_value_after_its_origin(case, worlds):
    """Nor does the floor of a context use one before it."""
    world = worlds[case]
    length, origins = world.context_length, np.array([1500, 1510])
    later, earlier = world.values.copy(), world.values.copy()
    later[1511:] += 100.0
    earlier[: 1501 - length] += 100.0
    changed, cut = (
        World(values, world.season, world.process, world.season_length, length, "") for values in (later, earlier)
    )
    context = context_floor(world, origins, length, HORIZON)

    np.testing.assert_array_equal(changed.floor(origins, HORIZON), world.floor(origins, HORIZON))
    np.testing.assert_array_equal(context_floor(changed, origins, length, HORIZON), context)
    np.testing.assert_allclose(context_floor(cut, origins, length, HORIZON), context, rtol=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_a_long_context_tells_all_that_the_past_does(case, worlds):
    """By then the place in the season is certain; for the drift a filter and a regression find the same mean."""
    world, origins = worlds[case], np.array([5999])

    np.testing.assert_allclose(
        context_floor(world, origins, 6000, HORIZON), world.floor(origins, HORIZON), rtol=1e-4, atol=1e-4
    )


def test_the_filter_of_the_drift_is_what_joint_normal_variables_give_on_the_first_steps_too(worlds):
    """Filter and regression on all the past, from the start, where the filter has not settled."""
    origins = np.array([9])

    np.testing.assert_allclose(
        worlds["drift"].floor(origins, 3), context_floor(worlds["drift"], origins, 10, 3), atol=1e-10
    )


@pytest.mark.parametrize("case", ["short_memory", "two_seasons"])
@pytest.mark.parametrize("length", [2, 12])
def test_the_floor_of_a_short_context_uses_its_first_steps_too(case, length, worlds):
    """Of two steps, all that is known of the season is how likely the process stands there at all."""
    world = worlds[case]
    origins = forecast_origins(*BORDERS.of("test"), length, HORIZON)
    forecast = context_floor(world, origins, length, HORIZON)

    mse = np.square(forecast - truth_of(world.values, origins)).mean()

    assert mse < 1.005 * ridge_mse(world.values, BORDERS, length, origins), "but for the luck of one draw"


def test_the_mean_over_regimes_is_that_over_all_their_paths():
    """Summed path by path, with regimes that switch so often that a forecast of three steps feels it."""
    process = Regimes(mu=(1.0, -2.0), phi=(0.9, 0.2), leave=(0.5, 0.2), sigma=1.0)
    chain, mean = {(0, 0): 0.5, (0, 1): 0.5, (1, 0): 0.2, (1, 1): 0.8}, np.zeros(3)
    for path in product((0, 1), repeat=4):
        probability = (2 / 7, 5 / 7)[path[0]] * np.prod([chain[step] for step in pairwise(path)])
        values = [3.0]
        for regime in path[1:]:
            values.append(process.mu[regime] + process.phi[regime] * values[-1])
        mean += probability * np.array(values[1:])

    np.testing.assert_allclose(process.forecast(np.array([3.0]), np.array([0]), 3)[0], mean)


@pytest.mark.parametrize(("level", "season"), [(2.0, 0.01), (0.01, 2.0)])
def test_level_and_season_drift_as_far_as_they_are_said_to(level, season):
    """A short time constant makes one draw many independent stretches."""
    drift = Drift(season_length=24, time_constant=20, level=level, season=season, sigma=0.01)

    assert drift.simulate(100_000, np.random.default_rng(0)).std() == pytest.approx(2.0, rel=0.05)


def test_no_floor_is_given_for_a_context_that_does_not_reach_back_to_the_delayed_step(worlds):
    assert context_floor(worlds["long_memory_96"], np.array([1000]), 95, HORIZON) is None


def test_a_context_of_the_default_world_is_worth_less_than_all_the_past_and_more_than_to_ridge(configure):
    """Of the default world: an MSE of 0.042 with all the past, 0.046 with 96 steps, 0.141 by ridge on them."""
    small = configure().data.synthetic
    world = small.model_copy(update={"length": 8000, "delay": 48, "season_lengths": [24]})
    values, deviation = synthetic.simulate(world)
    borders = split_borders([0.5, 0.2, 0.3], 8000)
    scaled = (values - values[:4000].mean()) / values[:4000].std()
    origins = forecast_origins(*borders.of("test"), 96, HORIZON)
    oracle = synthetic.oracle_forecast(world, deviation, origins, HORIZON)
    context = context_floor_forecast(world, values, origins, 96, HORIZON)

    errors = [np.square(some - truth_of(values, origins)).mean() / values[:4000].var() for some in (oracle, context)]

    assert errors == pytest.approx([0.0424, 0.0457], abs=1e-4)
    assert errors[1] < ridge_mse(scaled, borders, 96, origins)


def test_a_trend_is_known_to_the_floor_of_a_context(configure):
    """It is added to what the same world without a trend is forecast to be."""
    flat = configure().data.synthetic.model_copy(update={"season_phases": [1.0]})
    rising = flat.model_copy(update={"trend": 0.5})
    origins = np.array([100, 250])

    forecasts = [
        context_floor_forecast(world, synthetic.simulate(world)[0], origins, 30, 4) for world in (flat, rising)
    ]

    np.testing.assert_allclose(forecasts[1] - forecasts[0], 0.5 * (origins[:, None] + np.arange(1, 5)), atol=1e-6)


@pytest.mark.parametrize("changes", [{"delay": 3}, {"delay": 31}, {"season_lengths": [1009]}])
def test_no_floor_of_a_context_is_given_where_it_has_no_closed_form(configure, changes):
    """Delay shorter than the forecast or longer than the context, or more positions in the season than are tried."""
    world = configure().data.synthetic.model_copy(update=changes)

    assert context_floor_forecast(world, np.zeros(100), np.array([50]), 30, 4) is None
