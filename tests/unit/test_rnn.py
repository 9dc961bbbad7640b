"""Recurrence against its published equations, written out step by step."""

import pytest
import torch

from rnn_vs_transformer.models import rnn
from rnn_vs_transformer.models.rnn import Recurrence, build_rnn

CELLS = ["rnn", "gru", "lstm", "min_gru"]


def states_by_equations(layers, cell, tokens):
    """States (B, T, D) of stacked layers, each step by the equations of its paper in torch's gate order."""
    for number in range(layers.num_layers):
        wx, bx = getattr(layers, f"weight_ih_l{number}"), getattr(layers, f"bias_ih_l{number}")
        no_matrix = torch.zeros(0, layers.hidden_size), torch.zeros(0)  # min_gru has none from state to state
        wh, bh = (
            getattr(layers, f"{name}_l{number}", none)
            for name, none in zip(("weight_hh", "bias_hh"), no_matrix, strict=True)
        )
        state = torch.zeros(len(tokens), layers.hidden_size)
        memory = torch.zeros(len(tokens), layers.hidden_size)
        states = []
        for token in tokens.unbind(dim=1):
            from_token, from_state = token @ wx.T + bx, state @ wh.T + bh
            if cell == "min_gru":
                update, candidate = from_token.chunk(2, dim=1)
                state = (1 - torch.sigmoid(update)) * state + torch.sigmoid(update) * candidate
            elif cell == "rnn":
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
def test_the_states_follow_the_written_out_equations(configure, scramble, embed, cell, layers):
    """Each cell is the one of its paper, starts from zero, and reads the tokens from oldest to newest."""
    mixer = scramble(Recurrence(configure({"model.cell": cell, "model.rnn_layers": layers}).model))
    tokens = torch.randn(3, 6, 8, generator=torch.Generator().manual_seed(1))

    expected = states_by_equations(mixer.layers, cell, tokens)

    torch.testing.assert_close(mixer(embed(tokens), last_only=False), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_last_only_is_the_last_of_all_states(configure, scramble, embed, cell, layers):
    """The readout `last` reads the state after the newest step."""
    mixer = scramble(Recurrence(configure({"model.cell": cell, "model.rnn_layers": layers}).model))
    tokens = torch.randn(3, 6, 8, generator=torch.Generator().manual_seed(1))

    assert torch.equal(mixer(embed(tokens), last_only=True), mixer(embed(tokens), last_only=False)[:, -1:])


@pytest.mark.parametrize("cell", CELLS)
def test_a_state_knows_nothing_of_later_tokens(configure, scramble, embed, cell):
    """Recurrence runs one way: a changed token leaves all earlier states as they were, and no later one."""
    mixer = scramble(Recurrence(configure({"model.cell": cell}).model))
    tokens = torch.randn(1, 6, 8, generator=torch.Generator().manual_seed(1))
    changed = tokens.clone()
    changed[:, 3] += 1.0

    difference = (mixer(embed(tokens), last_only=False) - mixer(embed(changed), last_only=False)).abs().amax(dim=(0, 2))

    assert not difference[:3].any()
    assert difference[3:].all()


@pytest.mark.parametrize("cell", CELLS)
def test_one_layer_takes_dropout_without_complaint(configure, cell):
    """PyTorch warns of dropout between the layers of a single layer; the user asked for nothing wrong."""
    model = build_rnn(configure({"model.cell": cell, "model.dropout": 0.5}).model, 12, 4)

    assert model.mixer.layers.dropout == 0.0
    assert model.dropout.p == 0.5


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(("patch_length", "patch_stride"), [(1, 1), (4, 3), (4, 4)])
@pytest.mark.parametrize(
    "output",
    [
        *({"model.readout": readout} for readout in ("last", "flatten", "segments")),
        {"model.decoding": "autoregressive"},
    ],
)
def test_the_embedding_joined_with_the_first_layer_changes_no_number(
    configure, scramble, monkeypatch, output, patch_length, patch_stride, layers
):
    """Forecast and all gradients are those of the model as it is written, tokens and all, in float64.

    Of 14 steps, patches of 4 leave one over where they start every 3 steps, and two where every 4.
    """
    patches = {"model.patch_length": patch_length, "model.patch_stride": patch_stride}
    model = scramble(build_rnn(configure({**output, **patches, "model.rnn_layers": layers}).model, 14, 5)).double()
    generator = torch.Generator().manual_seed(1)
    context, target = torch.randn(3, 19, dtype=torch.float64, generator=generator).split([14, 5], dim=1)
    context.requires_grad_()

    def forecast_and_gradients():
        found = [model(context, target=target), model(context)]
        return found, torch.autograd.grad(sum(each.pow(3).sum() for each in found), [context, *model.parameters()])

    joined = forecast_and_gradients()
    monkeypatch.setattr(rnn, "run_elman", lambda layers, embedding, patches: layers(embedding(patches)))
    separate = forecast_and_gradients()

    assert all(gradient.any() for gradient in joined[1])
    torch.testing.assert_close(joined, separate, rtol=1e-9, atol=1e-9)


def test_tanh_and_min_gru_make_no_tokens_and_the_gated_ones_do(configure):
    """The work saved is real: the embedding is never applied, and yet it is trained. GRU and LSTM run as written."""
    applied = []
    for cell in CELLS:
        model = build_rnn(configure({"model.cell": cell}).model, 12, 4)
        model.embedding.register_forward_hook(lambda *_, cell=cell: applied.append(cell))
        model(torch.randn(3, 12)).sum().backward()
        assert model.embedding.weight.grad.any()
        assert model.embedding.bias.grad.any()

    assert applied == ["gru", "lstm"]


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_an_orthogonal_start_keeps_the_length_of_every_state(configure, cell):
    """Each gate's matrix from state to state is a rotation, in each layer, and nothing else is drawn differently."""
    changes = {"model.cell": cell, "model.rnn_layers": 2}
    models = []
    for start in ("default", "orthogonal"):
        torch.manual_seed(0)
        models.append(Recurrence(configure({**changes, "model.recurrent_start": start}).model))

    for (name, drawn), turned in zip(models[0].layers.named_parameters(), models[1].layers.parameters(), strict=True):
        if name.startswith("weight_hh"):
            for gate in turned.split(8):
                torch.testing.assert_close(gate @ gate.T, torch.eye(8), rtol=0, atol=1e-5)
        else:
            assert torch.equal(drawn, turned)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("rnn", [-0.00748682022, -0.0680997819, 0.0694311187]),
        ("gru", [-0.00748682022, 0.0161230657, -0.141659513]),
        ("lstm", [-0.00748682022, -0.319479018, -0.145264417]),
    ],
)
def test_a_seed_draws_the_weights_that_it_drew_when_the_results_were_published(configure, cell, expected):
    """Results rest on these very draws: a cell or a block more must not move them."""
    torch.manual_seed(0)
    model = build_rnn(configure({"model.cell": cell, "model.rnn_layers": 2}).model, 12, 4)
    drawn = [model.embedding.weight, model.mixer.layers.weight_ih_l1, model.readout.weight]

    assert [weight[0, 0].item() for weight in drawn] == pytest.approx(expected, rel=1e-6)
