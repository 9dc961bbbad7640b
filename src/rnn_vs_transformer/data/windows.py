"""Windows of a series as views by index, for training and prediction."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rnn_vs_transformer.data.splits import Split, Splits

CPU: Final = torch.device("cpu")


class Batch(NamedTuple):
    """Some windows, in scaled units."""

    context: Tensor
    """(B, L)."""
    target: Tensor
    """(B, H)."""
    channel: Tensor
    """Number of the channel that each window belongs to (B,)."""


class Windows:
    """All stride-1 windows of a series, never materialised: a batch is copied out of a strided view.

    Window i belongs to channel i // N and to the i % N-th forecast origin, N = `origins`.
    """

    def __init__(
        self, values: Tensor, origins: npt.NDArray[np.int64], context_length: int, prediction_length: int
    ) -> None:
        """Look at `values` (C, steps) through consecutive forecast origins."""
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


def to_tensor(values: npt.NDArray[np.float64]) -> Tensor:
    """Scaled values (steps, C) as the float32 tensor (C, steps) that `Windows` looks at."""
    return torch.from_numpy(np.ascontiguousarray(values.T, dtype=np.float32))


def windows_of(splits: Splits, *names: Split, device: torch.device = CPU) -> list[Windows]:
    """The windows of some splits, views into one float32 tensor on the device."""
    values, lengths = to_tensor(splits.values).to(device), (splits.context_length, splits.prediction_length)
    return [Windows(values, splits.origins(name), *lengths) for name in names]
