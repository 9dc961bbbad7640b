"""Metrics: literal values, zero for a perfect forecast, and the runnable examples of the module."""

import doctest

import numpy as np
import pytest

from rnn_vs_transformer.evaluation import comparison, kinds, metrics, ranks
from rnn_vs_transformer.models import decomposition

TRUTH = np.array([[[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [10.0, 10.0]]])
"""2 channels, 2 windows, 2 steps ahead."""
FORECAST = np.array([[[1.0, 4.0], [2.0, 4.0]], [[1.0, -1.0], [10.0, 7.0]]])
"""Errors 0, 2, -1, 0 in the first channel and 1, -1, 0, -3 in the second."""


@pytest.mark.parametrize("module", [metrics, comparison, ranks, kinds, decomposition])
def test_the_examples_in_the_docstrings_run(module):
    """An example that lies is worse than none."""
    result = doctest.testmod(module)

    assert result.attempted > 0
    assert result.failed == 0


def test_scores_equal_those_worked_out_by_hand():
    """Squares 0, 4, 1, 0, 1, 1, 0, 9 sum to 16, sizes to 8; all are over 8 values."""
    assert metrics.mean_squared_error(FORECAST, TRUTH) == 2.0
    assert metrics.mean_absolute_error(FORECAST, TRUTH) == 1.0
    assert metrics.squared_error(FORECAST, TRUTH).sum(axis=(1, 2)).tolist() == [5.0, 11.0]


def test_the_scale_is_the_error_of_the_naive_forecast_on_train():
    """With season 2 the steps 1, 5, 2, 9, 4 differ from those two before by 1, 4 and 2."""
    assert metrics.seasonal_naive_scale(np.array([1.0, 5.0, 2.0, 9.0, 4.0]), 2) == pytest.approx(7 / 3)


def test_a_gap_counts_in_no_difference_of_the_scale():
    """Of the same steps with the last one missing, 1 and 4 are left."""
    assert metrics.seasonal_naive_scale(np.array([1.0, 5.0, 2.0, 9.0, np.nan]), 2) == pytest.approx(2.5)


def test_the_scale_of_too_short_or_exactly_seasonal_steps_is_refused():
    """Either would divide by nothing."""
    with pytest.raises(ValueError, match="expected more than 3 train steps, got 3"):
        metrics.seasonal_naive_scale(np.ones(3), 3)
    with pytest.raises(ValueError, match="repeats one season exactly"):
        metrics.seasonal_naive_scale(np.arange(8.0) % 2, 2)


def test_skill_is_read_from_the_reference():
    """Perfect is 1, the reference itself 0, and twice its error -1."""
    assert [metrics.skill(mse, 0.5) for mse in (0.0, 0.5, 1.0)] == [1.0, 0.0, -1.0]


def test_excess_is_read_between_oracle_and_ridge():
    """The oracle is 0, ridge 1, halfway a half; below 0 is luck or a fault."""
    assert [metrics.excess(mse, 0.25, 0.75) for mse in (0.25, 0.75, 0.5, 0.0)] == [0.0, 1.0, 0.5, -0.5]


@pytest.mark.parametrize("ridge", [0.5, 0.25])
def test_excess_is_refused_where_ridge_is_no_worse_than_the_oracle(ridge):
    """On a linear world there is no room between the two to measure by."""
    with pytest.raises(ValueError, match="expected a ridge MSE above the oracle's"):
        metrics.excess(0.6, 0.5, ridge)


def test_smape_is_that_of_m4():
    """|f - y| / (|f| + |y|) is 1/3 and 1/2 in the first window, and 1 and 1 in the second: 200 times their means."""
    forecast, truth = np.array([[2.0, 3.0], [-1.0, 5.0]]), np.array([[1.0, 1.0], [4.0, 0.0]])
    assert metrics.smape(forecast, truth).tolist() == pytest.approx([200 * 5 / 12, 200.0])


def test_a_forecast_of_nothing_where_nothing_was_is_perfect():
    """Counts are often 0; 0/0 is no error, and a number that is not there is none either."""
    found = metrics.smape(np.zeros((2, 3)), np.array([[0.0, 0.0, 0.0], [0.0, np.nan, 2.0]]))
    assert found.tolist() == [0.0, 100.0]


def test_mase_is_in_units_of_the_scale():
    """Each series in its own."""
    assert metrics.mase(np.array([3.0, 2.0]), np.array([2.0, 4.0])).tolist() == [1.5, 0.5]


def test_owa_is_the_mean_of_both_ratios_to_naive2():
    """Half its sMAPE and one and a half times its MASE are no better than it; of 3/4 and 1/2 the mean is 5/8."""
    assert metrics.owa(6.0, 3.0, 12.0, 2.0) == 1.0
    assert metrics.owa(9.0, 1.0, 12.0, 2.0) == 0.625
    assert metrics.owa(18.383, 2.395, 18.383, 2.395) == 1.0


def test_a_quantile_pays_its_level_for_each_unit_below_the_truth():
    """And the rest for each above."""
    found = metrics.pinball_loss(np.array([1.0, 2.0, 4.0]), np.array([2.0, 2.0, 2.0]), 0.9)
    assert found.tolist() == pytest.approx([0.9, 0.0, 0.2])


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, np.nan])
def test_a_level_beyond_0_and_1_is_refused(level):
    with pytest.raises(ValueError, match="expected a level between 0 and 1"):
        metrics.pinball_loss(np.zeros(1), np.zeros(1), level)


def test_the_weighted_quantile_loss_is_that_of_gluonts():
    """Truth 1 and -3: losses 0.1 and 0.9 at 0.1 (f 0 and -2), 0.1 and 0 at 0.9 (f 2 and -3); 2 (1/4 + 0.1/4) / 2."""
    forecasts = np.array([[0.0, -2.0], [2.0, -3.0]])
    assert metrics.weighted_quantile_loss(forecasts, np.array([1.0, -3.0]), [0.1, 0.9]) == pytest.approx(0.275)


def test_what_was_not_observed_counts_in_no_quantile_loss():
    truth = np.array([1.0, np.nan, -3.0])
    forecasts = np.array([[0.0, 9.0, -2.0], [2.0, 9.0, -3.0]])
    assert metrics.weighted_quantile_loss(forecasts, truth, [0.1, 0.9]) == pytest.approx(0.275)


def test_a_quantile_loss_without_size_or_with_a_forecast_too_many_is_refused():
    with pytest.raises(ValueError, match="not 0 everywhere"):
        metrics.weighted_quantile_loss(np.ones((1, 2)), np.zeros(2), [0.5])
    with pytest.raises(ValueError, match="zip"):
        metrics.weighted_quantile_loss(np.ones((2, 2)), np.ones(2), [0.5])
