"""Sales of stores, from a file in long format to a forecast, by three commands of the tutorial."""

import re
import shutil

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, Clone

pytestmark = pytest.mark.slow
LIFT = 0.30
"""By which a promotion raises the sales."""
DAYS = {"north": 200, "south": 170, "lake": 140, "new": 20}
AHEAD = 7


def commands() -> list[str]:
    """Of the tutorial, with continued lines joined: inspect, run, forecast."""
    text = (ROOT / "docs/tutorial.md").read_text(encoding="utf-8").replace("\\\n", "")
    return re.findall(r"^\$ ((?:python -m|dvc exp run) .*stores\.csv.*)$", text, re.MULTILINE)


def bring_sales(clone: Clone) -> None:
    """Stores that end on different days, and the promotions of the week after."""
    draw, sales, plans = np.random.default_rng(0), [], []
    for number, (store, days) in enumerate(DAYS.items()):
        dates = pd.date_range("2024-01-01", periods=days + AHEAD)
        promo = draw.random(len(dates)) < 0.25
        week = 1 + 0.1 * np.sin(2 * np.pi * (dates.day_of_week + number) / 7)
        noise = np.exp(0.02 * draw.standard_normal(len(dates)))
        values = 100 * (number + 1) * week * np.where(promo, 1 + LIFT, 1) * noise
        table = pd.DataFrame({"store": store, "date": dates.date, "sales": values.round(2), "promo": promo.astype(int)})
        sales.append(table[:days])
        plans.append(table[days:].drop(columns="sales"))
    pd.concat(sales).sample(frac=1, random_state=0).to_csv(clone.folder / "data/raw/stores.csv", index=False)
    pd.concat(plans).to_csv(clone.folder / "data/raw/promotions.csv", index=False)


def test_the_three_commands_of_the_tutorial_lead_to_a_forecast_of_every_store(clone: Clone) -> None:
    """A store too short to train on is named and forecast; the table has a row per store."""
    bring_sales(clone)
    inspect, run, forecast = commands()

    told = clone.run("bash", "-c", inspect)
    log = clone.run("bash", "-c", f"{run} -S train.epochs=1 -S train.seeds=1")
    said = clone.run("bash", "-c", forecast)

    assert re.search(r"store +name of the series", told)
    assert "data.format=long -S data.series_column=store -S data.target=sales" in told
    assert "'new' is not trained on, but can be forecast" in log
    assert "On the test split it had MASE" in said
    table = pd.read_csv(clone.folder / "store_forecasts.csv")
    assert table.groupby("series").size().to_dict() == dict.fromkeys(DAYS, AHEAD)
    first = pd.Timestamp("2024-01-01") + pd.Timedelta(days=DAYS["lake"])
    assert table.groupby("series")["time"].min()["lake"] == f"{first:%Y-%m-%d}"
    scores = pd.read_csv(clone.folder / "reports/scores/series.csv")
    assert set(scores["series"]) == set(DAYS) - {"new"}


def test_a_promotion_that_is_missing_is_named(clone: Clone) -> None:
    """By series, time and column: a silent zero would be a forecast of another plan."""
    bring_sales(clone)
    _, run, forecast = commands()
    clone.run("bash", "-c", f"{run} -S train.epochs=1 -S train.seeds=1")
    plans = pd.read_csv(clone.folder / "data/raw/promotions.csv")
    plans[plans["store"] != "south"].to_csv(clone.folder / "data/raw/promotions.csv", index=False)

    said = clone.run("bash", "-c", forecast, fails=True)

    assert "error: " in said
    assert "'south'" in said
    assert "'promo'" in said
    assert "Traceback" not in said


def test_a_promotions_lift_is_forecast(clone: Clone) -> None:
    """With the settings as given both families find the planted lift within 5 points."""
    shutil.copy2(ROOT / "params.yaml", clone.folder / "params.yaml")
    bring_sales(clone)
    for command in commands():
        clone.run("bash", "-c", command)

    plans, lifts = pd.read_csv(clone.folder / "data/raw/promotions.csv"), {}
    for family in ("rnn", "transformer"):
        totals = []
        for promo in (0, 1):
            plans.assign(promo=promo).to_csv(clone.folder / "plan.csv", index=False)
            clone.run("python", "-m", "rnn_vs_transformer", "forecast", "--input", "data/raw/stores.csv", "--future",
                      "plan.csv", "--output", "forecast.csv", "--family", family)  # fmt: skip
            table = pd.read_csv(clone.folder / "forecast.csv")
            totals.append(table[table["series"] != "new"]["forecast"].to_numpy())
        lifts[family] = float(np.mean(totals[1] / totals[0] - 1))
    assert {family: abs(lift - LIFT) <= 0.05 for family, lift in lifts.items()} == dict.fromkeys(lifts, True), lifts
