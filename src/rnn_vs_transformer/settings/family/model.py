"""Settings of the two families: what they share, and what each has of its own."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from rnn_vs_transformer.runtime.section import Count, Number, Section

Cell = Literal["rnn", "gru", "lstm", "min_gru"]
Readout = Literal["last", "flatten", "segments"]
Positional = Literal["sinusoidal", "learned", "rotary", "none"]
NO_OTHER_DECODING: Final = (
    "model.readout, model.linear_highway, model.seasonal_naive or model.block is for direct decoding alone"
)
"""Why a model has no other decoding than its own."""


class SharedModelParams(Section):
    """The shell around the mixer, the same for both families."""

    context_share: Annotated[Number, Field(gt=0, le=1)]
    """Share of the context that is read: its last steps, rounded to whole ones, and at least a patch, and the season
    that is repeated."""
    instance_norm: Literal["none", "last", "standard"]
    """Per-window normalisation: none, subtract the last value, or subtract mean and divide by deviation."""
    patch_length: Count
    """Steps that form one token; 1 is point tokens."""
    patch_stride: Count
    """Steps from the start of one patch to the next."""
    readout: Readout
    """The H forecasts are read from the last token, from all tokens, or from the answers to one query per segment of
    patch_length steps."""
    decoding: Literal["direct", "autoregressive"]
    """All H steps at once, or by a decoder step by step, each forecast an input of the next."""
    dropout: Annotated[Number, Field(ge=0, lt=1)]
    """Share of activations dropped in training, between layers and before the readout."""
    linear_highway: bool | Literal["ridge"]
    """Add a linear forecast from the context to that of the mixer (the autoregressive part of LSTNet): none, one drawn
    at random, or one that starts at ridge while the mixer starts at zero."""
    seasonal_naive: Annotated[int, Field(ge=0, lt=2**31)]
    """Steps in a season: models forecast the difference from the last season, repeated over the horizon. 0: the values
    themselves."""

    @model_validator(mode="after")
    def _starts_at_what_ridge_is(self) -> Self:
        if self.linear_highway == "ridge" and self.instance_norm == "standard":
            raise ValueError("model.linear_highway: ridge needs model.instance_norm: none or last, got standard")
        if self.linear_highway == "ridge" and self.seasonal_naive:
            raise ValueError(f"model.linear_highway: ridge needs model.seasonal_naive: 0, got {self.seasonal_naive}")
        return self

    @model_validator(mode="after")
    def _decoder_replaces_readout(self) -> Self:
        if self.decoding == "autoregressive" and not self._leaves_decoding_open:
            got = f"{self.readout} and {str(self.linear_highway).lower()}"
            raise ValueError(
                "model.decoding: autoregressive makes one step at a time, from the decoder's own token: model.readout "
                f"must be last and model.linear_highway false, got {got}; model.seasonal_naive 0 and model.block bare"
            )
        return self

    def steps_read(self, context_length: int) -> int:
        """How many of so many observed steps are read."""
        return max(self.patch_length, self.seasonal_naive, round(self.context_share * context_length))

    @property
    def _leaves_decoding_open(self) -> bool:
        return self.readout == "last" and not self.linear_highway and not self.seasonal_naive

    @property
    def other_decoding(self) -> Self | None:
        """The same models with the other decoding; None where these settings are for direct decoding alone."""
        other = "direct" if self.decoding == "autoregressive" else "autoregressive"
        return self.model_copy(update={"decoding": other}) if self._leaves_decoding_open else None


class RnnModelParams(SharedModelParams):
    """All that the RNN family is built from."""

    block: Literal["bare", "residual"]
    """Layers as they are, or each in the Transformer's pre-norm block of residuals, norms and a feed-forward layer, so
    that the mixer is all in which the families differ."""
    cell: Cell
    """The recurrence: tanh RNN, GRU, LSTM, or the minimal GRU, whose gates see no state."""
    recurrent_start: Literal["default", "orthogonal"]
    """Matrices from state to state start as torch draws them, or as random rotations; min_gru has none."""
    rnn_width: Count
    """Units of the recurrent state."""
    rnn_layers: Count
    """Stacked recurrent layers, or residual blocks of one each."""
    feedforward_width: Count
    """Hidden units of the feed-forward layer of a residual block."""

    @property
    def _leaves_decoding_open(self) -> bool:
        return super()._leaves_decoding_open and self.block == "bare"


class TransformerModelParams(SharedModelParams):
    """All that the Transformer family is built from."""

    transformer_width: Annotated[int, Field(ge=2)]
    """Width of the Transformer's tokens."""
    transformer_layers: Count
    """Encoder layers."""
    heads: Count
    """Attention heads; must divide transformer_width."""
    feedforward_width: Count
    """Hidden units of the feed-forward block of an encoder layer."""
    positional: Positional
    """How the Transformer knows the order of its tokens; with none it does not."""

    @model_validator(mode="after")
    def _can_be_built(self) -> Self:
        if fault := misfit(self.transformer_width, self.heads, [self.positional]):
            raise ValueError(f"model.*: {fault}")
        return self


def misfit(width: int, heads: int, positionals: Sequence[str]) -> str:
    """Why a Transformer of this width and so many heads cannot be built with every encoding; empty where it can."""
    if width % heads:
        return f"heads {heads} does not divide transformer_width {width}"
    if "rotary" in positionals and (width // heads) % 2:
        return f"rotary needs an even transformer_width / heads, and {width} / {heads} is odd"
    if "sinusoidal" in positionals and width % 2:
        return f"sinusoidal needs an even transformer_width, and {width} is odd"
    return ""


class MlpModelParams(SharedModelParams):
    """All that the control without a sequence model is built from: an MLP on the window."""

    mlp_width: Count
    """Units of a hidden layer."""
    mlp_layers: Count
    """Hidden layers."""


class ModelParams(TransformerModelParams, RnnModelParams, MlpModelParams):
    """The whole of `model`: a shared shell around one mixer each."""

    key: ClassVar = "model"


class ProbeModelParams(Section):
    """Models that a probe makes for itself; apart from `model.*`, whose changes then measure nothing anew."""

    width: Annotated[int, Field(ge=2)]
    """Width of the Transformer's tokens and of the recurrent state."""
    transformer_layers: Count
    """Encoder layers."""
    heads: Count
    """Attention heads; twice their number must divide the width."""
    feedforward_width: Count
    """Hidden units of the feed-forward block of an encoder layer."""

    @model_validator(mode="after")
    def _heads_divide_width(self) -> Self:
        key, least = self.key, 2 * self.heads
        if self.width % least:
            raise ValueError(f"{key}.width must be a multiple of 2 * {key}.heads ({least}), got {self.width}")
        return self

    def models(self, cell: str, rnn_layers: int, positional: str, patch_length: int = 1) -> ModelParams:
        """Both families, without what the shell could add to a bare mixer."""
        shell = {
            "context_share": 1.0,
            "instance_norm": "none",
            "patch_length": patch_length,
            "patch_stride": patch_length,
            "readout": "last",
        }
        shell |= {"decoding": "direct", "dropout": 0.0, "linear_highway": False, "seasonal_naive": 0}
        shell |= {"block": "bare", "recurrent_start": "default", "mlp_width": self.width, "mlp_layers": 1}
        shell |= {"cell": cell, "rnn_width": self.width, "rnn_layers": rnn_layers, "positional": positional}
        sizes = {name: getattr(self, name) for name in ("transformer_layers", "heads", "feedforward_width")}
        return ModelParams.model_validate({**shell, **sizes, "transformer_width": self.width})
