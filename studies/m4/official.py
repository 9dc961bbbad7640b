"""Write how one more final recipe fares: `python -m studies.m4.official`, which opens the official test for it.

Its trials are those of `python -m studies.m4.earlier official`, and the plan is point 6 of earlier.yaml.
"""

import sys
from typing import Any, Final

import pandas as pd

from rnn_vs_transformer.evaluation.across import compare_across
from rnn_vs_transformer.evaluation.over_series import log_ratio, neighbours
from rnn_vs_transformer.evaluation.rows import rounded
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_json, write_table
from rnn_vs_transformer.settings.family.families import FAMILIES
from studies.m4.earlier import OFFICIAL_PART, read_official, seeds_of
from studies.m4.earlier_summary import RESULTS, Found, forecasters, mean_errors, over_seeds
from studies.m4.scores import METRICS, judge_of_test, judge_of_validation
from studies.m4.series import read_series, read_test
from studies.m4.summary import compare_families, series_table

RESULT: Final = RESULTS / "m4_official.json"


def main() -> None:
    """Write m4_official.json: errors of every forecaster, and the families compared over series, and over seeds too.

    And m4_official_series.csv, the errors on each series.
    """
    plan, (names, series) = read_official(), read_series()
    validation, test = judge_of_validation(series, plan["held"]["final"]), judge_of_test(series, read_test())
    recipe = OFFICIAL_PART, plan["official"]
    errors, weights, _ = forecasters(plan, recipe, validation, test)
    found = {family: Found.of(seeds_of(plan, recipe[0], family, recipe[1]), test) for family in plan["families"]}
    told: dict[str, Any] = {
        "recipe": plan["variants"][plan["official"]],
        "series": len(series),
        "mean_errors": mean_errors(errors),
        "ensemble_weights": rounded(weights),
        "families": {metric: rounded(found) for metric, found in compare_families(errors, plan["margin"]).items()},
        "neighbours": neighbours(log_ratio(errors["rnn"]["mase"], errors["transformer"]["mase"])),
        "families_over_seeds": {metric: over_seeds(found["rnn"], found["transformer"], metric) for metric in METRICS},
        "against_mlp": {family: _against(found["mlp"], found[family], plan["margin"]) for family in FAMILIES},
    }
    write_json(RESULT, told)
    write_table(RESULTS / "m4_official_series.csv", series_table(pd.DataFrame({"series": names}), errors))


def _against(control: Found, family: Found, margin: float) -> dict[str, Any]:
    """The relative difference of a family's MASE from the control's over series, and of single models over seeds."""
    found = compare_across(control.mean["mase"], family.mean["mase"], margin)
    over = {name: getattr(found, name) for name in ("relative_difference", "ci_low", "ci_high")}
    return rounded(over) | {"over_seeds": over_seeds(control, family, "mase")}


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
