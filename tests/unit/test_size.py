"""Sizes against counts worked out by hand, for a context of 4 steps, width 2, feed-forward 3 and 3 forecasts."""

import pytest
import torch

from rnn_vs_transformer.models.rnn import build_rnn
from rnn_vs_transformer.models.size import multiply_adds_per_window, parameter_count
from rnn_vs_transformer.models.transformer import build_transformer

TINY = {"model.rnn_width": 2, "model.transformer_width": 2, "model.heads": 1, "model.feedforward_width": 3}


@pytest.mark.parametrize(
    ("cell", "layers", "parameters", "multiply_adds"),
    [
        # embedding 2+2, one gate 2*2 + 2*2 + 2 + 2, readout 2*3 + 3; embedding 4*2, one gate 4 * (4+4), readout 2*3
        ("rnn", 1, 4 + 12 + 9, 8 + 32 + 6),
        ("rnn", 2, 4 + 2 * 12 + 9, 8 + 2 * 32 + 6),
        ("gru", 1, 4 + 3 * 12 + 9, 8 + 3 * 32 + 6),
        ("gru", 2, 4 + 6 * 12 + 9, 8 + 6 * 32 + 6),
        ("lstm", 1, 4 + 4 * 12 + 9, 8 + 4 * 32 + 6),
        ("lstm", 2, 4 + 8 * 12 + 9, 8 + 8 * 32 + 6),
        # two maps 2*2 + 2 of the token alone; each 4 * 4
        ("min_gru", 1, 4 + 2 * 6 + 9, 8 + 2 * 16 + 6),
        ("min_gru", 2, 4 + 4 * 6 + 9, 8 + 4 * 16 + 6),
    ],
)
def test_the_size_of_a_recurrence_is_the_one_counted_by_hand(configure, cell, layers, parameters, multiply_adds):
    """GRU has three gates and LSTM four, none of which a fused kernel may hide from the count."""
    model = build_rnn(configure({**TINY, "model.cell": cell, "model.rnn_layers": layers}).model, 4, 3)

    assert parameter_count(model) == parameters
    assert multiply_adds_per_window(model, 4) == multiply_adds


@pytest.mark.parametrize("dropout", [0.0, 0.5])
@pytest.mark.parametrize(
    ("readout", "layers", "multiply_adds"),
    [
        # Layer of the last token alone: query 4, key weights on it 4, scores 8, mixing 8, value weights 4, output 4,
        # feed-forward 12.
        ("last", 1, 8 + 44 + 6),
        # Full layer: queries 16, keys and values 32, scores 4*4*2, mixing 4*4*2, output 16, feed-forward 4*12.
        ("last", 2, 8 + 176 + 44 + 6),
        ("flatten", 1, 8 + 176 + 8 * 3),
        ("flatten", 2, 8 + 2 * 176 + 8 * 3),
    ],
)
def test_the_multiply_adds_of_attention_are_those_counted_by_hand(configure, readout, layers, multiply_adds, dropout):
    """Scores and mixing, the T^2 part of attention, count; so does what the last-token shortcut saves."""
    changes = {"model.readout": readout, "model.transformer_layers": layers, "model.dropout": dropout}

    model = build_transformer(configure({**TINY, **changes}).model, 4, 3)

    assert multiply_adds_per_window(model, 4) == multiply_adds


@pytest.mark.parametrize(
    ("positional", "parameters"), [("sinusoidal", 66), ("rotary", 66), ("none", 66), ("learned", 74)]
)
def test_the_parameters_of_a_transformer_are_those_counted_by_hand(configure, positional, parameters):
    """Embedding 4, norms 8, query 6, keys and values 12, output 6, feed-forward 17, norm 4, readout 9, positions 8."""
    changes = {"model.transformer_layers": 1, "model.positional": positional}

    model = build_transformer(configure({**TINY, **changes}).model, 4, 3)

    assert parameter_count(model) == parameters


@pytest.mark.parametrize(("readout", "per_head"), [("flatten", 0), ("last", 2 * 12 * 8)])
@pytest.mark.parametrize("heads", [1, 2, 4])
def test_heads_cost_nothing_where_all_tokens_ask(configure, heads, readout, per_head):
    """Heads share the width out; the last token alone reads whole tokens, all 12 once to score and once to mix."""
    model = build_transformer(configure({"model.readout": readout, "model.heads": heads}).model, 12, 4)
    alone = build_transformer(configure({"model.readout": readout, "model.heads": 1}).model, 12, 4)

    assert parameter_count(model) == parameter_count(alone)
    more = multiply_adds_per_window(model, 12) - multiply_adds_per_window(alone, 12)
    assert more == (heads - 1) * per_head


def test_rotary_positions_need_the_keys_of_all_tokens(configure):
    """The last token's layer is then keys and values 4*8, query 4, scores 8, mixing 8, output 4, feed-forward 12."""
    model = build_transformer(
        configure({**TINY, "model.transformer_layers": 1, "model.positional": "rotary"}).model, 4, 3
    )

    assert multiply_adds_per_window(model, 4) == 8 + 68 + 6


@pytest.mark.parametrize("training", [True, False])
def test_counting_leaves_the_model_and_the_random_state_alone(configure, training):
    """A report must not change what is reported on: same mode, same weights, no random number spent."""
    model = build_transformer(configure({"model.dropout": 0.5}).model, 12, 4).train(training)
    before, weights = torch.get_rng_state(), [weight.clone() for weight in model.parameters()]

    multiply_adds_per_window(model, 12)

    assert torch.equal(torch.get_rng_state(), before)
    assert model.training is training
    assert all(torch.equal(old, new) for old, new in zip(weights, model.parameters(), strict=True))
