"""A model that starts at ridge is ridge before its first step, and never worse on validation after its last."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.scaling import Scaler
from rnn_vs_transformer.data.splits import Borders, Splits
from rnn_vs_transformer.data.windows import windows_of
from rnn_vs_transformer.models.baselines import fit_ridge
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.shell import InputSizes
from rnn_vs_transformer.settings.family.families import given_settings
from rnn_vs_transformer.training.fit import fit
from rnn_vs_transformer.training.predict import predict
from rnn_vs_transformer.training.ridge_start import start_at_ridge

L, H = 12, 4


@pytest.fixture(scope="module")
def splits():
    draw = np.random.default_rng(0)
    values = np.zeros((300, 2))
    for step in range(1, 300):
        values[step] = 0.9 * values[step - 1] + draw.normal(size=2)
    scaler = Scaler.fit(Panel.wide(values[:150], ["a", "b"]))
    return Splits.of_wide(scaler.scale(values, np.arange(2)), Borders(150, 220, 300), L, H, scaler)


@pytest.fixture
def started(configure, splits):
    def make(family, **changes):
        keys = {f"model.{name}": value for name, value in changes.items()}
        params = configure({"model.linear_highway": "ridge", "train.epochs": 2, **keys})
        settings = given_settings(family, params.model, params.train)
        torch.manual_seed(0)
        model = BUILDERS[family](settings.model, L, H, InputSizes(2))
        return model, settings.train, start_at_ridge(model, splits)

    return make


@pytest.mark.parametrize("family", BUILDERS)
@pytest.mark.parametrize("norm", ["none", "last"])
@pytest.mark.parametrize("readout", ["last", "flatten", "segments"])
def test_it_forecasts_as_ridge_with_its_context_and_centring(started, splits, family, norm, readout):
    model, _, starts = started(family, instance_norm=norm, readout=readout)
    assert starts
    ridge = fit_ridge(splits, L, centrings=[norm == "last"])
    expected = ridge.forecast(splits.panel, splits.places("validation"))
    [windows] = windows_of(splits, "validation")
    np.testing.assert_allclose(predict(model, windows)[0].numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("averaged", [False, True])
@pytest.mark.parametrize("family", BUILDERS)
def test_training_never_keeps_what_is_worse_than_ridge(started, splits, family, averaged):
    model, params, starts = started(family)
    far = params.model_copy(update={"learning_rate": 1.0, "weight_average": averaged})
    run = fit(model, windows_of(splits, "train", "validation"), far, 0, from_start=starts)
    assert run.best_epoch == 0, "whose losses are means over windows in train, as those of later epochs are"
    assert run.best_validation_loss == pytest.approx(fit_ridge(splits, L, centrings=[False]).validation_mse, rel=1e-5)
    train, windows = windows_of(splits, "train", "validation")
    forecasts, targets = predict(model, train)
    assert run.start_losses[0] == float((forecasts - targets).double().square().mean(1).mean())
    forecasts, targets = predict(model, windows)
    assert windows.mean_over_series((forecasts - targets).double().square().mean(1)) == run.best_validation_loss


def test_its_mixer_learns_what_ridge_cannot(configure):
    """The next value is the size of the last one, which no line can tell."""
    draw = np.random.default_rng(0)
    values = np.zeros((1200, 1))
    for step in range(1, 1200):
        values[step] = abs(values[step - 1]) - 0.8 + 0.2 * draw.normal()
    scaler = Scaler.fit(Panel.wide(values[:800], ["a"]))
    splits = Splits.of_wide(scaler.scale(values, np.arange(1)), Borders(800, 1000, 1200), L, 1, scaler)
    params = configure({"model.linear_highway": "ridge", "train.epochs": 15, "train.learning_rate": 0.01})
    settings = given_settings("rnn", params.model, params.train)
    torch.manual_seed(0)
    model = BUILDERS["rnn"](settings.model, L, 1)
    run = fit(
        model, windows_of(splits, "train", "validation"), settings.train, 0, from_start=start_at_ridge(model, splits)
    )
    assert run.start_losses is not None
    assert run.best_validation_loss < 0.9 * run.start_losses[1]


def test_others_keep_their_draws(started):
    model, _, starts = started("rnn", linear_highway=True)
    assert not starts
    assert model.readout.weight.abs().sum() > 0


def test_covariates_are_left_to_the_model(splits):
    cells = len(splits.panel.values)
    panel = replace(splits.panel, future=np.ones((cells, 1)), static=np.ones((2, 1)))
    alone = panel.without_covariates()
    assert (alone.past.shape[1], alone.future.shape[1], alone.static.shape[1]) == (0, 0, 0)
    assert alone.values is panel.values


def test_ridge_with_the_spread_taken_off_is_refused(configure):
    with pytest.raises(ValidationError, match="linear_highway: ridge needs"):
        configure({"model.linear_highway": "ridge", "model.instance_norm": "standard"})
