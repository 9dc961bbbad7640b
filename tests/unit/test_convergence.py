"""Epochs to parts of the way, on made-up histories with known answers."""

import numpy as np
import pandas as pd
import pytest

from rnn_vs_transformer.probes.convergence import time_to_fractions


def history(losses: list[float], family: str = "rnn", seed: int = 0) -> pd.DataFrame:
    count = len(losses)
    return pd.DataFrame(
        {
            "family": [family] * count,
            "seed": [seed] * count,
            "epoch": range(1, count + 1),
            "validation_loss": losses,
            "seconds": [2.0] * count,
        }
    )


def test_the_first_epoch_at_or_below_the_target_counts_with_its_steps_and_seconds() -> None:
    """From 2.0 to 1.0, half of the way is 1.5: reached in the third epoch, though the fourth is above it again."""
    found = time_to_fractions(history([1.9, 1.6, 1.5, 1.7, 1.0]), 2.0, 1.0, steps_per_epoch=10, fractions=[0.5, 1.0])
    assert found["target_loss"].tolist() == [1.5, 1.0]
    assert found["epochs"].tolist() == [3, 5]
    assert found["steps"].tolist() == [30, 50]
    assert found["seconds"].tolist() == [6.0, 10.0]
    assert found["reached"].all()


def test_a_run_that_never_arrives_is_censored_at_its_last_epoch() -> None:
    found = time_to_fractions(history([1.9, 1.6]), 2.0, 1.0, steps_per_epoch=10, fractions=[0.99])
    assert not found["reached"].any()
    assert found["epochs"].tolist() == [2]


def test_unknown_seconds_stay_unknown() -> None:
    """Times of another run must not be passed off as times of this one."""
    unknown = history([1.0]).assign(seconds=np.nan)
    assert time_to_fractions(unknown, 2.0, 1.0, 10, [0.5])["seconds"].isna().all()


def test_a_start_that_is_no_higher_than_the_best_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a start above the best loss"):
        time_to_fractions(history([1.0]), 1.0, 1.0, 10)
