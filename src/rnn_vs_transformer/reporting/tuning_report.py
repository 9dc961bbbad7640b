"""What tuning tried, found and chose: one report for both families."""

from typing import Any

import numpy as np

from rnn_vs_transformer.reporting.style import FAMILIES
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import fingerprint, read_json, write_json

Report = dict[str, Any]


def write_tuning() -> Report:
    """Write reports/tuning.json from the runs of both families; without trials it says no more than that.

    Returns:
        `trials` per family at most, the budget, and by family under `families` what `_family` tells.
    """
    runs = {family: read_json(paths.tuning_runs(family)) for family in FAMILIES}
    report: Report = {"trials": max(len(found["trials"]) for found in runs.values()), "families": {}}
    if report["trials"]:
        report |= {"plan": runs["rnn"]["plan"], "epochs": runs["rnn"]["epochs"]}
        report["families"] = {family: _family(found) for family, found in runs.items()}
    write_json(paths.TUNING, report)
    return report


def _family(runs: Report) -> Report:
    """The budget used, the best so far after each trial, the choice, importances, and the table of trials."""
    trials = runs["trials"]
    states = [trial["state"] for trial in trials]
    best = [min(trial["losses"], default=None) for trial in trials]
    chosen = trials[runs["chosen"]]["values"]
    finalists = {one["trial"]: one for one in runs["finalists"]}
    return {
        "trials": len(trials),
        "pruned": states.count("pruned"),
        "diverged": states.count("diverged"),
        "epochs": sum(len(trial["losses"]) for trial in trials),
        "current_validation_mse": best[0] if _is_current(trials[0]["values"], runs["current"]) else None,
        "best_validation_mse": min(loss for loss in best if loss is not None),
        "chosen_trial": runs["chosen"],
        "chosen_on_fresh_seeds": _mean(finalists[runs["chosen"]]["losses"]),
        "chosen": chosen,
        "current": runs["current"],
        "finalists": runs["finalists"],
        "importance": runs["importance"],
        "best_so_far": best_so_far(best),
        "table": [
            {
                "trial": trial["number"],
                "state": trial["state"],
                "epochs": len(trial["losses"]),
                "validation_mse": loss,
                "parameters": trial["parameters"],
                **trial["values"],
            }
            for trial, loss in zip(trials, best, strict=True)
        ],
    }


def _is_current(values: Report, current: Report) -> bool:
    """Whether a trial has the untuned settings; under the budget of parameters the first has another width."""
    return all(values[key] == value for key, value in current.items() if key in values)


def best_so_far(losses: list[float | None]) -> list[float | None]:
    """The least loss up to each trial; None until the first trial that did not diverge.

    >>> best_so_far([None, 0.3, 0.4, 0.2])
    [None, 0.3, 0.3, 0.2]
    """
    found: list[float | None] = []
    for loss in losses:
        known = [value for value in (loss, found[-1] if found else None) if value is not None]
        found.append(min(known, default=None))
    return found


def seconds_of(family: str) -> list[float] | None:
    """Training seconds of each trial; None where DVC restored the trials from the cache, as times are not restored."""
    path = paths.tuning_seconds(family)
    found = read_json(path) if path.exists() else {}
    if found.get("of_runs") != fingerprint(paths.tuning_runs(family)):
        return None
    seconds: list[float] = found["trials"]
    return seconds


def _mean(losses: list[float | None]) -> float | None:
    return None if None in losses else round(float(np.mean([loss for loss in losses if loss is not None])), 8)
