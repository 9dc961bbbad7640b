"""The families, and the settings of each: as given in params.yaml, as tuned, as its weights were trained."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import read_json, write_json
from rnn_vs_transformer.settings.family.model import (
    ModelParams,
    RnnModelParams,
    SharedModelParams,
    TransformerModelParams,
)
from rnn_vs_transformer.settings.family.train import FitParams, TrainParams

FAMILIES: Final[Mapping[str, type[SharedModelParams]]] = {"rnn": RnnModelParams, "transformer": TransformerModelParams}
"""What each family is built from, by its name."""


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
    return FamilySettings(model.part(FAMILIES[family]), train.part(FitParams), train.seeds)


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
        model = FAMILIES[family].model_validate(content["model"])
        return FamilySettings(model, FitParams.model_validate(content["train"]), int(content["seeds"]))
    except (KeyError, TypeError, ValueError, ValidationError):
        raise InputError(
            f"{path} is damaged; run again the stage that writes it, as in: dvc repro --force check"
        ) from None


def trained_settings(family: str) -> FamilySettings:
    """The settings that a family's weights were trained with."""
    return load_settings(family, paths.trained_settings(family))
