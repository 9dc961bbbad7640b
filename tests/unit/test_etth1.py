"""Anchors on a published series: our splits, scaling, windows and baselines against known figures."""

from pathlib import Path

import numpy as np
import pytest

from rnn_vs_transformer.data.splits import Scaler, forecast_origins
from rnn_vs_transformer.evaluation.metrics import mean_absolute_error, mean_squared_error
from rnn_vs_transformer.models.baselines import fit_ridge, last_value_forecast, seasonal_naive_forecast
from rnn_vs_transformer.settings.whole import Params
from rnn_vs_transformer.sources.make import make_series

ETTH1 = Path(__file__).resolve().parents[3] / "shared" / "data" / "ETTh1.csv"
CONTEXT, HORIZON = 336, 96

pytestmark = pytest.mark.skipif(not ETTH1.is_file(), reason=f"{ETTH1} is not there (it may not be redistributed)")


def test_baselines_on_etth1_score_what_is_published(
    params: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Last value 1.294 and 0.713, seasonal naive 0.512 and 0.433 (MSE, MAE); ridge at most 0.372; 2,785 windows."""
    monkeypatch.chdir(tmp_path)
    Path("data/raw").mkdir(parents=True)
    Path("data/raw/ETTh1.csv").write_bytes(ETTH1.read_bytes())
    wanted = {
        "source": "csv",
        "file": "data/raw/ETTh1.csv",
        "split": [8640.0, 2880.0, 2880.0],
        "context_length": CONTEXT,
        "prediction_length": HORIZON,
    }
    series = make_series(params.data.model_copy(update=wanted))
    borders, season = series.meta.borders, series.meta.season_length
    assert (len(series.meta.channels), series.meta.frequency, season) == (7, "h", 24)
    values = Scaler.fit(series.values[: borders.train_end], series.meta.channels).scale(series.values)
    origins = forecast_origins(borders.validation_end, borders.test_end, CONTEXT, HORIZON)
    assert len(origins) == 2785
    truth = values[origins[:, None] + np.arange(1, HORIZON + 1)].transpose(2, 0, 1)

    last = last_value_forecast(values, origins, HORIZON)
    assert mean_squared_error(last, truth) == pytest.approx(1.294, abs=5e-4)
    assert mean_absolute_error(last, truth) == pytest.approx(0.713, abs=5e-4)
    naive = seasonal_naive_forecast(values, origins, HORIZON, season)
    assert mean_squared_error(naive, truth) == pytest.approx(0.512, abs=5e-4)
    assert mean_absolute_error(naive, truth) == pytest.approx(0.433, abs=5e-4)
    ridge = fit_ridge(values[: borders.validation_end], borders, CONTEXT, HORIZON)
    assert mean_squared_error(ridge.forecast(values, origins), truth) <= 0.372
