"""The MLP on the window: one hidden layer in the families' shell, and nothing of a sequence model."""

import torch
from torch.nn import functional

from rnn_vs_transformer.models.mlp import build_mlp
from rnn_vs_transformer.models.shell import InputSizes
from rnn_vs_transformer.models.size import multiply_adds_per_window, parameter_count
from rnn_vs_transformer.settings.family.model import MlpModelParams

L, H = 12, 4


def test_it_is_one_hidden_layer_on_the_whole_window(configure, scramble):
    """W_2 relu(W_1 x + b_1) + b_2, beside the linear highway where there is one."""
    model = scramble(build_mlp(configure({"model.linear_highway": True}).model, L, H))
    context = torch.randn(3, L)

    hidden = torch.relu(context @ model.embedding.weight.T + model.embedding.bias)  # (3, 8)
    expected = hidden @ model.readout.weight.T + model.readout.bias
    expected = expected + context @ model.highway.weight.T + model.highway.bias

    torch.testing.assert_close(model(context), expected, rtol=1e-4, atol=1e-4)


def test_its_size_is_the_one_counted_by_hand(configure):
    """8 units on 12 steps, 8 more on these, and 4 forecasts; it needs no more than its own part of the settings."""
    model = build_mlp(configure({"model.mlp_layers": 2}).model.part(MlpModelParams), L, H)

    assert parameter_count(model) == 12 * 8 + 8 + 8 * 8 + 8 + 8 * 4 + 4
    assert multiply_adds_per_window(model, L) == 12 * 8 + 8 * 8 + 8 * 4


def test_it_has_no_tokens_so_settings_of_tokens_change_nothing(configure):
    """The control is the same whatever recipe it stands beside."""
    tokens = {"model.patch_length": 4, "model.patch_stride": 2, "model.readout": "segments"}
    forecasts = []
    for changes in ({}, tokens, {"model.decoding": "autoregressive"}, {"model.block": "residual"}):
        torch.manual_seed(0)
        model = build_mlp(configure(changes).model, L, H, InputSizes(series=2))
        forecasts.append(model(torch.ones(2, L), torch.tensor([0, 1]), torch.zeros(2, H)))

    assert all(torch.equal(forecasts[0], other) for other in forecasts[1:])


def test_one_batch_can_be_overfitted(configure):
    """With instance norm and highway too, as they are the families'."""
    torch.manual_seed(0)
    model = build_mlp(configure({"model.instance_norm": "standard", "model.linear_highway": True}).model, L, H)
    context, target = torch.randn(16, L), torch.randn(16, H)
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(500):
        optimizer.zero_grad()
        loss = functional.mse_loss(model(context), target)
        loss.backward()
        optimizer.step()

    assert loss < 1e-3
