"""All that a run found, loaded once: what claims, figures and the report are made of.

Nothing behind this file reads a result from disk, so nothing stale can be shown: times count only where they belong to
the results at hand, and only those of one machine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Final

import pandas as pd

from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import fingerprint, read_json
from rnn_vs_transformer.runtime.machine import machine_label
from rnn_vs_transformer.runtime.yaml import read_yaml
from rnn_vs_transformer.settings.family.families import FAMILIES

Report = dict[str, Any]
LABELS: Final = {
    "rnn": "RNN",
    "transformer": "Transformer",
    "gru": "GRU",
    "lstm": "LSTM",
    "ridge": "Ridge",
    "seasonal_naive": "Seasonal naive",
    "last_value": "Last value",
    "oracle": "Oracle (noise floor)",
    "truth": "Truth",
}
"""What forecasters are called in figures and tables."""


@dataclass(frozen=True)
class Times:
    """What was measured in seconds, all on one machine."""

    training: Mapping[str, Report]
    """By family, reports/times/<family>.json; a family whose models DVC took from its cache is left out."""
    epochs: Mapping[str, pd.DataFrame]
    """By family of `training`: columns seed, epoch, seconds."""
    tuning: Mapping[str, list[float]]
    """By family, training seconds of each trial."""
    cost: Report | None
    """Of the cost probe, where it ran on this machine."""
    cost_rounds: pd.DataFrame | None


@dataclass(frozen=True)
class Results:
    """The files of one run; tables have the columns that their writers name."""

    params: Report
    meta: Report
    metrics: Report
    seeds: pd.DataFrame
    horizon: pd.DataFrame
    forecasts: pd.DataFrame
    histories: Mapping[str, pd.DataFrame]
    probe: Report
    trials: pd.DataFrame
    """Of the memory probe."""
    inspect: Report
    gradients: pd.DataFrame
    occlusion: pd.DataFrame
    convergence: pd.DataFrame
    settings: Mapping[str, Report]
    """What each family was trained with."""
    tuned: Mapping[str, Report]
    """By family, see `summarise_tuning`; empty where nothing was tuned."""
    analyses: Mapping[str, Report]
    """Those that report.analyses asks for, by name."""
    times: Times


def load_results(analyses: Sequence[str], source: str) -> Results:
    """Read the results in the working folder.

    Args:
        analyses: Optional analyses to show.
        source: What the families were trained with, `given` or `tuned`.

    Raises:
        InputError: A file of an earlier stage is missing or damaged.
    """
    settings = {family: read_json(paths.family_settings(source, family)) for family in FAMILIES}
    return Results(
        params=read_yaml(paths.PARAMS),
        meta=read_json(paths.META),
        metrics=read_json(paths.METRICS),
        seeds=pd.read_csv(paths.SEEDS),
        horizon=pd.read_csv(paths.HORIZON),
        forecasts=pd.read_csv(paths.FORECASTS),
        histories={family: pd.read_csv(paths.history(family)) for family in FAMILIES},
        probe=read_json(paths.PROBE),
        trials=pd.read_csv(paths.PROBE_TABLE),
        inspect=read_json(paths.INSPECT),
        gradients=pd.read_csv(paths.MEAN_GRADIENTS),
        occlusion=pd.read_csv(paths.OCCLUSION_MAP),
        convergence=pd.read_csv(paths.CONVERGENCE),
        settings=settings,
        tuned={family: summarise_tuning(found["tuning"]) for family, found in settings.items() if "tuning" in found},
        analyses={name: read_json(paths.analysis(name)) for name in analyses},
        times=load_times(source),
    )


def load_times(source: str) -> Times:
    """The times that belong to the results at hand, of the machine that trained last."""
    training = {family: _fresh(paths.times(family), paths.history(family)) for family in FAMILIES}
    tuning = {family: _fresh(paths.tuning_times(family), paths.family_settings(source, family)) for family in FAMILIES}
    labels = {found["machine"] for found in training.values() if found}
    machine = labels.pop() if len(labels) == 1 else machine_label()
    here = {family: found for family, found in training.items() if found.get("machine") == machine}
    cost = read_json(paths.COST) if paths.COST.exists() else {}
    measured = cost.get("machine", {}).get("label") == machine
    return Times(
        training=here,
        epochs={family: pd.read_csv(paths.epoch_times(family)) for family in here},
        tuning={family: found["trials"] for family, found in tuning.items() if found.get("machine") == machine},
        cost=cost if measured else None,
        cost_rounds=pd.read_csv(paths.COST_TABLE) if measured else None,
    )


def _fresh(times: Path, results: Path) -> Report:
    """Times, as far as they were measured with these results; DVC restores results from its cache without them."""
    found = read_json(times) if times.exists() and results.exists() else {}
    return found if found.get("of") == fingerprint(results) else {}


def summarise_tuning(runs: Report) -> Report:
    """What the trials of a family came to: the losses before and after, and the best so far after each trial."""
    trials, losses = runs["trials"], [min(trial["losses"], default=None) for trial in runs["trials"]]
    first, current = trials[0]["values"], runs["current"]
    is_current = all(first[key] == value for key, value in current.items() if key in first)
    finalist = next(one for one in runs["finalists"] if one["trial"] == runs["chosen"])
    return {
        **runs,
        "chosen": trials[runs["chosen"]]["values"],
        "pruned": [trial["state"] for trial in trials].count("pruned"),
        "losses": losses,
        "current_validation_mse": losses[0]
        if is_current
        else None,  # under a budget of parameters it has another width
        "best_validation_mse": min(loss for loss in losses if loss is not None),
        "chosen_on_fresh_seeds": None if None in finalist["losses"] else round(fmean(finalist["losses"]), 8),
        "best_so_far": [
            min((loss for loss in losses[:end] if loss is not None), default=None) for end in range(1, len(losses) + 1)
        ],
    }
