"""Forecasters from elsewhere in our tables; those of statsforecast where the extra `peers` is installed.

That is in .venv-peers, which `make peers` makes: `.venv-peers/bin/python -m pytest tests/unit/test_peers.py`.
"""

from importlib.util import find_spec

import numpy as np
import pytest

from rnn_vs_transformer.data.axis import Axis
from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.series import Meta, Series, save_series
from rnn_vs_transformer.evaluation.peers import peers_folder, score_peers
from rnn_vs_transformer.evaluation.test_split import open_test_split
from rnn_vs_transformer.models.baselines import seasonal_naive_forecast
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_arrays
from rnn_vs_transformer.runtime.run import RunParams
from studies import peers
from studies.statistical import NAMES, Task, forecast_all, forecast_origins, new_model

SEASON, H = 7, 4
ALONE = RunParams(workers=1, backend="loky", address="local", device="cpu")
needs_statsforecast = pytest.mark.skipif(
    find_spec("statsforecast") is None, reason="statsforecast is not installed; it comes with the extra `peers`"
)


def shops(count, steps=160):
    """Positive series (steps,) with a week and a trend."""
    draw, days = np.random.default_rng(0), np.arange(steps)
    week = 5 * np.sin(2 * np.pi * days / SEASON)
    return [50 + (0.5 + 0.1 * number) * days + week + draw.normal(size=steps) for number in range(count)]


@pytest.fixture
def opened(tmp_path, monkeypatch, configure):
    """A function that saves a panel of shops and opens its test split; no table is read, so any pandas will do."""
    monkeypatch.chdir(tmp_path)

    def make(count=3, **changes):
        settings = {**configure().data.model_dump(), "context_length": 12, "prediction_length": H, **changes}
        names, ends = [f"s{number}" for number in range(count)], np.tile([110, 135, 160], (count, 1))
        meta = Meta(settings, names, settings.pop("season", SEASON), Axis())
        save_series(Series(meta, Panel.of(names, shops(count)), ends, {}))
        return open_test_split()

    return make


def write(test, name, forecast):
    write_arrays(peers_folder(test) / f"{name}.safetensors", {"forecast": forecast})


def test_whatever_lies_there_is_scored_as_ours_are(opened):
    """Forecasts in own units; the truth has no error, and nothing there is no forecaster."""
    test = opened(transform="log")
    assert score_peers(test) == {}
    truth = test.splits.scaler.unscale(test.truth, test.places.series[:, None])
    write(test, "Truth", truth)
    write(test, "Above", truth + 1)
    found = score_peers(test)
    assert list(found) == ["Above", "Truth"]
    assert found["Truth"].mse == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(found["Above"].mae_in_units, 1)


def test_forecasts_of_other_windows_are_not_taken(opened):
    """Neither of another horizon, season or transform nor of other values."""
    folders = {peers_folder(opened()), peers_folder(opened(4)), peers_folder(opened(prediction_length=3)),
               peers_folder(opened(season=5)), peers_folder(opened(transform="log"))}  # fmt: skip
    assert len(folders) == 5
    assert peers_folder(opened()) in folders


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("ridge", lambda truth: truth, "capital letter"),
        ("Short", lambda truth: truth[1:], r"got an array of"),
        ("Hole", lambda truth: np.where(truth == truth[0, 0], np.nan, truth), "not finite"),
    ],
)
def test_a_file_that_is_no_forecast_is_refused(opened, name, change, told):
    test = opened()
    write(test, name, change(test.truth))
    with pytest.raises(InputError, match=told):
        score_peers(test)


@pytest.mark.skipif(find_spec("statsforecast") is not None, reason="statsforecast is installed")
def test_without_the_extra_the_remedy_is_told():
    with pytest.raises(InputError, match=r"pip install '\.\[peers\]'"):
        new_model("AutoETS", SEASON)


def test_only_known_forecasters_are_made():
    with pytest.raises(InputError, match="AutoETS, AutoTheta, AutoARIMA, got Prophet"):
        new_model("Prophet", SEASON)


@needs_statsforecast
def test_exponential_smoothing_beats_the_seasonal_naive_on_a_trend(opened):
    """Which repeats the week before, a week's growth too low; each series counts."""
    test = opened()
    peers.write_peer("AutoETS", test, 0, ALONE)
    naive = seasonal_naive_forecast(test.splits.values, test.places.origins, H, SEASON)
    write(test, "Naive", test.splits.scaler.unscale(naive, test.places.series[:, None]))
    found = score_peers(test)
    assert (found["AutoETS"].series_mse < 0.7 * found["Naive"].series_mse).all()


@needs_statsforecast
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("refit", [0, 2])
def test_no_forecast_sees_beyond_its_origin(name, refit):
    """With other steps after an origin its forecast is the same; later ones are not."""
    values, origins = shops(1)[0], np.array([120, 121, 122, 130])
    one = forecast_origins(Task(name, values, origins, H, SEASON, refit))
    later = values + 30 * (np.arange(len(values)) > 122)
    other = forecast_origins(Task(name, later, origins, H, SEASON, refit))
    np.testing.assert_array_equal(one[:3], other[:3])
    assert (one[3] != other[3]).all()
    assert one.shape == (4, H)


@needs_statsforecast
def test_a_series_that_cannot_be_fitted_has_the_seasonal_naive_and_is_counted(monkeypatch):
    def fail(*_args, **_keys):
        raise ValueError("too short")

    monkeypatch.setattr("statsforecast.models.AutoETS.fit", fail)
    tasks = [Task("AutoETS", np.arange(30.0), np.array([20, 21]), 3, SEASON)]
    found, failed = forecast_all(tasks, ALONE)
    np.testing.assert_array_equal(found, [[14, 15, 16], [15, 16, 17]])
    assert failed == 2


@needs_statsforecast
def test_forecasts_of_fits_anew_have_a_name_of_their_own(opened):
    test = opened(1)
    peers.write_peer("AutoTheta", test, 0, ALONE)
    peers.write_peer("AutoTheta", test, 10, ALONE)
    assert list(score_peers(test)) == ["AutoTheta", "AutoTheta, refit 10"]
