"""Write what the second look at M4 hourly found: `python -m studies.m4.earlier_summary`."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.evaluation.across import compare_across, holm
from rnn_vs_transformer.evaluation.ensemble import ENSEMBLE
from rnn_vs_transformer.evaluation.intervals import crossed_interval
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
from studies.m4.scores import METRICS, Judge, judge_of_validation, read_forecast
from studies.m4.series import SEASON
from studies.m4.summary import VERDICTS, compare_families, ensemble_weights, mean_forecast
from studies.m4.tables import options_markdown
from studies.m4.trials import BASE, Plan

RESULTS: Final = Path("studies/results")
Errors = Mapping[str, FloatArray]
"""By metric (S,)."""
ByOption = dict[str, dict[str, Errors]]
"""By family and option, the base first."""


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


def option_errors(plan: Plan, part: str, options: Iterable[str], test: Judge) -> ByOption:
    """Errors on test of the base and of some options, with the budget of a part."""
    return {
        family: {
            option: test.errors(mean_forecast(seeds_of(plan, part, family, option), "test", test))
            for option in (BASE, *options)
        }
        for family in FAMILIES
    }


def option_table(plan: Plan, errors: ByOption) -> pd.DataFrame:
    """A row per family and option: its errors, and in each metric its difference from what it changes, with Holm's p.

    An option that the plan does not name, which is the ensemble, is compared with the base.
    """
    tables = []
    for family, found in errors.items():
        against = {name: plan["options"].get(name, {"against": BASE})["against"] for name in found if name != BASE}
        pairs = [(found[other], found[name]) for name, other in against.items()]
        named = {"family": family, "option": list(against), "against": list(against.values())}
        columns = [_differences(pairs, metric, plan["margin"]) for metric in METRICS]
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


def by_length(lengths: "pd.Series[int]", errors: Mapping[str, Errors], margin: float) -> dict[str, Any]:
    """The families' MASE over the series of each length."""
    rnn, transformer = (errors[family]["mase"] for family in FAMILIES)
    masks = {str(length): (lengths == length).to_numpy() for length in sorted(lengths.unique())}
    return {length: _compare(rnn[mask], transformer[mask], margin) for length, mask in masks.items()}


def series_table(kinds: pd.DataFrame, errors: Mapping[str, Errors]) -> pd.DataFrame:
    """A row per series: what it is made of, and its errors by forecaster and metric."""
    columns = {f"{name}_{metric}": found[metric] for name, found in errors.items() for metric in METRICS}
    return pd.concat([kinds.drop(columns="log_ratio"), pd.DataFrame(columns)], axis=1)


def compare_options(errors: ByOption, margin: float) -> dict[str, Any]:
    """The families' MASE with each option that both have."""
    rnn, transformer = (errors[family] for family in FAMILIES)
    shared = [option for option in rnn if option in transformer]
    return {option: _compare(rnn[option]["mase"], transformer[option]["mase"], margin) for option in shared}


def over_seeds(plan: Plan, option: str, test: Judge) -> dict[str, float | str]:
    """The families' MASE by single models with the whole budget, over series and seeds: which seeds is chance too."""
    rnn, transformer = (
        np.stack(
            [
                test.errors(read_forecast(one, "test", test))["mase"]
                for one in seeds_of(plan, FAMILIES_PART, family, option)
            ]
        )
        for family in FAMILIES
    )
    found = crossed_interval(np.log(transformer / rnn))
    ends = {"relative_difference": found.estimate, "ci_low": found.low, "ci_high": found.high}
    return rounded({name: float(np.expm1(end)) for name, end in ends.items() if end is not None})


def _compare(rnn: FloatArray, transformer: FloatArray, margin: float) -> dict[str, float | str]:
    found = compare_across(rnn, transformer, margin)
    return rounded({**asdict(found), "verdict": VERDICTS.get(found.verdict, found.verdict)})


def main() -> None:
    """Write m4_earlier.json, m4_earlier.csv (a row per series), m4_options.csv, m4_confirmed.csv and m4_kinds.png."""
    plan, (names, _) = read_earlier(), earlier_series(read_earlier())
    validation, test = judges(plan)
    errors, weights, better = forecasters(plan, validation, test)
    options = option_errors(plan, OPTIONS_PART, plan["options"], test)
    confirmed = option_errors(plan, FAMILIES_PART, plan["confirm"], test)
    confirmed[better][ENSEMBLE] = errors[ENSEMBLE]
    ratio = np.log(errors["transformer"]["mase"] / errors["rnn"]["mase"])
    kinds = kinds_table(earlier_splits(plan, plan["base"]["all"]["data.transform"]), SEASON, names, ratio)
    correlated = correlations(kinds)
    tables = {"m4_options": option_table(plan, options), "m4_confirmed": option_table(plan, confirmed)}
    told = {
        "series": len(names),
        "forecast_origins_per_series": test.truth.shape[1],
        "mean_errors": {
            name: rounded({metric: float(found[metric].mean()) for metric in METRICS}) for name, found in errors.items()
        },
        "ensemble_weights": rounded(weights),
        "families": {metric: rounded(found) for metric, found in compare_families(errors, plan["margin"]).items()},
        "families_by_length": by_length(kinds["length"], errors, plan["margin"]),
        "families_by_option": compare_options(options, plan["margin"]),
        "families_confirmed": compare_options(confirmed, plan["margin"]),
        "families_over_seeds": {option: over_seeds(plan, option, test) for option in (BASE, *plan["confirm"])},
        "options_that_help": helping(tables["m4_options"]),
        "kinds": {kind: rounded(found) for kind, found in correlated.items()},
    }
    write_json(RESULTS / "m4_earlier.json", told)
    write_table(RESULTS / "m4_earlier.csv", series_table(kinds, errors).round(5))
    for name, table in tables.items():
        write_table(RESULTS / f"{name}.csv", table.round(5))
    draw_m4_kinds(kinds, correlated, RESULTS / "m4_kinds.png")
    print(options_markdown(tables["m4_options"], tables["m4_confirmed"], told))  # noqa: T201


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
