"""Settings of the machine."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from rnn_vs_transformer.runtime.section import Name, Section


class RunParams(Section):
    """How the work is spread over the machine; never changes a result, so no stage is rerun for it."""

    key: ClassVar = "run"
    watched: ClassVar = ()

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
