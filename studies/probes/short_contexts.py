"""Both families and ridge at short contexts: error and training seconds."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np

from rnn_vs_transformer.data.splits import Splits
from rnn_vs_transformer.models.baselines import Ridge, fit_best_ridge, fit_ridge
from studies.probes.plan import Plan, Row
from studies.probes.training import test_error, train_family
from studies.probes.worlds import open_world, tutorial_settings


@dataclass(frozen=True)
class Trial:
    """A family, or `ridge`, on one draw of a case."""

    case: str
    draw: int
    context_length: int
    model: str


def trials_of(plan: Plan) -> Iterator[Trial]:
    """Draw by draw."""
    for draw in plan["draws"]:
        for case in plan["cases"]:
            for context_length in plan["context_lengths"]:
                for model in ("ridge", *plan["models"]):
                    yield Trial(case, draw, context_length, model)


def expected_cost(trial: Trial, _: Plan) -> float:
    """Roughly the seconds that a trial takes."""
    return {"ridge": 0.2, "rnn": 2.0, "transformer": 4.0}[trial.model] * (1 + trial.context_length / 24)


def run_trial(plan: Plan, trial: Trial) -> list[Row]:
    """A row per forecaster; ridge is fitted on the same context, and with a context of its own choice."""
    splits = open_world(plan, trial.draw, trial.case, trial.context_length)
    of = asdict(trial)
    if trial.model == "ridge":
        fitted = {"ridge": fit_ridge(splits, trial.context_length), "ridge_any_context": fit_best_ridge(splits)}
        return [{**of, "model": name, "mse": _ridge_error(ridge, splits)} for name, ridge in fitted.items()]
    settings = tutorial_settings(trial.model, len(splits.places("train").origins), plan["updates"])
    model, told = train_family(trial.model, settings, splits, trial.draw)
    return [{**of, "mse": test_error(model, splits), **told}]


def _ridge_error(ridge: Ridge, splits: Splits) -> float:
    places = splits.places("test")
    return float(np.square(ridge.forecast(splits.panel, places) - splits.truth(places)).mean())
