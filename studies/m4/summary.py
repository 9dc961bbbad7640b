"""What the trials say: which variants help each family, and how the chosen ones fare on the official test steps."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.evaluation.across import compare_across, holm
from rnn_vs_transformer.evaluation.ensemble import MEMBERS, least_squares_on_simplex
from rnn_vs_transformer.evaluation.series_comparison import VERDICTS
from studies.m4.scores import METRICS, Judge, read_forecast
from studies.m4.trials import BASELINES, Plan, Trial, variants_of

Forecasts = Mapping[str, FloatArray]
"""By forecaster (S, n, 48)."""


def mean_forecast(trials: Sequence[Trial], split: str, judge: Judge) -> FloatArray:
    """The mean of the forecasts of some trials (S, n, 48)."""
    return np.asarray(np.mean([read_forecast(trial, split, judge) for trial in trials], axis=0))


def by_variant(plan: Plan, part: str, family: str) -> dict[str, list[Trial]]:
    """The trials of a family, by variant."""
    seeds, variants = range(plan["seeds"][part]), variants_of(plan, part)[family]
    return {variant: [Trial(part, family, variant, seed) for seed in seeds] for variant in variants}


def variant_table(plan: Plan, judge: Judge) -> pd.DataFrame:
    """Of each variant its errors on validation, mean of its seeds' forecasts, and its difference from the first one.

    Differences are geometric means over series of the ratio of errors, less 1, with Student's 95 % interval.
    """
    naive = {name: float(errors.mean()) for name, errors in _of_baseline(judge).items()}
    rows: list[dict[str, Any]] = []
    for family in plan["choose"]:
        errors = {variant: judge.errors(mean_forecast(trials, "validation", judge))
                  for variant, trials in by_variant(plan, "choose", family).items()}  # fmt: skip
        first = next(iter(errors.values()))
        for variant, found in errors.items():
            row: dict[str, Any] = {"family": family, "variant": variant}
            row |= {metric: float(found[metric].mean()) for metric in METRICS}
            row["score"] = float(np.mean([row[metric] / naive[metric] for metric in METRICS]))
            for metric in METRICS if found is not first else ():
                over = compare_across(first[metric], found[metric], plan["margin"])
                row |= {f"{metric}_difference": over.relative_difference, f"{metric}_low": over.ci_low,
                        f"{metric}_high": over.ci_high}  # fmt: skip
            rows.append(row)
    return pd.DataFrame(rows)


def best_variants(table: pd.DataFrame) -> dict[str, str]:
    """Of each family the variant with the lowest score."""
    best = table.loc[table.groupby("family")["score"].idxmin()]
    return dict(zip(best["family"], best["variant"], strict=True))


def _of_baseline(judge: Judge) -> dict[str, FloatArray]:
    naive = Trial("choose", "seasonal_naive", "none", 0)
    return judge.errors(read_forecast(naive, "validation", judge))


def final_forecasts(plan: Plan, split: str, judge: Judge) -> dict[str, FloatArray]:
    """Of every forecaster: of a family the mean over its chosen variants and seeds; ridge with its better transform."""
    found = {
        family: mean_forecast([one for trials in by_variant(plan, "final", family).values() for one in trials],
                              split, judge)
        for family in plan["final"]
    }  # fmt: skip
    transforms = {"seasonal_naive": "none", "ridge": plan["ridge_transform"]}
    return found | {name: read_forecast(Trial("final", name, transforms[name], 0), split, judge) for name in BASELINES}


def ensemble_weights(forecasts: Forecasts, judge: Judge) -> dict[str, float]:
    """With the least squared error on validation, each series in units of its MASE denominator."""
    errors = [((forecasts[member] - judge.truth) / judge.scale[:, None, None]).ravel() for member in MEMBERS]
    products = np.array([[one @ other for other in errors] for one in errors])
    return dict(zip(MEMBERS, least_squares_on_simplex(products).tolist(), strict=True))


def compare_families(errors: Mapping[str, Mapping[str, FloatArray]], margin: float) -> dict[str, dict[str, Any]]:
    """RNN against Transformer over the series, in each metric, with Holm's p over the metrics."""
    found = {metric: compare_across(errors["rnn"][metric], errors["transformer"][metric], margin) for metric in METRICS}
    corrected = holm([one.wilcoxon_p for one in found.values()])
    return {
        metric: {**vars(one), "verdict": VERDICTS.get(one.verdict, one.verdict), "wilcoxon_holm_p": float(p)}
        for (metric, one), p in zip(found.items(), corrected, strict=True)
    }


def series_table(known: pd.DataFrame, errors: Mapping[str, Mapping[str, FloatArray]]) -> pd.DataFrame:
    """A row per series: what is known of it, and its errors by forecaster and metric."""
    columns = {f"{name}_{metric}": found[metric] for name, found in errors.items() for metric in METRICS}
    return pd.concat([known, pd.DataFrame(columns)], axis=1).round(5)
