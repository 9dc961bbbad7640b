"""Forecasts of new data: what the forecasters say, in the series' own units and times, or one clear line."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from rnn_vs_transformer.__main__ import main
from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.series import fit_scalers, scale_panel, scale_splits
from rnn_vs_transformer.data.splits import Places
from rnn_vs_transformer.forecasting import Forecaster
from rnn_vs_transformer.forecasting.artifact import FORECASTERS, MANIFEST, Artifact, save_artifact, weights_file
from rnn_vs_transformer.forecasting.origin import Origin
from rnn_vs_transformer.models.baselines import fit_best_ridge
from rnn_vs_transformer.models.shell import ForecastModel
from rnn_vs_transformer.models.weights import build_family
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_bytes
from rnn_vs_transformer.settings.family.families import MODELS, given_settings
from rnn_vs_transformer.sources.make import make_series
from rnn_vs_transformer.sources.tabular import write_frame

COMMAND = ["forecast", "--input", "new.csv", "--output", "out.csv"]
L, H = 12, 4
TOLD = dict.fromkeys(("mse", "mae", "mase", "skill"), 0.5)
FILE = {"data.source": "csv", "data.file": "data/raw/made.parquet"}
LONG = {"data.format": "long", "data.series_column": "store", "data.target": "sales"}
PROMO = {**LONG, "data.covariates": {"past": [], "future": ["promo"], "static": [], "calendar": [], "holidays": "none"}}


class Made(NamedTuple):
    """An artifact in its folder, and the models whose weights it holds."""

    folder: Path
    artifact: Artifact
    models: Mapping[str, list[ForecastModel]]


@pytest.fixture
def make(tmp_path, configure, scramble, monkeypatch):
    """A function that makes an artifact of a frame, with two untrained seeds of each model."""
    monkeypatch.chdir(tmp_path)

    def change(frame, changes=None):
        write_frame(frame, "made.parquet")
        params = configure({**FILE, **(changes or {})})
        series = make_series(params.data)
        meta, splits = series.meta, scale_splits(series.panel, series.ends, series.meta)
        settings = {family: given_settings(family, params.model, params.train).model for family in MODELS}
        models = {
            family: [scramble(build_family(family, settings[family], meta), seed).eval() for seed in range(2)]
            for family in MODELS
        }
        scaler, covariates = fit_scalers(series.panel, series.ends, meta)
        widths = np.arange(1.0, 2 * len(meta.series) * H + 1).reshape(2, len(meta.series), H)
        endless = np.stack([widths[0], np.full_like(widths[0], np.inf)])
        artifact = Artifact(
            meta,
            settings,
            dict.fromkeys(MODELS, 2),
            {name: [0.1 if name == "transformer" else 0.2] for name in FORECASTERS},
            {name: {**TOLD, "mse": place / 10} for place, name in enumerate(FORECASTERS)},
            [0.8, 0.95],
            scaler,
            covariates,
            fit_best_ridge(splits),
            {"rnn": 0.25, "transformer": 0.0, "ridge": 0.75},
            {**dict.fromkeys(FORECASTERS, widths), "transformer": endless},
            Origin({}, {}),
        )
        arrays = {family: [{k: v.numpy() for k, v in one.state_dict().items()} for one in models[family]]
                  for family in MODELS}  # fmt: skip
        save_artifact(tmp_path / "artifact", artifact, arrays)
        return Made(tmp_path / "artifact", artifact, models)

    return change


def daily(rows=80, seed=0, **columns):
    """Two series by day."""
    values = np.random.default_rng(seed).normal(size=(rows, 2)) * [2.0, 0.5] + [10.0, -5.0]
    return pd.DataFrame(
        {"day": pd.date_range("2026-01-01", periods=rows), "a": values[:, 0], "b": values[:, 1], **columns}
    )


def stores(rows=(80, 70), seed=0, names=("east", "west")):
    """Sales by store and day with promotions; the stores end on different days."""
    draw, tables = np.random.default_rng(seed), []
    for name, count in zip(names, rows, strict=True):
        promo = draw.random(count) < 0.3
        sales = 50 + 10 * promo + draw.normal(size=count)
        days = pd.date_range("2026-01-01", periods=count)
        tables.append(pd.DataFrame({"store": name, "day": days, "sales": sales, "promo": promo.astype(int)}))
    return pd.concat(tables, ignore_index=True)


def plan(frame, promo=0, steps=H):
    """The promotions of the days after each store's end."""
    tables = [
        pd.DataFrame({"store": name, "day": pd.date_range(rows["day"].max(), periods=steps + 1)[1:], "promo": promo})
        for name, rows in frame.groupby("store")
    ]
    return pd.concat(tables, ignore_index=True)


@pytest.mark.parametrize("changes", [{}, {"model.seasonal_naive": 7}])
@pytest.mark.parametrize("family", list(MODELS))
def test_a_forecast_is_the_mean_of_the_seeds_in_the_units_of_the_series(make, family, changes):
    """Written out: scale by train, forecast with each seed, take the mean, scale back."""
    folder, artifact, models = make(daily(), changes)
    frame = daily(20, seed=1)
    mean, deviation = artifact.scaler.mean[:, None], artifact.scaler.deviation[:, None]
    context = (frame[["a", "b"]].to_numpy()[-L:].T - mean) / deviation
    with torch.no_grad():
        inputs = torch.tensor(context, dtype=torch.float32), torch.tensor([0, 1])
        scaled = np.mean([model(*inputs).double().numpy() for model in models[family]], axis=0)

    found = Forecaster.load(folder, family).predict(frame)

    assert found["forecast"].to_numpy() == pytest.approx((scaled * deviation + mean).ravel(), rel=1e-6)
    assert list(found["series"]) == ["a"] * H + ["b"] * H
    assert list(found["time"].dt.strftime("%m-%d"))[:H] == ["01-21", "01-22", "01-23", "01-24"]
    for level, widths in zip(("80", "95"), artifact.half_widths[family], strict=True):
        half = np.where(np.isfinite(widths), widths, np.nan) * deviation
        assert found[f"low_{level}"].to_numpy() == pytest.approx(
            (scaled * deviation + mean - half).ravel(), rel=1e-6, nan_ok=True
        )
        assert found[f"high_{level}"].to_numpy() == pytest.approx(
            (scaled * deviation + mean + half).ravel(), rel=1e-6, nan_ok=True
        )


def test_simple_forecasters_say_what_they_say_in_the_table(make):
    """Ridge, seasonal naive and last value are asked for as the trained ones are."""
    folder, artifact, _ = make(daily())
    frame = daily(60, seed=1)
    values = frame[["a", "b"]].to_numpy()
    found = {name: Forecaster.load(folder, name).predict(frame)["forecast"].to_numpy().reshape(2, H)
             for name in ("ridge", "seasonal_naive", "last_value")}  # fmt: skip

    assert found["last_value"] == pytest.approx(np.repeat(values[-1:].T, H, axis=1))
    assert found["seasonal_naive"] == pytest.approx(values[-7:-3].T)
    meta, ridge, number = artifact.meta, artifact.ridge, np.arange(2)
    panel = Panel.wide(np.vstack([values, np.zeros((H, 2))]), meta.series)
    scaled = ridge.forecast(scale_panel(panel, number, artifact.scaler, artifact.covariates),
                            Places(panel.offsets[1:] - 1 - H, number))  # fmt: skip
    assert meta.season_length == 7
    assert found["ridge"] == pytest.approx(artifact.scaler.unscale(scaled, number[:, None]))


def test_every_forecaster_can_be_asked_and_tells_its_accuracy(make):
    made = make(stores(), PROMO)
    frame = stores(seed=1)
    for place, name in enumerate(FORECASTERS):
        forecaster = Forecaster.load(str(made.folder), name)
        found = forecaster.predict(frame, plan(frame))
        assert np.isfinite(found["forecast"]).all()
        assert list(found["series"]) == ["east"] * H + ["west"] * H
        assert forecaster.name == name
        assert forecaster.accuracy["mse"] == place / 10


def test_the_ensemble_is_the_weighted_mean_of_its_members(make):
    folder = make(daily()).folder
    found = {name: Forecaster.load(folder, name).predict(daily())["forecast"] for name in ("ensemble", "rnn", "ridge")}
    np.testing.assert_allclose(found["ensemble"], 0.25 * found["rnn"] + 0.75 * found["ridge"], rtol=1e-12)


def test_the_winner_by_validation_is_the_default_and_endless_intervals_are_left_empty(make):
    forecaster = Forecaster.load(make(daily()).folder)
    assert forecaster.name == "transformer"
    found = forecaster.predict(daily())
    assert found[["low_95", "high_95"]].isna().all(axis=None)
    assert found["low_80"].notna().all()


@pytest.mark.parametrize("family", ["rnn", "mlp", "seasonal_naive", "last_value"])
def test_only_the_last_rows_matter_and_other_columns_do_not(make, family):
    forecaster, frame = Forecaster.load(make(daily()).folder, family), daily(30)
    other = frame.copy()
    other.loc[:17, "a"] = 1e6
    pd.testing.assert_frame_equal(forecaster.predict(frame), forecaster.predict(other.assign(note="x")))


@pytest.mark.parametrize(
    "given",
    [
        lambda frame: frame.set_index("day"),
        lambda frame: frame.set_index(frame["day"].rename(None)).drop(columns="day"),
        pl.from_pandas,
        lambda frame: frame[["b", "day", "a"]],
    ],
    ids=["times as index", "index without a name", "polars", "other order"],
)
def test_a_frame_of_any_make_gives_the_same_forecast(make, given):
    forecaster, frame = Forecaster.load(make(daily()).folder, "rnn"), daily(20)
    pd.testing.assert_frame_equal(forecaster.predict(given(frame)), forecaster.predict(frame))


def test_a_file_gives_the_same_forecast_with_times_as_it_writes_them(make):
    forecaster, frame = Forecaster.load(make(daily()).folder, "rnn"), daily(20)
    frame.to_csv("new.csv", index=False)
    expected = forecaster.predict(frame)
    for given in ("new.csv", Path("new.csv")):
        found = forecaster.predict(given)
        assert list(found["time"])[:2] == ["2026-01-21", "2026-01-22"]
        pd.testing.assert_frame_equal(found.drop(columns="time"), expected.drop(columns="time"))


def test_a_series_by_itself_can_be_forecast(make):
    """One variable with its times as index, whatever its name."""
    frame = daily()[["day", "a"]]
    forecaster = Forecaster.load(make(frame).folder, "rnn")
    values = pd.Series(frame["a"].to_numpy(), index=pd.DatetimeIndex(frame["day"]))
    for series in (values.rename("a"), values, values.rename("other")):
        pd.testing.assert_frame_equal(forecaster.predict(series), forecaster.predict(frame))


@pytest.mark.parametrize("family", FORECASTERS)
def test_series_are_forecast_together_as_alone_and_in_any_order_of_rows(make, family):
    """Each from its own end; a context that runs on into the next series would show here."""
    forecaster, frame = Forecaster.load(make(stores(), PROMO).folder, family), stores(seed=1)
    together = forecaster.predict(frame, plan(frame))
    shuffled = forecaster.predict(frame.sample(frac=1, random_state=0), plan(frame).iloc[::-1])
    pd.testing.assert_frame_equal(shuffled, together)
    for name in ("east", "west"):
        alone = frame[frame["store"] == name]
        expected = together[together["series"] == name].reset_index(drop=True)
        pd.testing.assert_frame_equal(forecaster.predict(alone, plan(alone)), expected)
    assert together.groupby("series")["time"].min().to_dict() == {
        "east": pd.Timestamp("2026-03-22"), "west": pd.Timestamp("2026-03-12")
    }  # fmt: skip


SEGMENTS = {"model.readout": "segments", "model.patch_length": 4, "model.patch_stride": 4}


def test_a_series_that_was_not_trained_on_is_scaled_by_its_own_rows(make, caplog):
    """Of another level and spread, and asked for as the mean of the others."""
    folder, _, models = make(stores(), {**LONG, **SEGMENTS})
    new = stores((40,), names=("new",)).assign(sales=lambda frame: 1000 * frame["sales"] + 1e6)
    values = new["sales"].to_numpy()
    mean, deviation = values.mean(), values.std()
    context = torch.tensor((values[-L:] - mean)[None] / deviation, dtype=torch.float32)
    with torch.no_grad():
        scaled = np.mean([model(context, torch.tensor([-1])).double().numpy() for model in models["rnn"]], axis=0)

    found = Forecaster.load(folder, "rnn").predict(new)

    assert found["forecast"].to_numpy() == pytest.approx(scaled[0] * deviation + mean, rel=1e-6)
    assert "series 'new' was not trained on: scaled by its own rows" in caplog.text


@pytest.mark.parametrize("family", FORECASTERS)
def test_a_new_series_beside_known_ones_changes_nothing_of_these(make, family):
    """Not even one that never moves, whose deviation is 0."""
    forecaster, frame = Forecaster.load(make(stores(), LONG).folder, family), stores(seed=1)
    new = stores((30,), names=("a new one",)).assign(sales=7.0)
    found = forecaster.predict(pd.concat([frame, new]))
    pd.testing.assert_frame_equal(
        found[found["series"] != "a new one"].reset_index(drop=True), forecaster.predict(frame)
    )
    assert np.isfinite(found["forecast"]).all()


def test_a_column_that_was_not_trained_on_is_no_series_of_a_wide_file(make):
    """The columns of training are read, and they must be there."""
    forecaster = Forecaster.load(make(daily()).folder, "rnn")
    with pytest.raises(InputError, match="'b'"):
        forecaster.predict(daily(20).rename(columns={"b": "c"}))


@pytest.mark.parametrize("family", FORECASTERS)
def test_gaps_are_filled_as_in_training(make, family):
    """A row that is missing, an empty cell: on a line between their neighbours; both in the context."""
    forecaster = Forecaster.load(make(daily(), {"data.missing": "interpolate"}).folder, family)
    frame = daily(60)
    gaps = frame.copy()
    gaps.loc[52, "a"] = np.nan
    gaps = gaps.drop(index=55)
    filled = frame.copy()
    for row, columns in ((52, ["a"]), (55, ["a", "b"])):
        filled.loc[row, columns] = (frame.loc[row - 1, columns] + frame.loc[row + 1, columns]) / 2
    pd.testing.assert_frame_equal(forecaster.predict(gaps), forecaster.predict(filled))


def test_gaps_are_refused_where_training_refused_them(make):
    forecaster, frame = Forecaster.load(make(daily()).folder, "rnn"), daily(20)
    for damaged in (frame.drop(index=12), frame.assign(a=frame["a"].where(frame.index != 12))):
        with pytest.raises(InputError, match=r"^row 1[23], .*; set data\.missing: interpolate"):
            forecaster.predict(damaged)


def test_a_series_shorter_than_the_context_is_continued_backwards(make, caplog):
    """A new store has few days; its first stands for those before, and this is said."""
    forecaster, frame = Forecaster.load(make(daily()).folder, "rnn"), daily(5)
    first = frame.iloc[[0] * 10].assign(day=pd.date_range(end="2025-12-31", periods=10))
    pd.testing.assert_frame_equal(forecaster.predict(frame), forecaster.predict(pd.concat([first, frame])))
    assert "series 'a' has 5 rows, and the forecaster looks at 12" in caplog.text


@pytest.mark.parametrize("family", ["rnn", "transformer", "mlp", "ridge"])
def test_covariates_ahead_are_read_from_a_table_of_their_own_or_from_rows_beyond_the_series(make, family):
    """As a frame, a file, or rows of the same table with an empty target; other rows do no harm."""
    forecaster, frame = Forecaster.load(make(stores(), PROMO).folder, family), stores(seed=1)
    ahead = plan(frame, promo=[1, 0, 1, 0])
    expected = forecaster.predict(frame, ahead)
    ahead.to_csv("plan.csv", index=False)
    more = pd.concat([frame.drop(columns="sales"), plan(frame, promo=[1, 0, 1, 0, 1, 1], steps=6)])
    for given in ("plan.csv", Path("plan.csv"), pl.from_pandas(ahead), more):
        pd.testing.assert_frame_equal(forecaster.predict(frame, given), expected)
    pd.testing.assert_frame_equal(forecaster.predict(pd.concat([frame, ahead])), expected)
    moved = forecaster.predict(frame, plan(frame, promo=[1, 0, 0, 0]))["forecast"] != expected["forecast"]
    assert moved.tolist() == [False, False, True, False] * 2 or family == "ridge"
    assert moved[2]


@pytest.mark.parametrize(
    ("ahead", "told"),
    [
        (lambda _: None, r"'?promo'?.*--future FILE"),
        (lambda frame: plan(frame).drop(index=6), r"series 'west', 2026-03-14.*no value for 'promo'"),
        (lambda frame: plan(frame, steps=3), r"series 'east', 2026-03-25.*no value for 'promo'.* until 2026-03-25"),
        (lambda frame: plan(frame[frame["store"] == "east"]), r"series 'west', 2026-03-12.*no value for 'promo'"),
        (lambda frame: plan(frame).assign(promo=[0.0] * 5 + [np.nan] + [0.0] * 2), r"series 'west', 2026-03-13"),
        (lambda frame: plan(frame).drop(columns="promo"), r"no column 'promo'"),
        (lambda frame: plan(frame).drop(columns="store"), r"no column 'store'"),
        (lambda frame: pd.concat([plan(frame), plan(frame, promo=1)]), "row above"),
    ],
    ids=["none", "a day", "too few", "a store", "a cell", "the column", "the name", "twice"],
)
def test_a_missing_covariate_ahead_is_named_by_series_time_and_column(make, ahead, told):
    """A silent zero would be a forecast of another plan."""
    forecaster, frame = Forecaster.load(make(stores(), PROMO).folder, "rnn"), stores(seed=1)
    with pytest.raises(InputError, match=told) as refused:
        forecaster.predict(frame, ahead(frame))
    assert "\n" not in str(refused.value)


def test_times_may_be_the_index_of_the_table_ahead_too(make):
    """Of a wide table, whose steps ahead have a covariate and no name of a series."""
    frame = daily().assign(promo=[0, 1, 1, 0] * 20)
    covariates = {"data.covariates": PROMO["data.covariates"], "data.channels": ["a", "b"]}
    forecaster = Forecaster.load(make(frame, covariates).folder, "rnn")
    ahead = pd.DataFrame({"day": pd.date_range("2026-03-22", periods=H), "promo": [1, 0, 1, 1]})
    found = forecaster.predict(frame.set_index("day"), ahead.set_index("day").rename_axis(None))
    pd.testing.assert_frame_equal(found, forecaster.predict(frame, ahead))


def test_without_times_the_past_does_not_stand_in_for_covariates_ahead(make):
    """Rows are then only counted, and the table's own first rows would pass for the steps after its last."""
    frame = stores().drop(columns="day")
    forecaster = Forecaster.load(make(frame, {**PROMO, "data.time_column": "none", "data.season_length": 7}).folder)
    with pytest.raises(InputError, match="promo"):
        forecaster.predict(frame)
    ahead = pd.DataFrame({"store": ["east"] * H + ["west"] * H, "promo": [0, 1, 0, 1] * 2})
    found = forecaster.predict(frame, ahead)
    assert list(found["step"]) == [1, 2, 3, 4] * 2
    assert "time" not in found


def test_the_calendar_needs_no_table_ahead(make):
    calendar = {**PROMO["data.covariates"], "future": [], "calendar": ["weekday"]}
    frame = stores()
    forecaster = Forecaster.load(make(frame, {**LONG, "data.covariates": calendar}).folder, "rnn")
    assert np.isfinite(forecaster.predict(frame)["forecast"]).all()


def test_times_go_on_in_the_zone_of_the_frame(make):
    """By its clock over the night of 29 March 2026, in which one hour is missing; as text in a file."""

    def hourly(zone, start, rows=200):
        values = np.random.default_rng(0).normal(size=rows)
        return pd.DataFrame({"time": pd.date_range(start, periods=rows, freq="h", tz=zone), "a": values})

    forecaster = Forecaster.load(make(hourly("Europe/Berlin", "2026-01-01")).folder, "rnn")
    frame = hourly("Europe/Berlin", "2026-03-28", 24)
    found = forecaster.predict(frame)["time"]
    assert str(found.dt.tz) == "Europe/Berlin"
    assert [time.isoformat() for time in found] == [
        "2026-03-29T00:00:00+01:00", "2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00",
        "2026-03-29T04:00:00+02:00",
    ]  # fmt: skip
    elsewhere = forecaster.predict(frame.assign(time=frame["time"].dt.tz_convert("America/New_York")))["time"]
    assert str(elsewhere.dt.tz) == "America/New_York"
    assert list(elsewhere) == list(found)


@pytest.mark.parametrize("transform", ["none", "log1p"])
def test_no_forecast_and_no_end_of_an_interval_is_below_the_lower_bound(make, transform):
    frame = daily()[["day", "a"]].assign(a=lambda frame: np.maximum(frame["a"] - 10, 0.0).round())
    free = Forecaster.load(make(frame, {"data.transform": transform}).folder, "rnn")
    bounded = Forecaster.load(make(frame, {"data.lower": 0.0, "data.transform": transform}).folder, "rnn")
    ends = ["forecast", "low_80", "high_80", "low_95", "high_95"]

    without, found = free.predict(frame)[ends], bounded.predict(frame)[ends]

    assert (without < 0).any(axis=None)
    pd.testing.assert_frame_equal(found, without.clip(lower=0.0), rtol=1e-9, atol=1e-9)


def test_a_transform_is_taken_back(make):
    """Forecasts of logarithms are told in own units, and their intervals are not symmetric there."""
    frame = daily()[["day", "a"]].assign(a=lambda frame: np.exp(frame["a"]))
    found = Forecaster.load(make(frame, {"data.transform": "log"}).folder, "rnn").predict(frame)
    assert (found[["forecast", "low_80", "high_80"]] > 0).all(axis=None)
    assert (found["forecast"] ** 2).to_numpy() == pytest.approx((found["low_80"] * found["high_80"]).to_numpy())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns="b"), "'b'"),
        (lambda f: f.drop(columns="day"), "time|day"),
        (lambda f: f.assign(a="x"), "'a'"),
        (lambda f: f.assign(b=np.nan), "'b'"),
        (lambda f: f.assign(day="soon"), "day"),
        (lambda f: f.assign(day=pd.date_range("2026", periods=len(f), freq="h").astype(str)), "spac|step|every"),
        (lambda f: pd.concat([f, f[["a"]]], axis=1), "'a'"),
        (lambda f: f.iloc[:0], "row|empty"),
        (lambda f: f["a"].tolist(), "frame"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line(make, change, message):
    with pytest.raises(InputError, match=message) as refused:
        Forecaster.load(make(daily()).folder).predict(change(daily(20)))
    assert "\n" not in str(refused.value)


def test_a_damaged_folder_is_told(make, tmp_path):
    folder = make(daily()).folder
    with pytest.raises(InputError, match="holds no forecaster"):
        Forecaster.load(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"family must be best or one of last_value, .*, ensemble, got 'arima'"):
        Forecaster.load(folder, "arima")
    manifest = (folder / MANIFEST).read_text()
    for old, new, message in [
        ('"format": 8', '"format": 6', "has format 6, this version reads format 8"),
        ('"cell"', '"sell"', "damaged"),
        ('"prediction_length": 4', '"prediction_length": 5', "damaged"),
        ('"rnn": 0.2', '"rnn": null', "damaged"),
        ('"fold_mse": {', '"fold_mse": 3, "other": {', "damaged"),
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


def test_the_command_writes_what_the_class_predicts(make, capsys):
    """From another folder, as a user runs it."""
    folder, frame = make(daily()).folder, daily(20)
    frame.to_csv("new.csv", index=False)
    main([*COMMAND, "--artifact", str(folder), "--family", "rnn"])
    assert "4 steps ahead of 2 series by rnn\n" in capsys.readouterr().out
    written = pd.read_csv("out.csv")
    expected = Forecaster.load(folder, "rnn").predict(frame)
    assert written["forecast"].to_numpy() == pytest.approx(expected["forecast"].to_numpy(), rel=1e-8)
    assert list(written.columns) == list(expected.columns)


def test_the_command_takes_covariates_ahead_from_a_file(make, capsys):
    folder, frame = make(stores(), PROMO).folder, stores(seed=1)
    frame.to_csv("new.csv", index=False)
    plan(frame, promo=[1, 0, 1, 0]).to_csv("plan.csv", index=False)
    main([*COMMAND, "--artifact", str(folder), "--future", "plan.csv"])
    assert "by transformer, which validation chose" in capsys.readouterr().out
    expected = Forecaster.load(folder).predict(frame, plan(frame, promo=[1, 0, 1, 0]))
    assert pd.read_csv("out.csv")["forecast"].to_numpy() == pytest.approx(expected["forecast"].to_numpy(), rel=1e-8)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "does not exist"),
        ("day,a\n2026-01-01,1\n", "'b'"),
        ("day,a,b\n2026-01-01,1,oops\n2026-01-02,1,1\n", "row 2, column 'b'"),
        ("day,a,b\n2026-01-01,1,2\n2026-01-02,1,\n2026-01-03,1,2\n", "row 3, column 'b': the cell is empty"),
        ("", "empty"),
    ],
)
def test_a_bad_file_is_one_line(make, content, message):
    folder = make(daily()).folder
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
            {"dvc", "jinja2", "joblib", "matplotlib", "optuna", "polars", "pyarrow.parquet", "holidays"},
        ),
    ],
    ids=["help", "a forecast"],
)
def test_no_package_is_loaded_that_is_not_needed(code, others):
    """Who asks for help must not wait for torch, and a forecast starts in the time of its imports."""
    code = f"import sys\n{code}\nassert not (found := {others} & set(sys.modules)), found\n"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize("option", ["--input", "--future"])
def test_what_is_read_is_never_overwritten(make, option):
    folder = make(daily()).folder
    daily().to_csv("new.csv", index=False)
    daily().to_csv("plan.csv", index=False)
    read = {"--input": "new.csv", "--future": "plan.csv"}
    arguments = [part for pair in read.items() for part in pair]
    with pytest.raises(SystemExit, match="another file"):
        main(["forecast", *arguments, "--output", f"./{read[option]}", "--artifact", str(folder)])
