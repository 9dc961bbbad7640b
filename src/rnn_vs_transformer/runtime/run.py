"""Settings of the machine."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from rnn_vs_transformer.runtime.section import Name, Section


class RunParams(Section):
    """How the work is spread over the machine, and by what; no stage is rerun for it.

    Workers and backend never change a result. Another device does, as another processor does: by rounding.
    """

    key: ClassVar = "run"
    watched: ClassVar = ()

    workers: Annotated[int, Field(ge=0)]
    """Tasks at once, of one thread each; 0 is one per core of the machine or the cluster."""
    backend: Literal["loky", "ray", "dask"]
    """Where tasks run: in processes of this machine (`loky`), or on a Ray or Dask cluster."""
    address: Name
    """Of the cluster: `local` starts one on this machine. Ray: `host:6379` from one of its nodes, or `ray://host:10001`.
    Dask: `tcp://host:8786`."""

    device: Literal["auto", "cpu", "cuda", "mps"]
    """What models are trained on: `auto` takes the GPUs that PyTorch sees, else the CPU. All else runs on the CPU."""

    @model_validator(mode="after")
    def _address_is_of_a_cluster(self) -> Self:
        if self.backend == "loky" and self.address != "local":
            raise ValueError(
                f"run.address is for run.backend ray or dask; with loky it must be local, got {self.address!r}"
            )
        if self.backend != "loky" and self.device in {"cuda", "mps"}:
            raise ValueError(f"run.device: {self.device} needs run.backend: loky; a cluster's tasks run on CPUs")
        return self
