"""What the probes look at, a sample of the validation windows and models before training, and how they tell it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from rnn_vs_transformer.data.series import Meta
from rnn_vs_transformer.data.windows import Batch, Windows
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.shell import ForecastModel
from rnn_vs_transformer.settings.family.model import SharedModelParams

WINDOWS_AT_ONCE = 64


def pieces(sample: Batch) -> Iterator[Batch]:
    """The sample in batches that fit the memory."""
    yield from map(Batch, *(torch.split(part, WINDOWS_AT_ONCE) for part in sample))


def sample_windows(windows: Windows, count: int) -> Batch:
    """`count` windows evenly spaced over channels and forecast origins, or all where there are fewer."""
    index = np.linspace(0, len(windows) - 1, min(count, len(windows))).round().astype(np.int64)
    return windows.batch(torch.from_numpy(index))


def build_untrained(family: str, model: SharedModelParams, meta: Meta, seed: int) -> ForecastModel:
    """The forecaster with the weights from which the training of this seed starts."""
    torch.manual_seed(seed)
    return BUILDERS[family](model, meta.context_length, meta.prediction_length, len(meta.channels)).eval()


def long_table(profiles: Mapping[Any, npt.NDArray[np.float64]], columns: Sequence[str]) -> pd.DataFrame:
    """Profiles (L,) as a table of one line per value.

    Args:
        profiles: By what they are of, a tuple such as of model and seed.
        columns: Names for that, for the steps back (0 the forecast origin) and for the value.
    """
    series = {of: pd.Series(profile) for of, profile in profiles.items()}
    values = pd.concat(series, names=list(columns[:-1]))
    return pd.DataFrame({columns[-1]: values}).reset_index()
