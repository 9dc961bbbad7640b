"""The shell that both families share: patches, instance normalisation, readout, highway, dropout."""

import pytest
import torch

from rnn_vs_transformer.models.rnn import Recurrence, build_rnn
from rnn_vs_transformer.models.shell import ForecastModel
from rnn_vs_transformer.models.transformer import build_transformer

BUILDERS = pytest.mark.parametrize("build", [build_rnn, build_transformer])


def contexts(count=3, length=12):
    return torch.randn(count, length, generator=torch.Generator().manual_seed(1))


def test_patches_end_with_the_last_step(configure):
    """Where patches do not fit evenly, the oldest steps are left out, never the newest.

    11 steps in patches of 4 that start every 3 steps: one step is over, and three patches remain.
    """
    params = configure({"model.patch_length": 4, "model.patch_stride": 3}).model
    model = build_rnn(params, 11, 4)

    patches = model._patches(torch.arange(11.0)[None])

    assert patches.tolist() == [[[1, 2, 3, 4], [4, 5, 6, 7], [7, 8, 9, 10]]]


@BUILDERS
def test_the_forecast_uses_every_step_that_lies_in_a_patch(configure, scramble, build):
    """Only the steps left over by the patches have no influence; a step lost in the middle would be a fault."""
    params = configure({"model.patch_length": 4, "model.patch_stride": 4}).model
    context = contexts(1, 14).requires_grad_()

    scramble(build(params, 14, 4))(context).sum().backward()

    assert (context.grad[0] != 0).tolist() == [False, False] + [True] * 12


@pytest.mark.parametrize(
    ("context_length", "patch_length", "patch_stride", "tokens"),
    [(96, 1, 1, 96), (96, 16, 16, 6), (96, 16, 8, 11), (100, 16, 16, 6), (16, 16, 8, 1)],
)
def test_the_mixer_is_built_for_as_many_tokens_as_it_gets(
    configure, context_length, patch_length, patch_stride, tokens
):
    """96 steps hold 6 whole patches of 16, or 11 that overlap by half; the mixer must be told so beforehand."""
    patches = {"model.patch_length": patch_length, "model.patch_stride": patch_stride}
    params = configure({**patches, "data.context_length": context_length}).model
    told = []

    def mixer(count):
        told.append(count)
        return Recurrence(params)

    model = ForecastModel(params, context_length, 4, 8, mixer)

    assert told == [tokens]
    assert model._patches(torch.zeros(1, context_length)).shape[1] == tokens


@pytest.mark.parametrize("highway", [False, True])
@BUILDERS
def test_last_value_normalisation_moves_the_forecast_with_the_level(configure, scramble, build, highway):
    """A series shifted by a constant has its forecast shifted by the same constant, whatever the weights."""
    changes = {"model.instance_norm": "last", "model.linear_highway": highway}
    model = scramble(build(configure(changes).model, 12, 4)).double()
    context = contexts().double()

    torch.testing.assert_close(model(context + 5.0), model(context) + 5.0)


@pytest.mark.parametrize("highway", [False, True])
@BUILDERS
def test_standard_normalisation_moves_the_forecast_with_level_and_scale(configure, scramble, build, highway):
    """A series in other units has its forecast in those units, whatever the weights."""
    changes = {"model.instance_norm": "standard", "model.linear_highway": highway}
    model = scramble(build(configure(changes).model, 12, 4)).double()
    context = contexts().double()

    torch.testing.assert_close(model(3.0 * context - 5.0), 3.0 * model(context) - 5.0, rtol=1e-4, atol=1e-4)


@BUILDERS
def test_without_normalisation_the_level_is_an_input_like_any_other(configure, scramble, build):
    """The setting `none` must really be off, or the comparison of settings would compare nothing."""
    model = scramble(build(configure().model, 12, 4))

    assert (model(contexts() + 5.0) - model(contexts()) - 5.0).abs().max() > 0.1


@BUILDERS
def test_a_constant_window_is_no_division_by_zero(configure, scramble, build):
    """Real series have flat stretches; their deviation is 0, and the forecast stays near the flat level."""
    model = scramble(build(configure({"model.instance_norm": "standard"}).model, 12, 4))

    forecast = model(torch.full((1, 12), 7.0))

    torch.testing.assert_close(forecast, torch.full((1, 4), 7.0), rtol=0, atol=0.05)


@pytest.mark.parametrize(("instance_norm", "level"), [("none", 0.0), ("last", 1.0)])
@BUILDERS
def test_the_highway_is_a_linear_map_of_the_normalised_context(configure, scramble, build, instance_norm, level):
    """With the readout silenced the forecast is the highway's alone: row h of W weighs the steps of the context."""
    changes = {"model.linear_highway": True, "model.instance_norm": instance_norm}
    model = scramble(build(configure(changes).model, 3, 2))
    with torch.no_grad():
        model.readout.weight.zero_()
        model.readout.bias.zero_()
        model.highway.weight.copy_(torch.tensor([[1.0, 0.0, 2.0], [0.0, -1.0, 0.0]]))
        model.highway.bias.copy_(torch.tensor([10.0, 0.0]))

    forecast = model(torch.tensor([[4.0, 3.0, 1.0]]))

    # `none`: 4 + 2*1 + 10 and -3. `last` sees (3, 2, 0) and adds 1: 3 + 10 + 1 and -2 + 1.
    assert forecast.tolist() == [[16.0, -3.0]] if level == 0 else [[14.0, -1.0]]


@BUILDERS
def test_without_the_highway_there_is_no_linear_path(configure, build):
    """The setting must really be off: no weights, and nothing but the readout's bias when the readout is silent."""
    model = build(configure().model, 12, 4)
    with torch.no_grad():
        model.readout.weight.zero_()

    assert model.highway is None
    assert torch.equal(model(contexts()), model.readout.bias.expand(3, 4))


@pytest.mark.parametrize("token", [0, 5, 11])
def test_the_flatten_readout_reads_each_token_through_its_own_weights(configure, scramble, token):
    """With all weights but those of one token silenced, a recurrent forecast depends on the steps up to that token."""
    model = scramble(build_rnn(configure({"model.readout": "flatten"}).model, 12, 4))
    with torch.no_grad():
        kept = model.readout.weight[:, 8 * token : 8 * token + 8].clone()
        model.readout.weight.zero_()
        model.readout.weight[:, 8 * token : 8 * token + 8] = kept
    context = contexts(1).requires_grad_()

    model(context).sum().backward()

    assert (context.grad[0] != 0).tolist() == [step <= token for step in range(12)]


def test_the_last_readout_of_a_one_token_context_is_the_flatten_readout(configure, scramble):
    """With a single patch over the whole context the two readouts are the same function."""
    one_patch = {"model.patch_length": 12, "model.patch_stride": 1}
    last, flatten = (
        scramble(build_transformer(configure({**one_patch, "model.readout": readout}).model, 12, 4))
        for readout in ("last", "flatten")
    )

    torch.testing.assert_close(last(contexts()), flatten(contexts()))


@pytest.mark.parametrize("layers", [1, 2])
@BUILDERS
def test_dropout_works_in_training_and_is_off_in_evaluation(configure, scramble, build, layers):
    """A forecast is a function of its context; only training is noisy, or paired seeds would not be comparable."""
    changes = {"model.dropout": 0.5, "model.rnn_layers": layers, "model.transformer_layers": layers}
    model = scramble(build(configure(changes).model, 12, 4))
    clean = scramble(build(configure({**changes, "model.dropout": 0.0}).model, 12, 4))

    model.train()
    assert not torch.equal(model(contexts()), model(contexts()))
    model.eval()
    torch.testing.assert_close(model(contexts()), clean(contexts()), rtol=1e-4, atol=1e-5)


@BUILDERS
def test_windows_of_a_batch_do_not_see_each_other(configure, scramble, build):
    """A forecast must not depend on the company it is computed in, or evaluation would depend on the batch size."""
    model = scramble(build(configure({"model.instance_norm": "standard"}).model, 12, 4))

    together = model(contexts(5))

    torch.testing.assert_close(together, torch.cat([model(one) for one in contexts(5).split(1)]), rtol=1e-4, atol=1e-5)
