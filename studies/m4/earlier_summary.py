"""Write what the second look at M4 hourly found: `python -m studies.m4.earlier_summary`."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.evaluation.across import compare_across, holm
from rnn_vs_transformer.evaluation.ensemble import ENSEMBLE
from rnn_vs_transformer.evaluation.intervals import crossed_interval
from rnn_vs_transformer.evaluation.kinds import correlations, kinds_table
from rnn_vs_transformer.evaluation.over_series import log_ratio, neighbours
from rnn_vs_transformer.evaluation.rows import DIGITS, rounded
from rnn_vs_transformer.evaluation.series_comparison import VERDICTS
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
from studies.m4.summary import compare_families, ensemble_weights, mean_forecast, series_table
from studies.m4.trials import BASE, Plan, Trial

RESULTS: Final = Path("studies/results")
Errors = Mapping[str, FloatArray]
"""By metric (S,)."""


@dataclass(frozen=True)
class Found:
    """Errors of the mean of some seeds' forecasts, and of each seed alone."""

    mean: Errors
    seeds: Sequence[Errors] = ()

    @classmethod
    def of(cls, trials: Sequence[Trial], judge: Judge) -> Self:
        """Of trials that have run, on test."""
        alone = [judge.errors(read_forecast(trial, "test", judge)) for trial in trials]
        return cls(judge.errors(mean_forecast(trials, "test", judge)), alone)


ByOption = dict[str, dict[str, Found]]
"""By family and option, the base first."""
Pair = tuple[Found, Found]


def judges(plan: Plan) -> tuple[Judge, Judge]:
    """Of validation, and of test."""
    held, (_, series) = plan["held"], earlier_series(plan)
    before = [one[: -held["test"]] for one in series]
    return judge_of_validation(before, held["validation"]), judge_of_validation(series, held["test"])


def forecasters(
    plan: Plan, recipe: tuple[str, str], validation: Judge, test: Judge
) -> tuple[dict[str, Errors], dict[str, float], str]:
    """Errors on test of each forecaster, the ensemble's weights, and the family better on validation.

    Args:
        plan: What was trained.
        recipe: The part, and the variant in it.
        validation: By it the ensemble's weights are found.
        test: By it forecasters are judged.
    """
    part, variant = recipe
    trials = {name: seeds_of(plan, part, name, variant) for name in plan["families"]}
    trials |= {trial.family: [trial] for trial in baselines_of(plan, part)}
    known = {name: mean_forecast(some, "validation", validation) for name, some in trials.items()}
    found = {name: mean_forecast(some, "test", test) for name, some in trials.items()}
    weights = ensemble_weights(known, validation)
    found[ENSEMBLE] = np.asarray(sum(weight * found[name] for name, weight in weights.items()))
    better = min(FAMILIES, key=lambda family: float(validation.errors(known[family])["mase"].mean()))
    return {name: test.errors(forecast) for name, forecast in found.items()}, weights, better


def option_errors(plan: Plan, part: str, options: Iterable[str], test: Judge) -> ByOption:
    """Errors on test of the base and of some options, with the budget of a part."""
    trials = {
        family: {option: seeds_of(plan, part, family, option) for option in (BASE, *options)} for family in FAMILIES
    }
    return {
        family: {option: Found.of(some, test) for option, some in by_option.items()}
        for family, by_option in trials.items()
    }


def option_table(plan: Plan, errors: ByOption, ensemble: Mapping[str, Pair]) -> pd.DataFrame:
    """A row per family and option: its errors, and in each metric its difference from what it changes, with Holm's p.

    Args:
        plan: What each option is compared with.
        errors: By family and option.
        ensemble: What is compared with what, of the family that the ensemble is compared with.
    """
    tables = []
    for family, found in errors.items():
        known = {**plan["options"], **plan["combined"]}
        against = {name: option["against"] for name, option in known.items() if name in found}
        pairs = {name: (found[other], found[name]) for name, other in against.items()}
        if family in ensemble:
            against, pairs = {**against, ENSEMBLE: f"{BASE}, whole budget"}, {**pairs, ENSEMBLE: ensemble[family]}
        named = {"family": family, "option": list(against), "against": list(against.values())}
        columns = [_differences(list(pairs.values()), metric, plan["margin"]) for metric in METRICS]
        tables.append(pd.concat([pd.DataFrame(named), *columns], axis=1))
    return pd.concat(tables, ignore_index=True)


def _differences(pairs: Sequence[Pair], metric: str, margin: float) -> pd.DataFrame:
    """A row per pair: the error of the second, its difference from the first with Student's interval, and Holm's p.

    Behind them the difference of single models with its interval over series and seeds, where there are seeds.
    """
    found = [compare_across(first.mean[metric], second.mean[metric], margin) for first, second in pairs]
    single = [over_seeds(first, second, metric) for first, second in pairs]
    columns = {
        metric: [float(second.mean[metric].mean()) for _, second in pairs],
        f"{metric}_difference": [one.relative_difference for one in found],
        f"{metric}_low": [one.ci_low for one in found],
        f"{metric}_high": [one.ci_high for one in found],
        f"{metric}_holm_p": holm([one.wilcoxon_p for one in found]),
    }
    names = ("relative_difference", "ci_low", "ci_high")
    return pd.DataFrame(columns | {f"{metric}_seeds_{name}": [one.get(name) for one in single] for name in names})


def over_seeds(first: Found, second: Found, metric: str) -> dict[str, float]:
    """The relative difference of single models over series and seeds, as which seeds were drawn is chance too.

    They are paired by seed, which fixes the order of batches. Empty for a forecast that no seed makes alone.
    """
    if not first.seeds or not second.seeds:
        return {}
    one, other = (np.stack([seed[metric] for seed in found.seeds]) for found in (first, second))
    found = crossed_interval(np.log(other / one))
    ends = {"relative_difference": found.estimate, "ci_low": found.low, "ci_high": found.high}
    return {name: round(float(np.expm1(end)), DIGITS) for name, end in ends.items() if end is not None}


def helping(table: pd.DataFrame, level: float = 0.05) -> list[str]:
    """The options that help, as the plan says: MASE lower in both families, and sMAPE higher in none, at the level."""
    lower = (table["mase_difference"] < 0) & (table["mase_holm_p"] < level)
    harmed = (table["smape_difference"] > 0) & (table["smape_holm_p"] < level)
    judged = (lower & ~harmed).groupby(table["option"], sort=False)
    return [str(option) for option, good in judged if good.all() and len(good) == len(FAMILIES)]


def mean_errors(errors: Mapping[str, Errors]) -> dict[str, Any]:
    """By forecaster and metric, over the series."""
    return {
        name: rounded({metric: float(found[metric].mean()) for metric in METRICS}) for name, found in errors.items()
    }


def by_length(lengths: "pd.Series[int]", errors: Mapping[str, Errors], margin: float) -> dict[str, Any]:
    """The families' MASE over the series of each length."""
    rnn, transformer = (errors[family]["mase"] for family in FAMILIES)
    masks = {str(length): (lengths == length).to_numpy() for length in sorted(lengths.unique())}
    return {length: _compare(rnn[mask], transformer[mask], margin) for length, mask in masks.items()}


def compare_options(errors: ByOption, margin: float) -> dict[str, Any]:
    """The families' MASE with each option over series and over blocks; that of single models over series and seeds."""
    rnn, transformer = (errors[family] for family in FAMILIES)
    return {
        option: {
            **_compare(rnn[option].mean["mase"], transformer[option].mean["mase"], margin),
            "neighbours": neighbours(log_ratio(rnn[option].mean["mase"], transformer[option].mean["mase"])),
            "over_seeds": over_seeds(rnn[option], transformer[option], "mase"),
        }
        for option in rnn
    }


def _compare(rnn: FloatArray, transformer: FloatArray, margin: float) -> dict[str, float | str]:
    found = compare_across(rnn, transformer, margin)
    return rounded({**asdict(found), "verdict": VERDICTS.get(found.verdict, found.verdict)})


def main() -> None:
    """Write m4_earlier.json, m4_kinds.png, m4_earlier.csv (a row per series), m4_options.csv."""
    plan, (names, _) = read_earlier(), earlier_series(read_earlier())
    validation, test = judges(plan)
    errors, weights, better = forecasters(plan, (FAMILIES_PART, BASE), validation, test)
    options = option_errors(plan, OPTIONS_PART, plan["options"], test)
    alone = Found.of(seeds_of(plan, FAMILIES_PART, better, BASE), test)
    ensemble = {better: (alone, Found(errors[ENSEMBLE]))}
    ratio = np.log(errors["transformer"]["mase"] / errors["rnn"]["mase"])
    kinds = kinds_table(earlier_splits(plan, plan["base"]["all"]["data.transform"]), SEASON, names, ratio)
    correlated = correlations(kinds)
    table = option_table(plan, options, ensemble).round(DIGITS)
    told = {
        "series": len(names),
        "forecast_origins_per_series": test.truth.shape[1],
        "mean_errors": mean_errors(errors),
        "ensemble_weights": rounded(weights),
        "families": {metric: rounded(found) for metric, found in compare_families(errors, plan["margin"]).items()},
        "neighbours": neighbours(log_ratio(errors["rnn"]["mase"], errors["transformer"]["mase"])),
        "families_by_length": by_length(kinds["length"], errors, plan["margin"]),
        "families_by_option": compare_options(options, plan["margin"]),
        "options_that_help": helping(table),
        "kinds": {kind: rounded(found) for kind, found in correlated.items()},
    }
    write_json(RESULTS / "m4_earlier.json", told)
    write_table(RESULTS / "m4_earlier.csv", series_table(kinds.drop(columns="log_ratio"), errors))
    write_table(RESULTS / "m4_options.csv", table)
    draw_m4_kinds(kinds, correlated, RESULTS / "m4_kinds.png")


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
