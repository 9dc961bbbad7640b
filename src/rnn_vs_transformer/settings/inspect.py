"""Settings of the probes that look into trained models."""

from typing import Annotated, ClassVar

from pydantic import Field

from rnn_vs_transformer.runtime.section import Section, Seed


class InspectParams(Section):
    """Gradient flow and the lags that matter, on validation windows."""

    key: ClassVar = "inspect"

    windows: Annotated[int, Field(ge=2)]
    """Validation windows to look at, evenly spaced; all of them where there are fewer."""
    seed: Seed
    """Seed of the windows that lend their values where a step is occluded."""
    recent_steps: Annotated[int, Field(ge=0)]
    """Newest steps that the score of lag recovery leaves out: they matter through the autoregression, not the delay."""
