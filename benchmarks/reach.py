"""When a training run is as good as another forecaster, by the errors of the weights that validation has chosen."""

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

TABLE: Final = Path("benchmarks/accuracy.csv")
"""Of all runs: a row per epoch of ours, with the error of the epoch chosen so far, and a row per run of a peer."""
POINTS, SEASONS = 5, 20
"""So many times faster ours should be at a peer's error, where the family is the same, by what a token is."""
ASKED: Final = {
    "rnn tutorial": POINTS,
    "rnn season_tokens": SEASONS,
    "rnn tuned": SEASONS,
    "transformer tutorial": POINTS,
    "transformer season_tokens": SEASONS,
    "transformer tuned": POINTS,
}
"""By family and recipe; each is a contender."""

Row = dict[str, Any]


def chosen_so_far(validation: Sequence[float], errors: Sequence[float]) -> list[float]:
    """After each epoch, the error of the epoch that is the best on validation until then, the earliest of equals.

    >>> chosen_so_far([0.3, 0.2, 0.4], [0.5, 0.4, 0.1])
    [0.5, 0.4, 0.4]
    """
    return [errors[int(np.argmin(validation[: epoch + 1]))] for epoch in range(len(validation))]


def seconds_until(seconds: Sequence[float], errors: Sequence[float], most: float) -> float | None:
    """The first of these rising seconds from which on no error is above `most`; None where the last one is.

    >>> seconds_until([1, 2, 3], [0.5, 0.2, 0.1], most=0.2)
    2
    """
    above = [number for number, error in enumerate(errors) if error > most]
    first = above[-1] + 1 if above else 0
    return seconds[first] if first < len(seconds) else None


def median_or_never(found: Sequence[float | None]) -> float | None:
    """The median of runs of which some never came there; None where it falls on one of these.

    >>> median_or_never([None, 2.0, 3.0])
    3.0
    """
    median = statistics.median(float("inf") if one is None else one for one in found)
    return None if np.isinf(median) else median


def sum_up(table: pd.DataFrame) -> dict[str, Any]:
    """Medians over seeds by contender, and for each of ours the seconds until it is as good as each peer.

    The seconds of a peer are those until its training ended, as it has to run on to know its best check;
    `times_faster_than_best_check` leaves them out.
    """
    names = sorted(table["contender"].unique(), key=lambda name: (*ASKED, name).index(name))  # ours first
    runs = {name: [run for _, run in table[table["contender"] == name].groupby("seed")] for name in names}
    each = {name: _medians(some) for name, some in runs.items()}
    reached = [
        _reached(runs[ours], peer, each[peer])
        for ours in each if each[ours]["recipe"]
        for peer in each if not each[peer]["recipe"]
    ]  # fmt: skip
    return {"contenders": each, "reached": reached}


def _medians(runs: Sequence[pd.DataFrame]) -> Row:
    last = pd.DataFrame([run.iloc[-1] for run in runs])
    best = [float(run["seconds"].iloc[int(run["validation_mse"].argmin())]) for run in runs]
    times = ("end_seconds", "predict_all_seconds", "predict_one_seconds")
    return {
        "family": str(last["family"].iloc[0]),
        "recipe": str(last["recipe"].iloc[0]),
        "seeds": len(runs),
        "test_mse": round(float(last["test_mse"].median()), 4),
        "test_mse_spread": [round(float(last["test_mse"].agg(of)), 4) for of in ("min", "max")],
        "best_seconds": round(statistics.median(best), 3),
        **{name: round(float(last[name].median()), 4) for name in times},
    }


def _reached(runs: Sequence[pd.DataFrame], peer: str, theirs: Row) -> Row:
    """By the runs of one of ours."""
    found = [seconds_until(list(run["seconds"]), list(run["test_mse"]), theirs["test_mse"]) for run in runs]
    seconds, first = median_or_never(found), runs[0].iloc[0]
    return {
        "ours": first["contender"],
        "peer": peer,
        "same_family": bool(first["family"] == theirs["family"]),
        "seconds": None if seconds is None else round(seconds, 3),
        "times_faster": None if seconds is None else round(theirs["end_seconds"] / seconds, 1),
        "times_faster_than_best_check": None if seconds is None else round(theirs["best_seconds"] / seconds, 1),
        "asked": ASKED[first["contender"]],
    }


def curves(table: pd.DataFrame, contender: str) -> Sequence[tuple[list[float], list[float]]]:
    """Seconds and test errors of each run of one of ours."""
    runs = table[table["contender"] == contender].groupby("seed")
    return [(list(run["seconds"]), list(run["test_mse"])) for _, run in runs]
