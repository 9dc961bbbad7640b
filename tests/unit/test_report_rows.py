"""The rows of the reports: the same numbers from whichever report asks for them."""

from types import SimpleNamespace

import numpy as np
import pytest

from rnn_vs_transformer.evaluation.rows import compare_runs, control_row, error_row, family_row, rounded
from rnn_vs_transformer.evaluation.scoring import Scores

TEST = SimpleNamespace(
    block_length=10, has_blocks=True, steps=np.arange(200), series=[slice(0, 200)], truth=np.zeros((200, 4)),
    over_time=lambda of_windows: of_windows,
)  # fmt: skip
"""One series of 200 test windows."""


def runs(*levels):
    """Scores of one seed per level, whose windows lie about it."""
    noise = np.random.default_rng(0).uniform(0.9, 1.1, 200)
    return [
        Scores(
            window_mse=level * noise,
            step_mse=np.full(4, level),
            series_mse=np.array([level]),
            series_mae=np.array([level / 2]),
            mae_in_units=np.array([level / 2]),
            rmse_in_units=np.array([level]),
            series_mase=np.ones(1),
            series_smape=np.ones(1),
            shown=np.zeros((1, 4)),
        )
        for level in levels
    ]


def test_a_family_has_the_mean_of_single_models_within_its_interval(configure):
    row = family_row(runs(1.0, 3.0), TEST, configure().evaluate)

    assert {key: row[key] for key in ("mse", "mae")} == {"mse": 2.0, "mae": 1.0} == error_row(runs(1.0, 3.0))
    assert row["mse_ci_low"] < 2.0 < row["mse_ci_high"]


def test_the_second_group_is_set_against_the_first(configure):
    """Half the losses are a difference of -0.5, not of 1."""
    found = compare_runs(runs(2.0, 4.0), runs(1.0, 2.0), TEST, configure().evaluate)
    assert found.relative_mse_difference == pytest.approx(-0.5)


def test_a_family_is_set_against_ridge_window_by_window(configure):
    """All seeds at half of ridge's loss on every window: nothing is left that varies, so the interval is a point."""
    row = control_row("ridge", runs(1.0, 1.0), runs(2.0), TEST, configure().evaluate)
    assert list(row.values()) == pytest.approx([-0.5, -0.5, -0.5])
    unsure = control_row("ridge", runs(1.0, 3.0), runs(2.0), TEST, configure().evaluate)
    assert unsure["ridge_difference"] == pytest.approx(0.0)
    assert unsure["ridge_difference_ci_low"] < 0 < unsure["ridge_difference_ci_high"]


def test_a_row_keeps_words_and_refuses_what_json_cannot_hold():
    assert rounded({"mse": 1 / 3, "verdict": "equivalent"}) == {"mse": 0.33333333, "verdict": "equivalent"}
    with pytest.raises(ValueError, match="finite"):
        rounded({"mse": float("nan")})
