"""Settings of the memory probe."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from rnn_vs_transformer.runtime.section import Count, Number, Positive, each_once
from rnn_vs_transformer.settings.family.model import Positional, ProbeModelParams

EDGE = 7
"""Steps from the start of the context within which a recurrent net learns to keep a step by its position alone."""


class ProbeParams(ProbeModelParams):
    """The memory probe: how far back each model remembers, with controls that must come out the other way."""

    key: ClassVar = "probe"

    tasks: Annotated[
        list[Literal["recall", "shuffled", "parity", "adding"]], Field(min_length=1), each_once("probe.tasks")
    ]
    """What is run: recall at each lag, the two controls, and the adding problem (minutes to hours)."""
    context_length: Annotated[int, Field(ge=8)]
    """Observed steps (L) of recall, shuffled and parity."""
    lags: Annotated[list[Count], Field(min_length=2)]
    """Steps back to the value that predicts the next one, rising from 1."""
    shuffled_lag: Count
    """The lag at which the history is shuffled."""
    seeds: Annotated[int, Field(ge=3)]
    """Paired seeds 0, 1, ...: seed k fixes initialisation and batches of all models; fewer than 3 tell no spread."""
    steps: Count
    """Training steps of recall, shuffled and parity, at most."""
    stop_recovered: Annotated[Number, Field(gt=0, le=1)]
    """Training stops early where the last batches recovered this share of the explainable variance."""
    batch_size: Count
    """Windows per step, drawn afresh for each."""
    test_windows: Count
    """Windows on which a trained model is measured."""
    learning_rate: Positive
    """Adam's step size."""
    gradient_clip: Positive
    """Largest allowed norm of the gradient."""
    recurrent_layers: Count
    """Stacked recurrent layers."""
    positional: Positional
    """How the Transformer knows the order of its tokens."""
    adding_length: Annotated[int, Field(ge=2)]
    """Tokens (T) of the adding problem."""
    adding_steps: Count
    """Training steps of the adding problem, at most."""

    @model_validator(mode="after")
    def _lags_fit_context(self) -> Self:
        if self.lags[0] != 1 or self.lags != sorted(set(self.lags)):
            raise ValueError(f"probe.lags must rise, from 1 (which every model must recall), got {self.lags}")
        longest = max(*self.lags, self.shuffled_lag)
        if longest >= self.context_length:
            raise ValueError(
                f"probe.lags and probe.shuffled_lag must be below probe.context_length ({self.context_length}), "
                f"got {longest}"
            )
        for lag in self.lags:
            if self.context_length % lag < min(lag - 1, EDGE):
                raise ValueError(
                    f"probe.context_length must leave a remainder of {min(lag - 1, EDGE)} or more over each of "
                    f"probe.lags, got {self.context_length} for lag {lag}: a recurrent net keeps the first steps by "
                    "their position, which is no recall by lag; a multiple of the lags less one fits"
                )
        return self
