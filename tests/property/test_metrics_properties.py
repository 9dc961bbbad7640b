"""Laws that scores obey for all forecasts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rnn_vs_transformer.evaluation import metrics

SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4))
NUMBERS = st.floats(-1e3, 1e3, width=32)


@st.composite
def pairs(draw):
    """A forecast and the truth, of one shape (C, N, H)."""
    shape = draw(SHAPES)
    return draw(arrays(np.float64, shape, elements=NUMBERS)), draw(arrays(np.float64, shape, elements=NUMBERS))


def scores(forecast, truth):
    return {
        "mse": metrics.mean_squared_error(forecast, truth),
        "mae": metrics.mean_absolute_error(forecast, truth),
    }


@given(pairs())
def test_a_perfect_forecast_scores_zero_and_only_it(pair):
    """Zero must mean perfect, and nothing may be better."""
    forecast, truth = pair

    assert set(scores(truth, truth).values()) == {0.0}
    assert all(score >= 0 for score in scores(forecast, truth).values())
    assert (scores(forecast, truth)["mae"] == 0) == np.array_equal(forecast, truth)


@given(pairs(), st.floats(0.125, 8.0))
def test_scores_follow_the_unit_of_the_series(pair, unit):
    """In other units MSE grows by the square and MAE by the factor; a common shift changes neither."""
    forecast, truth = pair
    plain, scaled = scores(forecast, truth), scores(unit * forecast, unit * truth)
    shifted = scores(forecast + 16.0, truth + 16.0)

    assert scaled["mse"] == pytest.approx(unit**2 * plain["mse"])
    assert scaled["mae"] == pytest.approx(unit * plain["mae"])
    assert shifted["mse"] == pytest.approx(plain["mse"], abs=1e-6)


@given(pairs())
def test_over_and_underforecasts_count_alike(pair):
    """Neither score prefers a side."""
    forecast, truth = pair

    assert scores(forecast, truth) == pytest.approx(scores(truth, forecast))


@given(pairs())
def test_extra_axes_change_nothing(pair):
    """Scores over seeds at once are those of all windows together, and the truth is shared by the seeds."""
    forecast, truth = pair
    seeds = np.stack([forecast, truth, forecast])  # errors of the second are all zero

    assert metrics.mean_squared_error(seeds, truth) == pytest.approx(
        2 / 3 * metrics.mean_squared_error(forecast, truth)
    )
    assert scores(seeds, truth)["mae"] == pytest.approx(2 / 3 * scores(forecast, truth)["mae"])
