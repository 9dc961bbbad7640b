"""Properties of windows and scaling for any series, split and length."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.scaling import Scaler
from rnn_vs_transformer.data.splits import Borders, Places, forecast_origins, split_borders
from rnn_vs_transformer.data.windows import Windows, steps_of

LENGTHS = st.integers(1, 8)


@st.composite
def cuts(draw):
    """Borders, context length and prediction length for which every split holds a window."""
    context_length, prediction_length = draw(LENGTHS), draw(LENGTHS)
    train = context_length + prediction_length + draw(st.integers(0, 12))
    validation = train + prediction_length + draw(st.integers(0, 12))
    test = validation + prediction_length + draw(st.integers(0, 12))
    return Borders(train, validation, test), context_length, prediction_length


def split_ranges(borders):
    return [
        (0, borders.train_end),
        (borders.train_end, borders.validation_end),
        (borders.validation_end, borders.test_end),
    ]


@given(cuts())
def test_every_window_of_a_split_is_there_once(cut):
    """Stride 1, none dropped, none twice: a step is an origin exactly if its context and its targets fit."""
    borders, context_length, prediction_length = cut
    for start, end in split_ranges(borders):
        expected = [
            origin
            for origin in range(borders.test_end)
            if origin - context_length + 1 >= 0
            and all(start <= origin + ahead < end for ahead in range(1, prediction_length + 1))
        ]
        assert forecast_origins(start, end, context_length, prediction_length).tolist() == expected


def windows_between(values, ends, context_length, prediction_length):
    """Windows of one series (steps,) whose targets lie between two steps."""
    origins = forecast_origins(*ends, context_length, prediction_length)
    places = Places(origins, np.zeros(len(origins), dtype=np.int64))
    return Windows(steps_of(Panel.of(["y"], [values])), places, context_length, prediction_length)


@given(cuts())
def test_no_step_is_a_target_of_two_splits(cut):
    """Targets never cross a border, so no test step was ever trained on or selected by."""
    borders, *lengths = cut
    targets = []
    for ends in split_ranges(borders):
        windows = windows_between(np.arange(float(borders.test_end)), ends, *lengths)
        targets.append(set(windows.batch(torch.arange(len(windows))).target.flatten().tolist()))

    assert not targets[0] & targets[1]
    assert not targets[1] & targets[2]
    assert not targets[0] & targets[2]


@given(cuts(), st.data())
def test_changing_the_future_leaves_contexts_and_scaler_unchanged(cut, data):
    """At every origin the input is what was known then: steps after it, and after train for the scaler, are free."""
    borders, context_length, prediction_length = cut
    values = np.random.default_rng(0).standard_normal(borders.test_end)
    origins = forecast_origins(borders.validation_end, borders.test_end, context_length, prediction_length)
    number = data.draw(st.integers(0, len(origins) - 1))
    changed = values.copy()
    changed[origins[number] + 1 :] = 1e6

    def batch_of(series):
        scaler = Scaler.fit(Panel.of(["y"], [series[: borders.train_end]]))
        ends = borders.validation_end, borders.test_end
        windows = windows_between(scaler.scale(series, np.array(0)), ends, context_length, prediction_length)
        return windows.batch(torch.tensor([number]))

    known, other = batch_of(values), batch_of(changed)
    assert torch.equal(known.context, other.context)
    assert (other.target > 1000).all()
    assert (known.target < 1000).all()


@given(cuts())
def test_train_windows_hold_train_steps_only(cut):
    """Neither an input nor a target of training may come from a later split."""
    borders, *lengths = cut
    windows = windows_between(np.arange(float(borders.test_end)), (0, borders.train_end), *lengths)

    batch = windows.batch(torch.arange(len(windows)))

    assert batch.context.min() == 0
    assert batch.target.max() == borders.train_end - 1


@given(
    arrays(np.float64, st.tuples(st.integers(1, 3), st.integers(2, 20)), elements=st.floats(-1e6, 1e6)),
    st.floats(1e-3, 1e3),
)
def test_scaling_then_unscaling_is_the_identity(values, step):
    """Reports are in the series' own units, so the way there and back must lose nothing."""
    train = values + step * 1e3 * np.arange(values.shape[1]) ** 2  # never constant
    scaler = Scaler.fit(Panel.of([str(number) for number in range(len(train))], list(train)))
    series = np.arange(len(train))[:, None]

    np.testing.assert_allclose(scaler.unscale(scaler.scale(train, series), series), train, rtol=1e-9, atol=1e-6)


@given(st.lists(st.integers(1, 98), min_size=3, max_size=3), st.integers(1, 10_000))
def test_fractions_give_ordered_borders_within_the_series(weights, steps):
    """Rounding may neither reorder the splits nor reach beyond the series."""
    borders = split_borders([weight / (sum(weights) + 1) for weight in weights], steps)

    assert 0 <= borders.train_end <= borders.validation_end <= borders.test_end <= steps
