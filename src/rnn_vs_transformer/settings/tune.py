"""Settings of tuning: one budget for both families, and the values that may be tried."""

from itertools import product
from typing import Annotated, ClassVar, Literal, Self, TypeVar

from pydantic import Field, model_validator

from rnn_vs_transformer.runtime.section import Count, Number, Positive, Section, Seed
from rnn_vs_transformer.settings.family.model import Cell, Positional, Readout, misfit
from rnn_vs_transformer.settings.family.train import Schedule

Value = TypeVar("Value")
Choices = Annotated[list[Value], Field(min_length=1)]
Share = Annotated[Number, Field(ge=0, lt=1)]
Decay = Annotated[Number, Field(ge=0)]


class RateRange(Section):
    """Learning rates, drawn evenly on the log scale."""

    low: Positive
    """The least."""
    high: Positive
    """The greatest."""

    @model_validator(mode="after")
    def _low_is_below_high(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"tune.shared.learning_rate: low must be below high ({self.high}), got {self.low}")
        return self


class SharedSpace(Section):
    """What is tuned for both families, over the same values."""

    learning_rate: RateRange
    """Of `train.learning_rate`."""
    weight_decay: Choices[Decay]
    """Of `train.weight_decay`."""
    schedule: Choices[Schedule]
    """Of `train.schedule`."""
    batch_size: Choices[Count]
    """Of `train.batch_size`."""
    dropout: Choices[Share]
    """Of `model.dropout`."""
    linear_highway: Choices[bool | Literal["ridge"]]
    """Of `model.linear_highway`; like patch length and readout not tuned where parameters are the budget."""
    context_share: Choices[Annotated[Number, Field(gt=0, le=1)]]
    """Of `model.context_share`; likewise."""
    patch_length: Choices[Count]
    """Of `model.patch_length`; where it is another than the current one, patches follow each other without overlap."""
    readout: Choices[Readout]
    """Of `model.readout`."""


class RnnSpace(Section):
    """What is tuned for the RNN alone."""

    cell: Choices[Cell]
    """Of `model.cell`."""
    rnn_width: Choices[Count]
    """Of `model.rnn_width`; solved for, not tuned, where parameters are the budget."""
    rnn_layers: Choices[Count]
    """Of `model.rnn_layers`."""


class TransformerSpace(Section):
    """What is tuned for the Transformer alone; all heads must divide all widths."""

    transformer_width: Choices[Annotated[int, Field(ge=2)]]
    """Of `model.transformer_width`; this, layers, feed-forward width and positional encoding stay as they are where
    parameters are the budget."""
    transformer_layers: Choices[Count]
    """Of `model.transformer_layers`."""
    heads: Choices[Count]
    """Of `model.heads`."""
    feedforward_width: Choices[Count]
    """Of `model.feedforward_width`."""
    positional: Choices[Positional]
    """Of `model.positional`."""

    @model_validator(mode="after")
    def _heads_divide_widths(self) -> Self:
        for width, heads in product(self.transformer_width, self.heads):
            if fault := misfit(width, heads, self.positional):
                raise ValueError(f"tune.transformer: every combination must be a model, but {fault}")
        return self


class TunePlan(Section):
    """The budget of a family's tuning, the same for both."""

    trials: Count
    """Trials per family, the given settings first; read where trials are the budget."""
    budget: Literal["trials", "seconds", "parameters"]
    """What is equal for both families: the number of trials; the seconds spent in training (results then depend on
    the machine); or the number of trials and, within 2 %, of the models' parameters."""
    seconds: Positive
    """Training seconds per family where they are the budget: batches of trials begin until they are used up."""
    batch: Count
    """Trials that are chosen at once, from what earlier batches found; apart from the number of workers."""
    pruning_warmup: Annotated[int, Field(ge=0)]
    """Epochs that a trial is given before it is stopped for being worse than the median of earlier trials."""
    confirmation_seeds: Count
    """Fresh seeds on which the two finalists of a family are trained, to choose between them and to judge claim C10."""
    seed: Seed
    """Seed of the search, and of every trial's weights and batch order."""


class TuneParams(TunePlan):
    """Tuning on equal budgets, by validation loss alone."""

    key: ClassVar = "tune"

    shared: SharedSpace
    """Values for both families; the current value is always among those tried."""
    rnn: RnnSpace
    """Values for the RNN."""
    transformer: TransformerSpace
    """Values for the Transformer."""
