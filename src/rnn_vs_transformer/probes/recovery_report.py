"""Scores of lag recovery over the seeds, as a table and as entries of a JSON report."""

import itertools

import numpy as np
import numpy.typing as npt
import pandas as pd

from rnn_vs_transformer.probes.attribution import Attribution
from rnn_vs_transformer.probes.intervals import interval_entries, mean_interval, significant
from rnn_vs_transformer.probes.lag_recovery import TARGETS, Recovery, score_band, score_horizon, true_lags

COLUMNS = (
    "model",
    "method",
    "seed",
    "target",
    "recent_steps_left_out",
    "precision",
    "chance",
    "lift",
    "p_value",
    "shift_p_value",
)
Entries = dict[str, float | dict[str, float]]


def recovery_table(
    attributions: list[Attribution], delay: int | None, prediction_length: int, recent_steps: int
) -> pd.DataFrame:
    """One row per model, method, seed and target, without and with the newest steps; none without a known delay."""
    rows: list[tuple[str | float, ...]] = []
    if delay is not None:
        for found, target, left_out in itertools.product(attributions, TARGETS, dict.fromkeys((recent_steps, 0))):
            score = _score(found.profile, target, delay, prediction_length, left_out)
            if score is not None:
                rows.append((found.model, found.method, found.seed, target, left_out, *_numbers(score)))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def summarise_recovery(
    attributions: list[Attribution], table: pd.DataFrame, delay: int, prediction_length: int, recent_steps: int
) -> Entries:
    """Scores of one model and method over its seeds.

    Args:
        attributions: One per seed.
        table: The rows of `recovery_table` of this model and method.
        delay: The world's delay (d).
        prediction_length: H.
        recent_steps: Newest steps left out.

    Returns:
        For each target: mean precision with a 95 % t interval over seeds, its chance level and lift, and p-values of
        the mean importance over seeds; for occlusion the share of horizon steps that found their own lag.
    """
    mean_profile = np.mean([found.profile for found in attributions], axis=0)
    entries: Entries = {}
    for target in TARGETS:
        score = _score(mean_profile, target, delay, prediction_length, recent_steps)
        if score is None:
            continue
        rows = table[table["target"] == target]
        left_out, kept = (rows[rows["recent_steps_left_out"] == steps] for steps in (recent_steps, 0))
        entries[target] = {
            **_share_entries("precision", left_out["precision"].to_list()),
            "chance": significant(score.chance),
            "lift": significant(left_out["lift"].mean()),
            "p_value": significant(score.p_value),
            "shift_p_value": significant(score.shift_p_value),
            **_share_entries("precision_of_all_steps", kept["precision"].to_list()),
        }
    if attributions[0].method == "occlusion":
        entries |= _own_lag(attributions, delay, recent_steps)
    return entries


def _score(
    profile: npt.NDArray[np.float64], target: str, delay: int, prediction_length: int, left_out: int
) -> Recovery | None:
    return score_band(profile, true_lags(TARGETS[target] * delay, prediction_length, len(profile)), left_out)


def _numbers(score: Recovery) -> tuple[float, ...]:
    """In the order of the last `COLUMNS`."""
    return score.precision, score.chance, score.lift, score.p_value, score.shift_p_value


def _own_lag(attributions: list[Attribution], delay: int, recent_steps: int) -> Entries:
    scores = [score_horizon(found.importance, delay, recent_steps) for found in attributions]
    known = [score for score in scores if score is not None]
    if not known:
        return {}
    return {
        **_share_entries("own_lag_share", [share for share, _ in known]),
        "own_lag_chance": significant(known[0][1]),
    }


def _share_entries(name: str, shares: list[float]) -> dict[str, float]:
    """Mean over seeds with a t interval, cut to what a share can be."""
    found = mean_interval(shares)
    low, high = (None if bound is None else min(max(bound, 0.0), 1.0) for bound in (found.low, found.high))
    return interval_entries(name, found.mean, low, high)
