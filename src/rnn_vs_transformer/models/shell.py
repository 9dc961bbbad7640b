"""The shell that both families share: everything but the mixer.

    context (B, L) -> instance norm -> patches (B, T, P) -> embedding (B, T, D) -> MIXER (B, T, D)
                   -> readout (B, H) [+ linear highway (B, H)] -> inverse instance norm

Sources: patches and channel independence, PatchTST (Nie et al. 2023); instance norm, RevIN (Kim et al. 2022) without
its affine part, and last-value subtraction, NLinear (Zeng et al. 2023); linear highway, LSTNet (Lai et al. 2018).
"""

from collections.abc import Callable
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from rnn_vs_transformer.params import SharedModelParams


class Mixer(Protocol):
    """The one factor in which the families differ: what moves information along time."""

    def __call__(self, tokens: Tensor, last_only: bool) -> Tensor:
        """Mix tokens (B, T, D) to (B, T, D), or to the last one (B, 1, D)."""


MixerBuilder = Callable[[int], nn.Module]
"""Builds a mixer, given the number of tokens T."""


class Forecaster(nn.Module):
    """A forecaster of either family: the shared shell around one mixer."""

    def __init__(
        self,
        params: SharedModelParams,
        context_length: int,
        prediction_length: int,
        width: int,
        mixer: MixerBuilder,
    ) -> None:
        """Build shell and mixer.

        Args:
            params: Settings; only the shared ones are read here.
            context_length: Observed steps (L).
            prediction_length: Forecast steps (H).
            width: Width of a token (D).
            mixer: Builds the mixer; called between embedding and readout, as the seed's draws are.
        """
        super().__init__()
        self.instance_norm = params.instance_norm
        self.patch_length, self.patch_stride = params.patch_length, params.patch_stride
        self.last_only = params.readout == "last"
        tokens = (context_length - self.patch_length) // self.patch_stride + 1
        self.unused_steps = (context_length - self.patch_length) % self.patch_stride
        self.embedding = nn.Linear(self.patch_length, width)
        self.mixer = mixer(tokens)
        self.dropout = nn.Dropout(params.dropout)
        self.readout = nn.Linear(width if self.last_only else tokens * width, prediction_length)
        self.highway = nn.Linear(context_length, prediction_length) if params.linear_highway else None

    def forward(self, context: Tensor) -> Tensor:
        """Forecast (B, H) from the context (B, L), both in scaled units."""
        level, spread = self._level_and_spread(context)
        normed = (context - level) / spread
        mixed = self.mixer(self.embedding(self._patches(normed)), self.last_only)  # (B, T or 1, D)
        forecast = self.readout(self.dropout(mixed.flatten(1)))
        if self.highway is not None:
            forecast = forecast + self.highway(normed)
        result: Tensor = forecast * spread + level
        return result

    def _patches(self, steps: Tensor) -> Tensor:
        """(B, L) -> (B, T, P); patches end with the last step, so the oldest steps are the ones left over."""
        return steps[:, self.unused_steps :].unfold(1, self.patch_length, self.patch_stride)

    def _level_and_spread(self, context: Tensor) -> tuple[Tensor, Tensor]:
        """What instance normalisation takes off and multiplies back, (B, 1) each."""
        if self.instance_norm == "none":
            return context.new_zeros(1, 1), context.new_ones(1, 1)
        if self.instance_norm == "last":
            return context[:, -1:], context.new_ones(1, 1)
        variance, mean = torch.var_mean(context, dim=1, keepdim=True, correction=0)
        return mean, torch.sqrt(variance + 1e-5)


Builder = Callable[[Any, int, int], Forecaster]
"""Makes a family's forecaster from that family's settings, L and H, with weights from torch's global random state."""
