"""The residual block: the same formula for every mixer, and nothing but the mixer moves information along time."""

import pytest
import torch
from pydantic import ValidationError
from torch import nn
from torch.nn import functional

from rnn_vs_transformer.models.mixers import MIXERS, build_residual
from rnn_vs_transformer.models.rnn import build_rnn
from rnn_vs_transformer.models.size import multiply_adds_per_window, parameter_count

L, H, WIDTH = 12, 4, 8
RECURRENT = ["rnn", "gru", "lstm", "min_gru"]
EACH_MIXER = pytest.mark.parametrize("mixer", MIXERS)


@pytest.fixture
def build(configure, scramble):
    """A function that builds the two blocks of a mixer for 12 point tokens, scrambled, in float64."""

    def make(mixer, changes=None):
        params = configure({"model.rnn_layers": 2, **(changes or {})}).model
        return scramble(build_residual(mixer, params, L, H)).double().eval()

    return make


def drawn(*shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def norm(layer, tokens):
    spread = torch.sqrt(tokens.var(dim=-1, correction=0, keepdim=True) + 1e-5)
    return (tokens - tokens.mean(dim=-1, keepdim=True)) / spread * layer.weight + layer.bias


def mix(mixer, block, tokens):
    """What the mixer makes of normed tokens (B, T, D), by torch's own cells or step by step."""
    if mixer == "attention":
        return block.attention.mix(tokens, tokens.shape[1])
    if mixer == "none":
        return tokens
    if mixer == "mlp":
        return torch.einsum("ts,bsd->btd", block.mixer.linear.weight, tokens) + block.mixer.linear.bias[:, None]
    if mixer != "min_gru":
        return block.mixer.layer(tokens.transpose(0, 1))[0].transpose(0, 1)
    cell, state, states = block.mixer.layer, torch.zeros(len(tokens), WIDTH, dtype=torch.float64), []
    for token in tokens.unbind(1):
        gate, candidate = (token @ cell.weight_ih_l0.T + cell.bias_ih_l0).chunk(2, dim=1)
        state = (1 - torch.sigmoid(gate)) * state + torch.sigmoid(gate) * candidate
        states.append(state)
    return torch.stack(states, dim=1)


@EACH_MIXER
def test_each_mixer_stands_in_the_same_written_out_block(build, embed, mixer):
    """It is x + Mixer(LN x), then x + FFN(LN x), twice, then a final norm; attention's tokens have no places here."""
    stack, tokens = build(mixer, {"model.positional": "none"}).mixer, drawn(3, L, WIDTH)

    expected = tokens
    for block in stack.layers:
        mixer_norm = block.attention_norm if mixer == "attention" else block.mixer_norm
        expected = expected + mix(mixer, block, norm(mixer_norm, expected))
        narrow, *_, wide = block.feedforward
        expected = expected + wide(torch.relu(narrow(norm(block.feedforward_norm, expected))))
    expected = norm(stack.norm, expected)

    torch.testing.assert_close(stack(embed(tokens), last_only=False), expected, rtol=1e-9, atol=1e-9)


@EACH_MIXER
def test_the_last_token_is_the_same_made_alone(build, embed, mixer):
    """The readout `last` saves the others' feed-forward work in the last block and changes no number."""
    stack, tokens = build(mixer).mixer, embed(drawn(3, L, WIDTH))
    torch.testing.assert_close(stack(tokens, last_only=True), stack(tokens, last_only=False)[:, -1:])


@EACH_MIXER
def test_queries_are_further_tokens_for_every_mixer(build, embed, mixer):
    """One rule for all: the answers are what stands at the queries' places of the longer sequence."""
    segments = {"model.readout": "segments", "model.patch_length": 2, "model.patch_stride": 2}
    stack = build(mixer, segments).mixer  # 6 patches and 2 segments
    tokens, queries = drawn(3, 8, WIDTH).split([6, 2], dim=1)

    whole = stack(embed(torch.cat([tokens, queries], dim=1)), last_only=False)

    torch.testing.assert_close(stack.answer(embed(tokens), queries), whole[:, 6:])


def influence(stack, embed, changed):
    """By how much each token (T,) changes with the token `changed`."""
    tokens = drawn(1, L, WIDTH)
    other = tokens.clone()
    other[:, changed] += torch.linspace(-1, 1, WIDTH)
    return (stack(embed(tokens), last_only=False) - stack(embed(other), last_only=False)).abs().amax(dim=(0, 2))


def test_without_a_mixer_no_token_influences_another(build, embed):
    """A changed token changes itself and leaves all others as they were, to the bit."""
    for changed in (0, 5, L - 1):
        assert influence(build("none").mixer, embed, changed).nonzero().flatten().tolist() == [changed]


@pytest.mark.parametrize("mixer", RECURRENT)
def test_in_a_block_recurrence_still_looks_back_alone(build, embed, mixer):
    """A changed token leaves those before it as they were, and reaches itself and all behind it."""
    assert influence(build(mixer).mixer, embed, 5).nonzero().flatten().tolist() == list(range(5, L))


@pytest.mark.parametrize("mixer", ["attention", "mlp"])
def test_attention_and_mlp_look_both_ways(build, embed, mixer):
    """All tokens are in the past of the forecast origin."""
    assert influence(build(mixer).mixer, embed, 5).all()


@pytest.mark.parametrize("mixer", [mixer for mixer in MIXERS if mixer != "none"])
def test_with_a_mixer_the_last_token_knows_the_whole_context(build, mixer):
    """And without one the forecast from the last token is of the last step alone."""
    context = drawn(1, L).requires_grad_()

    build(mixer)(context).sum().backward()

    assert context.grad.all()


def test_without_a_mixer_the_last_token_knows_the_last_step_alone(build):
    """Which is what makes `none` the control of the readout `last`."""
    context = drawn(1, L).requires_grad_()

    build("none")(context).sum().backward()

    assert (context.grad[0] != 0).tolist() == [False] * (L - 1) + [True]


@pytest.mark.parametrize(
    ("mixer", "parameters", "multiply_adds"),
    [
        ("attention", 4 * (64 + 8), 12 * 4 * 64 + 2 * 12 * 12 * 8),  # four projections; scores and mixing
        ("rnn", 2 * (64 + 8), 12 * 2 * 64),
        ("gru", 3 * 2 * (64 + 8), 3 * 12 * 2 * 64),
        ("lstm", 4 * 2 * (64 + 8), 4 * 12 * 2 * 64),
        ("min_gru", 2 * (64 + 8), 12 * 2 * 64),
        ("mlp", 12 * 12 + 12, 12 * 12 * 8),
        ("none", 0, 0),
    ],
)
def test_two_mixers_differ_in_size_by_the_mixer_alone(build, mixer, parameters, multiply_adds):
    """What each of two blocks has beyond that without a mixer, counted by hand for width 8 and 12 tokens."""
    flat = {"model.readout": "flatten"}  # so that attention's shortcut for the last token stays out of it
    model, without = build(mixer, flat), build("none", flat)

    assert parameter_count(model) - parameter_count(without) == 2 * parameters
    assert multiply_adds_per_window(model, L) - multiply_adds_per_window(without, L) == 2 * multiply_adds


@EACH_MIXER
def test_one_batch_can_be_overfitted_with_every_mixer(configure, mixer):
    """A block through which a gradient does not flow, to whatever weight, would learn nothing by heart."""
    torch.manual_seed(0)
    changes = {"model.patch_length": 3, "model.patch_stride": 3, "model.readout": "flatten", "model.rnn_layers": 2}
    model = build_residual(mixer, configure(changes).model, L, H)
    context, target = torch.randn(8, L), torch.randn(8, H)
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(250):
        optimizer.zero_grad()
        loss = functional.mse_loss(model(context), target)
        loss.backward()
        assert all(weight.grad.any() for weight in model.parameters() if weight.dim() > 1)
        optimizer.step()

    assert loss < 1e-2


@pytest.mark.parametrize("cell", RECURRENT)
def test_the_rnn_family_takes_its_cell_into_the_block(configure, cell):
    """`model.block: residual` trains the very model that the study of mixers builds by name."""
    params = configure({"model.block": "residual", "model.cell": cell}).model
    models = []
    for make in (lambda: build_rnn(params, L, H), lambda: build_residual(cell, params, L, H)):
        torch.manual_seed(0)
        models.append(make())

    assert [*models[0].state_dict()] == [*models[1].state_dict()]
    assert torch.equal(models[0](torch.ones(1, L)), models[1](torch.ones(1, L)))


def test_recurrent_matrices_start_as_rotations_in_a_block_too(configure):
    """`model.recurrent_start` is of the cell, wherever it stands."""
    model = build_residual("gru", configure({"model.recurrent_start": "orthogonal"}).model, L, H)
    for gate in model.mixer.layers[0].mixer.layer.weight_hh_l0.split(WIDTH):
        torch.testing.assert_close(gate @ gate.T, torch.eye(WIDTH), rtol=0, atol=1e-5)


def test_the_block_forecasts_all_steps_at_once(configure):
    """It has no decoder, and the settings say so."""
    with pytest.raises(ValidationError, match=r"and model\.block bare"):
        configure({"model.block": "residual", "model.decoding": "autoregressive"})
    assert configure({"model.block": "residual"}).model.other_decoding is None


@pytest.mark.parametrize("mixer", ["gru", "none"])
def test_dropout_is_for_training_alone(configure, mixer):
    """In training each call drops others; in use the forecast is the same each time."""
    model = build_residual(mixer, configure({"model.dropout": 0.5}).model, L, H)
    context = torch.randn(2, L)

    assert not torch.equal(model(context), model(context))
    assert torch.equal(model.eval()(context), model(context))
    assert not any(isinstance(part, nn.RNNBase) and part.dropout for part in model.modules()), (
        "one layer has no between"
    )
