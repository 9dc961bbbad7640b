"""Which forecaster ships: by the least error, and of those that chance alone may have put ahead the simplest."""

import numpy as np
import pytest

from rnn_vs_transformer.forecasting.choice import choose_forecaster

NOISE = np.random.default_rng(0).uniform(0.5, 2.0, 4)
"""What makes a fold hard for all."""


def test_one_fold_is_decided_by_the_least_error():
    assert choose_forecaster({"last_value": [0.2], "ridge": [0.19], "rnn": [0.21]}) == "ridge"


@pytest.mark.parametrize("scale", [0.1, 10.0])
def test_a_gain_in_every_fold_is_taken_however_hard_the_folds_are(scale):
    """Relative differences count, so that the hardest fold does not decide alone."""
    hard = scale * NOISE
    assert choose_forecaster({"ridge": list(hard), "rnn": list(0.95 * hard)}) == "rnn"


def test_a_gain_that_one_fold_alone_brings_is_not_taken():
    better_once = NOISE * [1.01, 1.01, 0.9, 1.01]
    assert choose_forecaster({"ridge": list(NOISE), "rnn": list(better_once)}) == "ridge"


def test_equal_forecasters_leave_the_simplest():
    assert choose_forecaster({"last_value": list(NOISE), "ridge": list(NOISE), "rnn": list(NOISE)}) == "last_value"


def test_a_simple_forecaster_that_fails_in_one_fold_is_not_taken():
    """One fold as bad as can be makes the difference noisy, and must not pass for chance."""
    assert choose_forecaster({"last_value": [0.1, 0.1, 0.1, 2.0], "ridge": [0.1001, 0.1001, 0.1001, 0.1]}) == "ridge"


def test_no_error_at_all_is_the_best():
    assert choose_forecaster({"seasonal_naive": [0.0, 0.0], "rnn": [0.0, 0.1]}) == "seasonal_naive"
