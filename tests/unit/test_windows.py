"""Splits, scaling and windows: who may see which step."""

import numpy as np
import pytest
import torch
from small import unscaled

from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.scaling import Scaler
from rnn_vs_transformer.data.splits import (
    Borders,
    Places,
    check_windows,
    forecast_origins,
    split_borders,
)
from rnn_vs_transformer.data.windows import Windows, steps_of, windows_of
from rnn_vs_transformer.runtime.errors import InputError


def counted(observed=None):
    """Windows of the one series 0, 1, ... 19, of context 3 and 2 steps ahead, with its steps."""
    panel = Panel.of(["a"], [np.arange(20.0)], observed)
    origins = forecast_origins(0, 20, 3, 2)
    steps = steps_of(panel)
    return Windows(steps, Places(origins, np.zeros(len(origins), dtype=np.int64)), 3, 2), steps


def test_the_ett_protocol_gives_the_published_number_of_windows():
    """12, 4 and 4 months of hours with L=336 and H=96 are 8209, 2785 and 2785 windows; fewer means dropped ones."""
    borders = split_borders([8640, 2880, 2880], 17420)
    splits = [(0, borders.train_end), (borders.train_end, borders.validation_end), (borders.validation_end, 14400)]

    assert borders == Borders(8640, 11520, 14400)
    assert [len(forecast_origins(start, end, 336, 96)) for start, end in splits] == [8209, 2785, 2785]


@pytest.mark.parametrize(
    ("split", "steps", "borders"),
    [
        ([0.5, 0.2, 0.3], 8000, Borders(4000, 5600, 8000)),
        ([0.7, 0.1, 0.2], 1000, Borders(700, 800, 1000)),
        ([0.5, 0.25, 0.125], 80, Borders(40, 60, 70)),
        ([0.1, 0.1, 0.1], 7, Borders(1, 1, 2)),
        ([6, 2, 1], 10, Borders(6, 8, 9)),
        ([1, 1, 1], 3, Borders(1, 2, 3)),
    ],
)
def test_fractions_and_counts_cut_where_expected(split, steps, borders):
    """Fractions that sum to 1 use every step in spite of rounding; what a split leaves out lies at the end."""
    assert split_borders(split, steps) == borders


def test_more_steps_asked_for_than_there_are_is_refused():
    """A test split cut short in silence would be another benchmark under the same name."""
    with pytest.raises(InputError, match=r"8 \+ 2 \+ 1 steps, but the series has only 10"):
        split_borders([8, 2, 1], 10)


@pytest.mark.parametrize(
    ("borders", "message"),
    [
        (Borders(16, 21, 26), "the train split has 16 steps, .* need at least 17"),
        (Borders(17, 21, 26), "the validation split has 4 steps.* least 5"),
        (Borders(17, 22, 26), "the test split has 4 steps.* least 5"),
    ],
)
def test_a_split_one_step_too_short_is_refused_by_name(borders, message):
    """Each split needs two windows: train L + H + 1 = 17 steps, the others H + 1 = 5, as their contexts reach back."""
    with pytest.raises(InputError, match=message):
        check_windows(borders, 12, 4)


def test_the_shortest_allowed_splits_give_two_windows_each():
    """The check is exact: one step less was refused above."""
    borders = Borders(17, 22, 27)

    check_windows(borders, 12, 4)

    for start, end in [(0, 17), (17, 22), (22, 27)]:
        assert len(forecast_origins(start, end, 12, 4)) == 2


def test_a_window_is_the_steps_around_its_origin():
    """On series that count their own steps, window i of series c can be read off; none reaches into the next."""
    values = np.column_stack([np.arange(20.0), 100 + np.arange(20.0)])
    splits = unscaled(values, Borders(8, 14, 20), 3, 2)
    [windows] = windows_of(splits, "validation")  # origins 7 to 11

    contexts, targets, series, scored, covariates = windows.batch(torch.tensor([0, 4, 5, 9]))

    assert len(windows) == 10
    assert contexts.tolist() == [[5, 6, 7], [9, 10, 11], [105, 106, 107], [109, 110, 111]]
    assert targets.tolist() == [[8, 9], [12, 13], [108, 109], [112, 113]]
    assert series.tolist() == [0, 0, 1, 1]
    assert scored is None, "all was observed"
    assert covariates is None


def test_windows_are_views_of_the_series():
    """A month of minutes in windows of a day would be 1,440 copies of itself; the view holds one."""
    windows, steps = counted()

    steps.values[7] = -1.0

    assert windows._values.untyped_storage().data_ptr() == steps.values.untyped_storage().data_ptr()
    assert (torch.cat(windows.batch(torch.arange(len(windows)))[:2], dim=1) == -1.0).sum() == 5


def test_a_batch_is_a_copy():
    """A model that writes into its input must not spoil the series for the windows after it."""
    windows, steps = counted([np.arange(20) != 5])

    batch = windows.batch(torch.arange(4))
    for part in batch[:4]:
        part.zero_()

    assert torch.equal(steps.values, torch.arange(20.0))
    assert steps.observed.sum() == 19
    assert windows.batch(torch.arange(4)).series.tolist() == [0] * 4


def test_a_constant_series_is_refused_by_name():
    """It has no deviation to divide by, and nothing to forecast."""
    values = np.column_stack([np.arange(10.0), np.full(10, 0.1)])

    with pytest.raises(InputError, match="series 'flat' is constant over the train split"):
        Scaler.fit(Panel.wide(values, ["steep", "flat"]))


@pytest.mark.parametrize("unit", [1e-15, 1e-6, 1.0, 1e15])
def test_the_units_of_a_series_do_not_change_its_scaled_values(unit):
    """A z-score has no unit, so a series in very small or large units is as good as any other."""
    values = np.random.default_rng(0).standard_normal((50, 2))

    def scaled(panel):
        return Scaler.fit(panel).scale(panel.values, panel.series_of_cells)

    other, plain = (scaled(Panel.wide(values * factor, ["a", "b"])) for factor in (unit, 1.0))
    np.testing.assert_allclose(other, plain, rtol=1e-9, atol=1e-12)


def test_train_values_have_mean_zero_and_deviation_one_after_scaling():
    """The z-score per series, of train steps 2, 4, 6 and 8: mean 5 and deviation sqrt(5)."""
    train = np.array([[2.0, 1.0], [4.0, -1.0], [6.0, 1.0], [8.0, -1.0]])

    scaler = Scaler.fit(Panel.wide(train, ["a", "b"]))

    np.testing.assert_allclose(scaler.mean, [5.0, 0.0])
    np.testing.assert_allclose(scaler.deviation, [5**0.5, 1.0])
    np.testing.assert_allclose(scaler.scale(np.array([10.0, 0.5]), np.arange(2)), [5**0.5, 0.5])


def test_the_cells_stand_series_by_series():
    """(steps, S) becomes one series behind the other: a mix-up would train across series as if they were time."""
    panel = Panel.wide(np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]), ["a", "b"])

    assert steps_of(panel).values.tolist() == [1, 2, 3, 10, 20, 30]
    assert panel.series_of_cells.tolist() == [0, 0, 0, 1, 1, 1]
    assert panel.steps_of_cells.tolist() == [0, 1, 2, 0, 1, 2]


def test_models_are_given_single_precision():
    """Double precision would take twice the memory and time for digits that no series has."""
    steps = steps_of(Panel.of(["a"], [np.ones(3)], covariates=(np.ones((3, 1)), np.ones((3, 2)), np.ones((1, 1)))))

    assert {steps.values.dtype, steps.covariates.dtype, steps.static.dtype} == {torch.float32}
