"""Recurrence against its published equations, written out step by step."""

import pytest
import torch

from rnn_vs_transformer.models.rnn import Recurrence, build_rnn

CELLS = ["rnn", "gru", "lstm"]


def states_by_equations(layers, cell, tokens):
    """States (B, T, D) of stacked layers, each step by the equations of its paper in torch's gate order."""
    for number in range(layers.num_layers):
        wx, wh = getattr(layers, f"weight_ih_l{number}"), getattr(layers, f"weight_hh_l{number}")
        bx, bh = getattr(layers, f"bias_ih_l{number}"), getattr(layers, f"bias_hh_l{number}")
        state = torch.zeros(len(tokens), layers.hidden_size)
        memory = torch.zeros(len(tokens), layers.hidden_size)
        states = []
        for token in tokens.unbind(dim=1):
            from_token, from_state = token @ wx.T + bx, state @ wh.T + bh
            if cell == "rnn":
                state = torch.tanh(from_token + from_state)
            elif cell == "gru":
                (rx, zx, nx), (rh, zh, nh) = from_token.chunk(3, dim=1), from_state.chunk(3, dim=1)
                reset, keep = torch.sigmoid(rx + rh), torch.sigmoid(zx + zh)
                state = (1 - keep) * torch.tanh(nx + reset * nh) + keep * state
            else:
                enter, forget, candidate, show = (from_token + from_state).chunk(4, dim=1)
                memory = torch.sigmoid(forget) * memory + torch.sigmoid(enter) * torch.tanh(candidate)
                state = torch.sigmoid(show) * torch.tanh(memory)
            states.append(state)
        tokens = torch.stack(states, dim=1)
    return tokens


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_the_states_follow_the_written_out_equations(configure, scramble, cell, layers):
    """Each cell is the one of its paper, starts from zero, and reads the tokens from oldest to newest."""
    mixer = scramble(Recurrence(configure({"model.cell": cell, "model.rnn_layers": layers}).model))
    tokens = torch.randn(3, 6, 8, generator=torch.Generator().manual_seed(1))

    expected = states_by_equations(mixer.layers, cell, tokens)

    torch.testing.assert_close(mixer(tokens, last_only=False), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_last_only_is_the_last_of_all_states(configure, scramble, cell, layers):
    """The readout `last` reads the state after the newest step."""
    mixer = scramble(Recurrence(configure({"model.cell": cell, "model.rnn_layers": layers}).model))
    tokens = torch.randn(3, 6, 8, generator=torch.Generator().manual_seed(1))

    assert torch.equal(mixer(tokens, last_only=True), mixer(tokens, last_only=False)[:, -1:])


@pytest.mark.parametrize("cell", CELLS)
def test_a_state_knows_nothing_of_later_tokens(configure, scramble, cell):
    """Recurrence runs one way: a changed token leaves all earlier states as they were, and no later one."""
    mixer = scramble(Recurrence(configure({"model.cell": cell}).model))
    tokens = torch.randn(1, 6, 8, generator=torch.Generator().manual_seed(1))
    changed = tokens.clone()
    changed[:, 3] += 1.0

    difference = (mixer(tokens, last_only=False) - mixer(changed, last_only=False)).abs().amax(dim=(0, 2))

    assert not difference[:3].any()
    assert difference[3:].all()


@pytest.mark.parametrize("cell", CELLS)
def test_one_layer_takes_dropout_without_complaint(configure, cell):
    """PyTorch warns of dropout between the layers of a single layer; the user asked for nothing wrong."""
    model = build_rnn(configure({"model.cell": cell, "model.dropout": 0.5}).model, 12, 4)

    assert model.mixer.layers.dropout == 0.0
    assert model.dropout.p == 0.5
