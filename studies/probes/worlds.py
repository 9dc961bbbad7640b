"""Worlds of the map, split as there, and the tutorial's settings for them."""

from typing import Any

from rnn_vs_transformer.data.splits import Splits
from rnn_vs_transformer.settings.family.families import FamilySettings
from rnn_vs_transformer.settings.family.model import ModelParams
from rnn_vs_transformer.settings.recipes import load_recipe
from rnn_vs_transformer.sources.cases import draw_world
from studies.probes.plan import Plan
from studies.training import case_study_settings, split_world, within_updates

VALIDATION_SHARE = 0.25
"""Of the steps of train and validation."""


def open_world(plan: Plan, draw: int, case: str, context_length: int) -> Splits:
    """A draw of a case, scaled on its train steps; without test steps where the plan names none.

    Other context lengths see the same test windows.
    """
    steps = plan["steps"]
    whole = steps + plan.get("test_steps", 0)
    lengths = context_length, plan["prediction_length"]
    return split_world(draw_world(case, whole, draw), round((1 - VALIDATION_SHARE) * steps), steps, lengths)


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
    return within_updates(case_study_settings(family, values or {}), windows, updates)
