"""Write what the second look at M4 hourly found: `python -m studies.m4.earlier_summary`."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.evaluation.across import compare_across, holm
from rnn_vs_transformer.evaluation.ensemble import ENSEMBLE
from rnn_vs_transformer.evaluation.kinds import correlations, kinds_table
from rnn_vs_transformer.evaluation.rows import rounded
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_json, write_table
from rnn_vs_transformer.settings.family.families import FAMILIES
from studies.m4.earlier import (
    FAMILIES_PART,
    OPTIONS_PART,
    baselines_of,
    earlier_series,
    earlier_splits,
    read_earlier,
    seeds_of,
)
from studies.m4.picture import draw_m4_kinds
from studies.m4.scores import METRICS, Judge, judge_of_validation
from studies.m4.series import SEASON
from studies.m4.summary import compare_families, ensemble_weights, mean_forecast
from studies.m4.tables import options_markdown
from studies.m4.trials import BASE, Plan

RESULTS: Final = Path("studies/results")
Errors = Mapping[str, FloatArray]
"""By metric (S,)."""


def judges(plan: Plan) -> tuple[Judge, Judge]:
    """Of validation, and of test."""
    held, (_, series) = plan["held"], earlier_series(plan)
    before = [one[: -held["test"]] for one in series]
    return judge_of_validation(before, held["validation"]), judge_of_validation(series, held["test"])


def forecasters(plan: Plan, validation: Judge, test: Judge) -> tuple[dict[str, Errors], dict[str, float], str]:
    """Errors on test of each forecaster with the base, the ensemble's weights, and the family better on validation."""
    trials = {name: seeds_of(plan, FAMILIES_PART, name, BASE) for name in plan["families"]}
    trials |= {trial.family: [trial] for trial in baselines_of(plan)}
    known = {name: mean_forecast(some, "validation", validation) for name, some in trials.items()}
    found = {name: mean_forecast(some, "test", test) for name, some in trials.items()}
    weights = ensemble_weights(known, validation)
    found[ENSEMBLE] = np.asarray(sum(weight * found[name] for name, weight in weights.items()))
    better = min(FAMILIES, key=lambda family: float(validation.errors(known[family])["mase"].mean()))
    return {name: test.errors(forecast) for name, forecast in found.items()}, weights, better


def option_errors(plan: Plan, test: Judge) -> dict[str, dict[str, Errors]]:
    """Errors on test by family and option, the base among them."""
    return {
        family: {
            option: test.errors(mean_forecast(seeds_of(plan, OPTIONS_PART, family, option), "test", test))
            for option in (BASE, *plan["options"])
        }
        for family in FAMILIES
    }


def option_table(
    plan: Plan, errors: Mapping[str, Mapping[str, Errors]], pooled: tuple[str, Errors, Errors]
) -> pd.DataFrame:
    """A row per family and option: its errors, and in each metric its difference from what it changes, with Holm's p.

    Args:
        plan: The options, and what each is compared with.
        errors: By family and option.
        pooled: The family that the ensemble is compared with, its errors, and those of the ensemble.
    """
    tables = []
    for family, found in errors.items():
        pairs = {
            name: (option["against"], found[option["against"]], found[name]) for name, option in plan["options"].items()
        }
        if family == pooled[0]:
            pairs[ENSEMBLE] = (BASE, *pooled[1:])
        named = {"family": family, "option": list(pairs), "against": [pair[0] for pair in pairs.values()]}
        columns = [_differences([pair[1:] for pair in pairs.values()], metric, plan["margin"]) for metric in METRICS]
        tables.append(pd.concat([pd.DataFrame(named), *columns], axis=1))
    return pd.concat(tables, ignore_index=True)


def _differences(pairs: Sequence[tuple[Errors, Errors]], metric: str, margin: float) -> pd.DataFrame:
    """A row per pair: the error of the second, its difference from the first with Student's interval, and Holm's p."""
    found = [compare_across(first[metric], second[metric], margin) for first, second in pairs]
    return pd.DataFrame(
        {
            metric: [float(second[metric].mean()) for _, second in pairs],
            f"{metric}_difference": [one.relative_difference for one in found],
            f"{metric}_low": [one.ci_low for one in found],
            f"{metric}_high": [one.ci_high for one in found],
            f"{metric}_holm_p": holm([one.wilcoxon_p for one in found]),
        }
    )


def helping(table: pd.DataFrame, level: float = 0.05) -> list[str]:
    """The options that help, as the plan says: MASE lower in both families, and sMAPE higher in none, at the level."""
    lower = (table["mase_difference"] < 0) & (table["mase_holm_p"] < level)
    harmed = (table["smape_difference"] > 0) & (table["smape_holm_p"] < level)
    judged = (lower & ~harmed).groupby(table["option"], sort=False)
    return [str(option) for option, good in judged if good.all() and len(good) == len(FAMILIES)]


def series_table(kinds: pd.DataFrame, errors: Mapping[str, Errors]) -> pd.DataFrame:
    """A row per series: what it is made of, and its errors by forecaster and metric."""
    columns = {f"{name}_{metric}": found[metric] for name, found in errors.items() for metric in METRICS}
    return pd.concat([kinds.drop(columns="log_ratio"), pd.DataFrame(columns)], axis=1)


def main() -> None:
    """Write m4_earlier.json, m4_earlier.csv (a row per series), m4_options.csv and m4_kinds.png."""
    plan = read_earlier()
    validation, test = judges(plan)
    errors, weights, better = forecasters(plan, validation, test)
    options = option_errors(plan, test)
    table = option_table(plan, options, (better, errors[better], errors[ENSEMBLE]))
    ratio = np.log(errors["transformer"]["mase"] / errors["rnn"]["mase"])
    names, _ = earlier_series(plan)
    kinds = kinds_table(earlier_splits(plan, plan["base"]["all"]["data.transform"]), SEASON, names, ratio)
    correlated = correlations(kinds)
    told = {
        "series": len(names),
        "forecast_origins_per_series": test.truth.shape[1],
        "mean_errors": {
            name: rounded({metric: float(found[metric].mean()) for metric in METRICS}) for name, found in errors.items()
        },
        "ensemble_weights": rounded(weights),
        "families": {metric: rounded(found) for metric, found in compare_families(errors, plan["margin"]).items()},
        "families_by_option": {
            option: rounded(
                compare_families({family: options[family][option] for family in FAMILIES}, plan["margin"])["mase"]
            )
            for option in options["rnn"]
        },
        "options_that_help": helping(table),
        "kinds": {kind: rounded(found) for kind, found in correlated.items()},
    }
    write_json(RESULTS / "m4_earlier.json", told)
    write_table(RESULTS / "m4_earlier.csv", series_table(kinds, errors).round(5))
    write_table(RESULTS / "m4_options.csv", table.round(5))
    draw_m4_kinds(kinds, correlated, RESULTS / "m4_kinds.png")
    print(options_markdown(table, told["families_by_option"]))  # noqa: T201


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
