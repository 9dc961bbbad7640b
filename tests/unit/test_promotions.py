"""Stores with promotions, from a file to the forecast: the planted lift is found; what ridge makes of covariates."""

import numpy as np
import pandas as pd
import pytest
import torch

from rnn_vs_transformer.data.scaling import Scaler
from rnn_vs_transformer.data.series import scale_splits
from rnn_vs_transformer.data.splits import Splits
from rnn_vs_transformer.data.windows import windows_of
from rnn_vs_transformer.models.baselines import fit_best_ridge
from rnn_vs_transformer.models.weights import build_family
from rnn_vs_transformer.sources.make import make_series
from rnn_vs_transformer.sources.tabular import write_frame
from rnn_vs_transformer.training.fit import fit

from .test_covariates_learnt import H, L, without, world

LIFT = 0.30
"""By which a promotion raises the sales."""
COVARIATES = {"past": [], "future": ["promo"], "static": [], "calendar": ["weekday"], "holidays": "none"}
STORES = {
    "data.source": "csv",
    "data.file": "data/raw/stores.parquet",
    "data.format": "long",
    "data.series_column": "store",
    "data.target": "sales",
    "data.covariates": COVARIATES,
    "data.context_length": 14,
    "data.prediction_length": 7,
    "train.epochs": 15,
    "train.patience": 15,
    "train.learning_rate": 5e-3,
    "train.schedule": "cosine",
    "train.batch_size": 32,
    "model.rnn_width": 16,
    "model.transformer_width": 16,
    "model.transformer_layers": 1,
    "model.patch_length": 7,
    "model.patch_stride": 7,
}


def sales(seed):
    """Of three stores of other sizes that end on different days, with a week of their own each."""
    draw, tables = np.random.default_rng(seed), []
    for number, days in enumerate((260, 240, 220)):
        dates = pd.date_range("2024-01-01", periods=days)
        promo = draw.random(days) < 0.25
        week = 1 + 0.1 * np.sin(2 * np.pi * (dates.day_of_week + number) / 7)
        noise = np.exp(0.02 * draw.standard_normal(days))
        values = 100 * (number + 1) * week * np.where(promo, 1 + LIFT, 1) * noise
        tables.append(pd.DataFrame({"store": f"store {number}", "day": dates, "sales": values, "promo": promo}))
    return pd.concat(tables)


def lift_found(params, family, seed):
    """By how much the trained model forecasts more sales on all test windows where every day ahead has a promotion."""
    write_frame(sales(seed), "stores.parquet")
    series = make_series(params.data)
    splits = scale_splits(series.panel, series.ends, series.meta)
    train, validation, test = windows_of(splits, "train", "validation", "test")
    torch.manual_seed(seed)
    model = build_family(family, params.model, series.meta)
    fit(model, (train, validation), params.train, seed)
    batch = test.batch(torch.arange(len(test)))
    totals = []
    for promo in (0.0, 1.0):
        horizon = batch.covariates.horizon.clone()
        horizon[:, :, 0] = promo
        with torch.no_grad():
            scaled = model(batch.context, batch.series, None, batch.covariates._replace(horizon=horizon))
        totals.append(splits.scaler.unscale(scaled.double().numpy(), batch.series.numpy()[:, None]).sum())
    return totals[1] / totals[0] - 1


@pytest.mark.parametrize("family", ["rnn", "transformer"])
def test_the_lift_of_a_promotion_is_found_within_five_points(configure, tmp_path, monkeypatch, family):
    """30 % planted; stores of 100 to 300 pieces a day share one model."""
    monkeypatch.chdir(tmp_path)
    assert lift_found(configure(STORES), family, 0) == pytest.approx(LIFT, abs=0.05)


def ridge_error(panel):
    """Test MSE of ridge at its best."""
    steps = int(panel.lengths[0])
    ends = np.tile([int(0.6 * steps), int(0.75 * steps), steps], (len(panel), 1))
    splits = Splits(panel, ends, L, H, Scaler.fit(panel, "none"))
    places = splits.places("test")
    return float(np.square(fit_best_ridge(splits).forecast(splits.panel, places) - splits.truth(places)).mean())


@pytest.mark.parametrize("kind", ["future number", "future flag", "past"])
def test_ridge_recovers_the_share_that_a_covariate_explains(kind):
    """Half of the variance is the covariate's; at least 90 % of that half is gone from the error."""
    panel = world(kind, 0, 1500)
    assert ridge_error(without(panel)) - ridge_error(panel) >= 0.9 * 0.5


def test_a_covariate_of_noise_costs_ridge_next_to_nothing():
    """At most 2 % of its error; validation drops the covariates over the context."""
    panel = world("noise", 0, 3000)
    assert ridge_error(panel) / ridge_error(without(panel)) - 1 <= 0.02
