"""The claims table: the numbers that the other reports hold, put to the rules."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from rnn_vs_transformer.data.series import load_meta
from rnn_vs_transformer.models.settings import trained_settings
from rnn_vs_transformer.probes.convergence import (
    COLUMNS,
    read_histories,
    seasonal_naive_validation_loss,
    steps_per_epoch,
    time_to_fractions,
)
from rnn_vs_transformer.probes.intervals import interval_entries
from rnn_vs_transformer.reporting.claim_findings import (
    FAMILIES,
    Measured,
    claimed_architecture,
    faster_training,
    fewer_epochs,
    first_forecasts,
    long_range_dependence,
    lower_error,
    parallel_over_time,
    quadratic_cost,
    short_sequences,
    vanishing_gradients,
)
from rnn_vs_transformer.reporting.claim_rules import RULES, Verdict, judge, judge_comparison
from rnn_vs_transformer.reporting.timings import timings_of
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import read_json, write_json, write_table


def write_claims(margin: float) -> dict[str, Any]:
    """Judge every claim from the saved reports and write reports/claims.json and reports/convergence.csv.

    Args:
        margin: Relative difference below which the families count as equivalent.

    Returns:
        What was written: per claim the verdict, number, interval, figure and sentence.
    """
    timed = [family for family in FAMILIES if timings_of(family)]
    convergence = _measure_convergence(timed)
    cell = trained_settings("rnn").content()["model"]["cell"]
    write_table(paths.CONVERGENCE, convergence.drop(columns="seconds"))
    findings: dict[str, Callable[[], Measured]] = {
        "C1": lambda: vanishing_gradients(read_json(paths.INSPECT), cell, load_meta().context_length),
        "C2": lambda: long_range_dependence(pd.read_csv(paths.PROBE_TABLE)),
        "C3": lambda: parallel_over_time(pd.read_csv(paths.COST_TABLE)),
        "C4": lambda: quadratic_cost(read_json(paths.COST)),
        "C5": lambda: short_sequences(pd.read_csv(paths.COST_TABLE), read_json(paths.COST)),
        "C6": lambda: fewer_epochs(convergence),
        "C7": lambda: first_forecasts(pd.read_csv(paths.SEEDS)),
        "C8": lambda: faster_training(timed),
        "C9": lambda: lower_error(read_json(paths.METRICS)),
        "C10": lambda: claimed_architecture(read_json(paths.TUNING)),
    }
    claims = {name: _entry(name, measure(), margin) for name, measure in findings.items()}
    write_json(paths.CLAIMS, claims)
    return claims


def load_claims() -> dict[str, Any]:
    """What `write_claims` wrote; readers import it from here, so that DVC reruns them when a rule changes."""
    return read_json(paths.CLAIMS)


def _entry(name: str, found: Measured, margin: float) -> dict[str, Any]:
    rule, finding = RULES[name], found.finding
    verdict: Verdict = judge(rule, finding)
    if name == "C9" and finding is not None:
        verdict = judge_comparison(rule, finding, margin)
    numbers = {} if finding is None else interval_entries("number", finding.number, finding.low, finding.high)
    return {
        "claim": rule.claim,
        "verdict": verdict,
        "measure": f"{rule.measure}; true where {rule.side} {rule.threshold:g}",
        **numbers,
        "figure": "none" if name == "C10" and finding is None else rule.figure,
        "sentence": found.sentence,
        "pieces": [asdict(one) for one in found.pieces],
    }


def _measure_convergence(timed: Sequence[str]) -> pd.DataFrame:
    history = read_histories(FAMILIES, timed)
    start, best = seasonal_naive_validation_loss(), float(history["validation_loss"].min())
    if start <= best:
        return pd.DataFrame(columns=list(COLUMNS))
    tables = []
    for family, course in history.groupby("family"):
        steps = steps_per_epoch(trained_settings(str(family)).train.batch_size)
        tables.append(time_to_fractions(course, start, best, steps))
    return pd.concat(tables, ignore_index=True)
