"""The trials: one mixer in the block, with one kind of tokens and one readout, on one draw of one case."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, Final

from rnn_vs_transformer.models.mixers import build_residual
from rnn_vs_transformer.runtime.yaml import read_yaml
from rnn_vs_transformer.settings.family.model import ModelParams
from rnn_vs_transformer.settings.family.train import FitParams, TrainParams
from rnn_vs_transformer.settings.recipes import load_recipe
from rnn_vs_transformer.sources.cases import draw_world
from studies.resumable import Row
from studies.training import epochs_within, split_world, train_and_score

PLAN: Final = Path("studies/mixers/plan.yaml")
Plan = Mapping[str, Any]
MILLISECONDS: Final = {"attention": 20, "tanh": 10, "gru": 25, "lstm": 15, "min_gru": 14, "mlp": 8, "none": 5}
"""Roughly of an update with point tokens."""


@dataclass(frozen=True)
class Trial:
    """What is trained on one draw."""

    case: str
    draw: int
    mixer: str
    """As in the plan: `tanh` is the cell `rnn`."""
    tokens: str
    """`points` or `season_tokens`."""
    readout: str


def read_plan() -> Plan:
    """The plan as it was committed."""
    plan: Plan = read_yaml(PLAN)
    return plan


def trials_of(plan: Plan) -> Iterator[Trial]:
    """Every mixer with every kind of tokens and every readout, on every draw of every case."""
    for words in product(*(plan[name] for name in ("cases", "draws", "mixers", "tokens", "readouts"))):
        yield Trial(*words)


def expected_cost(trial: Trial, plan: Plan) -> float:
    """Roughly the seconds that a trial takes."""
    per_update = MILLISECONDS[trial.mixer] / (1 if trial.tokens == "points" else 8)
    return float(0.5 + plan["updates"] * per_update / 1000)


def run_trial(plan: Plan, trial: Trial) -> list[Row]:
    """Train on one draw; a row with errors on test and validation, and what it cost."""
    world = draw_world(trial.case, plan["steps"] + plan["test_steps"], trial.draw)
    lengths = plan["context_length"], plan["prediction_length"]
    splits = split_world(world, round((1 - plan["validation_share"]) * plan["steps"]), plan["steps"], lengths)
    model = model_params(plan, trial, world.season_length)
    mixer = "rnn" if trial.mixer == "tanh" else trial.mixer
    train = fit_params(plan, len(splits.places("train").origins))
    scores = train_and_score(partial(build_residual, mixer, model, *lengths), train, splits, trial.draw)
    return [{**asdict(trial), **scores}]


def model_params(plan: Plan, trial: Trial, season: int) -> ModelParams:
    """The case study's settings and the plan's on top, the same for all mixers; so many steps are a season token."""
    patch = 1 if trial.tokens == "points" else season
    tokens = {"patch_length": patch, "patch_stride": patch, "readout": trial.readout}
    return ModelParams.model_validate({**load_recipe("case-study")["model"], **plan["model"], **tokens})


def fit_params(plan: Plan, windows: int) -> FitParams:
    """The case study's settings, and the plan's on top; as many whole epochs as reach the plan's updates."""
    given = {**load_recipe("case-study")["train"], **plan["train"]}
    given["epochs"] = epochs_within(plan["updates"], windows, given["batch_size"])
    return TrainParams.model_validate(given).part(FitParams)
