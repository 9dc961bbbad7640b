"""Settings of the cost probe."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from rnn_vs_transformer.runtime.section import Count, Positive, Section
from rnn_vs_transformer.settings.family.model import ModelParams


class CostParams(Section):
    """Time and memory of both families against the context length; depends on the machine."""

    key: ClassVar = "cost"

    context_lengths: Annotated[list[Count], Field(min_length=3)]
    """Context lengths to measure at, rising; in equal ratios, so that each weighs the same in an exponent."""
    prediction_length: Count
    """Steps forecast at once (H)."""
    cell: Literal["rnn", "gru", "lstm"]
    """The recurrence, in one layer."""
    width: Annotated[int, Field(ge=2)]
    """Width of the tokens and of the recurrent state: the same for both families."""
    transformer_layers: Count
    """Encoder layers."""
    heads: Count
    """Attention heads; twice their number must divide the width."""
    feedforward_width: Count
    """Hidden units of the feed-forward block of an encoder layer."""
    batch_size: Count
    """Windows per step; recurrence gains most from large ones."""
    rounds: Annotated[int, Field(ge=3)]
    """Times that each measurement is taken, at most; all models and lengths take turns within a round."""
    seconds: Positive
    """Time for the whole probe; beyond it the longest lengths and the last rounds are left out."""

    @model_validator(mode="after")
    def _lengths_rise(self) -> Self:
        if any(longer <= shorter for shorter, longer in zip(self.context_lengths, self.context_lengths[1:])):  # noqa: B905
            raise ValueError(f"cost.context_lengths must rise, got {self.context_lengths}")
        return self

    @model_validator(mode="after")
    def _heads_divide_width(self) -> Self:
        if self.width % (2 * self.heads):
            raise ValueError(f"cost.width must be a multiple of 2 * cost.heads ({2 * self.heads}), got {self.width}")
        return self

    @property
    def model(self) -> ModelParams:
        """Both families on point tokens; apart from `model.*`, whose changes then measure nothing anew."""
        return ModelParams(
            instance_norm="none",
            patch_length=1,
            patch_stride=1,
            readout="last",
            decoding="direct",
            dropout=0.0,
            linear_highway=False,
            cell=self.cell,
            rnn_width=self.width,
            rnn_layers=1,
            transformer_width=self.width,
            transformer_layers=self.transformer_layers,
            heads=self.heads,
            feedforward_width=self.feedforward_width,
            positional="sinusoidal",
        )
