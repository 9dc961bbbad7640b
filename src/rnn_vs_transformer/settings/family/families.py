"""The families, and the settings of each: as given in params.yaml, as tuned, as its weights were trained."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import read_json, write_json
from rnn_vs_transformer.settings.family.model import (
    MlpModelParams,
    ModelParams,
    RnnModelParams,
    SharedModelParams,
    TransformerModelParams,
)
from rnn_vs_transformer.settings.family.train import RECIPES, FitParams, Recipe, TrainParams

log = logging.getLogger(__name__)
FAMILIES: Final[Mapping[str, type[SharedModelParams]]] = {"rnn": RnnModelParams, "transformer": TransformerModelParams}
"""What each family is built from, by its name."""
MODELS: Final[Mapping[str, type[SharedModelParams]]] = {**FAMILIES, "mlp": MlpModelParams}
"""All that is trained: the families, and the control."""


@dataclass(frozen=True)
class FamilySettings:
    """All that one training run of a family depends on, data and seed apart."""

    model: SharedModelParams
    """Of the family's own class."""
    train: FitParams
    seeds: int
    """Paired seeds 0, 1, ... to train."""

    def content(self) -> dict[str, Any]:
        """The settings as JSON, keyed as in params.yaml."""
        return {"model": self.model.model_dump(), "train": self.train.model_dump(), "seeds": self.seeds}

    def with_values(self, values: Mapping[str, Any]) -> "FamilySettings":
        """The settings with some values replaced, by dotted key as in `model.dropout`; checked again.

        Raises:
            ValidationError: The values contradict each other.
        """
        content = self.content()
        for key, value in values.items():
            section, _, name = key.partition(".")
            content[section][name] = value
        model = type(self.model).model_validate(content["model"])
        return FamilySettings(model, FitParams.model_validate(content["train"]), self.seeds)


def given_settings(family: str, model: ModelParams, train: TrainParams) -> FamilySettings:
    """A family's part of params.yaml; the other family's settings are not read."""
    return FamilySettings(model.part(MODELS[family]), train.part(FitParams), train.seeds)


def save_settings(path: Path, settings: FamilySettings) -> None:
    """Write what `load_settings` reads."""
    write_json(path, settings.content())


def load_settings(family: str, path: Path) -> FamilySettings:
    """Read settings of a family that `save_settings` wrote.

    Raises:
        InputError: The file is missing, damaged, or of another version.
    """
    content = read_json(path)
    try:
        model = MODELS[family].model_validate(content["model"])
        return FamilySettings(model, FitParams.model_validate(content["train"]), int(content["seeds"]))
    except (KeyError, TypeError, ValueError, ValidationError):
        raise InputError(
            f"{path} is damaged; run again the stage that writes it, as in: dvc repro --force check"
        ) from None


def trained_settings(family: str, recipe: str = paths.TUTORIAL) -> FamilySettings:
    """The settings that a family's weights were trained with."""
    return load_settings(family, paths.trained_settings(family, recipe))


def validation_folds() -> int:
    """The stretches of validation that all models here were trained before."""
    return trained_settings("rnn").train.validation_folds


def trained_recipes() -> list[Recipe]:
    """The recipes that both families were trained with."""
    return [recipe for recipe in RECIPES if all(paths.trained_settings(family, recipe).exists() for family in FAMILIES)]


def settings_by_recipe(
    settings: FamilySettings, train: TrainParams, season: int, context_length: int
) -> dict[Recipe, FamilySettings]:
    """What a family is trained with, by recipe; `season_tokens` is left out, with a line, where it cannot be made.

    Args:
        settings: Of the tutorial's recipe.
        train: Which recipes are asked for. Settings that were tuned are a recipe of their own, and the only one.
        season: Steps in one season.
        context_length: Observed steps (L).
    """
    found: dict[Recipe, FamilySettings] = {"tutorial": settings}
    if "season_tokens" not in train.recipes or train.settings == "tuned":
        return found
    if season in {1, settings.model.patch_length} or season > context_length:
        why = "the same tokens" if season == settings.model.patch_length else f"a season of {season} step(s)"
        log.info("season_tokens is left out: %s in a context of %d", why, context_length)
        return found
    sizes = {"model.patch_length": season, "model.patch_stride": season}
    return {**found, "season_tokens": settings.with_values(sizes)}
