"""Laws that the baselines obey for all series."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rnn_vs_transformer.data.scaling import Scaler
from rnn_vs_transformer.data.splits import Borders, Splits
from rnn_vs_transformer.models.baselines import fit_ridge, last_value_forecast, seasonal_naive_forecast

SEEDS = st.integers(0, 2**31)


@given(SEEDS, st.integers(1, 12), st.integers(1, 30))
def test_a_periodic_series_is_forecast_without_error_by_its_last_season(seed, season_length, prediction_length):
    """Whatever the season and however far ahead, a series that repeats itself is repeated."""
    values = np.tile(np.random.default_rng(seed).standard_normal(season_length), 60)
    origins = np.arange(season_length - 1, season_length + 20)

    forecast = seasonal_naive_forecast(values, origins, prediction_length, season_length)

    truth = values[origins[:, None] + np.arange(1, prediction_length + 1)]
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
    plain, mixed = (
        Splits.of_wide(columns, Borders(50, 70, 80), 4, 2, Scaler(np.zeros(3), np.ones(3)))
        for columns in (values, values[:, order])
    )

    fitted, other = fit_ridge(plain, 4), fit_ridge(mixed, 4)

    np.testing.assert_allclose(other.weights, fitted.weights, rtol=1e-5, atol=1e-7)
    forecasts, others = (
        ridge.forecast(splits.panel, splits.places("test")).reshape(3, -1, 2)
        for ridge, splits in ((fitted, plain), (other, mixed))
    )
    np.testing.assert_allclose(others, forecasts[order], rtol=1e-5, atol=1e-5)
