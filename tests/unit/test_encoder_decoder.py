"""Autoregressive decoding: what the decoder may see, that the cache changes no number, and that both families learn."""

import numpy as np
import pytest
import torch
from panels import wide_windows
from pydantic import ValidationError
from torch import nn
from torch.nn import functional

from rnn_vs_transformer.models.attention_decoder import DecoderLayer
from rnn_vs_transformer.models.encoder_decoder import EncoderDecoder
from rnn_vs_transformer.models.rnn import build_rnn
from rnn_vs_transformer.models.size import multiply_adds_per_window, parameter_count
from rnn_vs_transformer.models.transformer import build_transformer
from rnn_vs_transformer.training.fit import fit
from rnn_vs_transformer.training.predict import predict, window_errors

L, H = 12, 4
BUILDERS = pytest.mark.parametrize("build", [build_rnn, build_transformer])
MODELS = pytest.mark.parametrize(
    ("build", "changes"),
    [
        *(
            (build_rnn, {"cell": cell, "rnn_layers": layers})
            for cell in ("rnn", "gru", "lstm", "min_gru")
            for layers in (1, 2)
        ),
        *(
            (build_transformer, {"positional": positional, "transformer_layers": layers})
            for positional in ("sinusoidal", "learned", "rotary", "none")
            for layers in (1, 2)
        ),
    ],
)


@pytest.fixture
def decoding(configure, scramble):
    """A function that builds a scrambled autoregressive model in float64."""

    def make(build, changes=None):
        settings = {f"model.{key}": value for key, value in (changes or {}).items()}
        return scramble(build(configure({**settings, "model.decoding": "autoregressive"}).model, L, H)).double().eval()

    return make


def windows(count=3, seed=1):
    """Contexts (count, L) and targets (count, H) of noise."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, L + H, generator=generator, dtype=torch.float64).split([L, H], dim=1)


@MODELS
def test_decoding_with_the_kept_state_gives_what_decoding_anew_gives(decoding, build, changes):
    """Cache and carried state save work and change no number, or training and use would be of two models.

    Without them, each step is decoded from the context and all forecasts so far, from the start.
    """
    model, (context, _) = decoding(build, changes), windows()
    so_far = torch.zeros(3, H, dtype=torch.float64)
    for step in range(H):
        so_far[:, step] = model(context, target=so_far)[:, step].detach()

    torch.testing.assert_close(model(context), so_far, rtol=1e-9, atol=1e-9)


@MODELS
@pytest.mark.parametrize("parts", [[1, 1, 1, 1], [1, 3], [2, 2], [3, 1]])
def test_a_decoder_may_be_run_in_parts(decoding, embed, build, changes, parts):
    """The state after some tokens holds all that the next ones need of them, wherever the cut is."""
    model = decoding(build, changes)
    tokens = torch.randn(3, H, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    read = torch.randn(3, L, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    memory = model.mixer.encode(embed(read))
    state, mixed = model.decoder.start(memory), []
    for part in tokens.split(parts, dim=1):
        found, state = model.decoder(part, state)
        mixed.append(found)

    torch.testing.assert_close(
        torch.cat(mixed, dim=1), model.decoder(tokens, model.decoder.start(memory))[0], rtol=1e-9, atol=1e-9
    )


@MODELS
def test_taught_with_its_own_forecasts_it_repeats_them(decoding, build, changes):
    """Teacher forcing and free running are one model: they differ in the decoder's inputs alone."""
    model, (context, _) = decoding(build, changes), windows()
    free = model(context)

    torch.testing.assert_close(model(context, target=free), free, rtol=1e-9, atol=1e-9)


@MODELS
@pytest.mark.parametrize("changed_step", [0, 2, 3])
def test_no_step_is_taught_by_its_own_target_or_a_later_one(decoding, build, changes, changed_step):
    """A decoder that saw y_h while it forecasts y_h would learn to copy, and fail when it runs freely."""
    model, (context, target) = decoding(build, changes), windows()
    other = target.clone()
    other[:, changed_step] += 1.0

    difference = (model(context, target=target) - model(context, target=other)).abs().amax(dim=0)

    assert not difference[: changed_step + 1].any()
    assert (difference[changed_step + 1 :] > 0).all()


@MODELS
def test_every_forecast_depends_on_every_step_of_the_context(decoding, build, changes):
    """Through cross-attention or the handed-over state the oldest step reaches each horizon step."""
    model, (context, target) = decoding(build, changes), windows(1)
    context.requires_grad_()
    for step in range(H):
        gradient = torch.autograd.grad(model(context, target=target)[0, step], context)[0]
        assert (gradient != 0).all()


@BUILDERS
def test_the_first_input_is_the_last_observed_value(decoding, build):
    """Step 1 is forecast from y_L as step 2 from y_{L+1}: with the encoder silenced, only the last value matters."""
    model, (context, _) = decoding(build), windows(1)
    with torch.no_grad():
        model.embedding.weight.zero_()
    context.requires_grad_()

    gradient = torch.autograd.grad(model(context).sum(), context)[0][0]

    assert (gradient != 0).tolist() == [False] * (L - 1) + [True]


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm", "min_gru"])
def test_a_decoder_with_the_encoders_weights_goes_on_where_the_encoder_ended(decoding, embed, cell):
    """It starts from the final state of every layer: encoder and decoder then are one recurrence over all tokens."""
    model = decoding(build_rnn, {"cell": cell, "rnn_layers": 2})
    model.decoder.layers.load_state_dict(model.mixer.layers.state_dict())
    tokens = torch.randn(3, L + H, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    before, after = tokens.split([L, H], dim=1)

    mixed, _ = model.decoder(after, model.decoder.start(model.mixer.encode(embed(before))))

    torch.testing.assert_close(mixed, model.mixer(embed(tokens), last_only=False)[:, L:], rtol=1e-9, atol=1e-9)


def torch_layer_with_the_weights_of(layer):
    """torch.nn.TransformerDecoderLayer of width 8, 2 heads, feed-forward 16, that computes with the weights of ours."""
    reference = nn.TransformerDecoderLayer(8, 2, 16, dropout=0.0, batch_first=True, norm_first=True)
    ours = {"self_attn": layer.self_attention, "multihead_attn": layer.cross_attention}
    for name, attention in ours.items():
        theirs = getattr(reference, name)
        with torch.no_grad():
            theirs.in_proj_weight.copy_(torch.cat([attention.query.weight, attention.key_value.weight]))
            theirs.in_proj_bias.copy_(torch.cat([attention.query.bias, attention.key_value.bias]))
        theirs.out_proj.load_state_dict(attention.output.state_dict())
    for name, norm in {"norm1": layer.self_norm, "norm2": layer.cross_norm, "norm3": layer.feedforward_norm}.items():
        getattr(reference, name).load_state_dict(norm.state_dict())
    reference.linear1.load_state_dict(layer.feedforward[0].state_dict())
    reference.linear2.load_state_dict(layer.feedforward[3].state_dict())
    return reference.double()


def test_the_decoder_layer_equals_that_of_torch(configure, scramble):
    """Ours is the published pre-norm decoder layer, so a finding about it is one about the Transformer."""
    layer = scramble(DecoderLayer(configure().model)).double()
    tokens, memory = windows_of_tokens(H, 2), windows_of_tokens(L, 3)

    found, _ = layer(tokens, layer.start(memory))

    mask = nn.Transformer.generate_square_subsequent_mask(H, dtype=torch.float64)
    expected = torch_layer_with_the_weights_of(layer)(tokens, memory, tgt_mask=mask)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


def windows_of_tokens(count, seed):
    return torch.randn(3, count, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_rotary_cross_attention_knows_the_distance_to_the_context(decoding):
    """A context token moved elsewhere is read otherwise, even where the encoder's own attention knows no order."""
    model = decoding(build_transformer, {"positional": "rotary"})
    memory, tokens = windows_of_tokens(L, 2), windows_of_tokens(H, 3)
    moved = memory[:, [1, 0, *range(2, L)]]

    one, other = (model.decoder(tokens, model.decoder.start(known))[0] for known in (memory, moved))

    assert (one - other).abs().max() > 1e-3


@pytest.mark.parametrize(("instance_norm", "scale"), [("last", 1.0), ("standard", 3.0)])
@BUILDERS
def test_instance_norm_moves_forecasts_with_level_and_scale(decoding, build, instance_norm, scale):
    """A series in other units has its forecast in those units, freely run or taught."""
    model, (context, target) = decoding(build, {"instance_norm": instance_norm}), windows()

    def moved(values):
        return scale * values - 5.0

    tolerance = {"rtol": 1e-4, "atol": 1e-4}  # a deviation of almost zero is kept from being divided by
    torch.testing.assert_close(model(moved(context)), moved(model(context)), **tolerance)
    torch.testing.assert_close(
        model(moved(context), target=moved(target)), moved(model(context, target=target)), **tolerance
    )


@BUILDERS
def test_patches_form_the_context_while_the_decoder_goes_step_by_step(decoding, build):
    """12 steps in patches of 4 that start every 3 leave the two oldest unread; all others matter."""
    model, (context, _) = decoding(build, {"patch_length": 4, "patch_stride": 3}), windows(1)
    context.requires_grad_()

    gradient = torch.autograd.grad(model(context).sum(), context)[0][0]

    assert (gradient != 0).tolist() == [False] * 2 + [True] * (L - 2)


@BUILDERS
def test_direct_decoding_pays_no_heed_to_the_target(configure, scramble, build):
    """The fit loop hands it to every model; only a decoder may learn from it."""
    model, (context, target) = scramble(build(configure().model, L, H)).double(), windows()

    assert not isinstance(model, EncoderDecoder)
    assert torch.equal(model(context, target=target), model(context))


def series_windows(values):
    return wide_windows(values, np.arange(L - 1, values.shape[1] - H), L, H)


@BUILDERS
def test_one_batch_can_be_learnt_by_heart(configure, build):
    """8 windows of noise, freely run: nothing but the whole path from the context can carry them."""
    settings = {"train.epochs": 200, "train.patience": 200, "train.learning_rate": 0.01, "train.batch_size": 8}
    params = configure({**settings, "model.decoding": "autoregressive", "model.rnn_width": 16})
    noise = torch.randn(8, L + H, generator=torch.Generator().manual_seed(0))
    data = wide_windows(noise, [L - 1], L, H)
    torch.manual_seed(0)

    run = fit(build(params.model, L, H), (data, data), params.train, seed=0)

    assert run.validation_losses[0] > 0.5
    assert run.best_validation_loss < 0.03


@BUILDERS
def test_both_families_learn_a_sine_and_forecast_it_freely(configure, build):
    """Every phase of a sine is seen in training; freely run forecasts of another stretch must follow it."""
    settings = {"train.epochs": 25, "train.patience": 25, "train.learning_rate": 0.01}
    params = configure({**settings, "model.decoding": "autoregressive"})
    sine = torch.sin(2 * torch.pi * torch.arange(300) / 17)[None]
    torch.manual_seed(0)
    model = build(params.model, L, H)

    fit(model, (series_windows(sine[:, :200]), series_windows(sine[:, 200:])), params.train, seed=0)

    forecast, target = predict(model, series_windows(sine[:, 200:]))
    assert functional.mse_loss(forecast, target) < 0.01 * target.var()


@BUILDERS
def test_free_running_validation_chooses_the_weights(configure, build):
    """Taught forecasts look better than the model is in use, so they must not decide when training stops."""
    params = configure({"model.decoding": "autoregressive", "train.epochs": 8, "train.patience": 2})
    noise = torch.randn(1, 200, generator=torch.Generator().manual_seed(0)).cumsum(dim=1) / 5
    validation = series_windows(noise[:, 150:])
    torch.manual_seed(0)
    model = build(params.model, L, H)

    run = fit(model, (series_windows(noise[:, :150]), validation), params.train, seed=0)

    context, target, *_ = validation.batch(torch.arange(len(validation)))
    with torch.no_grad():
        free, taught = (functional.mse_loss(model(context, target=told), target) for told in (None, target))
    assert run.best_validation_loss == float(window_errors(model, validation).mean())
    assert run.best_validation_loss == pytest.approx(float(free), rel=1e-5)
    assert run.best_validation_loss != pytest.approx(float(taught), rel=1e-3)


@BUILDERS
def test_every_weight_of_encoder_and_decoder_is_trained(configure, build):
    """A weight that never moves is counted and paid for, and does nothing."""
    params = configure({"model.decoding": "autoregressive", "train.epochs": 1, "model.positional": "learned"})
    torch.manual_seed(0)
    model = build(params.model, L, H)
    before = {name: weight.clone() for name, weight in model.named_parameters()}
    data = series_windows(torch.randn(1, 60, generator=torch.Generator().manual_seed(0)))

    run = fit(model, (data, data), params.train, seed=0)

    assert [name for name, weight in before.items() if torch.equal(run.state[name], weight)] == []


@BUILDERS
def test_dropout_is_off_when_it_forecasts(configure, scramble, build):
    """A forecast is a function of its context, in this mode as in the other."""
    changes = {"model.decoding": "autoregressive", "model.rnn_layers": 2}
    noisy = scramble(build(configure({**changes, "model.dropout": 0.5}).model, L, H)).double()
    clean = scramble(build(configure(changes).model, L, H)).double()
    context, target = windows()

    assert not torch.equal(noisy(context, target=target), noisy(context, target=target))
    torch.testing.assert_close(noisy.eval()(context), clean(context))


TINY = {"model.rnn_width": 2, "model.transformer_width": 2, "model.heads": 1, "model.feedforward_width": 3}


@pytest.mark.parametrize(
    ("build", "parameters", "multiply_adds"),
    [
        # Embeddings 4 + 4, one gate 12 each in encoder and decoder, readout 2 + 1.
        # Embedding 4*2, encoder 4 * (4+4); each step: embedding 2, gate 4+4, readout 2.
        (build_rnn, 8 + 24 + 3, 8 + 32 + 3 * 12),
        # Embeddings 4 + 4, encoder layer 8+6+12+6+17 and norm 4, readout 3;
        # decoder layer: norms 12, two attentions of 6+12+6, feed-forward 17; norm 4.
        # Embedding 8, full encoder layer 176, keys and values of the context 4*8; each step h: embedding 2, own
        # query 4, keys and values 8, scores and mixing 2h each, output 4; query 4, scores and mixing 8 each, output 4;
        # feed-forward 12, readout 2.
        (build_transformer, 8 + 53 + 3 + 12 + 48 + 17 + 4, 8 + 176 + 32 + 3 * (2 + 16 + 24 + 12 + 2) + 4 * (1 + 2 + 3)),
    ],
)
def test_the_size_is_the_one_counted_by_hand(configure, build, parameters, multiply_adds):
    """Context 4, 3 steps, one layer: what is told of the cost is that of a freely run forecast with its cache."""
    changes = {**TINY, "model.transformer_layers": 1, "model.decoding": "autoregressive"}
    model = build(configure(changes).model, 4, 3)

    assert parameter_count(model) == parameters
    assert multiply_adds_per_window(model, 4) == multiply_adds


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model.readout": "flatten"}, "must be last and model.linear_highway false, got flatten and false"),
        ({"model.linear_highway": True}, "must be last and model.linear_highway false, got last and true"),
        ({"model.decoding": "beam"}, "'direct' or 'autoregressive'"),
    ],
)
def test_settings_without_a_decoder_are_refused(configure, changes, message):
    with pytest.raises(ValidationError, match=message):
        configure({"model.decoding": "autoregressive", **changes})


def test_the_other_decoding_is_told_where_there_is_one(configure):
    """Direct decoding with a readout of all tokens, or with the highway, has no counterpart."""
    direct = configure().model
    other = direct.other_decoding

    assert other is not None
    assert other.decoding == "autoregressive"
    assert other.other_decoding == direct
    assert configure({"model.readout": "flatten"}).model.other_decoding is None
    assert configure({"model.linear_highway": True}).model.other_decoding is None
