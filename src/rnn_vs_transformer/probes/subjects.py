"""What the probes look at: a sample of the validation windows, and models before and after training."""

from collections.abc import Iterator

import numpy as np
import torch

from rnn_vs_transformer.data.series import Meta
from rnn_vs_transformer.data.windows import Batch, Windows
from rnn_vs_transformer.models.shell import Builder, Forecaster
from rnn_vs_transformer.models.weights import load_trained
from rnn_vs_transformer.params import SharedModelParams


def split_batch(batch: Batch, windows: int) -> Iterator[Batch]:
    """The batch in pieces of so many windows."""
    yield from map(Batch, *(torch.split(part, windows) for part in batch))


def sample_windows(windows: Windows, count: int) -> Batch:
    """`count` windows evenly spaced over channels and forecast origins, or all where there are fewer."""
    index = np.linspace(0, len(windows) - 1, min(count, len(windows))).round().astype(np.int64)
    return windows.batch(torch.from_numpy(index))


def build_untrained(build: Builder, model: SharedModelParams, meta: Meta, seed: int) -> Forecaster:
    """The forecaster with the weights from which the training of this seed starts."""
    torch.manual_seed(seed)
    return build(model, meta.context_length, meta.prediction_length, len(meta.channels)).eval()


def build_trained(family: str, build: Builder, meta: Meta, seed: int) -> Forecaster:
    """The forecaster as it was trained with this seed.

    Raises:
        InputError: The file of weights is missing or does not fit.
    """
    return load_trained(family, build, seed, meta).eval()
