"""Settings of training."""

from typing import Annotated, ClassVar, Final, Literal, Self, get_args

from pydantic import Field, model_validator

from rnn_vs_transformer.runtime.section import Count, Number, Positive, Section

Schedule = Literal["constant", "cosine", "step"]
Recipe = Literal["tutorial", "season_tokens"]
MEDIAN: Final = 0.5
RECIPES: Final[tuple[Recipe, ...]] = get_args(Recipe)


class FitParams(Section):
    """One training run."""

    epochs: Count
    """Passes over the training windows, or over `epoch_windows` of them, at most."""
    epoch_windows: Literal["all"] | Count
    """Training windows per epoch: all, or so many drawn anew each time, where a panel has more than one pass needs."""
    patience: Count
    """Epochs without a better validation loss before training stops."""
    validation_folds: Count
    """Stretches of validation, each before the next and as long: models are trained before each, and what is chosen is
    chosen by their mean error. 1 is the validation split alone. What ships is trained before the last."""
    batch_size: Count
    """Windows per step."""
    learning_rate: Positive
    """Adam's step size."""
    schedule: Schedule
    """The step size over the epochs: constant, falling to zero along a cosine, or times 0.8 after each epoch
    from the third on."""
    weight_decay: Annotated[Number, Field(ge=0)]
    """Decoupled weight decay (AdamW); 0 is Adam."""
    weight_average: bool
    """Whether a running mean of a model's weights, of about the last tenth of its steps, is judged, kept and used to
    forecast, instead of the weights themselves."""
    loss: Literal["mse", "mae", "huber", "quantile"]
    """What training makes small; models are chosen by validation MSE all the same, but where quantiles are forecast by
    this loss of theirs, the pinball loss."""
    quantiles: Annotated[list[Annotated[Number, Field(gt=0, lt=1)]], Field(min_length=1)]
    """Levels that are forecast with `loss: quantile`, in increasing order; 0.5 is the point forecast."""
    gradient_clip: Positive
    """Largest allowed norm of the gradient."""
    precision: Literal["float32", "bfloat16"]
    """Of the products of a training step; weights, sums, recurrences and all forecasts are float32."""

    @model_validator(mode="after")
    def _quantiles_hold_the_median(self) -> Self:
        if sorted(set(self.quantiles)) != self.quantiles or MEDIAN not in self.quantiles:
            raise ValueError(f"train.quantiles must increase and hold 0.5, got {self.quantiles}")
        return self

    @property
    def levels(self) -> tuple[float, ...]:
        """The quantiles that a model forecasts; empty where it forecasts a point."""
        return tuple(self.quantiles) if self.loss == "quantile" else ()

    def steps_per_epoch(self, windows: int) -> int:
        """Optimiser steps per epoch, with so many training windows in all."""
        return -(-self.windows_per_epoch(windows) // self.batch_size)

    def windows_per_epoch(self, windows: int) -> int:
        """Of so many training windows in all."""
        return windows if self.epoch_windows == "all" else min(self.epoch_windows, windows)


class TrainParams(FitParams):
    """Training, the same for both families."""

    key: ClassVar = "train"
    watched: ClassVar = ("settings", "recipes")  # the others come by files

    settings: Literal["given", "tuned"]
    """Train with the settings given in params.yaml, or with the best that tuning finds for each family."""
    recipes: list[Recipe]
    """Both families are trained with each: `tutorial` takes model.* and train.* as they are, `season_tokens` makes one
    season one token. Where settings are tuned, the tuned ones are the only recipe."""
    seeds: Count
    """Paired seeds 0, 1, ...: seed k fixes initialisation and batch order of both families."""

    @model_validator(mode="after")
    def _tutorial_is_among_them(self) -> Self:
        if "tutorial" not in self.recipes:
            raise ValueError(f"train.recipes must hold tutorial, the one to compare with, got {self.recipes}")
        return self
