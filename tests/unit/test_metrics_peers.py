"""The metrics of panels against an independent implementation (utilsforecast, of the extra `bench`)."""

import numpy as np
import pandas as pd
import pytest

from rnn_vs_transformer.evaluation import metrics

losses = pytest.importorskip(
    "utilsforecast.losses", reason="utilsforecast is not installed; it comes with the extra `bench`"
)
SERIES, STEPS, HORIZON, SEASON = 5, 40, 8, 4
LEVELS = [0.1, 0.5, 0.9]


@pytest.fixture
def drawn():
    """Train steps (S, steps), truth (S, H) and forecasts of the quantiles (Q, S, H)."""
    generator = np.random.default_rng(0)
    forecasts = generator.normal(5, 2, (len(LEVELS), SERIES, HORIZON))
    return generator.normal(5, 2, (SERIES, STEPS)), generator.normal(5, 2, (SERIES, HORIZON)), forecasts


def frame(truth, forecasts=(), first=0):
    """Long, as utilsforecast reads it: a column per forecast, q0 and on."""
    steps = truth.shape[1]
    columns = {f"q{number}": forecast.ravel() for number, forecast in enumerate(forecasts)}
    times = np.tile(np.arange(first, first + steps), len(truth))
    return pd.DataFrame(
        {"unique_id": np.repeat(np.arange(len(truth)), steps), "ds": times, "y": truth.ravel(), **columns}
    )


def test_smape_and_mase_agree_for_each_series(drawn):
    """It gives sMAPE as a share from 0 to 1."""
    train, truth, forecasts = drawn
    told, known = frame(truth, forecasts, first=STEPS), frame(train)
    scale = np.array([metrics.seasonal_naive_scale(values, SEASON) for values in train])

    smape = losses.smape(told, ["q1"])["q1"]
    mase = losses.mase(told, ["q1"], seasonality=SEASON, train_df=known)["q1"]

    np.testing.assert_allclose(metrics.smape(forecasts[1], truth), 200 * smape)
    np.testing.assert_allclose(metrics.mase(np.abs(forecasts[1] - truth).mean(axis=1), scale), mase)


def test_pinball_and_weighted_quantile_loss_agree_for_each_series(drawn):
    """Its scaled CRPS is our WQL of one series."""
    _, truth, forecasts = drawn
    told = frame(truth, forecasts)

    columns = {"model": [f"q{number}" for number in range(len(LEVELS))]}
    scaled = losses.scaled_crps(told, columns, quantiles=np.array(LEVELS))["model"]

    for level, forecast, column in zip(LEVELS, forecasts, columns["model"], strict=True):
        pinball = losses.quantile_loss(told, {"model": column}, q=level)["model"]
        np.testing.assert_allclose(metrics.pinball_loss(forecast, truth, level).mean(axis=1), pinball)
    ours = [metrics.weighted_quantile_loss(forecasts[:, one], truth[one], LEVELS) for one in range(SERIES)]
    np.testing.assert_allclose(ours, scaled)
