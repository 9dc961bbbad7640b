"""The settings of one family: as params.yaml has them, as tuning chose them, as its weights were trained."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from rnn_vs_transformer.params import (
    FitParams,
    ModelParams,
    RnnModelParams,
    SharedModelParams,
    TrainParams,
    TransformerModelParams,
)
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import read_json, write_json

MODELS: Final[Mapping[str, type[SharedModelParams]]] = {"rnn": RnnModelParams, "transformer": TransformerModelParams}


@dataclass(frozen=True)
class FamilySettings:
    """All that one training run of a family depends on, data and seed apart."""

    model: SharedModelParams
    """Of the family's own class."""
    train: FitParams

    def content(self) -> dict[str, dict[str, Any]]:
        """The settings as JSON, keyed as in params.yaml."""
        return {"model": self.model.model_dump(), "train": self.train.model_dump()}

    def with_values(self, values: Mapping[str, Any]) -> "FamilySettings":
        """The settings with some values replaced, by dotted key as in `model.dropout`; checked again.

        Raises:
            ValidationError: The values contradict each other.
        """
        content = self.content()
        for key, value in values.items():
            section, _, name = key.partition(".")
            content[section][name] = value
        return FamilySettings(
            type(self.model).model_validate(content["model"]), FitParams.model_validate(content["train"])
        )


def current_settings(family: str, model: ModelParams, train: TrainParams) -> FamilySettings:
    """A family's part of params.yaml; the other family's settings are not read."""
    return FamilySettings(model.part(MODELS[family]), train.part(FitParams))


def save_settings(path: Path, settings: FamilySettings) -> None:
    """Write what `load_settings` reads."""
    write_json(path, settings.content())


def load_settings(family: str, path: Path, made_by: str = "tune") -> FamilySettings:
    """Read settings of a family.

    Args:
        family: `rnn` or `transformer`.
        path: A file that `save_settings` wrote.
        made_by: `tune` or `train`, the stage that makes it anew.

    Raises:
        InputError: The file is missing, damaged, or of another version.
    """
    content = read_json(path)
    try:
        model = MODELS[family].model_validate(content["model"])
        return FamilySettings(model, FitParams.model_validate(content["train"]))
    except (KeyError, TypeError, ValidationError):
        raise InputError(f"{path} is damaged; run: dvc repro --force {made_by}_{family}") from None


def trained_settings(family: str) -> FamilySettings:
    """The settings that a family's weights were trained with."""
    return load_settings(family, paths.settings(family), made_by="train")
