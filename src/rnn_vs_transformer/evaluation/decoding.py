"""Direct against autoregressive decoding within each family, on the test steps and the same seeds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.series import load_meta
from rnn_vs_transformer.evaluation.report_rows import compare_runs, error_row, rounded
from rnn_vs_transformer.evaluation.scoring import Scores, TestSplit, open_test_split, score_model
from rnn_vs_transformer.models.settings import trained_settings
from rnn_vs_transformer.models.shell import Builder
from rnn_vs_transformer.models.size import multiply_adds_per_window, parameter_count
from rnn_vs_transformer.models.weights import load_weights
from rnn_vs_transformer.params import NO_OTHER_DECODING, EvaluateParams, SharedModelParams
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import write_json, write_table
from rnn_vs_transformer.training.history import best_validation_losses

MODES: Final = ("direct", "autoregressive")
VERDICTS: Final = {"transformer better": "autoregressive better", "rnn better": "direct better"}
"""`compare` sets its second group against its first and calls them by the families' names."""
DIFFERENCE: Final = ("relative_mse_difference", "ci_low", "ci_high", "minimum_detectable_effect")
"""What is told of a comparison beside its verdict."""
Report = dict[str, Any]


@dataclass(frozen=True)
class Trained:
    """The seeds of one family with one decoding, scored."""

    scores: list[Scores]
    validation_mse: float
    """Of the kept weights, mean over seeds."""
    parameters: int
    multiply_adds_per_window: int


def compare_decodings(builders: Mapping[str, Builder], seeds: int, params: EvaluateParams) -> Report:
    """Score both decodings of all families and write the reports.

    Args:
        builders: The families by name.
        seeds: Seeds that were trained with both decodings; 0 where there is nothing to compare.
        params: Settings of the comparison.

    Returns:
        The report, as written to reports/decoding.json: `seeds`, the reason where nothing was compared, and per family
        scores and cost of both decodings, with (autoregressive - direct)/direct and its interval. Families whose
        settings are for direct decoding alone are named under `left_out`, where there are any.

    Raises:
        InputError: A file of an earlier stage is missing or does not fit.
    """
    chosen = {family: trained_settings(family).model for family in builders}
    possible = {family: build for family, build in builders.items() if chosen[family].other_decoding}
    if not possible or not seeds:
        reason = "decoding.seeds is 0" if possible else NO_OTHER_DECODING
        report: Report = {"seeds": 0, "not_compared": reason}
        steps: dict[str, Any] = {f"{family}_{mode}": [] for family in builders for mode in MODES}
    else:
        report, steps = _compare_families(possible, chosen, seeds, params)
        if left_out := [family for family in builders if family not in possible]:
            report["left_out"] = left_out
        steps = {f"{family}_{mode}": steps.get(f"{family}_{mode}", np.nan) for family in builders for mode in MODES}
    table = pd.DataFrame(steps)
    table.insert(0, "horizon_step", np.arange(1, len(table) + 1))
    write_table(paths.DECODING_HORIZON, table)
    write_json(paths.DECODING, report)
    return report


def _compare_families(
    builders: Mapping[str, Builder], chosen: Mapping[str, SharedModelParams], seeds: int, params: EvaluateParams
) -> tuple[Report, dict[str, Any]]:
    """The report, and the MSE per horizon step (H,) of each family and decoding."""
    test = open_test_split(load_meta())
    report: Report = {"seeds": seeds}
    steps: dict[str, Any] = {}
    for family, build in builders.items():
        trained = {mode: _score(family, build, chosen[family], mode, seeds, test) for mode in MODES}
        for mode, found in trained.items():
            steps[f"{family}_{mode}"] = np.mean([scores.step_mse for scores in found.scores], axis=0)
        report[family] = _family_report(trained, test, params)
    return report, steps


def _score(family: str, build: Builder, chosen: SharedModelParams, mode: str, seeds: int, test: TestSplit) -> Trained:
    """Score the seeds of one decoding; those of the chosen one are the seeds of the main comparison."""
    main = chosen.decoding == mode
    model = chosen if main else chosen.other_decoding
    kept = best_validation_losses(paths.history(family) if main else paths.decoding_history(family))[:seeds]
    scores = []
    for seed in range(seeds):
        file = paths.weights(family, seed) if main else paths.decoding_weights(family, seed)
        forecaster = build(model, test.meta.context_length, test.meta.prediction_length, len(test.meta.channels))
        load_weights(forecaster, file, f"dvc repro --force train_{family}" + ("" if main else "_decoding"))
        scores.append(score_model(forecaster, test))
    work = multiply_adds_per_window(forecaster, test.meta.context_length)
    return Trained(scores, float(kept.mean()), parameter_count(forecaster), work)


def _family_report(trained: Mapping[str, Trained], test: TestSplit, params: EvaluateParams) -> Report:
    found = compare_runs(trained["direct"].scores, trained["autoregressive"].scores, test, params)
    return {
        **{mode: _mode_report(trained[mode]) for mode in MODES},
        **rounded({name: getattr(found, name) for name in DIFFERENCE}),
        "verdict": VERDICTS.get(found.verdict, found.verdict),
    }


def _mode_report(found: Trained) -> Report:
    return {
        **rounded({**error_row(found.scores), "validation_mse": found.validation_mse}),
        "parameters": found.parameters,
        "multiply_adds_per_window": found.multiply_adds_per_window,
    }
