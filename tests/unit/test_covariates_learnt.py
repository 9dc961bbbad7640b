"""What training makes of covariates: a planted share of the variance is found, and noise is left alone.

Worlds are an autoregression and a season of one half of the variance, and what the covariate gives of the other.
"""

import numpy as np
import pytest
import torch

from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.scaling import Scaler
from rnn_vs_transformer.data.splits import Splits
from rnn_vs_transformer.data.windows import windows_of
from rnn_vs_transformer.models.families import BUILDERS as FAMILIES
from rnn_vs_transformer.models.shell import InputSizes
from rnn_vs_transformer.training.fit import fit
from rnn_vs_transformer.training.predict import window_errors

L, H = 12, 4
BUDGET = {"train.epochs": 10, "train.patience": 10, "train.learning_rate": 3e-3, "train.schedule": "cosine"}
SIZE = {f"model.{name}": 16 for name in ("rnn_width", "transformer_width", "mlp_width")}
SIZE |= {"model.transformer_layers": 1, "model.patch_length": 4, "model.patch_stride": 4, "train.batch_size": 32}
FAMILY = pytest.mark.parametrize("family", FAMILIES)


def autoregression(steps, phi, draw):
    shocks = draw.standard_normal(steps) * np.sqrt(1 - phi**2)
    values = np.zeros(steps)
    for step in range(1, steps):
        values[step] = phi * values[step - 1] + shocks[step]
    return values


def world(kind, seed, steps):
    """A panel of two series and unit variance, and how much of it the covariate explains."""
    draw = np.random.default_rng(seed)
    names, values, past, future, static = ["a", "b"], [], [], [], []
    for sign in (1.0, -1.0):
        season = np.sin(2 * np.pi * np.arange(steps) / 6) * np.sqrt(0.5)
        own = np.sqrt(0.5) * (np.sqrt(0.5) * autoregression(steps, 0.8, draw) + season)
        number, flag = draw.standard_normal(steps), (draw.random(steps) < 0.2).astype(float)
        effect = {
            "future number": number,
            "future flag": (flag - 0.2) / 0.4,
            "past": np.roll(number, H),
            "bent": (number**2 - 1) / np.sqrt(2),
            "static": sign * number,
        }.get(kind, np.zeros(steps))
        values.append(own + np.sqrt(0.5) * effect)
        known = flag if kind == "future flag" else number
        past.append(known[:, None] if kind == "past" else np.empty((steps, 0)))
        future.append(np.empty((steps, 0)) if kind == "past" else known[:, None])
        static.append([sign] if kind == "static" else [])
    return Panel.of(names, values, covariates=(np.vstack(past), np.vstack(future), np.array(static)))


def error(configure, family, panel, seed=0, **changes):
    """Test MSE of a family that was trained on the panel."""
    steps = int(panel.lengths[0])
    ends = np.tile([int(0.6 * steps), int(0.75 * steps), steps], (2, 1))
    params = configure({**SIZE, **BUDGET, **changes})
    train, validation, test = windows_of(
        Splits(panel, ends, L, H, Scaler.fit(panel, "none")), "train", "validation", "test"
    )
    torch.manual_seed(seed)
    widths = (panel.past.shape[1], panel.future.shape[1], panel.static.shape[1])
    model = FAMILIES[family](params.model, L, H, InputSizes(2, *widths))
    fit(model, (train, validation), params.train, seed)
    return float(window_errors(model, test).mean())


def without(panel):
    """The same series, and nothing known besides."""
    return Panel.of(panel.names, list(panel.each()))


def recovered(configure, family, kind, seed, steps):
    """The share of what the covariate explains by which it makes the error smaller."""
    panel = world(kind, seed, steps)
    return (error(configure, family, without(panel), seed) - error(configure, family, panel, seed)) / 0.5


@pytest.mark.parametrize("kind", ["future flag", "past"])
@FAMILY
def test_a_family_recovers_the_share_that_a_covariate_explains(configure, family, kind):
    """Half of the variance is the covariate's; at least 90 % of that half is gone from the error."""
    assert recovered(configure, family, kind, 0, 1000) >= 0.9


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["future number", "future flag", "past", "static", "bent"])
@FAMILY
def test_a_family_recovers_the_share_of_any_kind_of_covariate(configure, family, kind):
    """Effects whose sign the static covariate tells, and squared ones, too; mean of three worlds."""
    assert np.mean([recovered(configure, family, kind, seed, 1500) for seed in range(3)]) >= 0.9


@pytest.mark.slow
@FAMILY
def test_a_covariate_of_noise_costs_next_to_nothing(configure, family):
    """At most 2 % of the error, as the mean of four worlds; it is known over context and horizon."""
    costs = []
    for seed in range(4):
        panel = world("noise", seed, 4000)
        costs.append(error(configure, family, panel, seed) / error(configure, family, without(panel), seed) - 1)

    assert np.mean(costs) <= 0.02
