"""The second decoding mode, the same for both families: step by step, each forecast an input of the next.

    context (B, L) -> the shell of shell.py up to the MIXER, as the encoder -> memory
    y_{h-1} (B, 1) -> embedding (B, 1, D) -> DECODER, given the memory (B, 1, D) -> readout y_h,    y_0 the last value

In training the decoder gets the true y_{h-1} (teacher forcing, Williams and Zipser 1989), so all steps are one call;
without a target it gets its own forecast (free running), one call per step. Families differ in mixer and decoder alone.
"""

from collections.abc import Callable
from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn

from rnn_vs_transformer.data.windows import WindowCovariates
from rnn_vs_transformer.models.shell import ONE_SERIES, Embedded, ForecastModel, InputSizes, MixerBuilder
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.settings.family.model import SharedModelParams

Memory = Any
"""What a family's encoder hands to its decoder."""
State = Any
"""What a family's decoder keeps between steps."""


class Encoder(Protocol):
    """A mixer that can be followed by a decoder."""

    def encode(self, embedded: Embedded) -> Memory:
        """All that the decoder may know of the context's tokens (B, T, D)."""


class Decoder(Protocol):
    """The mixer's counterpart for the steps to come; it never looks ahead."""

    def start(self, memory: Memory) -> State:
        """The state before the first step."""

    def __call__(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """Mix the tokens of the next n steps (B, n, D) to (B, n, D), and tell the state after them."""


DecoderBuilder = Callable[[int, int], nn.Module]
"""Builds a decoder, given the number of context tokens T and H."""


class EncoderDecoder(ForecastModel):
    """A forecaster of either family that decodes step by step."""

    def __init__(
        self,
        params: SharedModelParams,
        context_length: int,
        prediction_length: int,
        width: int,
        mixer: MixerBuilder,
        decoder: DecoderBuilder,
        sizes: InputSizes = ONE_SERIES,
    ) -> None:
        """Build shell, mixer and decoder. Seven parameters, as the decoder comes on top of what the shell takes.

        Args:
            params: Settings; only the shared ones are read here.
            context_length: Observed steps (L).
            prediction_length: Forecast steps (H).
            width: Width of a token (D).
            mixer: Builds the encoder.
            decoder: Builds the decoder.
            sizes: Series and covariates.
        """
        super().__init__(params, context_length, 1, width, mixer, sizes)  # the readout makes one step of one token
        self.prediction_length = prediction_length
        self.step_embedding = nn.Linear(1, width)
        self.decoder = decoder(self.tokens, prediction_length)

    def forward(
        self,
        context: Tensor,
        series: Tensor | None = None,  # noqa: ARG002
        target: Tensor | None = None,
        covariates: WindowCovariates | None = None,
    ) -> Tensor:
        """Forecast (B, H) from the context (B, L), both in scaled units.

        Args:
            context: Observed steps.
            series: Number of the series of each row (B,); weights are shared over series, so it tells nothing.
            target: The steps to forecast (B, H), to teach with; step h is then forecast from the true steps before it.
            covariates: None; see `refuse_covariates`.
        """
        self._check(covariates)
        level, spread = self._level_and_spread(context)
        normed = (context - level) / spread
        memory = cast("Encoder", self.mixer).encode(Embedded(self._patches(normed), self.embedding))
        state, last = cast("Decoder", self.decoder).start(memory), normed[:, -1:]
        if target is None:
            forecast = self._run_freely(last, state)
        else:
            taught = torch.cat([last, (target[:, :-1] - level) / spread], dim=1)
            forecast, _ = self._advance(taught, state)
        result: Tensor = forecast * spread + level
        return result

    def _run_freely(self, last: Tensor, state: State) -> Tensor:
        """Forecasts (B, H), each step (B, 1) fed back for the next."""
        steps = []
        for _ in range(self.prediction_length):
            last, state = self._advance(last, state)
            steps.append(last)
        return torch.cat(steps, dim=1)

    def _advance(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        """From the n steps before (B, n) to the n steps after them (B, n)."""
        mixed, state = self.decoder(self.step_embedding(inputs[..., None]), state)
        return self.readout(self.dropout(mixed)).squeeze(-1), state


def build_forecaster(
    params: SharedModelParams,
    context_length: int,
    prediction_length: int,
    width: int,
    mixer: MixerBuilder,
    decoder: DecoderBuilder,
    sizes: InputSizes = ONE_SERIES,
) -> ForecastModel:
    """The model of a family, decoding as `model.decoding` says. Seven parameters, as `EncoderDecoder` takes them."""
    refuse_covariates(params, sizes)
    if params.decoding == "direct":
        return ForecastModel(params, context_length, prediction_length, width, mixer, sizes)
    return EncoderDecoder(params, context_length, prediction_length, width, mixer, decoder, sizes)


def refuse_covariates(params: SharedModelParams, sizes: InputSizes) -> None:
    """Covariates of the horizon reach the readout of direct decoding, and no decoder that goes step by step.

    Raises:
        InputError: There are covariates, and decoding is autoregressive.
    """
    if params.decoding == "autoregressive" and sizes.covariates:
        raise InputError(
            "model.decoding: autoregressive knows no covariates, and there are some; "
            "set model.decoding to direct, or name none in data.covariates"
        )
