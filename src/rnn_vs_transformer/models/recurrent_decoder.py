"""Recurrence's decoder: the same cells go on from the state in which the encoder ended.

Source: sequence to sequence learning, Sutskever et al. (2014); Cho et al. (2014). All that the decoder knows of the
context is that state.
"""

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from rnn_vs_transformer.models.min_gru import MinGru

Layers = nn.RNNBase | MinGru
State = Tensor | tuple[Tensor, Tensor]
"""(layers, B, D), and for LSTM the memory cells beside it."""


class RecurrentDecoder(nn.Module):
    """Stacked recurrent layers of their own weights; the state is all that is kept between steps."""

    def __init__(self, layers: Layers) -> None:
        """Use layers of the encoder's cell, number and width."""
        super().__init__()
        self.layers = layers

    def start(self, memory: State) -> State:
        """The state before the first step: that in which the encoder ended."""
        return memory

    def forward(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """Mix the tokens of the next n steps (B, n, D); the state that comes back is that after them."""
        with in_float32(tokens):
            states, state = self.layers(as_float32(tokens.transpose(0, 1)), state)
        return states.transpose(0, 1), state


def in_float32(tokens: Tensor) -> AbstractContextManager[object]:
    """Where a recurrence runs: rounding to bfloat16 at each of T steps would add up, and would save no time."""
    device = tokens.device.type  # meta knows shapes only
    return nullcontext() if device == "meta" else torch.autocast(device, enabled=False)


def as_float32(tokens: Tensor) -> Tensor:
    """What a layer in bfloat16 gave, for a recurrence; all else is as it should be."""
    return tokens.float() if tokens.dtype == torch.bfloat16 else tokens
