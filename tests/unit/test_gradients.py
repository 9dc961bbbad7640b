"""Gradient norms against derivatives by hand and by finite differences; decay rates that were planted."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from rnn_vs_transformer.data.series import load_meta, load_splits, save_series
from rnn_vs_transformer.data.windows import Batch, windows_of
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.rnn import build_rnn
from rnn_vs_transformer.probes.inspection.gradients import (
    decay_slope,
    gradient_norms,
    gradient_table,
    mean_gradient_table,
    summarise_decay,
)
from rnn_vs_transformer.probes.inspection.subjects import Importance, build_untrained, sample_windows
from rnn_vs_transformer.settings.family.families import given_settings
from rnn_vs_transformer.sources.make import make_series
from rnn_vs_transformer.training import seeds


class LinearRecurrence(nn.Module):
    """h_t = a h_{t-1} + x_t and two forecasts, h_L and -2 h_L."""

    def __init__(self, factor):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(factor))

    def forward(self, context, series=None, target=None, covariates=None):
        state = torch.zeros_like(context[:, 0])
        for step in context.unbind(dim=1):
            state = self.factor * state + step
        return torch.stack([state, -2 * state], dim=1)


def one_series(context, target):
    return Batch(context, target, torch.zeros(len(context), dtype=torch.long))


def random_sample(windows, length, horizon, seed=0):
    generator = torch.Generator().manual_seed(seed)
    context = torch.randn(windows, length, generator=generator)
    return one_series(context, torch.randn(windows, horizon, generator=generator))


def rows_of(slopes, length=30):
    """One model's norms exp(slope * k), one slope per seed."""
    return [Importance("rnn", "trained", seed, np.exp(slope * np.arange(length))) for seed, slope in enumerate(slopes)]


def test_norms_of_a_linear_recurrence_are_those_derived_by_hand():
    """With x = (2, 4), a = 1/2: h = 5, and the loss ((5-1)^2 + (-10-2)^2)/2 has d/dh = 4 + 24 = 28.

    So d/dx_{L-k} = 28 a^k. The second window, x = (0, 1), has h = 1 and forecasts 1 and -2, which are its targets: no
    loss, no gradient. The root mean square over both windows is 28 a^k / sqrt(2).
    """
    sample = one_series(torch.tensor([[2.0, 4.0], [0.0, 1.0]]), torch.tensor([[1.0, 2.0], [1.0, -2.0]]))
    norms = gradient_norms(LinearRecurrence(0.5), sample)
    assert norms == pytest.approx(np.array([28.0, 14.0]) / math.sqrt(2))


@pytest.mark.parametrize("family", BUILDERS)
def test_norms_agree_with_finite_differences_of_the_loss(configure, scramble, family):
    """The gradient is that of each window's own loss, averaged over the horizon, and the newest step comes first."""
    params = configure({"model.dropout": 0.5})
    forecaster = scramble(BUILDERS[family](params.model, 12, 4))
    sample = random_sample(3, 12, 4)
    twin = scramble(BUILDERS[family](params.model, 12, 4)).double().eval()

    def losses(step, change):
        moved = sample.context.double()
        moved[:, step] += change
        return (twin(moved) - sample.target).square().mean(dim=1).detach()

    slopes = torch.stack([(losses(step, 1e-6) - losses(step, -1e-6)) / 2e-6 for step in range(12)])
    expected = slopes.square().mean(dim=1).sqrt().flip(0).numpy()
    assert gradient_norms(forecaster, sample) == pytest.approx(expected, rel=1e-4)


def test_a_planted_decay_is_found_where_float32_would_have_nothing_left():
    """0.3^k over 400 steps ends at 1e-209; the slope must still be log 0.3, not that of rounding to zero."""
    norms = gradient_norms(LinearRecurrence(0.3), random_sample(5, 400, 2))
    assert decay_slope(norms) == pytest.approx(math.log(0.3), abs=1e-6)
    assert norms[-1] > 0


def test_the_forecaster_is_left_as_it_was(configure):
    """A probe must not change what it looks at: type, mode and gradients of the weights."""
    forecaster = build_rnn(configure().model, 12, 4).train()
    gradient_norms(forecaster, random_sample(3, 12, 4))

    assert forecaster.training
    assert {weight.dtype for weight in forecaster.parameters()} == {torch.float32}
    assert all(weight.grad is None for weight in forecaster.parameters())


def test_steps_that_the_model_does_not_read_have_no_gradient_and_no_part_in_the_fit(configure):
    """Patches of 5 in a context of 12 leave the 2 oldest steps over."""
    model = configure({"model.patch_length": 5, "model.patch_stride": 5}).model
    norms = gradient_norms(build_rnn(model, 12, 4), random_sample(4, 12, 4))

    assert norms[:10].all()
    assert norms[10:].tolist() == [0, 0]
    assert decay_slope(norms) == pytest.approx(decay_slope(norms[:10]))


def test_the_step_at_the_forecast_origin_has_no_part_in_the_fit():
    """The Transformer's last token hands its own gradient on directly, which is not a decay over time."""
    norms = 0.9 ** np.arange(20.0)
    norms[0] = 1000
    assert decay_slope(norms) == pytest.approx(math.log(0.9))
    assert decay_slope(norms[:2]) is None


def test_decay_and_half_life_are_those_planted():
    """0.5 per step halves in one step, whatever the seed."""
    found = summarise_decay(rows_of([math.log(0.5)] * 3))
    assert found == {
        "decay_per_step": 0.5,
        "decay_per_step_ci_low": 0.5,
        "decay_per_step_ci_high": 0.5,
        "half_life_steps": 1.0,
    }


def test_a_gradient_that_grows_has_no_half_life():
    """Exploding gradients are a finding too, and infinity is no number for a report."""
    found = summarise_decay(rows_of([0.1, 0.2]))
    assert found["half_life_steps"] == "none"
    assert found["decay_per_step"] == pytest.approx(math.exp(0.15), abs=1e-5)


def test_the_interval_over_seeds_holds_the_planted_decay_19_times_in_20():
    """Seeds are the units: their spread, not that of the steps, makes the interval."""
    generator = np.random.default_rng(0)
    found = [summarise_decay(rows_of(-0.1 + 0.02 * generator.standard_normal(5))) for _ in range(300)]
    held = [one["decay_per_step_ci_low"] <= math.exp(-0.1) <= one["decay_per_step_ci_high"] for one in found]
    assert 0.91 < np.mean(held) < 0.99


def test_one_seed_gives_no_interval_and_a_short_context_no_slope():
    """What cannot be known is left out, not written as NaN."""
    assert summarise_decay(rows_of([-0.1])).keys() == {"decay_per_step", "half_life_steps"}
    assert summarise_decay(rows_of([-0.1, -0.2], length=2)) == {}


def test_tables_hold_each_seed_and_their_mean_and_range():
    """Two seeds with norms 1, 2 and 3, 6."""
    rows = [
        Importance("gru", "untrained", seed, np.array(norms)) for seed, norms in enumerate([[1.0, 2.0], [3.0, 6.0]])
    ]
    table = gradient_table(rows)
    assert table[["seed", "steps_back", "norm"]].to_numpy().tolist() == [[0, 0, 1], [0, 1, 2], [1, 0, 3], [1, 1, 6]]
    means = mean_gradient_table(table)
    assert means[["steps_back", "norm", "norm_low", "norm_high"]].to_numpy().tolist() == [[0, 2, 1, 3], [1, 4, 2, 6]]


@pytest.mark.parametrize("family", BUILDERS)
def test_untrained_weights_are_those_from_which_training_starts(configure, tmp_path, monkeypatch, family):
    """`Before training` is before the very training of that seed, not before another one."""
    params = configure()
    monkeypatch.chdir(tmp_path)
    save_series(make_series(params.data))
    started_from = {}

    def keep_the_start(model, *_, **__):
        started_from.update({name: tensor.clone() for name, tensor in model.state_dict().items()})
        raise InterruptedError

    monkeypatch.setattr(seeds, "fit", keep_the_start)
    with pytest.raises(InterruptedError):
        seeds.train_seed(seeds.SeedTask(family, given_settings(family, params.model, params.train), 3, "common"))

    found = build_untrained(family, params.model, load_meta(), 3).state_dict()
    assert found.keys() == started_from.keys()
    assert all(torch.equal(found[name], started_from[name]) for name in found)


def test_the_sample_spans_the_validation_windows_evenly(configure, tmp_path, monkeypatch):
    """First and last are in it, and where fewer windows are there than asked for, it is all of them, once each."""
    monkeypatch.chdir(tmp_path)
    save_series(make_series(configure().data))
    [validation] = windows_of(load_splits(), "validation")
    every = validation.batch(torch.arange(len(validation)))[0]

    assert torch.equal(sample_windows(validation, 3).context, every[[0, (len(every) - 1) // 2, len(every) - 1]])
    assert torch.equal(sample_windows(validation, 10_000).context, every)
