"""Settings of the two families: what they share, and what each has of its own."""

from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from rnn_vs_transformer.runtime.section import Count, Number, Section

NO_OTHER_DECODING: Final = "model.readout or model.linear_highway is for direct decoding alone"
"""Why a model has no other decoding than its own."""


class SharedModelParams(Section):
    """The shell around the mixer, the same for both families."""

    instance_norm: Literal["none", "last", "standard"]
    """Per-window normalisation: none, subtract the last value, or subtract mean and divide by deviation."""
    patch_length: Count
    """Steps that form one token; 1 is point tokens."""
    patch_stride: Count
    """Steps from the start of one patch to the next."""
    readout: Literal["last", "flatten", "segments"]
    """The H forecasts are read from the last token, from all tokens, or from the answers to one query per segment of
    patch_length steps."""
    decoding: Literal["direct", "autoregressive"]
    """All H steps at once, or by a decoder step by step, each forecast an input of the next."""
    dropout: Annotated[Number, Field(ge=0, lt=1)]
    """Share of activations dropped in training, between layers and before the readout."""
    linear_highway: bool
    """Add a linear forecast from the context to that of the mixer (the autoregressive part of LSTNet)."""

    @model_validator(mode="after")
    def _decoder_replaces_readout(self) -> Self:
        if self.decoding == "autoregressive" and self.readout != "last":
            raise ValueError(
                "model.decoding: autoregressive reads each step from the decoder's own token: "
                f"model.readout must be last, got {self.readout}",
            )
        if self.decoding == "autoregressive" and self.linear_highway:
            raise ValueError(
                "model.decoding: autoregressive makes one step at a time, and model.linear_highway all at once: "
                "set one of them back",
            )
        return self

    @property
    def other_decoding(self) -> Self | None:
        """The same models with the other decoding; None where these settings are for direct decoding alone."""
        if self.decoding == "autoregressive":
            return self.model_copy(update={"decoding": "direct"})
        if self.readout != "last" or self.linear_highway:
            return None
        return self.model_copy(update={"decoding": "autoregressive"})


class RnnModelParams(SharedModelParams):
    """All that the RNN family is built from."""

    cell: Literal["rnn", "gru", "lstm"]
    """The recurrence: tanh RNN, GRU or LSTM."""
    rnn_width: Count
    """Units of the recurrent state."""
    rnn_layers: Count
    """Stacked recurrent layers."""


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
    positional: Literal["sinusoidal", "learned", "rotary"]
    """How the Transformer knows the order of its tokens."""

    @model_validator(mode="after")
    def _heads_divide_width(self) -> Self:
        if self.transformer_width % self.heads:
            raise ValueError(
                f"model.heads must divide model.transformer_width ({self.transformer_width}), got {self.heads}",
            )
        head_width = self.transformer_width // self.heads
        if self.positional == "rotary" and head_width % 2:
            raise ValueError(
                f"model.positional: rotary turns pairs: transformer_width / heads must be even, got {head_width}",
            )
        if self.positional == "sinusoidal" and self.transformer_width % 2:
            raise ValueError(
                f"model.positional: sinusoidal needs an even model.transformer_width, got {self.transformer_width}",
            )
        return self


class ModelParams(TransformerModelParams, RnnModelParams):
    """The whole of `model`: a shared shell around one mixer each."""

    key: ClassVar = "model"
