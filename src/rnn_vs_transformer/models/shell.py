"""The shell that both families share: everything but the mixer.

    context (B, L) -> instance norm -> patches (B, T, P) -> embedding (B, T, D) -> MIXER (B, T, D)
                   -> readout (B, H) [+ linear highway (B, H)] -> inverse instance norm

With `readout: segments` the mixer answers one query per segment of the forecast instead (see `models/segments.py`).

Sources: patches and channel independence, PatchTST (Nie et al. 2023); instance norm, RevIN (Kim et al. 2022) without
its affine part, and last-value subtraction, NLinear (Zeng et al. 2023); linear highway, LSTNet (Lai et al. 2018).
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from rnn_vs_transformer.models.segments import SegmentReadout
from rnn_vs_transformer.settings.family.model import SharedModelParams


class Embedded(NamedTuple):
    """What a mixer reads: the shell's tokens, as patches and the linear map that makes tokens of them.

    The two come apart since nothing lies between the embedding and the mixer: one that begins with a linear map of its
    own may join both maps before they meet the series, which gives the same numbers, up to rounding, for less work.
    """

    patches: Tensor
    """(B, T, P)."""
    embedding: nn.Linear
    """From P to D."""

    def tokens(self) -> Tensor:
        """(B, T, D)."""
        tokens: Tensor = self.embedding(self.patches)
        return tokens


class Mixer(Protocol):
    """The one factor in which the families differ: what moves information along time."""

    def __call__(self, embedded: Embedded, last_only: bool) -> Tensor:
        """Mix tokens (B, T, D) to (B, T, D), or to the last one (B, 1, D)."""

    def answer(self, embedded: Embedded, queries: Tensor) -> Tensor:
        """Answer each query (B, S, D) from the tokens (B, T, D): (B, S, D)."""


MixerBuilder = Callable[[int], Mixer]
"""Builds a mixer, given the number of tokens, those of queries included."""


class ForecastModel(nn.Module):
    """A forecaster of either family: the shared shell around one mixer."""

    def __init__(
        self,
        params: SharedModelParams,
        context_length: int,
        prediction_length: int,
        width: int,
        mixer: MixerBuilder,
        channels: int = 1,
    ) -> None:
        """Build shell and mixer.

        Args:
            params: Settings; only the shared ones are read here.
            context_length: Observed steps (L).
            prediction_length: Forecast steps (H).
            width: Width of a token (D).
            mixer: Builds the mixer; called between embedding and readout, as the seed's draws are.
            channels: Channels of the series (C); read by queries alone, all else is shared over channels.
        """
        super().__init__()
        self.instance_norm = params.instance_norm
        self.patch_length, self.patch_stride = params.patch_length, params.patch_stride
        self.last_only = params.readout == "last"
        self.tokens = (context_length - self.patch_length) // self.patch_stride + 1
        self.unused_steps = (context_length - self.patch_length) % self.patch_stride
        self.embedding = nn.Linear(self.patch_length, width)
        segments = -(-prediction_length // self.patch_length) if params.readout == "segments" else 0
        self.mixer = mixer(self.tokens + segments)
        self.dropout = nn.Dropout(params.dropout)
        self.readout: nn.Module
        if segments:
            self.readout = SegmentReadout(segments, self.patch_length, prediction_length, width, channels)
        else:
            self.readout = nn.Linear(width if self.last_only else self.tokens * width, prediction_length)
        self.highway = nn.Linear(context_length, prediction_length) if params.linear_highway else None

    def forward(self, context: Tensor, channel: Tensor | None = None, target: Tensor | None = None) -> Tensor:  # noqa: ARG002
        """Forecast (B, H) from the context (B, L), both in scaled units.

        Args:
            context: Observed steps.
            channel: Number of the channel of each row (B,); may be left out where there is only one.
            target: The steps to forecast (B, H), handed over in training; only an `EncoderDecoder` learns from them in
                its forward pass.
        """
        level, spread = self._level_and_spread(context)
        normed = (context - level) / spread
        embedded = Embedded(self._patches(normed), self.embedding)  # tokens (B, T, D)
        if isinstance(self.readout, SegmentReadout):
            answers = self.mixer.answer(embedded, self.readout.queries(len(context), channel))  # (B, S, D)
            forecast = self.readout(self.dropout(answers))
        else:
            mixed = self.mixer(embedded, self.last_only)  # (B, T or 1, D)
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


Builder = Callable[[Any, int, int, int], ForecastModel]
"""Makes a family's forecaster from its settings, L, H and C, with weights from torch's global random state."""
