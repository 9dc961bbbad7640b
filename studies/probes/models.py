"""The models of the probes by name: a cell with its start, or the Transformer."""

from typing import Final

import torch

from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.shell import ForecastModel
from rnn_vs_transformer.settings.family.model import Cell, ModelParams

CELLS: Final[dict[str, Cell]] = {
    "rnn": "rnn",
    "rnn_orthogonal": "rnn",
    "gru": "gru",
    "gru_orthogonal": "gru",
    "lstm": "lstm",
    "lstm_orthogonal": "lstm",
    "min_gru": "min_gru",
}
"""The recurrent ones; `rnn` is the tanh RNN. All others are the Transformer."""


def start_of(name: str) -> str:
    """How the matrices from state to state start: `default`, `orthogonal`, or `none` where there are none."""
    if name in {"transformer", "min_gru"}:
        return "none"
    return "orthogonal" if name.endswith("_orthogonal") else "default"


def build_model(
    name: str, settings: ModelParams, context_length: int, prediction_length: int, seed: int
) -> ForecastModel:
    """A model with the weights of a seed; the settings' own cell and start are not read."""
    torch.manual_seed(seed)
    if name not in CELLS:
        return BUILDERS["transformer"](settings, context_length, prediction_length)
    start = "orthogonal" if start_of(name) == "orthogonal" else "default"
    chosen = settings.model_copy(update={"cell": CELLS[name], "recurrent_start": start})
    return BUILDERS["rnn"](chosen, context_length, prediction_length)
