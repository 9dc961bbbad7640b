"""Settings of training, evaluation, and the machine."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rnn_vs_transformer.params.base import Count, Name, Number, Positive, Section, Seed


class FitParams(Section):
    """One training run."""

    epochs: Count
    """Passes over the training windows, at most."""
    patience: Count
    """Epochs without a better validation loss before training stops."""
    batch_size: Count
    """Windows per step."""
    learning_rate: Positive
    """Adam's step size."""
    schedule: Literal["constant", "cosine", "step"]
    """The step size over the epochs: constant, falling to zero along a cosine, or times 0.8 after each epoch
    from the third on."""
    weight_decay: Annotated[Number, Field(ge=0)]
    """Decoupled weight decay (AdamW); 0 is Adam."""
    loss: Literal["mse", "mae", "huber"]
    """What training makes small; models are chosen by validation MSE all the same."""
    gradient_clip: Positive
    """Largest allowed norm of the gradient."""


class TrainParams(FitParams):
    """Training, the same for both families."""

    seeds: Count
    """Paired seeds 0, 1, ...: seed k fixes initialisation and batch order of both families."""


class EvaluateParams(Section):
    """The comparison on the test split."""

    margin: Annotated[Number, Field(gt=0, lt=1)]
    """Relative difference of MSE below which the families count as equivalent."""
    resamples: Annotated[int, Field(ge=100)]
    """Bootstrap resamples of seeds and blocks of forecast origins."""
    seed: Seed
    """Seed of the bootstrap."""
    refit: Literal["none"] | Count
    """Test windows after which the models are fitted again on all steps observed by then; `none` is the fixed split
    alone."""


class ReportParams(Section):
    """The report that people read."""

    language: Literal["en", "zh"]
    """English or Chinese."""


class RunParams(Section):
    """How the work is spread over the machine; never changes a result, so no stage is rerun for it."""

    workers: Annotated[int, Field(ge=0)]
    """Tasks at once, of one thread each; 0 is one per core of the machine or the cluster."""
    backend: Literal["loky", "ray", "dask"]
    """Where tasks run: in processes of this machine (`loky`), or on a Ray or Dask cluster."""
    address: Name
    """Of the cluster: `local` starts one on this machine. Ray: `host:6379` from one of its nodes, or `ray://host:10001`.
    Dask: `tcp://host:8786`."""

    @model_validator(mode="after")
    def _address_is_of_a_cluster(self) -> Self:
        if self.backend == "loky" and self.address != "local":
            raise ValueError(
                f"run.address is for run.backend ray or dask; with loky it must be local, got {self.address!r}"
            )
        return self
