"""The trials of the map: one training, or the baselines and floors, on one draw of one case."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.data.splits import Splits
from rnn_vs_transformer.models.baselines import fit_best_ridge, last_value_forecast, seasonal_naive_forecast
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.runtime.yaml import read_yaml
from rnn_vs_transformer.settings.family.families import FamilySettings
from rnn_vs_transformer.sources.cases import World, context_floor, draw_world
from studies.resumable import Row
from studies.training import case_study_settings, split_world, train_and_score, within_updates

PLAN: Final = Path("studies/map/plan.yaml")
REFERENCES: Final = "references"
Plan = Mapping[str, Any]


@dataclass(frozen=True)
class Trial:
    """What is done on one draw."""

    case: str
    steps: int
    """Of train and validation together."""
    context_length: int
    draw: int
    model: str
    """`rnn`, `gru`, `transformer`, `mlp`, or `references`: baselines and floors."""
    recipe: str


def read_plan() -> Plan:
    """The plan as it was committed."""
    plan: Plan = read_yaml(PLAN)
    return plan


def trials_of(plan: Plan, case: str) -> Iterator[Trial]:
    """All trials of a case, those of the context sweep included."""
    cells = [(steps, plan["cases"][case]) for steps in plan["steps"]]
    sweep = plan["context_sweep"]
    if sweep["case"] == case:
        cells += [(sweep["steps"], length) for length in sweep["context_lengths"]]
    for steps, context_length in cells:
        for draw in plan["draws"]:
            for model in (REFERENCES, *plan["models"]):
                for recipe in plan["recipes"] if model not in {REFERENCES, "mlp"} else ["tutorial"]:
                    yield Trial(case, steps, context_length, draw, model, recipe)


def expected_cost(trial: Trial, plan: Plan) -> float:
    """Roughly the seconds that a trial takes, to begin with the longest and to tell the time left."""
    tokens = trial.context_length / (24 if trial.recipe == "season_tokens" else 1)
    rates: dict[str, float] = {"rnn": 2e-5, "gru": 1.8e-4, "transformer": 2e-4 * (1 + tokens / 400)}
    updates = min(plan["updates"], 0.4 * trial.steps)
    return float(1.0 + updates * (1e-3 + rates.get(trial.model, 0.0) * tokens) + trial.steps / 2e4)


def run_trial(plan: Plan, trial: Trial) -> list[Row]:
    """Train or fit on one draw; a row per forecaster with its errors on test and validation, and what it cost."""
    world = draw_world(trial.case, trial.steps + plan["test_steps"], trial.draw)
    splits = _split(world, trial, plan)
    if trial.model == REFERENCES:
        rows = _references(world, splits)
    else:
        settings = _settings(trial, plan, world.season_length, len(splits.places("train").origins))
        rows = [{"forecaster": trial.model, **_train(trial, settings, splits)}]
    return [{**asdict(trial), **row} for row in rows]


def _split(world: World, trial: Trial, plan: Plan) -> Splits:
    train_end = round((1 - plan["validation_share"]) * trial.steps)
    return split_world(world, train_end, trial.steps, (trial.context_length, plan["prediction_length"]))


def _settings(trial: Trial, plan: Plan, season: int, windows: int) -> FamilySettings:
    """The case study's settings; epochs are cut so that no training takes more than the plan's updates."""
    family = "rnn" if trial.model == "gru" else trial.model
    values: dict[str, Any] = {"model.cell": trial.model} if family == "rnn" else {}
    if trial.recipe == "season_tokens":
        values |= {"model.patch_length": season, "model.patch_stride": season}
    return within_updates(case_study_settings(family, values), windows, plan["updates"])


def _train(trial: Trial, settings: FamilySettings, splits: Splits) -> Row:
    build = BUILDERS["rnn" if trial.model == "gru" else trial.model]
    model = partial(build, settings.model, splits.context_length, splits.prediction_length)
    return train_and_score(model, settings.train, splits, trial.draw)


def _references(world: World, splits: Splits) -> list[Row]:
    places, horizon = splits.places("test"), splits.prediction_length
    origins, truth, ridge = places.origins, splits.truth(places), fit_best_ridge(splits)
    found = {
        "last_value": last_value_forecast(splits.values, origins, horizon),
        "seasonal_naive": seasonal_naive_forecast(splits.values, origins, horizon, world.season_length),
        "ridge": ridge.forecast(splits.panel, places),
        "floor": _scaled(world.floor(origins, horizon), splits),
    }
    known = context_floor(world, origins, splits.context_length, horizon)
    if known is not None:
        found["context_floor"] = _scaled(known, splits)
    extra = {"ridge": {"validation_mse": ridge.validation_mse, "parameters": ridge.weights.size}}
    return [{"forecaster": name, "mse": float(np.square(forecast - truth).mean()), **extra.get(name, {})}
            for name, forecast in found.items()]  # fmt: skip


def _scaled(forecast: FloatArray, splits: Splits) -> FloatArray:
    return splits.scaler.scale(forecast, np.array(0))
