"""Laws that the baselines obey for all series."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from small import unscaled

from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.splits import Borders, Places
from rnn_vs_transformer.models.baselines import fit_ridge, last_value_forecast, seasonal_naive_forecast

SEEDS = st.integers(0, 2**31)


@given(SEEDS, st.integers(1, 12), st.integers(1, 30))
def test_a_periodic_series_is_forecast_without_error_by_its_last_season(seed, season_length, prediction_length):
    """Whatever the season and however far ahead, a series that repeats itself is repeated."""
    season = np.random.default_rng(seed).standard_normal((season_length, 2))
    panel = Panel.wide(np.tile(season, (60, 1)), ["a", "b"])
    within = np.arange(season_length - 1, season_length + 20)
    origins = np.concatenate([offset + within for offset in panel.offsets[:-1]])

    forecast = seasonal_naive_forecast(panel.values, origins, prediction_length, season_length)

    truth = panel.values[origins[:, None] + np.arange(1, prediction_length + 1)]
    assert np.array_equal(forecast, truth)


@given(SEEDS, st.integers(1, 5))
def test_a_season_of_one_step_is_the_last_value(seed, prediction_length):
    """The two naive forecasts meet where there is no season."""
    values = np.random.default_rng(seed).standard_normal(20)
    origins = np.arange(5, 15)

    assert np.array_equal(
        seasonal_naive_forecast(values, origins, prediction_length, 1),
        last_value_forecast(values, origins, prediction_length),
    )


@given(SEEDS, st.permutations([0, 1, 2]))
def test_ridge_treats_all_series_alike(seed, order):
    """One map for all series: their order changes neither the map nor, but for the order, the forecasts."""
    values = np.cumsum(np.random.default_rng(seed).standard_normal((80, 3)), axis=0)
    within, series = np.arange(69, 78), np.repeat(np.arange(3), 9)

    def fitted(values):
        splits = unscaled(values, Borders(50, 70, 80), 4, 2)
        ridge = fit_ridge(splits, 4)
        origins = (splits.panel.offsets[:-1, None] + within).ravel()
        return ridge.weights, ridge.forecast(splits.panel, Places(origins, series)).reshape(3, len(within), 2)

    (weights, forecasts), (mixed_weights, mixed) = fitted(values), fitted(values[:, order])

    np.testing.assert_allclose(mixed_weights, weights, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(mixed, forecasts[order], rtol=1e-5, atol=1e-5)
