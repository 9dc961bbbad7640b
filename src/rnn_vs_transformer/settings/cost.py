"""Settings of the probe of time and memory."""

from itertools import pairwise
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from rnn_vs_transformer.runtime.section import Count, Positive
from rnn_vs_transformer.settings.family.model import Cell, ModelParams, ProbeModelParams


class CostParams(ProbeModelParams):
    """Time and memory of both families against the context length; depends on the machine."""

    key: ClassVar = "cost"

    context_lengths: Annotated[list[Count], Field(min_length=3)]
    """Context lengths to measure at, rising; in equal ratios, so that each weighs the same in an exponent."""
    prediction_length: Count
    """Steps forecast at once (H)."""
    cell: Cell
    """The recurrence, in one layer."""
    batch_size: Count
    """Windows per step; recurrence gains most from large ones."""
    rounds: Annotated[int, Field(ge=3)]
    """Times that each measurement is taken, at most; all models and lengths take turns within a round."""
    seconds: Positive
    """Time for the whole probe; beyond it the longest lengths and the last rounds are left out."""

    @model_validator(mode="after")
    def _lengths_rise(self) -> Self:
        if any(longer <= shorter for shorter, longer in pairwise(self.context_lengths)):
            raise ValueError(f"cost.context_lengths must rise, got {self.context_lengths}")
        return self

    @property
    def model(self) -> ModelParams:
        """Both families on point tokens, with a recurrence of one layer."""
        return self.models(self.cell, rnn_layers=1, positional="sinusoidal")
