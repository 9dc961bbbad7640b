"""What the probes look at, windows and models before training, and what they find: how much each step back matters."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from rnn_vs_transformer.data.series import Meta
from rnn_vs_transformer.data.windows import Batch, Windows
from rnn_vs_transformer.models.shell import ForecastModel
from rnn_vs_transformer.models.weights import build_family
from rnn_vs_transformer.settings.family.model import SharedModelParams

FloatArray = npt.NDArray[np.float64]
WINDOWS_AT_ONCE = 64


@dataclass(frozen=True)
class Importance:
    """How much each step back matters to one model, a cell or `transformer`, of one seed; the forecast origin first."""

    model: str
    kind: str
    """Gradients, `untrained` or `trained`; `occlusion`; or `attention`."""
    seed: int
    per_step: FloatArray
    """Gradient norms (L,), occlusion (H, L), or attention (heads, L)."""

    @property
    def profile(self) -> FloatArray:
        """Mean over horizon steps or heads (L,)."""
        return np.asarray(np.atleast_2d(self.per_step).mean(axis=0))


def pieces(sample: Batch) -> Iterator[Batch]:
    """The sample in batches that fit the memory."""
    for start in range(0, len(sample.context), WINDOWS_AT_ONCE):
        yield sample.rows(slice(start, start + WINDOWS_AT_ONCE))


def sample_windows(windows: Windows, count: int) -> Batch:
    """`count` windows evenly spaced over series and forecast origins, or fewer: those of which all was observed."""
    index = np.linspace(0, len(windows) - 1, min(count, len(windows))).round().astype(np.int64)
    batch = windows.batch(torch.from_numpy(index))
    return batch if batch.scored is None else batch.rows(batch.scored.all(dim=1))


def build_untrained(family: str, model: SharedModelParams, meta: Meta, seed: int) -> ForecastModel:
    """The forecaster with the weights from which the training of this seed starts."""
    torch.manual_seed(seed)
    return build_family(family, model, meta).eval()


def long_table(profiles: Mapping[Any, FloatArray], columns: Sequence[str]) -> pd.DataFrame:
    """A line per value of profiles (L,), which are keyed by what they are of: a tuple, such as of model and seed.

    The columns are named for that, for the steps back and for the value.
    """
    values = pd.concat({of: pd.Series(profile) for of, profile in profiles.items()}, names=list(columns[:-1]))
    return pd.DataFrame({columns[-1]: values}).reset_index()
