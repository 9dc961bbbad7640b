"""Metrics: literal values, zero for a perfect forecast, and the runnable examples of the module."""

import doctest

import numpy as np
import pytest

from rnn_vs_transformer.evaluation import comparison, metrics

TRUTH = np.array([[[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [10.0, 10.0]]])
"""2 channels, 2 windows, 2 steps ahead."""
FORECAST = np.array([[[1.0, 4.0], [2.0, 4.0]], [[1.0, -1.0], [10.0, 7.0]]])
"""Errors 0, 2, -1, 0 in the first channel and 1, -1, 0, -3 in the second."""


@pytest.mark.parametrize("module", [metrics, comparison])
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
