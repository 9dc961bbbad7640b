"""Where a model looks: planted models, hand-computed attention, and scores counted out by hand."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from rnn_vs_transformer import paths
from rnn_vs_transformer.data.series import load_meta, save_series
from rnn_vs_transformer.data.sources import make_series
from rnn_vs_transformer.data.synthetic import simulate
from rnn_vs_transformer.errors import InputError
from rnn_vs_transformer.files import read_json, write_arrays
from rnn_vs_transformer.models.rnn import build_rnn
from rnn_vs_transformer.models.transformer import EncoderLayer, build_transformer
from rnn_vs_transformer.probes.attribution import Attribution, attend, draw_donors, last_token_attention, occlude
from rnn_vs_transformer.probes.inspection import inspect_families
from rnn_vs_transformer.probes.lag_recovery import regime_echo, score_band, score_horizon, true_lags
from rnn_vs_transformer.probes.recovery_report import recovery_table, summarise_recovery
from rnn_vs_transformer.probes.subjects import Sample, build_untrained

BUILDERS = {"rnn": build_rnn, "transformer": build_transformer}
DELAY, HORIZON, LENGTH = 7, 3, 12


class Reads(nn.Module):
    """Forecasts of horizon step h are the value so many steps back."""

    def __init__(self, steps_back):
        super().__init__()
        self.steps_back = steps_back

    def forward(self, context):
        return torch.stack([context[:, -1 - back] for back in self.steps_back], dim=1)


def random_sample(windows=40, length=LENGTH, horizon=HORIZON):
    generator = torch.Generator().manual_seed(0)
    return Sample(torch.randn(windows, length, generator=generator), torch.randn(windows, horizon, generator=generator))


def perfect_importance():
    """(H, L), one at the own lag d - h of each horizon step h."""
    importance = np.zeros((HORIZON, LENGTH))
    for step in range(1, HORIZON + 1):
        importance[step - 1, DELAY - step] = 1
    return importance


def test_occlusion_of_a_model_that_reads_one_lag_gives_that_lag_alone():
    """Windows 1 and 2 at the lag, and both forecast exactly: with each other's value each is off by 1."""
    contexts = torch.arange(24.0).reshape(2, 12)
    contexts[:, -1 - 5] = torch.tensor([1.0, 2.0])
    sample = Sample(contexts, torch.tensor([[1.0], [2.0]]))
    importance = occlude(Reads([5]), sample, torch.tensor([1, 0]))

    expected = np.zeros((1, 12))
    expected[0, 5] = 1.0
    np.testing.assert_array_equal(importance, expected)


def test_occlusion_tells_horizon_steps_apart():
    """The map of a model that reads the regime of each step h where it lies, d - h steps back, is the diagonal."""
    sample = random_sample()
    own = [DELAY - step for step in range(1, HORIZON + 1)]
    exact = Sample(sample.contexts, Reads(own)(sample.contexts))
    importance = occlude(Reads(own), exact, draw_donors(40, 0))

    assert np.argwhere(importance).tolist() == [[step, back] for step, back in enumerate(own)]
    assert (importance.max(axis=1) > 0.5).all(), "two windows differ by 2 in the mean square"


def test_every_window_gets_another_one_and_each_lends_once():
    """A window that lent to itself would not be occluded."""
    for windows, seed in itertools.product((2, 3, 50), range(5)):
        donors = draw_donors(windows, seed)
        assert sorted(donors.tolist()) == list(range(windows))
        assert not (donors == torch.arange(windows)).any()
    assert torch.equal(draw_donors(50, 1), draw_donors(50, 1))
    assert not torch.equal(draw_donors(50, 1), draw_donors(50, 2))


def attention_layer(configure, **changes):
    return EncoderLayer(configure({f"model.{key}": value for key, value in changes.items()}).model).eval()


def test_attention_weights_are_those_worked_out_by_hand(configure):
    """Queries and keys are the normed tokens, (1, -1) and (-1, 1), in one head of width 2.

    So the last token's logits are -2/sqrt(2) and 2/sqrt(2), and its weights those of a logistic at 4/sqrt(2).
    """
    layer = attention_layer(configure, transformer_width=2, heads=1)
    with torch.no_grad():
        layer.query.weight.copy_(torch.eye(2))
        layer.key_value.weight[:2].copy_(torch.eye(2))
    weights = last_token_attention(layer, torch.tensor([[[2.0, 0.0], [0.0, 2.0]]]))

    newest = 1 / (1 + math.exp(-4 / math.sqrt(2)))
    torch.testing.assert_close(weights, torch.tensor([[[1 - newest, newest]]]), rtol=1e-4, atol=0)


@pytest.mark.parametrize("positional", ["sinusoidal", "rotary"])
@pytest.mark.parametrize("heads", [1, 2])
def test_attention_weights_times_values_are_what_the_layer_computes(configure, scramble, positional, heads):
    """The weights shown are those that the layer uses: they sum to 1, and its output can be rebuilt from them."""
    layer = scramble(attention_layer(configure, positional=positional, heads=heads))
    tokens = torch.randn(3, 6, 8, generator=torch.Generator().manual_seed(1))
    weights = last_token_attention(layer, tokens)  # (B, heads, T)
    values = layer.key_value(layer.attention_norm(tokens))[..., 8:].unflatten(-1, (heads, -1))  # (B, T, heads, D/heads)
    mixed = torch.einsum("bht,bthd->bhd", weights, values).flatten(1)
    last = tokens[:, -1] + layer.attention_output(mixed)
    rebuilt = last + layer.feedforward(layer.feedforward_norm(last))

    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(3, heads))
    torch.testing.assert_close(rebuilt, layer(tokens, last_only=True)[:, 0], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("readout", ["last", "flatten"])
def test_attention_comes_from_the_last_layer_newest_step_first(configure, scramble, readout):
    """With point tokens a step is a token; the layer's own input is that of the layer below."""
    forecaster = scramble(build_transformer(configure({"model.readout": readout}).model, LENGTH, HORIZON)).eval()
    sample = random_sample(windows=5)
    first, last = forecaster.mixer.layers
    with torch.no_grad():
        tokens = forecaster.embedding(sample.contexts[..., None]) + forecaster.mixer.positions
        expected = last_token_attention(last, first(tokens, last_only=False)).mean(dim=0).flip(1)

    found = attend(forecaster, sample)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert not last._forward_pre_hooks


def test_the_weight_of_a_patch_is_shared_by_its_steps(configure):
    """Queries of zero attend evenly: 3 patches of 4, 3 steps apart, over 12 steps, of which the 2 oldest are left."""
    changes = {"model.patch_length": 4, "model.patch_stride": 3}
    forecaster = build_transformer(configure(changes).model, LENGTH, HORIZON).eval()
    with torch.no_grad():
        forecaster.mixer.layers[-1].query.weight.zero_()
    found = attend(forecaster, random_sample())

    one = 1 / 3 / 4
    expected = [one, one, one, 2 * one, one, one, 2 * one, one, one, one, 0, 0]
    np.testing.assert_allclose(found, [expected] * 2, rtol=1e-5)


def test_a_recurrence_has_no_attention_to_show(configure):
    """It is refused, not answered with nothing."""
    with pytest.raises(TypeError, match="expected a Transformer, got a mixer Recurrence"):
        attend(build_rnn(configure().model, LENGTH, HORIZON), random_sample())


def test_the_true_lags_are_those_where_the_world_looks():
    """Change one value of the past: the regimes of the next H steps change only if it is one of the true lags."""
    for delay, horizon, length in ((7, 3, 12), (4, 6, 12), (20, 3, 12), (13, 3, 12)):
        origin = 100
        looked_at = {origin + step - delay for step in range(1, horizon + 1)}
        observed = {origin - back for back in range(length)}
        assert set((origin - true_lags(delay, horizon, length)).tolist()) == looked_at & observed


def test_scores_are_those_counted_out_by_hand():
    """6 steps, true lags 2 and 3, top two 2 and 5: one hit of two; of 15 pairs 6 miss both, so 9/15 do as well.

    Turned round the circle, the pair {2, 5}, three apart, hits one of {2, 3} in four of six places, both in none.
    """
    score = score_band(np.array([0.0, 0.1, 0.9, 0.2, 0.1, 0.8]), np.array([2, 3]), recent_steps=0)
    assert score.precision == 0.5
    assert score.chance == pytest.approx(2 / 6)
    assert score.lift == pytest.approx(1.5)
    assert score.p_value == pytest.approx(9 / 15)
    assert score.shift_p_value == pytest.approx(4 / 6)


def test_a_perfect_profile_gets_the_best_score_and_a_reversed_one_the_worst():
    """All true lags on top: precision 1, and one order of the C(12, 3) = 220 does as well."""
    profile = perfect_importance().mean(axis=0)
    lags = true_lags(DELAY, HORIZON, LENGTH)
    best, worst = score_band(profile, lags, 0), score_band(-profile, lags, 0)

    assert (best.precision, best.lift) == (1, 4)
    assert best.p_value == pytest.approx(1 / 220)
    assert best.shift_p_value == pytest.approx(1 / 12)
    assert (worst.precision, worst.p_value, worst.shift_p_value) == (0, 1, 1)


def test_the_newest_steps_are_left_out_on_both_sides():
    """They are important in every sound model of the world, and so neither a hit nor a miss."""
    profile = perfect_importance().mean(axis=0)
    profile[:4] = 9.0
    lags = true_lags(DELAY, HORIZON, LENGTH)
    assert score_band(profile, lags, recent_steps=0).precision == 0
    assert score_band(profile, lags, recent_steps=4).precision == 1
    assert score_band(profile, lags, recent_steps=4).chance == 3 / 8
    assert score_band(profile, lags, recent_steps=5).chance == 2 / 7, "a true lag among the newest does not count"


def test_there_is_no_score_where_there_is_nothing_to_tell_apart():
    """No true lag in the context, or nothing but true lags."""
    profile = np.ones(5)
    assert score_band(profile, np.array([], dtype=np.int64), 0) is None
    assert score_band(profile, np.arange(5), 0) is None
    assert score_band(profile, np.array([1]), 2) is None


def test_a_random_importance_scores_at_chance_and_rarely_significantly():
    """The p-value is exact: at most 5 % of random orders are below 0.05, and the mean precision is the chance."""
    generator = np.random.default_rng(0)
    scores = [score_band(generator.random(96), true_lags(48, 24, 96), 4) for _ in range(500)]
    assert np.mean([score.precision for score in scores]) == pytest.approx(24 / 92, abs=0.02)
    assert np.mean([score.p_value < 0.05 for score in scores]) < 0.07
    assert np.mean([score.shift_p_value < 0.05 for score in scores]) < 0.07


def test_each_horizon_step_finds_its_own_lag_or_not():
    """Off by one still counts, off by two does not; chance is the 3 near steps of the scored ones."""
    importance = perfect_importance()
    assert score_horizon(importance, DELAY, recent_steps=0) == (1, 3 / 12)
    assert score_horizon(np.roll(importance, 1, axis=1), DELAY, recent_steps=0)[0] == 1
    assert score_horizon(np.roll(importance, 2, axis=1), DELAY, recent_steps=0)[0] == 0
    assert score_horizon(importance, 30, recent_steps=0) is None


def test_the_default_world_repeats_its_regime_with_opposite_sign(params):
    """Why looking two delays back is no mistake there: the sign of u_{t-2d} tells that of u_{t-d}."""
    _, deviation = simulate(params.data.synthetic)
    assert regime_echo(deviation, params.data.synthetic.delay) < -0.8
    generator = np.random.default_rng(0)
    assert abs(regime_echo(generator.standard_normal(20_000), 48)) < 0.03


def test_recovery_over_seeds_is_their_mean_with_its_interval():
    """One perfect seed and one that looks at the echo, 2d - h steps back: half of the lags are found of each."""
    at_delay = np.pad(perfect_importance(), ((0, 0), (0, 8)))  # a context of 20 steps
    at_echo = np.roll(at_delay, DELAY, axis=1)
    attributions = [Attribution("rnn", "occlusion", seed, found) for seed, found in enumerate([at_delay, at_echo])]
    table = recovery_table(attributions, DELAY, HORIZON, recent_steps=2)
    found = summarise_recovery(attributions, table, DELAY, HORIZON, recent_steps=2)

    assert table.groupby(["target", "recent_steps_left_out"])["precision"].apply(list).to_dict() == {
        ("delay", 0): [1, 0],
        ("delay", 2): [1, 0],
        ("echo", 0): [0, 1],
        ("echo", 2): [0, 1],
    }
    assert found["delay"]["precision"] == 0.5
    assert (found["delay"]["precision_ci_low"], found["delay"]["precision_ci_high"]) == (0, 1), "no share is beyond"
    assert found["delay"]["lift"] == pytest.approx(0.5 * 18 / 3)
    assert found["own_lag_share"] == 0.5


@pytest.fixture
def trained(configure, tmp_path, monkeypatch):
    """A directory with a small series and weights of both families, as the earlier stages leave them."""
    params = configure({"inspect.windows": 20})
    monkeypatch.chdir(tmp_path)
    save_series(make_series(params.data))
    for (family, build), seed in itertools.product(BUILDERS.items(), range(2)):
        state = build_untrained(build, params.model, load_meta(), 10 + seed).state_dict()
        write_arrays(paths.weights(family, seed), {name: tensor.numpy() for name, tensor in state.items()})
    return params


def inspect(params, data=None):
    inspect_families(BUILDERS, data or params.data, params.model, params.train.seeds, params.inspect, workers=1)
    return {path.name: path.read_bytes() for path in paths.INSPECT.parent.iterdir()}


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
    """A user who changed the width and runs this stage alone must learn which stage to run first."""
    wider = configure({"inspect.windows": 20, "model.rnn_width": 16})
    with pytest.raises(InputError, match=r"does not fit the model of params\.yaml; run: dvc repro train_rnn"):
        inspect(wider)
