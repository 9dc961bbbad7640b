"""Write what the trials found: `python -m studies.m4.summarise choose`, or `final`, which opens the official test."""

import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.data.splits import find_windows
from rnn_vs_transformer.evaluation.intervals import mean_interval
from rnn_vs_transformer.evaluation.metrics import owa
from rnn_vs_transformer.evaluation.over_series import compare_forecasters, distinct, log_ratio, neighbours
from rnn_vs_transformer.models.naive2 import naive2_forecast
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_json, write_table
from studies.m4.peers import read_peers
from studies.m4.picture import draw_m4, draw_m4_ranks
from studies.m4.scores import METRICS, Judge, judge_of_test, judge_of_validation, read_forecast
from studies.m4.series import HORIZON, SEASON, read_series, read_test, with_splits
from studies.m4.summary import (
    best_variants,
    by_variant,
    compare_families,
    ensemble_weights,
    final_forecasts,
    mean_forecast,
    series_table,
    variant_table,
)
from studies.m4.trials import CHOSEN, Plan, read_plan

RESULTS: Final = Path("studies/results")
PUBLISHED: Final = Path(__file__).parent / "published.csv"
"""From the competition's own table, `Evaluation and Ranks.xlsx` in github.com/Mcompetitions/M4-methods."""


def summarise_choice() -> None:
    """Write m4_variants.csv, each variant on validation beside the first one of its family, and which were chosen.

    And m4_choice.json: the families with their chosen variants, compared on the forecast origins before the test.
    """
    plan, (_, series) = read_plan(), read_series()
    judge = judge_of_validation(series, plan["held"]["choose"])
    table = variant_table(plan, judge)
    write_table(RESULTS / "m4_variants.csv", table.round(4))
    chosen = best_variants(table)
    write_json(CHOSEN, chosen)
    errors = {
        family: judge.errors(mean_forecast(by_variant(plan, "choose", family)[variant], "validation", judge))
        for family, variant in chosen.items()
    }
    write_json(RESULTS / "m4_choice.json", compare_families(errors, plan["margin"]))
    print(table.round(3).to_string(index=False))  # noqa: T201


def summarise_final() -> None:
    """Write m4.csv and m4.png, a row per forecaster and published entry; m4.json and m4_ranks.png, the comparisons.

    And m4_series.csv, the errors on each series.
    """
    plan, (names, series) = read_plan(), read_series()
    validation, test = judge_of_validation(series, plan["held"]["final"]), judge_of_test(series, read_test())
    forecasts = final_forecasts(plan, "test", test)
    weights = ensemble_weights(final_forecasts(plan, "validation", validation), validation)
    forecasts["ensemble"] = np.asarray(sum(weight * forecasts[name] for name, weight in weights.items()))
    forecasts["naive2"] = _naive2(names, series)
    errors = {name: test.errors(forecast) for name, forecast in forecasts.items()} | read_peers(names)
    table = _table(errors)
    write_table(RESULTS / "m4.csv", table)
    draw_m4(table, RESULTS / "m4.png")
    mase, same = distinct({name: found["mase"] for name, found in errors.items()})
    told: dict[str, Any] = {
        "series": len(series),
        "ensemble_weights": {name: round(weight, 4) for name, weight in weights.items()},
        "single_seeds": _single_seeds(plan, test),
        "families": compare_families(errors, plan["margin"]),
        "neighbours": neighbours(log_ratio(errors["rnn"]["mase"], errors["transformer"]["mase"])),
        "mase": {**compare_forecasters(mase), "same_as": same},
    }
    write_json(RESULTS / "m4.json", told)
    write_table(RESULTS / "m4_series.csv", series_table(pd.DataFrame({"series": names}), errors))
    draw_m4_ranks(told["mase"], RESULTS / "m4_ranks.png")
    print(table.to_string(index=False))  # noqa: T201


def _naive2(names: list[str], series: list[FloatArray]) -> FloatArray:
    """Forecasts (S, 1, 48) in own units."""
    panel, ends = with_splits((names, series), held=HORIZON)
    places = find_windows(panel, ends, "test", 1, HORIZON)
    found = naive2_forecast(panel, ends[:, 1], places, HORIZON, SEASON)
    if found is None:
        raise ValueError("a series is not above 0")
    return found[:, None]


def _table(errors: dict[str, dict[str, FloatArray]]) -> pd.DataFrame:
    """Means over series of every forecaster with 95 % intervals, and the published ones behind them."""
    rows = []
    for name, found in errors.items():
        row: dict[str, Any] = {"forecaster": name}
        for metric in METRICS:
            over = mean_interval(found[metric])
            row |= {metric: over.estimate, f"{metric}_low": over.low, f"{metric}_high": over.high}
        rows.append(row | {"source": "this study"})
    naive = [float(errors["naive2"][metric].mean()) for metric in METRICS]
    for row in rows:
        row["owa"] = owa(row["smape"], row["mase"], *naive)
    return pd.concat([pd.DataFrame(rows), pd.read_csv(PUBLISHED)], ignore_index=True).round(4)


def _single_seeds(plan: Plan, test: Judge) -> dict[str, dict[str, float]]:
    """What a single model reaches on average: the mean over seeds and variants of the errors, by family."""
    found = {}
    for family in plan["final"]:
        trials = [trial for some in by_variant(plan, "final", family).values() for trial in some]
        errors = [test.errors(read_forecast(trial, "test", test)) for trial in trials]
        found[family] = {metric: float(np.mean([one[metric].mean() for one in errors])) for metric in METRICS}
    return found


if __name__ == "__main__":
    try:
        {"choose": summarise_choice, "final": summarise_final}[sys.argv[1]]()
    except InputError as error:
        sys.exit(f"error: {error}")
