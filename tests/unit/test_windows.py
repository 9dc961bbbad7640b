"""Splits, scaling and windows: who may see which step."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.scaling import CovariateScaler, Scaler
from rnn_vs_transformer.data.splits import (
    SPLITS,
    Borders,
    Places,
    Splits,
    check_windows,
    count_possible_windows,
    find_windows,
    forecast_origins,
    split_borders,
)
from rnn_vs_transformer.data.windows import Windows, steps_of, windows_of
from rnn_vs_transformer.runtime.errors import InputError

PLAIN = Scaler(np.zeros(1), np.ones(1))


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
        (["rest", 30, 40], 200, Borders(130, 160, 200)),
        (["rest", 3, 4], 7, Borders(0, 3, 7)),
    ],
)
def test_fractions_and_counts_cut_where_expected(split, steps, borders):
    """Fractions that sum to 1 use every step in spite of rounding; `rest` leaves the last steps to the others."""
    assert split_borders(split, steps) == borders


@pytest.mark.parametrize("split", [[8, 2, 1], ["rest", 9, 2]])
def test_more_steps_asked_for_than_there_are_is_refused(split):
    """A test split cut short in silence would be another benchmark under the same name."""
    with pytest.raises(InputError, match=r"\d \+ \d \+ \d steps, but the series has only 10"):
        split_borders(split, 10)


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


def wide_windows(values, start, end, context_length, prediction_length):
    """Windows of the columns (steps, S) whose targets lie in [start, end)."""
    panel = Panel.wide(values, [str(number) for number in range(values.shape[1])])
    origins = forecast_origins(start, end, context_length, prediction_length)
    cells = np.concatenate([origins + offset for offset in panel.offsets[:-1]])
    places = Places(cells, np.repeat(np.arange(len(panel)), len(origins)))
    return Windows(steps_of(panel), places, context_length, prediction_length)


def test_a_window_is_the_steps_around_its_origin():
    """On series that count their own steps, the windows of each can be read off."""
    windows = wide_windows(np.column_stack([np.arange(20.0), 100 + np.arange(20.0)]), 8, 14, 3, 2)  # origins 7 to 11

    batch = windows.batch(torch.tensor([0, 4, 5, 9]))

    assert len(windows) == 10
    assert batch.context.tolist() == [[5, 6, 7], [9, 10, 11], [105, 106, 107], [109, 110, 111]]
    assert batch.target.tolist() == [[8, 9], [12, 13], [108, 109], [112, 113]]
    assert batch.series.tolist() == [0, 0, 1, 1]
    assert batch.scored is None
    assert batch.covariates is None


def test_windows_are_views_of_the_steps():
    """A month of minutes in windows of a day would be 1,440 copies of itself; the view holds one."""
    steps = steps_of(Panel.of(["y"], [np.arange(20.0)]))
    windows = Windows(steps, Places(np.arange(2, 18), np.zeros(16, dtype=np.int64)), 3, 2)

    steps.values[7] = -1.0

    assert windows._values.untyped_storage().data_ptr() == steps.values.untyped_storage().data_ptr()
    batch = windows.batch(torch.arange(len(windows)))
    assert (torch.cat([batch.context, batch.target], dim=1) == -1.0).sum() == 5


def test_a_batch_is_a_copy():
    """A model that writes into its input must not spoil the series for the windows after it."""
    steps = steps_of(Panel.of(["y"], [np.arange(20.0)]))
    windows = Windows(steps, Places(np.arange(2, 18), np.zeros(16, dtype=np.int64)), 3, 2)

    batch = windows.batch(torch.arange(4))
    for part in (batch.context, batch.target):
        part.zero_()

    assert torch.equal(steps.values, torch.arange(20.0))


def test_models_are_given_single_precision():
    """Double precision would take twice the memory and time for digits that no series has."""
    assert steps_of(Panel.of(["y"], [np.ones(3)])).values.dtype == torch.float32


def test_covariates_of_a_window_end_where_they_are_known():
    """Past ones at the origin, future ones with the last step to forecast; static ones are the series' own."""
    past, future = 100 + np.arange(20.0)[:, None], 200 + np.arange(20.0)[:, None]
    panel = Panel.of(
        ["a", "b"], [np.arange(10.0), np.arange(10.0)], covariates=(past, future, np.array([[7.0], [8.0]]))
    )
    windows = Windows(steps_of(panel), Places(np.array([3, 15]), np.array([0, 1])), 3, 2)

    covariates = windows.batch(torch.arange(2)).covariates

    assert covariates.context.tolist() == [[[101, 201], [102, 202], [103, 203]], [[113, 213], [114, 214], [115, 215]]]
    assert covariates.horizon.tolist() == [[[204], [205]], [[216], [217]]]
    assert covariates.static.tolist() == [[7], [8]]


def test_a_constant_series_is_refused_by_name():
    """It has no deviation to divide by, and nothing to forecast."""
    panel = Panel.of(["steep", "flat"], [np.arange(10.0), np.full(10, 0.1)])

    with pytest.raises(InputError, match="series 'flat' is constant over the train split"):
        Scaler.fit(panel)


def scaled(values, transform="none"):
    """A series (steps,) scaled by itself."""
    return Scaler.fit(Panel.of(["y"], [values]), transform).scale(values, np.array(0))


@pytest.mark.parametrize("unit", [1e-15, 1e-6, 1.0, 1e15])
def test_the_units_of_a_series_do_not_change_its_scaled_values(unit):
    """A z-score has no unit, so a series in very small or large units is as good as any other."""
    values = np.random.default_rng(0).standard_normal(50)

    np.testing.assert_allclose(scaled(values * unit), scaled(values), rtol=1e-9, atol=1e-12)


def test_train_values_have_mean_zero_and_deviation_one_after_scaling():
    """The z-score per series, of train steps 2, 4, 6 and 8: mean 5 and deviation sqrt(5)."""
    scaler = Scaler.fit(Panel.of(["a", "b"], [np.array([2.0, 4, 6, 8]), np.array([1.0, -1, 1, -1])]))

    np.testing.assert_allclose(scaler.mean, [5.0, 0.0])
    np.testing.assert_allclose(scaler.deviation, [5**0.5, 1.0])
    np.testing.assert_allclose(scaler.scale(np.array([10.0, 0.5]), np.array([0, 1])), [5**0.5, 0.5])


def test_a_level_without_a_spread_does_not_drown_the_series():
    """Sensors at 1e9 with a spread of 0.01: what is left after scaling is that of the series less its level."""
    values = 0.01 * np.random.default_rng(0).standard_normal(200)

    np.testing.assert_allclose(scaled(1e9 + values), scaled(values), atol=1e-3)


@pytest.mark.parametrize("transform", ["none", "log", "log1p", "boxcox"])
def test_the_way_to_scaled_units_and_back_loses_nothing(transform):
    """Errors in own units are those of the values as they were read."""
    levels = np.array([[0.0], [5.0]])
    values = np.exp(levels + np.random.default_rng(0).standard_normal((2, 60)))
    scaler = Scaler.fit(Panel.of(["a", "b"], list(values)), transform)
    series = np.array([[0], [1]])

    there = scaler.scale(values, series)

    np.testing.assert_allclose(scaler.unscale(there, series), values, rtol=1e-9)
    np.testing.assert_allclose([there.mean(axis=1), there.std(axis=1)], [[0, 0], [1, 1]], atol=1e-9)


@pytest.mark.parametrize("transform", ["log", "boxcox"])
def test_a_transform_that_a_value_forbids_names_the_way_out(transform):
    """A count of 0 has no logarithm."""
    with pytest.raises(InputError, match="log1p takes values above -1"):
        Scaler.fit(Panel.of(["y"], [np.array([0.0, 1, 2, 5])]), transform)


def test_a_gap_has_no_part_in_the_scale():
    """What was filled is no value of the series."""
    values = np.array([2.0, 1e6, 4, 6, 8])
    observed = np.array([True, False, True, True, True])

    scaler = Scaler.fit(Panel.of(["y"], [values], [observed]))

    assert (scaler.mean[0], scaler.deviation[0]) == (5.0, pytest.approx(5**0.5))


def test_covariates_are_scaled_on_train_alone_and_flags_not_at_all():
    """A number to its z-score over all series, an unknown one to its mean; a flag stays 0 or 1."""
    past = np.column_stack([[1.0, 3, np.nan, 1, 3, 99], [0.0, 1, 1, 0, 0, 1]])
    panel = Panel.of(["a"], [np.arange(6.0)], covariates=(past, np.empty((6, 0)), np.empty((1, 0))))
    train = panel.part(np.array([0]), np.array([5]))

    found = CovariateScaler.fit(train, {"past": [True, False], "future": [], "static": []}).scale(panel)

    assert found.past[:, 0].tolist() == [-1, 1, 0, -1, 1, 97]
    assert found.past[:, 1].tolist() == past[:, 1].tolist()


@st.composite
def ragged(draw):
    """Series of different lengths with gaps, their ends and the lengths of windows."""
    context_length, prediction_length = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    series, observed, ends = [], [], []
    for number in range(draw(st.integers(1, 3))):
        parts = [draw(st.integers(0, 8)) for _ in range(3)]
        length = sum(parts) + draw(st.integers(0, 2))
        series.append(100.0 * number + np.arange(length))
        known = draw(st.lists(st.booleans(), min_size=length, max_size=length))
        observed.append(np.array(known, dtype=np.bool_))
        ends.append(np.cumsum(parts))
    panel = Panel.of([str(number) for number in range(len(series))], series, observed)
    return panel, np.array(ends), context_length, prediction_length


@given(ragged())
def test_every_window_with_an_observed_origin_and_target_is_there_once(drawn):
    """And no other: what fills a gap looks ahead, and a window without a target teaches nothing."""
    panel, ends, context_length, prediction_length = drawn
    starts = np.concatenate([np.zeros((len(ends), 1), dtype=int), ends], axis=1)
    for number, split in enumerate(SPLITS):
        expected, possible = [], 0
        for series, offset in enumerate(panel.offsets[:-1]):
            for origin in range(context_length - 1, int(panel.lengths[series])):
                ahead = range(origin + 1, origin + 1 + prediction_length)
                if ahead[0] < starts[series, number] or ahead[-1] >= starts[series, number + 1]:
                    continue
                possible += 1
                if panel.observed[offset + origin] and any(panel.observed[offset + step] for step in ahead):
                    expected.append((int(offset) + origin, series))

        found = find_windows(panel, ends, split, context_length, prediction_length)

        assert list(zip(found.origins.tolist(), found.series.tolist(), strict=True)) == expected
        assert count_possible_windows(ends, split, context_length, prediction_length) == possible


@given(ragged())
def test_parts_of_a_panel_one_behind_the_other_are_the_panel(drawn):
    """Development and test steps lie in two files, and meet again in `evaluate`."""
    panel, ends, *_ = drawn
    start, cut = np.zeros(len(ends), dtype=np.int64), ends[:, 1]

    whole = panel.part(start, cut).followed_by(panel.part(cut, panel.lengths))

    for name in ("values", "observed", "offsets", "first_steps"):
        assert np.array_equal(getattr(whole, name), getattr(panel, name)), name


@given(ragged(), st.data())
def test_a_chosen_series_keeps_its_cells(drawn, data):
    """What is left out of training must not shift what stays."""
    panel = drawn[0]
    some = np.array(sorted(data.draw(st.sets(st.integers(0, len(panel) - 1), min_size=1))))

    chosen = panel.chosen(some)

    assert chosen.names == [panel.names[number] for number in some]
    for place, number in enumerate(some):
        assert np.array_equal(list(chosen.each())[place], list(panel.each())[number])


def test_a_split_knows_which_targets_were_observed():
    """Window 2 begins at the gap and drops out; windows 0, 1 and 3 lack a target each that was filled, or none."""
    values, observed = np.arange(10.0), np.ones(10, dtype=np.bool_)
    observed[4] = False
    splits = Splits(Panel.of(["y"], [values], [observed]), np.array([[8, 9, 10]]), 3, 2, PLAIN)
    [windows] = windows_of(splits, "train")

    batch = windows.batch(torch.arange(len(windows)))

    assert splits.places("train").origins.tolist() == [2, 3, 5]
    assert batch.scored.tolist() == [[True, False], [False, True], [True, True]]
