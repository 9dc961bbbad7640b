"""Forecasts of new data: what the models say, in the series' own units and times, or one clear line."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from rnn_vs_transformer.__main__ import main
from rnn_vs_transformer.data.splits import Scaler
from rnn_vs_transformer.forecasting import Forecaster
from rnn_vs_transformer.forecasting.artifact import MANIFEST, Artifact, Schema, save_artifact, weights_file
from rnn_vs_transformer.forecasting.forecaster import BUILDERS
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_bytes
from rnn_vs_transformer.settings.family.families import given_settings
from rnn_vs_transformer.sources.times import TimeColumn, regular_axis

COMMAND = ["forecast", "--input", "new.csv", "--output", "out.csv"]
L, H = 12, 4
CHANNELS = ["a", "b"]
WIDTHS = np.arange(1.0, 2 * 2 * H + 1).reshape(2, 2, H)
"""Half widths (levels, C, H), each its own."""


@pytest.fixture
def artifact(tmp_path, configure, monkeypatch):
    """A folder with two untrained seeds of both families, trained in name on a daily series of two channels."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "artifact"
    params = configure({})
    states, models = {}, {}
    for family, build in BUILDERS.items():
        models[family] = []
        for seed in range(2):
            torch.manual_seed(seed)
            models[family].append(build(params.model, L, H).eval())
        states[family] = [{k: v.numpy() for k, v in model.state_dict().items()} for model in models[family]]
    settings = {family: given_settings(family, params.model, params.train).model for family in BUILDERS}
    saved = Artifact(
        Schema(CHANNELS, "day", "D", L, H), settings, 2, {"rnn": 0.2, "transformer": 0.1}, [0.8, 0.95],
        Scaler(np.array([10.0, -5.0]), np.array([2.0, 0.5])),
        {"rnn": WIDTHS, "transformer": np.stack([np.ones((2, H)), np.full((2, H), np.inf)])},
    )  # fmt: skip
    save_artifact(folder, saved, states)
    return folder, models


@pytest.fixture
def folder(artifact):
    return artifact[0]


def daily(rows=20, seed=0, **columns):
    values = np.random.default_rng(seed).normal(size=(rows, 2))
    days = pd.date_range("2026-01-01", periods=rows).strftime("%Y-%m-%d")
    return pd.DataFrame({"day": days, "a": values[:, 0], "b": values[:, 1], **columns})


@pytest.mark.parametrize("family", ["rnn", "transformer"])
def test_a_forecast_is_the_mean_of_the_seeds_in_series_units(artifact, family):
    folder, models = artifact
    frame = daily()
    context = (frame[CHANNELS].to_numpy()[-L:] - [10.0, -5.0]) / [2.0, 0.5]
    inputs = torch.tensor(context.T, dtype=torch.float32)
    with torch.no_grad():
        scaled = np.mean([model(inputs).double().numpy() for model in models[family]], axis=0)
    expected = scaled * [[2.0], [0.5]] + [[10.0], [-5.0]]

    found = Forecaster.load(folder, family).predict(frame)

    assert found["forecast"].to_numpy() == pytest.approx(expected.ravel(), abs=1e-12)
    assert list(found["channel"]) == ["a"] * H + ["b"] * H
    assert list(found["time"].dt.strftime("%m-%d"))[:H] == ["01-21", "01-22", "01-23", "01-24"]
    if family == "rnn":
        for level, widths in zip(("80", "95"), WIDTHS, strict=True):
            half = (widths * [[2.0], [0.5]]).ravel()
            assert found[f"low_{level}"].to_numpy() == pytest.approx(expected.ravel() - half)
            assert found[f"high_{level}"].to_numpy() == pytest.approx(expected.ravel() + half)


def test_the_winner_by_validation_is_the_default_and_endless_intervals_are_left_empty(folder):
    forecaster = Forecaster.load(folder)
    assert forecaster.family == "transformer"
    found = forecaster.predict(daily())
    assert found[["low_95", "high_95"]].isna().all(axis=None)
    assert found["low_80"].notna().all()


def test_only_the_last_rows_matter_and_other_columns_do_not(folder):
    forecaster, frame = Forecaster.load(folder), daily(30)
    other = frame.copy()
    other.loc[:17, "a"] = 1e6
    pd.testing.assert_frame_equal(forecaster.predict(frame), forecaster.predict(other.assign(note="x")))


def test_a_time_index_serves_as_the_time_column(folder):
    frame = daily()
    indexed = frame.set_index(pd.DatetimeIndex(frame["day"]))[CHANNELS]
    forecaster = Forecaster.load(folder)
    assert list(forecaster.predict(frame)["time"]) == list(forecaster.predict(indexed)["time"])


@pytest.mark.parametrize(("spacing", "offset"), [("W-SUN", "+02:00"), ("MS", "+01:00"), ("D", "-05:00"), ("h", "Z")])
def test_times_with_an_offset_are_taken_as_in_training(folder, spacing, offset):
    """Read as UTC, Sundays at midnight two hours east are Saturdays; the model knows them by that name."""
    texts = [f"{time.isoformat()}{offset}" for time in pd.date_range("2026-01-01", periods=20, freq=spacing)]
    column = TimeColumn("day")
    column.append(texts, 2)
    _, known = regular_axis(column.times(), "day", "error")
    manifest = folder / MANIFEST
    manifest.write_text(manifest.read_text().replace('"frequency": "D"', f'"frequency": "{known}"'))

    times = Forecaster.load(folder).predict(daily().assign(day=texts))["time"]

    following = pd.date_range("2026-01-01", periods=20 + H, freq=spacing)[20:]
    expected = [pd.Timestamp(f"{time.isoformat()}{offset}").tz_convert("UTC") for time in following]
    assert [pd.Timestamp(time) for time in times.unique()] == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns="b"), "no column 'b'"),
        (lambda f: f.drop(columns="day"), "no column 'day'"),
        (lambda f: f.iloc[-5:], "look at 12 rows, but there are only 5"),
        (lambda f: f.assign(a="x"), "must hold numbers"),
        (lambda f: f.assign(b=np.nan), "not a finite number"),
        (lambda f: f.assign(day="soon"), "expected times"),
        (lambda f: f.assign(day=pd.date_range("2026", periods=len(f), freq="h").astype(str)), "spaced 'D', so"),
        (lambda f: f.drop(index=15), "was expected where 2026-01-15"),
        (lambda f: f.iloc[::-1], "spaced 'D', so"),
        (lambda f: f.assign(a=True), "must hold numbers"),
        (lambda f: f.assign(a=pd.to_datetime("2026")), "must hold numbers"),
        (lambda f: pd.concat([f, f[["a"]]], axis=1), "more than once"),
    ],
)
def test_what_does_not_fit_is_told(folder, change, message):
    with pytest.raises(InputError, match=message):
        Forecaster.load(folder).predict(change(daily()))


def test_a_damaged_folder_is_told(folder, tmp_path):
    with pytest.raises(InputError, match="holds no forecaster"):
        Forecaster.load(tmp_path / "nowhere")
    with pytest.raises(InputError, match="family must be one of"):
        Forecaster.load(folder, "ridge")
    manifest = (folder / MANIFEST).read_text()
    for old, new, message in [
        ('"format": 4', '"format": 3', "has format 3, this version reads format 4"),
        ('"cell"', '"sell"', "damaged"),
        ('"prediction_length": 4', '"prediction_length": 5', "damaged"),
        ('"seeds": 2', '"seeds": 0', "damaged"),
        ('"rnn": 0.2', '"rnn": null', "damaged"),
        ('"validation_mse": {', '"validation_mse": 3, "other": {', "damaged"),
        (manifest, "[]", "holds no table"),
        ('"rnn_width": 8', '"rnn_width": 16', "does not fit"),
    ]:
        assert old in manifest
        (folder / MANIFEST).write_text(manifest.replace(old, new))
        with pytest.raises(InputError, match=message):
            Forecaster.load(folder, "rnn")
    (folder / MANIFEST).write_text(manifest)
    write_bytes(weights_file(folder, "rnn", 1), b"nonsense")
    with pytest.raises(InputError, match="damaged"):
        Forecaster.load(folder, "rnn")


def test_the_command_writes_what_the_class_predicts(folder, capsys):
    """From another folder, as a user runs it."""
    frame = daily()
    frame.to_csv("new.csv", index=False)
    main([*COMMAND, "--artifact", str(folder), "--family", "rnn"])
    assert "4 steps ahead by the rnn" in capsys.readouterr().out
    written = pd.read_csv("out.csv")
    expected = Forecaster.load(folder, "rnn").predict(frame)
    assert written["forecast"].to_numpy() == pytest.approx(expected["forecast"].to_numpy(), rel=1e-8)
    assert list(written.columns) == list(expected.columns)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "does not exist"),
        ("day,a\n2026-01-01,1\n", "no column 'b'"),
        ("day,a,b\n2026-01-01,1,oops\n", "row 2, column 'b'"),
        ("day,a,b\n2026-01-01,1,\n", "cell is empty"),
        ("", "empty"),
    ],
)
def test_a_bad_file_is_one_line(folder, content, message):
    if content is not None:
        Path("new.csv").write_text(content)
    with pytest.raises(SystemExit, match=message) as stopped:
        main([*COMMAND, "--artifact", str(folder)])
    assert str(stopped.value).startswith("error: ")
    assert "\n" not in str(stopped.value)
    assert not Path("out.csv").exists()


@pytest.mark.parametrize(
    ("code", "others"),
    [
        ("from rnn_vs_transformer.__main__ import main\ntry: main(['--help'])\nexcept SystemExit: pass", {"torch"}),
        (
            "import rnn_vs_transformer.sources.tabular, rnn_vs_transformer.forecasting",
            {"dvc", "jinja2", "joblib", "matplotlib", "optuna", "scipy"},
        ),
    ],
    ids=["help", "a forecast"],
)
def test_no_package_is_loaded_that_is_not_needed(code, others):
    """Who asks for help must not wait for torch, and a forecast starts in the time of its imports."""
    code = f"import sys\n{code}\nassert not {others} & set(sys.modules)\n"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_gaps_before_the_context_do_not_matter(folder):
    """A series that was trained with its gaps filled, such as the shipped one, can be forecast as it is."""
    frame = daily(40)
    frame.loc[3, "a"] = np.nan
    frame.drop(index=7).to_csv("new.csv", index=False)
    main([*COMMAND, "--artifact", str(folder)])
    expected = Forecaster.load(folder).predict(frame)["forecast"].to_numpy()
    assert pd.read_csv("out.csv")["forecast"].to_numpy() == pytest.approx(expected, rel=1e-8)


def test_the_input_is_never_overwritten(folder):
    daily().to_csv("new.csv", index=False)
    with pytest.raises(SystemExit, match="another file"):
        main(["forecast", "--input", "new.csv", "--output", "./new.csv", "--artifact", str(folder)])
