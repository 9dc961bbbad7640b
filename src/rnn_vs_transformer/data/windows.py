"""Windows of a series as views by index, for training and prediction."""

from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor

from rnn_vs_transformer.data.splits import FloatArray, IntArray, Split, Splits

CPU: Final = torch.device("cpu")


class WindowCovariates(NamedTuple):
    """What is known of some windows besides their series."""

    context: Tensor
    """Past covariates, then future ones, over the context (B, L, Kp + Kf)."""
    horizon: Tensor
    """Future covariates over the steps to forecast (B, H, Kf)."""
    static: Tensor
    """(B, Ks)."""


class Batch(NamedTuple):
    """Some windows, in scaled units: contexts (B, L), targets (B, H), and the number of each one's channel (B,)."""

    context: Tensor
    target: Tensor
    channel: Tensor


class Windows:
    """All stride-1 windows of a series (C, steps), never materialised: a batch is copied out of a strided view.

    Window i belongs to channel i // N and to the i % N-th of the consecutive forecast origins, N = `origins`.
    """

    def __init__(self, values: Tensor, origins: IntArray, context_length: int, prediction_length: int) -> None:
        first, last = int(origins[0]), int(origins[-1])
        span = values[:, first - context_length + 1 : last + prediction_length + 1]
        self._view = span.unfold(1, context_length + prediction_length, 1)  # (C, N, L+H), no copy
        self.context_length = context_length
        self.channels, self.origins = self._view.shape[:2]

    def __len__(self) -> int:
        """Windows in all: channels times forecast origins."""
        return self.channels * self.origins

    def batch(self, index: Tensor) -> Batch:
        """The windows `index` (B,)."""
        channel = index // self.origins
        windows = self._view[channel, index % self.origins]
        return Batch(windows[:, : self.context_length], windows[:, self.context_length :], channel.to(windows.device))


def to_tensor(values: FloatArray) -> Tensor:
    """Scaled values (steps, C) as the float32 tensor (C, steps) that `Windows` looks at."""
    return torch.from_numpy(np.ascontiguousarray(values.T, dtype=np.float32))


def windows_of(splits: Splits, *names: Split, device: torch.device = CPU) -> list[Windows]:
    """The windows of some splits, views into one float32 tensor on the device."""
    values, lengths = to_tensor(splits.values).to(device), (splits.context_length, splits.prediction_length)
    return [Windows(values, splits.origins(name), *lengths) for name in names]
