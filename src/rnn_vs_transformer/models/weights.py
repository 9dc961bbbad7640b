"""Trained weights, back from their file into a forecaster."""

from pathlib import Path

import torch

from rnn_vs_transformer.data.series import Meta
from rnn_vs_transformer.models.settings import trained_settings
from rnn_vs_transformer.models.shell import Builder, Forecaster
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import read_arrays


def load_weights(forecaster: Forecaster, path: Path, remedy: str) -> None:
    """Replace the forecaster's weights by those of a file.

    Args:
        forecaster: Built with the settings that the weights were trained with.
        path: A file of weights.
        remedy: The command that makes the file anew.

    Raises:
        InputError: The file is missing, damaged, or of a model with other settings.
    """
    state = {name: torch.from_numpy(array) for name, array in read_arrays(path).items()}
    try:
        forecaster.load_state_dict(state)
    except RuntimeError:
        raise InputError(f"{path} does not fit the settings beside it; run: {remedy}") from None


def load_trained(family: str, build: Builder, seed: int, meta: Meta) -> Forecaster:
    """The forecaster of one training run, with the settings that it was trained with and its best weights.

    Raises:
        InputError: A file of the training stage is missing or damaged, or does not fit.
    """
    model = trained_settings(family).model
    forecaster = build(model, meta.context_length, meta.prediction_length, len(meta.channels))
    load_weights(forecaster, paths.weights(family, seed), f"dvc repro --force train_{family}")
    return forecaster
