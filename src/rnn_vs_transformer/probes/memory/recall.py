"""The memory probe (claim C2): what share of the explainable variance does each model recover at each lag?

Every model learns every task from the same fresh batches with the same optimiser, steps and stopping rule. What is
found is what a model learns to remember within that budget, which is what a practitioner gets, and not what its
equations could represent.
"""

from dataclasses import asdict
from functools import partial
from typing import Any

import pandas as pd
from tqdm import tqdm

from rnn_vs_transformer.evaluation.intervals import interval_entries, mean_interval, significant
from rnn_vs_transformer.probes.memory.controls import Control, check_controls, tell_controls
from rnn_vs_transformer.probes.memory.critical_lag import CriticalLag, combine_seeds, compare_memory, find_crossing
from rnn_vs_transformer.probes.memory.tasks import FLOOR, order_free_share, parity_lengths
from rnn_vs_transformer.probes.memory.trial import MODELS, Trial, run_trial
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import write_json, write_table
from rnn_vs_transformer.runtime.parallel import run_side_by_side
from rnn_vs_transformer.runtime.run import RunParams
from rnn_vs_transformer.settings.probe import ProbeParams

UNIT = {"recall": "lag", "shuffled": "lag", "parity": "length", "adding": "length"}


def run_probe(params: ProbeParams, run: RunParams) -> None:
    """Run all trials, so many at once as `run` says, and write scores, means over seeds, critical lags and controls.

    Raises:
        InputError: A loss is not finite.
    """
    table = run_trials(params, run)
    controls = check_controls(table, params)
    write_table(paths.PROBE_TABLE, table)
    write_table(paths.RECALL, mean_recall(table))
    write_json(paths.PROBE, summarise(table, controls, params))
    tell_controls(controls)


def plan_trials(params: ProbeParams) -> list[Trial]:
    """All trials, seed by seed, so that the time left can be told early."""
    lags = {
        "recall": params.lags,
        "shuffled": [params.shuffled_lag],
        "parity": [parity_lengths(params.context_length)[0]],
        "adding": [params.adding_length],
    }
    return [
        Trial(task, lag, model, seed)
        for seed in range(params.seeds)
        for task in params.tasks
        for lag in lags[task]
        for model in MODELS
    ]


def run_trials(params: ProbeParams, run: RunParams) -> pd.DataFrame:
    """Scores of all trials in the order of tasks, lags, models and seeds, whatever order they ended in."""
    trials = plan_trials(params)
    results = run_side_by_side(partial(run_trial, params=params), trials, run)
    bar = tqdm(results, total=len(trials), desc="memory probe", unit="trial", smoothing=0.0, mininterval=1.0)
    table = pd.DataFrame([asdict(score) for scores in bar for score in scores])
    place = {name: number for number, name in enumerate([*params.tasks, *MODELS])}
    order = table.assign(task=table["task"].map(place), model=table["model"].map(place))
    return table.loc[order.sort_values(["task", "lag", "model", "seed"]).index]


def mean_recall(table: pd.DataFrame) -> pd.DataFrame:
    """Recovered, mean over seeds: a line per lag and a column per model."""
    recall = table[table["task"] == "recall"]
    means = recall.pivot_table(index="lag", columns="model", values="recovered")
    return means.reindex(columns=list(MODELS)).rename_axis(columns=None).reset_index()


def find_critical_lags(table: pd.DataFrame) -> dict[str, CriticalLag]:
    """The critical lag of each model, from the recall scores of all seeds."""
    recall = table[table["task"] == "recall"]
    curves = recall.pivot_table(index=["model", "seed"], columns="lag", values="recovered")
    lags = [int(lag) for lag in curves.columns]
    return {
        model: combine_seeds([find_crossing(lags, curve) for curve in curves.loc[model].to_numpy().tolist()])
        for model in MODELS
    }


def summarise(table: pd.DataFrame, controls: list[Control], params: ProbeParams) -> dict[str, Any]:
    """The contents of the JSON report; means with Student's t interval over seeds."""
    summary: dict[str, Any] = {"floor": significant(FLOOR)}
    if "recall" in params.tasks:
        summary["critical_lag"] = _describe_critical_lags(find_critical_lags(table))
    if "shuffled" in params.tasks:
        summary["order_free_share"] = significant(order_free_share(params.context_length, params.shuffled_lag))
    for task in params.tasks:
        summary[task] = _describe_scores(table[table["task"] == task], UNIT[task])
    summary["controls"] = {
        control.name: {
            "kind": control.kind,
            "result": "passed" if control.passed else "failed",
            "evidence": control.evidence,
        }
        for control in controls
    }
    return summary


def _describe_critical_lags(critical: dict[str, CriticalLag]) -> dict[str, Any]:
    described: dict[str, Any] = {"confidence": critical["transformer"].confidence}
    for model, lag in critical.items():
        entries = described[model] = {"text": str(lag)}
        for name, crossing in (("estimate", lag.estimate), ("low", lag.low), ("high", lag.high)):
            entries |= {name: significant(crossing.lag), f"{name}_is": crossing.bound}
        if model != "transformer":
            entries["against_transformer"] = compare_memory(lag, critical["transformer"])
    return described


def _describe_scores(scores: pd.DataFrame, unit: str) -> dict[str, Any]:
    described: dict[str, Any] = {}
    for (model, lag), seeds in scores.groupby(["model", "lag"], sort=False):
        entries: dict[str, float] = {}
        for name in ("recovered", "accuracy"):
            if seeds[name].notna().all():
                interval = mean_interval(seeds[name].to_numpy())
                entries |= interval_entries(name, interval.estimate, interval.low, interval.high)
        described.setdefault(str(model), {})[f"{unit}_{lag}"] = entries
    return described
