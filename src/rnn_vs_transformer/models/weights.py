"""Trained weights, back from their file into a model."""

from collections.abc import Iterator
from pathlib import Path

import torch

from rnn_vs_transformer.data.series import KNOWN, Meta
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.shell import ForecastModel, InputSizes
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import read_arrays
from rnn_vs_transformer.settings.family.families import trained_settings
from rnn_vs_transformer.settings.family.model import SharedModelParams


def build_family(family: str, model: SharedModelParams, meta: Meta, levels: tuple[float, ...] = ()) -> ForecastModel:
    """A family's model for some series, with weights from torch's global random state; `levels` are its quantiles."""
    return BUILDERS[family](model, meta.context_length, meta.prediction_length, sizes_of(meta)._replace(levels=levels))


def sizes_of(meta: Meta) -> InputSizes:
    """How many series and columns of covariates there are."""
    widths = {known: sum(one.width for one in meta.covariates if one.known == known) for known in KNOWN}
    return InputSizes(len(meta.series), widths["past"], widths["future"], widths["static"])


def load_weights(model: ForecastModel, path: Path, remedy: str) -> None:
    """Replace the model's weights by those of a file.

    Args:
        model: Built with the settings that the weights were trained with.
        path: A file of weights.
        remedy: The command that makes the file anew.

    Raises:
        InputError: The file is missing, damaged, or of a model with other settings.
    """
    state = {name: torch.from_numpy(array) for name, array in read_arrays(path).items()}
    try:
        model.load_state_dict(state)
    except RuntimeError:
        raise InputError(f"{path} does not fit the settings beside it; run: {remedy}") from None


def load_trained(family: str, meta: Meta, recipe: str = paths.TUTORIAL, fold: int = 0) -> Iterator[ForecastModel]:
    """The models of a family's training runs, seed by seed, with the settings and the best weights of their training.

    Raises:
        InputError: A file of the training stage is missing or damaged, or does not fit.
    """
    for seed in range(trained_settings(family, recipe).seeds):
        yield load_seed(family, seed, meta, recipe, fold)


def load_seed(family: str, seed: int, meta: Meta, recipe: str = paths.TUTORIAL, fold: int = 0) -> ForecastModel:
    """The model of one training run; see `load_trained`."""
    settings = trained_settings(family, recipe)
    model = build_family(family, settings.model, meta, settings.train.levels)
    stage = "train_mlp" if family == "mlp" else f"train@{family}"
    load_weights(model, paths.weights(family, seed, recipe, fold), f"dvc repro --force {stage}")
    return model
