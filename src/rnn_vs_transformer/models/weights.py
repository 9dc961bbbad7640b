"""Trained weights, back from their file into a forecaster."""

from pathlib import Path

import torch

from rnn_vs_transformer import paths
from rnn_vs_transformer.errors import InputError
from rnn_vs_transformer.files import read_arrays
from rnn_vs_transformer.models.shell import Forecaster


def load_weights(forecaster: Forecaster, family: str, seed: int) -> None:
    """Replace the forecaster's weights by the best ones of a training run.

    Raises:
        InputError: The file is missing, damaged, or of a model with other settings.
    """
    load_weights_file(forecaster, paths.weights(family, seed), f"train_{family}")


def load_weights_file(forecaster: Forecaster, path: Path, stage: str) -> None:
    """Replace the forecaster's weights by those of a file that a stage wrote.

    Raises:
        InputError: The file is missing, damaged, or of a model with other settings.
    """
    state = {name: torch.from_numpy(array) for name, array in read_arrays(path).items()}
    try:
        forecaster.load_state_dict(state)
    except RuntimeError:
        raise InputError(f"{path} does not fit the model of {paths.PARAMS}; run: dvc repro {stage}") from None
