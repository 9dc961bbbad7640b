"""Direct against autoregressive decoding within each family, on the test steps and the same seeds."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from rnn_vs_transformer.data.evidence import NotEnoughData
from rnn_vs_transformer.evaluation.rows import compare_runs, error_row, rounded
from rnn_vs_transformer.evaluation.scoring import Scores, score_model
from rnn_vs_transformer.evaluation.test_split import TestSplit, open_test_split
from rnn_vs_transformer.models.shell import ForecastModel
from rnn_vs_transformer.models.size import multiply_adds_per_window, parameter_count
from rnn_vs_transformer.models.weights import build_family, load_seed
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import write_json
from rnn_vs_transformer.runtime.run import RunParams
from rnn_vs_transformer.settings.evaluate import DecodingParams, EvaluateParams
from rnn_vs_transformer.settings.family.families import FAMILIES, FamilySettings, trained_settings
from rnn_vs_transformer.settings.family.model import NO_OTHER_DECODING
from rnn_vs_transformer.training.history import best_validation_losses
from rnn_vs_transformer.training.seeds import SeedRun, SeedTask, forget_seeds, seed_tasks, train_seeds

MODES: Final = ("direct", "autoregressive")
VERDICTS: Final = {"transformer better": "autoregressive better", "rnn better": "direct better"}
"""`compare` sets its second group against its first and calls them by the families' names."""
DIFFERENCE: Final = ("relative_mse_difference", "ci_low", "ci_high", "minimum_detectable_effect")
"""What is told of a comparison beside its verdict."""
Report = dict[str, Any]
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scored:
    """The seeds of one family with one decoding, scored."""

    runs: list[Scores]
    validation_mse: float
    """Of the kept weights, mean over seeds."""
    model: ForecastModel
    """One of them, for its size."""


def compare_decodings(decoding: DecodingParams, evaluate: EvaluateParams, run: RunParams) -> Report:
    """Train the decoding that `model.decoding` does not name, score both and write reports/analyses/decoding.json.

    All other settings and the budget are those that the family was trained with. Training reads development steps only;
    the test split is opened after it.

    Args:
        decoding: How many seeds to compare.
        evaluate: The comparison.
        run: How many seeds train at once; does not change any result.

    Returns:
        The report: `seeds`, the reason where nothing was compared, and per family scores and cost of both decodings,
        (autoregressive - direct)/direct with its interval, and under `steps` the MSE of each horizon step. Families
        whose settings are for direct decoding alone are named under `left_out`, where there are any.

    Raises:
        InputError: A file of an earlier stage is missing or does not fit, or a loss is not finite.
    """
    chosen = {family: trained_settings(family) for family in FAMILIES}
    others = {family: other for family, found in chosen.items() if (other := _other(found, decoding.seeds))}
    left_out = [family for family in FAMILIES if family not in others]
    for family in left_out:
        log.warning("%s: decodings are not compared: %s", family, NO_OTHER_DECODING)
    report: Report = {"seeds": 0, "not_compared": NO_OTHER_DECODING} if not others else {}
    if others:
        tasks = {family: [task for task in seed_tasks(family, other) if not task.fold]
                 for family, other in others.items()}  # fmt: skip
        trained = {family: train_seeds(some, run) for family, some in tasks.items()}
        report = _compare_families(tasks, trained, evaluate) | ({"left_out": left_out} if left_out else {})
    write_json(paths.analysis("decoding"), report)
    for some in tasks.values() if others else ():
        forget_seeds(some)
    return report


def _other(chosen: FamilySettings, seeds: int) -> FamilySettings | None:
    """The same settings with the other decoding; None where they are for direct decoding alone."""
    other = chosen.model.other_decoding
    return None if other is None else replace(chosen, model=other, seeds=min(seeds, chosen.seeds))


def _compare_families(
    tasks: Mapping[str, Sequence[SeedTask]], trained: Mapping[str, Sequence[SeedRun]], evaluate: EvaluateParams
) -> Report:
    test, steps = open_test_split(), {}
    report: Report = {"seeds": len(next(iter(tasks.values())))}
    for family, some in tasks.items():
        other, chosen = _score_other(some, trained[family], test), _score_chosen(family, len(some), test)
        autoregressive = some[0].settings.model.decoding == "autoregressive"
        scored = dict(zip(MODES, (chosen, other) if autoregressive else (other, chosen), strict=True))
        for mode, found in scored.items():
            mse = np.mean([scores.step_mse for scores in found.runs], axis=0)
            steps[f"{family}_{mode}"] = rounded({f"h{step}": float(error) for step, error in enumerate(mse, start=1)})
        report[family] = _family_report(scored, test, evaluate)
        errors = {mode: report[family][mode]["mse"] for mode in MODES}
        log.info(
            "%-12s MSE %s: %s",
            family,
            ", ".join(f"{mode} {mse:.3f}" for mode, mse in errors.items()),
            report[family]["verdict"],
        )
    return {**report, "steps": steps}


def _score_chosen(family: str, seeds: int, test: TestSplit) -> Scored:
    """The first seeds of the main comparison."""
    models = (load_seed(family, seed, test.meta) for seed in range(seeds))
    return _scored(models, float(best_validation_losses(family)[:seeds].mean()), test)


def _score_other(tasks: Sequence[SeedTask], trained: Sequence[SeedRun], test: TestSplit) -> Scored:
    def models() -> Iterator[ForecastModel]:
        for task, result in zip(tasks, trained, strict=True):
            model = build_family(task.family, task.settings.model, test.meta, task.settings.train.levels)
            model.load_state_dict(result.fit.state)
            yield model

    losses = [float(f"{result.fit.best_validation_loss:.9g}") for result in trained]  # as a history would have them
    return _scored(models(), float(np.mean(losses)), test)


def _scored(models: Iterator[ForecastModel], validation_mse: float, test: TestSplit) -> Scored:
    runs = []
    for model in models:
        runs.append(score_model(model, test))
    return Scored(runs, validation_mse, model)


def _family_report(scored: Mapping[str, Scored], test: TestSplit, evaluate: EvaluateParams) -> Report:
    found = compare_runs(scored["direct"].runs, scored["autoregressive"].runs, test, evaluate)
    return {
        **{mode: _mode_report(one, test.meta.context_length) for mode, one in scored.items()},
        **rounded({} if isinstance(found, NotEnoughData) else {name: getattr(found, name) for name in DIFFERENCE}),
        "verdict": VERDICTS.get(found.verdict, found.verdict),
    }


def _mode_report(found: Scored, context_length: int) -> Report:
    return {
        **rounded({**error_row(found.runs), "validation_mse": found.validation_mse}),
        "parameters": parameter_count(found.model),
        "multiply_adds_per_window": multiply_adds_per_window(found.model, context_length),
    }
