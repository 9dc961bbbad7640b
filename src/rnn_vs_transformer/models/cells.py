"""Recurrent cells by name, stacked into layers."""

from typing import Final

import torch
from torch import nn

from rnn_vs_transformer.models.min_gru import MinGru
from rnn_vs_transformer.settings.family.model import RnnModelParams

CELLS: Final = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
"""The cells with a matrix from state to state, which the probes compare."""
Layers = nn.RNNBase | MinGru


def stack_cells(params: RnnModelParams, layers: int | None = None) -> Layers:
    """`rnn_layers` layers (or so many) of `rnn_width` units of the chosen cell, with dropout between them."""
    count = params.rnn_layers if layers is None else layers
    stack: Layers = {**CELLS, "min_gru": MinGru}[params.cell](
        params.rnn_width,
        params.rnn_width,
        num_layers=count,
        dropout=params.dropout if count > 1 else 0.0,
    )
    if params.recurrent_start == "orthogonal":
        start_orthogonally(stack)
    return stack


def start_orthogonally(layers: nn.Module) -> None:
    """Draw each matrix from state to state, one per gate, as a random rotation (Saxe et al. 2014; Le et al. 2015).

    It keeps the length of what it multiplies, so that at the start of training a gradient neither vanishes nor explodes
    by the matrix; the slope of the tanh or of the gates still counts.
    """
    for name, weight in layers.named_parameters():
        if name.startswith("weight_hh"):  # (gates * D, D)
            for gate in torch.split(weight, weight.shape[1]):
                nn.init.orthogonal_(gate)
