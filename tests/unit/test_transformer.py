"""Self-attention against torch's own layer and numbers worked out by hand; its shortcut against the long way."""

import math
from functools import partial

import pytest
import torch
from torch import nn

from rnn_vs_transformer.models import layers
from rnn_vs_transformer.models.layers import attend, attend_once
from rnn_vs_transformer.models.shell import Embedded
from rnn_vs_transformer.models.transformer import EncoderLayer, SelfAttention, build_transformer
from rnn_vs_transformer.probes.cost.workload import peak_mebibytes

CPU = torch.device("cpu")
POSITIONALS = ["sinusoidal", "learned", "rotary", "none"]


def torch_layer_with_the_weights_of(layer, width, heads, feedforward_width):
    """torch.nn.TransformerEncoderLayer that computes with the weights of ours."""
    reference = nn.TransformerEncoderLayer(
        width, heads, feedforward_width, dropout=0.0, activation="relu", batch_first=True, norm_first=True
    )
    ours, theirs = layer.attention, reference.self_attn
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([ours.query.weight, ours.key_value.weight]))
        theirs.in_proj_bias.copy_(torch.cat([ours.query.bias, ours.key_value.bias]))
    theirs.out_proj.load_state_dict(ours.output.state_dict())
    reference.norm1.load_state_dict(layer.attention_norm.state_dict())
    reference.norm2.load_state_dict(layer.feedforward_norm.state_dict())
    reference.linear1.load_state_dict(layer.feedforward[0].state_dict())
    reference.linear2.load_state_dict(layer.feedforward[3].state_dict())
    return reference


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_the_layer_and_its_gradient_equal_those_of_torch(configure, scramble, heads):
    """Our layer is the published pre-norm layer, so a claim about it is a claim about the Transformer."""
    layer = scramble(EncoderLayer(configure({"model.heads": heads}).model))
    reference = torch_layer_with_the_weights_of(layer, 8, heads, 16)
    ours = torch.randn(3, 7, 8, generator=torch.Generator().manual_seed(1)).requires_grad_()
    theirs = ours.detach().clone().requires_grad_()

    result, expected = layer(ours, asked=ours.shape[1]), reference(theirs)
    result.square().sum().backward()
    expected.square().sum().backward()

    torch.testing.assert_close(result, expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-4, atol=1e-4)


def test_weights_are_first_drawn_as_torch_draws_them(configure):
    """A family must not lose by its initialisation: the spread of every tensor is that of torch's layer."""
    torch.manual_seed(0)
    wide = {"model.transformer_width": 64, "model.heads": 4, "model.feedforward_width": 128}
    layer = EncoderLayer(configure(wide).model)
    drawn = nn.TransformerEncoderLayer(64, 4, 128, norm_first=True, batch_first=True)
    spreads = {
        "query": (layer.attention.query.weight, drawn.self_attn.in_proj_weight[:64]),
        "key and value": (layer.attention.key_value.weight, drawn.self_attn.in_proj_weight[64:]),
        "output": (layer.attention.output.weight, drawn.self_attn.out_proj.weight),
        "first feed-forward": (layer.feedforward[0].weight, drawn.linear1.weight),
        "second feed-forward": (layer.feedforward[3].weight, drawn.linear2.weight),
    }
    for name, (ours, theirs) in spreads.items():
        assert ours.std().item() == pytest.approx(theirs.std().item(), rel=0.05), name
        assert ours.abs().max().item() == pytest.approx(theirs.abs().max().item(), rel=0.02), name
    for linear in (layer.attention.query, layer.attention.key_value, layer.attention.output):
        assert not linear.bias.any()


@pytest.mark.parametrize("readout_length", [1, 5])
@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("positional", POSITIONALS)
def test_the_last_token_shortcut_gives_the_last_token_of_the_full_computation(
    configure, scramble, embed, positional, layers, readout_length
):
    """The shortcut saves work and changes no number; else speed and accuracy would be of two different models."""
    params = configure({"model.positional": positional, "model.transformer_layers": layers}).model
    mixer = scramble(SelfAttention(params, readout_length)).double()
    tokens = torch.randn(2, readout_length, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    short, full = mixer(embed(tokens), last_only=True), mixer(embed(tokens), last_only=False)

    torch.testing.assert_close(short, full[:, -1:], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("positional", POSITIONALS)
def test_the_last_token_shortcut_trains_on_the_same_gradient(configure, scramble, embed, positional):
    """Training through the shortcut moves every weight as the full computation would."""
    mixer = scramble(SelfAttention(configure({"model.positional": positional}).model, 5)).double()
    tokens = torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    short = torch.autograd.grad(mixer(embed(tokens), last_only=True).pow(3).sum(), list(mixer.parameters()))
    full = torch.autograd.grad(mixer(embed(tokens), last_only=False)[:, -1:].pow(3).sum(), list(mixer.parameters()))

    assert all(gradient.any() for gradient in short)
    torch.testing.assert_close(short, full, rtol=1e-9, atol=1e-9)


def attention_by_hand(configure, heads):
    """A layer of width 4 whose queries, keys and values are picked out of the token by hand-set weights.

    With one head of width 4 the scale is 1/2. The query is 2 * token[3], the key token[1], both in the first place,
    so the score of a pair is token[3] * token[1]; the value is token[2], in the first place and in the third.
    """
    params = configure({"model.transformer_width": 4, "model.heads": heads}).model
    layer = EncoderLayer(params)
    with torch.no_grad():
        for weight in layer.parameters():
            weight.zero_()
        layer.attention.output.weight.copy_(torch.eye(4))
        layer.attention.key_value.weight[4, 2] = 1.0
        layer.attention.key_value.weight[6, 2] = 1.0
    return layer


TOKENS = torch.tensor([[[0.0, 0.0, 8.0, 0.0], [0.0, math.log(2), 16.0, 1.0], [0.0, math.log(5), 24.0, 2.0]]])


def test_attention_weights_equal_those_worked_out_by_hand(configure):
    """Scores of 0, ln 2 and ln 5 must weigh the values 8, 16, 24 by 1, 2 and 5 eighths: softmax over the keys.

    The first token asks with 0, so all weigh alike: 16. The second asks with 1: (8 + 2*16 + 5*24)/8 = 20. The third
    asks with 2, which squares the odds: (8 + 4*16 + 25*24)/30 = 22.4.
    """
    layer = attention_by_hand(configure, heads=1)
    with torch.no_grad():
        layer.attention.query.weight[0, 3] = 2.0
        layer.attention.key_value.weight[0, 1] = 1.0

    result = layer.attention.mix(TOKENS, asked=TOKENS.shape[1])

    torch.testing.assert_close(result[0, :, 0], torch.tensor([16.0, 20.0, 22.4]))
    torch.testing.assert_close(layer.attention.mix(TOKENS, asked=1)[0, :, 0], torch.tensor([22.4]))


def test_each_head_weighs_the_tokens_by_itself(configure):
    """Only the second head has queries and keys, so it alone departs from equal weights.

    The heads are 2 wide: the scale is 1/sqrt(2), and a query of sqrt(2) * token[3] gives the scores of the test above.
    """
    layer = attention_by_hand(configure, heads=2)
    with torch.no_grad():
        layer.attention.query.weight[2, 3] = math.sqrt(2)
        layer.attention.key_value.weight[2, 1] = 1.0

    result = layer.attention.mix(TOKENS, asked=TOKENS.shape[1])

    torch.testing.assert_close(result[0, :, 0], torch.tensor([16.0, 16.0, 16.0]))
    torch.testing.assert_close(result[0, :, 2], torch.tensor([16.0, 20.0, 22.4]))


def test_the_number_of_heads_changes_the_forecast(configure, scramble):
    """`model.heads` has no weights of its own, so only the numbers can show that it is obeyed."""
    context = torch.randn(2, 12, generator=torch.Generator().manual_seed(1))
    forecasts = [
        scramble(build_transformer(configure({"model.heads": heads}).model, 12, 4))(context) for heads in (1, 2, 4)
    ]

    for first, second in [(0, 1), (1, 2), (0, 2)]:
        assert (forecasts[first] - forecasts[second]).abs().max() > 1e-3


def test_every_token_sees_every_other(configure, scramble, embed):
    """There is no causal mask: the whole context is past, so the oldest token may look at the newest."""
    mixer = scramble(SelfAttention(configure({"model.transformer_layers": 1}).model, 5))
    tokens = torch.randn(1, 5, 8, generator=torch.Generator().manual_seed(1)).requires_grad_()

    for position in range(5):
        gradient = torch.autograd.grad(mixer(embed(tokens), last_only=False)[0, position].pow(3).sum(), tokens)[0]
        assert gradient[0].abs().amax(dim=1).min() > 0


@pytest.mark.parametrize("positional", ["sinusoidal", "learned", "rotary"])
def test_the_order_of_tokens_matters_through_the_positional_encoding(configure, scramble, embed, positional):
    """Each encoding tells the order: earlier tokens swapped change what the last one reads."""
    mixer = scramble(SelfAttention(configure({"model.positional": positional}).model, 5))
    tokens = torch.randn(1, 5, 8, generator=torch.Generator().manual_seed(1))
    swapped = tokens[:, [1, 0, 3, 2, 4]]

    assert (mixer(embed(tokens), last_only=True) - mixer(embed(swapped), last_only=True)).abs().max() > 1e-3


@pytest.mark.parametrize("decoding", ["direct", "autoregressive"])
def test_without_positions_the_forecast_does_not_know_the_order_of_older_tokens(configure, scramble, decoding):
    """Tokens swapped are swapped in what comes out, and the last one reads the same set: order enters nowhere else."""
    params = configure({"model.positional": "none", "model.decoding": decoding}).model
    model = scramble(build_transformer(params, 12, 4)).double().eval()
    context = torch.randn(3, 12, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    order = [4, 0, 9, 1, 7, 3, 10, 2, 8, 5, 6, 11]
    plain, swapped = (Embedded(steps[..., None], model.embedding) for steps in (context, context[:, order]))

    torch.testing.assert_close(model(context[:, order]), model(context), rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(
        model.mixer(swapped, last_only=False), model.mixer(plain, last_only=False)[:, order], rtol=1e-9, atol=1e-9
    )


def test_only_learned_positions_are_weights(configure):
    """Fixed encodings are recomputed, never saved or trained; learned ones must be both."""
    names = {
        positional: set(SelfAttention(configure({"model.positional": positional}).model, 5).state_dict())
        for positional in POSITIONALS
    }

    assert names["learned"] - names["rotary"] == {"positions.encoding"}
    assert names["sinusoidal"] == names["rotary"] == names["none"]


def train_once(forecaster):
    forecaster(torch.randn(2, forecaster.tokens)).sum().backward()


def test_memory_grows_linearly_with_the_context_under_dropout_too(configure):
    """Torch's fused attention knows no dropout on a CPU, and without it would write down L x L weights per head."""
    params = configure({"model.dropout": 0.1})
    built = [build_transformer(params.model, length, 4) for length in (1024, 2048)]
    peaks = [peak_mebibytes(partial(train_once, forecaster), CPU) for forecaster in built]
    assert 1.5 < peaks[1] / peaks[0] < 2.5


def test_attention_in_parts_is_attention_at_once(monkeypatch):
    """Dropout aside, the parts see the same keys; with it, a part is drawn alike in the forward and backward pass."""
    heads = [torch.randn(2, 2, 10, 4, requires_grad=True) for _ in range(3)]
    found = []
    for at_once in (10, 3):
        monkeypatch.setattr(layers, "QUERIES_AT_ONCE", at_once)
        mixed = attend(*heads, dropout=1e-9)  # a chance that never comes up
        found.append([mixed, *torch.autograd.grad(mixed.square().sum(), heads)])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)

    values = torch.eye(10).expand(2, 2, 10, 10).requires_grad_()
    weights = attend(heads[0].detach(), heads[1].detach(), values, dropout=0.5)
    (gradient,) = torch.autograd.grad(weights.sum(), values)
    torch.testing.assert_close(gradient.sum(-1) / 10, weights.sum(2))  # weights of a key, over all queries


def test_other_devices_take_all_queries_at_once(monkeypatch):
    """Stacked seeds could not compute parts again: vmap has ended by then."""
    asked = []
    monkeypatch.setattr(layers.functional, "scaled_dot_product_attention", lambda query, *_, **__: asked.append(query))
    attend(*(torch.empty(1, 1, 600, 4, device="meta") for _ in range(3)), dropout=0.1)
    assert [query.shape[2] for query in asked] == [600]


def test_one_query_with_dropout_reads_what_a_query_among_many_may_read():
    """Of a single token it gets all, in the proportion 1 / (1 - p), or nothing, the bias of values included."""
    key_value = nn.Linear(4, 8)
    token = torch.randn(64, 1, 4)
    query = torch.randn(64, 2, 2)
    torch.manual_seed(0)

    read = attend_once(query, token, key_value, dropout=0.5).view(64, 2, 2)

    value = key_value(token)[:, 0, 4:].view(64, 2, 2)
    dropped = (read == 0).all(dim=-1)
    assert 0 < dropped.sum() < dropped.numel()
    torch.testing.assert_close(read[~dropped], 2 * value[~dropped])


def test_a_seed_draws_the_weights_that_it_drew_when_the_results_were_published(configure):
    """Results rest on these very draws: weights alike in law but drawn in another order would change them all."""
    torch.manual_seed(0)
    model = build_transformer(configure({"model.decoding": "autoregressive"}).model, 12, 4)
    layer, following = model.mixer.layers[1], model.decoder.layers[1]
    drawn = [
        layer.attention.query.weight,
        layer.attention.output.weight,
        layer.feedforward[0].weight,
        following.self_attention.key_value.weight,
        following.cross_attention.query.weight,
        following.feedforward[3].weight,
    ]

    expected = [-0.156672642, 0.066256955, -0.147678047, -0.402018338, -0.350549102, 0.03729099]
    assert [weight[0, 0].item() for weight in drawn] == pytest.approx(expected, rel=1e-6)
