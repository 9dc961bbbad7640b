"""Quantile forecasts: their loss, their order, what conformalising does, and the way to a forecast."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.scaling import Scaler
from rnn_vs_transformer.data.series import save_series
from rnn_vs_transformer.data.splits import Borders, Splits
from rnn_vs_transformer.data.windows import windows_of
from rnn_vs_transformer.evaluation import scoring
from rnn_vs_transformer.evaluation.conformal import half_widths
from rnn_vs_transformer.evaluation.quantiles import conformal_quantile, corrections, quantile_row, widened
from rnn_vs_transformer.evaluation.test_split import open_test_split
from rnn_vs_transformer.forecasting.forecaster import Forecaster
from rnn_vs_transformer.forecasting.package import package_forecasters
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.quantiles import ordered, pinball, pinball_errors
from rnn_vs_transformer.models.shell import InputSizes
from rnn_vs_transformer.reporting.report import load_texts
from rnn_vs_transformer.reporting.sections import _quantiles
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import read_json, write_bytes
from rnn_vs_transformer.settings.family.families import FAMILIES, given_settings
from rnn_vs_transformer.sources.make import make_series
from rnn_vs_transformer.training.fit import _quantile_losses, fit
from rnn_vs_transformer.training.history import best_validation_losses
from rnn_vs_transformer.training.predict import predict, predict_quantiles

from .test_panel_training import LONG, stores, train_all
from .test_panel_training import H as PANEL_H

LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)
L, H = 12, 4


def splits_of(values, borders=None):
    borders = borders or Borders(len(values) // 2, 3 * len(values) // 4, len(values))
    scaler = Scaler.fit(Panel.wide(values[: borders.train_end], [str(number) for number in range(values.shape[1])]))
    return Splits.of_wide(scaler.scale(values, np.arange(values.shape[1])), borders, L, H, scaler)


@pytest.fixture(scope="module")
def noise():
    return splits_of(np.random.default_rng(0).normal(size=(2400, 2)))


@pytest.fixture
def built(configure):
    def build(family, **changes):
        keys = {f"model.{name}": value for name, value in changes.items()}
        params = configure({"train.loss": "quantile", "train.quantiles": list(LEVELS), **keys})
        settings = given_settings(family, params.model, params.train)
        torch.manual_seed(0)
        return BUILDERS[family](settings.model, L, H, InputSizes(2, levels=settings.train.levels)), settings.train

    return build


def test_the_loss_in_numbers():
    quantiles = torch.tensor([[1.0, 3.0]])
    by_hand = (0.1 * (2 - 1) + 0.5 * (3 - 2)) / 2
    assert pinball(quantiles, torch.tensor([[2.0]]), [0.1, 0.5]).item() == pytest.approx(by_hand)
    assert pinball(torch.tensor([[3.0]]), torch.tensor([[2.0]]), [0.9]).item() == pytest.approx(0.1)


@given(st.integers(0, 10_000))
def test_sorting_never_makes_the_loss_larger(seed):
    draw = torch.Generator().manual_seed(seed)
    forecast, target = torch.randn(7, 5, generator=draw), torch.randn(7, 1, generator=draw)
    assert pinball(ordered(forecast), target, LEVELS) <= pinball(forecast, target, LEVELS) + 1e-7


@pytest.mark.parametrize("family", BUILDERS)
@pytest.mark.parametrize("changes", [
    {"readout": "last"},
    {"readout": "flatten", "linear_highway": True},
    {"readout": "segments", "patch_length": 3, "patch_stride": 3, "instance_norm": "standard"},
    {"linear_highway": True, "instance_norm": "last"},
])  # fmt: skip
def test_quantiles_never_cross_and_the_median_is_the_forecast(built, noise, family, changes):
    model, _ = built(family, **changes)
    [windows] = windows_of(noise, "validation")
    quantiles = predict_quantiles(model, windows)
    assert quantiles.shape == (len(windows), H, len(LEVELS))
    assert (quantiles.diff(dim=2) >= 0).all()
    assert torch.equal(quantiles[..., 2], predict(model, windows)[0])


@pytest.mark.parametrize("family", BUILDERS)
def test_the_quantiles_of_noise_are_learnt(built, noise, family):
    """Nothing but the spread can be known: each quantile of the forecast is that of the normal distribution."""
    model, params = built(family)
    longer = params.model_copy(update={"epochs": 12, "patience": 12, "learning_rate": 0.005, "batch_size": 64})
    fit(model, windows_of(noise, "train", "validation"), longer, 0)
    [windows] = windows_of(noise, "test")
    found = predict_quantiles(model, windows).mean(dim=(0, 1)).tolist()
    assert found == pytest.approx([-1.96, -1.28, 0.0, 1.28, 1.96], abs=0.25)


def exchangeable(seed, spread=1.0, count=3000):
    """Splits of noise, and quantiles of all windows of two splits that are too narrow by half, or not."""
    splits = splits_of(np.random.default_rng(seed).normal(size=(count, 1)))
    normal = np.array([-1.96, -1.2816, 0.0, 1.2816, 1.96]) * spread / splits.scaler.deviation[0]
    shape = [(len(splits.places(split).origins), H, 5) for split in ("validation", "test")]
    return splits, [np.broadcast_to(normal, one) for one in shape]


@pytest.mark.parametrize("spread", [0.5, 1.0, 2.0])
def test_conformalised_intervals_cover_what_they_say_however_wide_the_quantiles_were(spread):
    splits, (validation, test) = exchangeable(1, spread)
    row = quantile_row(validation, test, splits, LEVELS)
    assert row["cqr_coverage_80"] == pytest.approx(0.80, abs=0.04)
    assert row["cqr_coverage_95"] == pytest.approx(0.95, abs=0.03)
    assert (row["quantile_coverage_80"] < 0.7) == (spread < 1)
    assert row["quantile_width_80"] == pytest.approx(2 * 1.2816 * spread / splits.scaler.deviation[0])


def test_without_quantiles_of_its_own_it_is_split_conformal():
    """All quantiles at the point forecast: the correction is the half width of the point forecast's errors."""
    splits, (validation, _) = exchangeable(2)
    point = np.zeros_like(validation)
    places = splits.places("validation")
    expected = half_widths((splits.truth(places) - point[..., 0])[None])
    np.testing.assert_allclose(corrections(point, splits, LEVELS), expected)


def test_a_series_with_too_few_windows_takes_those_of_all():
    values = np.random.default_rng(0).normal(size=(60, 30))
    splits = splits_of(values, Borders(50, 54, 60))  # one window of validation per series
    quantiles = np.zeros((30, H, 5))
    found = corrections(quantiles, splits, LEVELS)
    assert np.isfinite(found[0]).all()
    assert (found[0] == found[0][:1]).all()


def test_no_end_goes_farther_than_the_median():
    quantiles = np.array([[[0.0, 0.1, 2.0]]])
    low, high = widened(quantiles, np.array([[-5.0]]), [0.1, 0.5, 0.9], 0)
    assert low.item() == high.item() == 0.1
    assert widened(quantiles, np.array([[0.0]]), [0.1, 0.5, 0.9], 1) is None
    assert np.isinf(conformal_quantile(np.zeros((3, 2)), 0.95)).all()


@pytest.mark.parametrize("family", BUILDERS)
def test_the_epoch_is_chosen_by_the_loss_that_is_trained(built, noise, family):
    """Over validation with gaps, too: the pinball loss of the kept weights is the least, and both courses are of it."""
    model, params = built(family)
    draw, panel = np.random.default_rng(3), noise.panel
    gappy = replace(noise, panel=replace(panel, observed=draw.random(len(panel.values)) > 0.1))
    windows = windows_of(gappy, "train", "validation")
    run = fit(model, windows, params.model_copy(update={"epochs": 3}), 0)
    found, [series] = predict_quantiles(model, windows[1]), [windows[1].batch(torch.arange(len(windows[1])))]
    each = pinball_errors(found, series.target[..., None], LEVELS).double().mean(2) * series.scored
    losses = (each.sum(1) / series.scored.sum(1)).numpy()
    expected = np.mean([losses[one].mean() for one in windows[1].places.of_series(2)])
    assert run.best_validation_loss == pytest.approx(expected, rel=1e-6)
    assert run.best_validation_loss == min(run.validation_losses)
    assert run.train_losses[-1] == pytest.approx(run.validation_losses[-1], rel=0.2)


@pytest.mark.parametrize("family", BUILDERS)
def test_a_target_that_was_not_observed_teaches_no_quantile(built, noise, family):
    """Not even by the slope that the loss has where it is 0."""
    model, params = built(family)
    draw, panel = np.random.default_rng(3), noise.panel
    gappy = replace(noise, panel=replace(panel, observed=draw.random(len(panel.values)) > 0.3))
    [windows] = windows_of(gappy, "train")
    batch = windows.batch(torch.arange(64))
    forecast = model.quantiles(batch.context, batch.series).detach().requires_grad_()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "quantiles", lambda *_: forecast)
        _quantile_losses(model, batch, params.levels)[0].backward()
    assert not batch.scored.all()
    assert (forecast.grad[~batch.scored] == 0).all()
    assert (forecast.grad[batch.scored] != 0).all()


def test_start_at_ridge_is_refused_as_all_its_quantiles_are_one(configure):
    with pytest.raises(ValidationError, match="starts all quantiles at one number"):
        configure({"train.loss": "quantile", "model.linear_highway": "ridge"})


@pytest.mark.parametrize("quantiles", [[0.1, 0.9], [0.9, 0.5, 0.1], [0.5, 0.5], [0.0, 0.5], []])
def test_quantiles_without_order_or_median_are_refused(configure, quantiles):
    with pytest.raises(ValidationError):
        configure({"train.quantiles": quantiles})


def test_what_is_fed_back_is_one_number(configure):
    with pytest.raises(ValidationError, match=r"decoding: direct"):
        configure({"train.loss": "quantile", "model.decoding": "autoregressive"})


def test_from_a_file_to_a_forecast_with_quantiles(tmp_path, monkeypatch, configure, pass_settings):
    monkeypatch.chdir(tmp_path)
    frame = stores([150, 170, 160])
    write_bytes(tmp_path / "data/raw/file.csv", frame.to_csv(index=False).encode())
    file = {"data.source": "csv", "data.file": "data/raw/file.csv", "data.season_length": 7, "run.workers": 1}
    quantile = {"train.loss": "quantile", "train.quantiles": [0.025, 0.1, 0.25, 0.5, 0.9, 0.975]}
    params = configure({**LONG, **file, **quantile, "data.transform": "log1p"})
    save_series(make_series(params.data))
    pass_settings(params)
    train_all(params)
    metrics, artifact = read_json(paths.METRICS), package_forecasters()
    for family in ("rnn", "transformer", "mlp"):
        row = metrics[f"{family}_mean_of_seeds"]
        assert row["wql"] > 0
        assert metrics[family]["validation_mse"] != pytest.approx(best_validation_losses(family).mean(), rel=0.1)
        assert {"quantile_coverage_80", "cqr_coverage_80", "quantile_width_95", "cqr_width_95"} <= set(row)
    assert "wql" not in metrics["ridge"]
    test, asked = open_test_split(), []
    monkeypatch.setattr(
        scoring, "predict_quantiles", lambda model, windows: asked.append(windows) or predict_quantiles(model, windows)
    )
    monkeypatch.setattr(scoring, "predict", None)  # the median is one of the quantiles
    runs = scoring.score_family("rnn", test).runs
    of_test = [windows for windows in asked if (windows.places.origins[:1] == test.places.origins[:1]).all()]
    assert len(of_test) == len(runs)

    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    found = Forecaster.load("models/forecaster", "rnn").predict(frame)
    assert len(found) == 3 * PANEL_H
    quantiles = found[[f"quantile_{level:g}" for level in quantile["train.quantiles"]]]
    assert (np.diff(quantiles.to_numpy(), axis=1) >= 0).all()
    pd.testing.assert_series_equal(found["forecast"], found["quantile_0.5"], check_names=False)
    assert (found["low_80"] <= found["high_80"]).all()
    assert (found["low_95"] <= found["low_80"]).all()
    assert (found["high_95"] >= found["high_80"]).all()
    assert Forecaster.load("models/forecaster").name in artifact.levels_of
    plain = Forecaster.load("models/forecaster", "ridge").predict(frame)
    assert not [name for name in plain if name.startswith("quantile")]
    assert set(artifact.levels_of) == {"rnn", "transformer", "mlp"}


@pytest.mark.parametrize(("covered", "told"), [((80, 95), 3), ((95,), 2), ((), 1)])
def test_the_page_tells_each_interval_for_which_there_are_quantiles(covered, told):
    row = {"wql": 0.1, **{f"cqr_coverage_{level}": level / 100 for level in covered}}
    said = _quantiles(load_texts("en"), {f"{family}_mean_of_seeds": row for family in FAMILIES})
    assert len(said) == told
    assert all(any(f"{level} % (RNN)" in sentence for sentence in said) for level in covered)
    assert _quantiles(load_texts("en"), {}) == []
