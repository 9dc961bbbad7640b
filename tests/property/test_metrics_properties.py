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


@given(pairs(), st.floats(0.125, 8.0))
def test_smape_has_no_unit_and_no_side_and_an_end(pair, unit):
    """In per cent, from 0 to 200; exchanging forecast and truth changes nothing, as does another unit."""
    forecast, truth = pair
    found = metrics.smape(forecast, truth)

    assert found.shape == truth.shape[:-1]
    assert ((found >= 0) & (found <= 200 + 1e-9)).all()
    assert np.array_equal(found == 0, (forecast == truth).all(axis=-1))
    np.testing.assert_allclose(metrics.smape(truth, forecast), found)
    np.testing.assert_allclose(metrics.smape(unit * forecast, unit * truth), found, rtol=1e-9)


@given(pairs())
def test_smape_of_observed_steps_is_that_of_these_steps_alone(pair):
    """A step without truth may as well not be there."""
    forecast, truth = pair
    behind = np.concatenate([truth, np.full((*truth.shape[:-1], 1), np.nan)], axis=-1)
    longer = np.concatenate([forecast, np.ones((*truth.shape[:-1], 1))], axis=-1)

    np.testing.assert_allclose(metrics.smape(longer, behind), metrics.smape(forecast, truth))


@given(pairs(), st.floats(0.01, 0.99))
def test_a_quantile_and_its_mirror_pay_the_whole_error(pair, level):
    """The pinball losses at a level and at one less it sum to the absolute error; neither is negative."""
    forecast, truth = pair
    one, other = (metrics.pinball_loss(forecast, truth, some) for some in (level, 1 - level))

    assert (one >= 0).all()
    np.testing.assert_allclose(one + other, np.abs(forecast - truth), atol=1e-9)
    np.testing.assert_allclose(metrics.pinball_loss(-forecast, -truth, 1 - level), one, atol=1e-9)


@given(pairs(), st.floats(0.125, 8.0))
def test_the_weighted_quantile_loss_has_no_unit_and_at_the_median_is_the_weighted_absolute_error(pair, unit):
    """WQL(0.5) = sum |f - y| / sum |y|; 0 for a perfect forecast, and the order of the levels does not matter."""
    forecast, truth = pair[0], np.where(pair[1] == 0, 1.0, pair[1])
    both = np.stack([forecast, truth])
    found = metrics.weighted_quantile_loss(both, truth, [0.2, 0.9])

    median = metrics.weighted_quantile_loss(forecast[None], truth, [0.5])
    assert median == pytest.approx(np.abs(forecast - truth).sum() / np.abs(truth).sum())
    assert metrics.weighted_quantile_loss(truth[None], truth, [0.7]) == 0
    assert metrics.weighted_quantile_loss(both[::-1], truth, [0.9, 0.2]) == pytest.approx(found)
    assert metrics.weighted_quantile_loss(unit * both, unit * truth, [0.2, 0.9]) == pytest.approx(found)
