"""Where a model looks: planted models, hand-computed attention, and the files of the stage."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from rnn_vs_transformer.data.series import load_meta, save_series
from rnn_vs_transformer.data.windows import Batch
from rnn_vs_transformer.models.rnn import build_rnn
from rnn_vs_transformer.models.transformer import EncoderLayer, build_transformer
from rnn_vs_transformer.probes.inspection.attribution import attention_profile, draw_donors, encoder_attention, occlude
from rnn_vs_transformer.probes.inspection.inspection import inspect_families
from rnn_vs_transformer.probes.inspection.subjects import build_untrained
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import read_json, write_arrays
from rnn_vs_transformer.runtime.run import RunParams
from rnn_vs_transformer.settings.family.families import FAMILIES, given_settings, save_settings
from rnn_vs_transformer.sources.make import make_series

ONE_WORKER = RunParams(workers=1, backend="loky", address="local", device="cpu")
DELAY, HORIZON, LENGTH = 7, 3, 12


class Reads(nn.Module):
    """Forecasts of horizon step h are the value so many steps back."""

    def __init__(self, steps_back):
        super().__init__()
        self.steps_back = steps_back

    def forward(self, context, series=None, target=None, covariates=None):
        return torch.stack([context[:, -1 - back] for back in self.steps_back], dim=1)


def one_series(context, target):
    return Batch(context, target, torch.zeros(len(context), dtype=torch.long))


def random_sample(windows=40, length=LENGTH, horizon=HORIZON):
    generator = torch.Generator().manual_seed(0)
    context = torch.randn(windows, length, generator=generator)
    return one_series(context, torch.randn(windows, horizon, generator=generator))


def test_occlusion_of_a_model_that_reads_one_lag_gives_that_lag_alone():
    """Windows 1 and 2 at the lag, and both forecast exactly: with each other's value each is off by 1."""
    contexts = torch.arange(24.0).reshape(2, 12)
    contexts[:, -1 - 5] = torch.tensor([1.0, 2.0])
    sample = one_series(contexts, torch.tensor([[1.0], [2.0]]))
    importance = occlude(Reads([5]), sample, torch.tensor([1, 0]))

    expected = np.zeros((1, 12))
    expected[0, 5] = 1.0
    np.testing.assert_array_equal(importance, expected)


def test_occlusion_tells_horizon_steps_apart():
    """The map of a model that reads the regime of each step h where it lies, d - h steps back, is the diagonal."""
    sample = random_sample()
    own = [DELAY - step for step in range(1, HORIZON + 1)]
    exact = one_series(sample.context, Reads(own)(sample.context))
    importance = occlude(Reads(own), exact, draw_donors(exact.series, 0))

    assert np.argwhere(importance).tolist() == [[step, back] for step, back in enumerate(own)]
    assert (importance.max(axis=1) > 0.5).all(), "two windows differ by 2 in the mean square"


def test_every_window_gets_another_one_and_each_lends_once():
    """A window that lent to itself would not be occluded."""
    for windows, seed in itertools.product((2, 3, 50), range(5)):
        donors = draw_donors(torch.zeros(windows, dtype=torch.long), seed)
        assert sorted(donors.tolist()) == list(range(windows))
        assert not (donors == torch.arange(windows)).any()
    of_one_series = torch.zeros(50, dtype=torch.long)
    assert torch.equal(draw_donors(of_one_series, 1), draw_donors(of_one_series, 1))
    assert not torch.equal(draw_donors(of_one_series, 1), draw_donors(of_one_series, 2))


@pytest.mark.parametrize(("series", "keeps"), [([0] * 5 + [1] * 2 + [4] * 9, True), ([0, 0, 1], False)])
def test_windows_lend_within_their_series_where_each_has_two(series, keeps):
    """Another series' values would test the difference of series, not of steps."""
    numbers = torch.tensor(series)
    donors = draw_donors(numbers, 0)
    assert sorted(donors.tolist()) == list(range(len(series)))
    assert not (donors == torch.arange(len(series))).any()
    assert torch.equal(numbers[donors], numbers) == keeps


def attention_layer(configure, **changes):
    return EncoderLayer(configure({f"model.{key}": value for key, value in changes.items()}).model).eval()


def test_attention_weights_are_those_worked_out_by_hand(configure):
    """Queries and keys are the normed tokens, (1, -1) and (-1, 1), in one head of width 2.

    So the last token's logits are -2/sqrt(2) and 2/sqrt(2), and its weights those of a logistic at 4/sqrt(2).
    """
    layer = attention_layer(configure, transformer_width=2, heads=1)
    with torch.no_grad():
        layer.attention.query.weight.copy_(torch.eye(2))
        layer.attention.key_value.weight[:2].copy_(torch.eye(2))
    weights = encoder_attention(layer, torch.tensor([[[2.0, 0.0], [0.0, 2.0]]]), 1)

    newest = 1 / (1 + math.exp(-4 / math.sqrt(2)))
    torch.testing.assert_close(weights, torch.tensor([[[[1 - newest, newest]]]]), rtol=1e-4, atol=0)


@pytest.mark.parametrize("positional", ["sinusoidal", "rotary"])
@pytest.mark.parametrize("heads", [1, 2])
def test_attention_weights_times_values_are_what_the_layer_computes(configure, scramble, positional, heads):
    """The weights shown are those that the layer uses: they sum to 1, and its output can be rebuilt from them."""
    layer = scramble(attention_layer(configure, positional=positional, heads=heads))
    tokens = torch.randn(3, 6, 8, generator=torch.Generator().manual_seed(1))
    weights = encoder_attention(layer, tokens, 1).squeeze(2)  # (B, heads, T)
    values = layer.attention.key_value(layer.attention_norm(tokens))[..., 8:].unflatten(
        -1, (heads, -1)
    )  # (B, T, heads, D/heads)
    mixed = torch.einsum("bht,bthd->bhd", weights, values).flatten(1)
    last = tokens[:, -1] + layer.attention.output(mixed)
    rebuilt = last + layer.feedforward(layer.feedforward_norm(last))

    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(3, heads))
    torch.testing.assert_close(rebuilt, layer(tokens, asked=1)[:, 0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("readout", ["last", "flatten"])
def test_attention_comes_from_the_last_layer_newest_step_first(configure, scramble, readout):
    """With point tokens a step is a token; the layer's own input is that of the layer below."""
    forecaster = scramble(build_transformer(configure({"model.readout": readout}).model, LENGTH, HORIZON)).eval()
    sample = random_sample(windows=5)
    first, last = forecaster.mixer.layers
    with torch.no_grad():
        tokens = forecaster.mixer.positions(forecaster.embedding(sample.context[..., None]))
        expected = encoder_attention(last, first(tokens, asked=tokens.shape[1]), 1).mean(dim=(0, 2)).flip(1)

    found = attention_profile(forecaster, sample)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("positional", ["sinusoidal", "rotary"])
def test_queries_of_segments_are_read_together(configure, scramble, positional):
    """Each of the three makes a step of the forecast, so none alone tells where the model looks."""
    changes = {"model.readout": "segments", "model.positional": positional}
    forecaster = scramble(build_transformer(configure(changes).model, LENGTH, HORIZON)).eval()
    sample, seen = random_sample(windows=5), []
    last = forecaster.mixer.layers[-1]
    handle = last.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        forecaster(*sample.inputs)
        handle.remove()
        weights = encoder_attention(last, seen[0], HORIZON)[..., :LENGTH].sum(dim=(0, 2))
    expected = (weights / weights.sum(dim=1, keepdim=True)).flip(1)

    np.testing.assert_allclose(attention_profile(forecaster, sample), expected.numpy(), rtol=1e-4)


@pytest.mark.parametrize("positional", ["sinusoidal", "learned", "rotary"])
def test_a_decoder_shows_which_steps_its_own_queries_read(configure, scramble, positional):
    """With values of 1 at one context token and 0 elsewhere, cross-attention hands on just the weight of that token."""
    changes = {"model.decoding": "autoregressive", "model.positional": positional, "model.heads": 1}
    forecaster = scramble(build_transformer(configure(changes).model, LENGTH, HORIZON)).eval()
    sample, read = random_sample(windows=5), []
    cross = forecaster.decoder.layers[-1].cross_attention
    found = attention_profile(forecaster, sample)
    assert found.shape == (1, LENGTH)

    def hand_on(module, inputs):
        tokens, key, value, first, _ = inputs
        marked = torch.zeros_like(value)
        marked[:, :, LENGTH - 1 - 4] = 1.0
        with torch.no_grad():
            query = module.queries(tokens, first)
            read.append(nn.functional.scaled_dot_product_attention(query, key, marked)[..., 0])

    handle = cross.register_forward_pre_hook(hand_on)
    with torch.no_grad():
        forecaster(*sample.inputs)
    handle.remove()
    assert len(read) == HORIZON
    assert found[0, 4] == pytest.approx(torch.cat(read).mean().item(), rel=1e-4)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)


def test_the_weight_of_a_patch_is_shared_by_its_steps(configure):
    """Queries of zero attend evenly: 3 patches of 4, 3 steps apart, over 12 steps, of which the 2 oldest are left."""
    changes = {"model.patch_length": 4, "model.patch_stride": 3}
    forecaster = build_transformer(configure(changes).model, LENGTH, HORIZON).eval()
    with torch.no_grad():
        forecaster.mixer.layers[-1].attention.query.weight.zero_()
    found = attention_profile(forecaster, random_sample())

    one = 1 / 3 / 4
    expected = [one, one, one, 2 * one, one, one, 2 * one, one, one, one, 0, 0]
    np.testing.assert_allclose(found, [expected] * 2, rtol=1e-5)


def test_a_recurrence_has_no_attention_to_show(configure):
    """It is refused, not answered with nothing."""
    with pytest.raises(TypeError, match="expected a Transformer, got a mixer Recurrence"):
        attention_profile(build_rnn(configure().model, LENGTH, HORIZON), random_sample())


@pytest.fixture
def trained(configure, tmp_path, monkeypatch):
    """A directory with a small series and weights of both families, as the earlier stages leave them."""
    params = configure({"inspect.windows": 20})
    monkeypatch.chdir(tmp_path)
    save_series(make_series(params.data))
    for family, seed in itertools.product(FAMILIES, range(2)):
        state = build_untrained(family, params.model, load_meta(), 10 + seed).state_dict()
        write_arrays(paths.weights(family, seed), {name: tensor.numpy() for name, tensor in state.items()})
        save_settings(paths.trained_settings(family), given_settings(family, params.model, params.train))
    return params


def inspect(params, data=None):
    inspect_families(data or params.data, params.inspect, ONE_WORKER)
    return {path.name: path.read_bytes() for path in (paths.INSPECT, *paths.INSPECTION.iterdir())}


def test_the_stage_writes_the_same_bytes_twice_and_every_model_it_promises(trained):
    """Reports are tracked by DVC: the same weights must give the same bytes."""
    files = inspect(trained)
    assert files == inspect(trained)

    report = read_json(paths.INSPECT)
    stages = {name: list(found) for name, found in report["gradients"].items()}
    assert stages == {
        "rnn": ["untrained", "trained"],
        "gru": ["untrained"],
        "lstm": ["untrained"],
        "transformer": ["untrained", "trained"],
    }
    assert report["lag_recovery"]["delay"] == 6
    assert list(report["lag_recovery"]["transformer"]) == ["occlusion", "attention"]
    assert len(pd.read_csv(paths.GRADIENTS)) == 6 * 2 * 12  # models, seeds, steps
    assert len(pd.read_csv(paths.ATTRIBUTION)) == 2 * 2 * 12
    assert len(pd.read_csv(paths.ATTENTION)) == 2 * 2 * 12  # seeds, heads, steps
    assert len(pd.read_csv(paths.OCCLUSION_MAP)) == 2 * 4 * 12  # models, horizon steps, steps


def test_a_series_without_a_known_delay_has_maps_but_no_score(trained, configure):
    """What is true of a real series is not known, so nothing is scored."""
    inspect(trained, configure({"data.source": "csv"}).data)
    assert read_json(paths.INSPECT)["lag_recovery"] == {"delay": "no known delay"}
    assert pd.read_csv(paths.LAG_RECOVERY).empty
    assert len(pd.read_csv(paths.OCCLUSION_MAP)) == 2 * 4 * 12


def test_weights_of_other_settings_are_told_in_one_line(trained, configure):
    """Weights and settings that do not belong together must not give a result, and the remedy is told."""
    wider = configure({"inspect.windows": 20, "model.rnn_width": 16})
    save_settings(paths.trained_settings("rnn"), given_settings("rnn", wider.model, wider.train))
    with pytest.raises(InputError, match=r"does not fit the settings beside it; run: dvc repro --force train@rnn"):
        inspect(wider)
