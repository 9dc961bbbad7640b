"""Worlds of the map, split as there, and the tutorial's settings for them."""

import math
from typing import Any

from rnn_vs_transformer.data.splits import Borders, Scaler, Splits
from rnn_vs_transformer.settings.family.families import FamilySettings, given_settings
from rnn_vs_transformer.settings.family.model import ModelParams
from rnn_vs_transformer.settings.family.train import TrainParams
from rnn_vs_transformer.settings.recipes import load_recipe
from rnn_vs_transformer.sources.cases import draw_world
from studies.probes.plan import Plan

VALIDATION_SHARE = 0.25
"""Of the steps of train and validation."""


def open_world(plan: Plan, draw: int, case: str, context_length: int) -> Splits:
    """A draw of a case, scaled on its train steps; without test steps where the plan names none.

    Other context lengths see the same test windows.
    """
    steps = plan["steps"]
    whole = steps + plan.get("test_steps", 0)
    borders = Borders(round((1 - VALIDATION_SHARE) * steps), steps, whole)
    values = draw_world(case, whole, draw).values[:, None]
    scaler = Scaler.fit(values[: borders.train_end], [case])
    return Splits(scaler.scale(values), borders, context_length, plan["prediction_length"], scaler)


def tutorial_model() -> ModelParams:
    """The model settings of the recipe `case-study`."""
    return ModelParams.model_validate(load_recipe("case-study")["model"])


def tutorial_settings(family: str, windows: int, updates: int, values: dict[str, Any] | None = None) -> FamilySettings:
    """A family's settings of that recipe, with other values by dotted key.

    Args:
        family: `rnn` or `transformer`.
        windows: Train windows, by which the epochs are cut so that no training takes more than so many updates.
        updates: Updates, at most, rounded up to whole epochs.
        values: What is otherwise than in the recipe.
    """
    train = TrainParams.model_validate(load_recipe("case-study")["train"])
    epochs = math.ceil(updates / math.ceil(windows / train.batch_size))
    chosen = {"train.epochs": min(train.epochs, epochs), **(values or {})}
    return given_settings(family, tutorial_model(), train).with_values(chosen)
