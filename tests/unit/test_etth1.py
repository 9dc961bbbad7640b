"""Anchors on a published series: our splits, scaling, windows and baselines against known figures."""

from pathlib import Path

import pytest

from rnn_vs_transformer.data.series import scale_splits
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
    season = series.meta.season_length
    assert (len(series.meta.series), series.meta.axis.frequency, season) == (7, "h", 24)
    splits = scale_splits(series.panel, series.ends, series.meta)
    places = splits.places("test")
    assert len(places.origins) == 7 * 2785
    values, origins, truth = splits.values, places.origins, splits.truth(places)

    last = last_value_forecast(values, origins, HORIZON)
    assert mean_squared_error(last, truth) == pytest.approx(1.294, abs=5e-4)
    assert mean_absolute_error(last, truth) == pytest.approx(0.713, abs=5e-4)
    naive = seasonal_naive_forecast(values, origins, HORIZON, season)
    assert mean_squared_error(naive, truth) == pytest.approx(0.512, abs=5e-4)
    assert mean_absolute_error(naive, truth) == pytest.approx(0.433, abs=5e-4)
    ridge = fit_ridge(splits, CONTEXT)
    assert mean_squared_error(ridge.forecast(splits.panel, places), truth) <= 0.372
