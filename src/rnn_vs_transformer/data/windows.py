"""Windows of series as views by index, for training and prediction."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rnn_vs_transformer.data.panel import IntArray, Panel
from rnn_vs_transformer.data.splits import Places, Split, Splits
from rnn_vs_transformer.runtime.device import CPU


class WindowCovariates(NamedTuple):
    """What is known of some windows besides their series."""

    context: Tensor
    """Past covariates, then future ones, over the context (B, L, Kp + Kf)."""
    horizon: Tensor
    """Future covariates over the steps to forecast (B, H, Kf)."""
    static: Tensor
    """(B, Ks)."""


class Batch(NamedTuple):
    """Some windows, in scaled units: contexts (B, L), targets (B, H), and the number of each one's series (B,)."""

    context: Tensor
    target: Tensor
    series: Tensor
    scored: Tensor | None = None
    """Which targets were observed (B, H); None where all were."""
    covariates: WindowCovariates | None = None

    @property
    def inputs(self) -> tuple[Tensor, Tensor, None, WindowCovariates | None]:
        """What a model forecasts from."""
        return self.context, self.series, None, self.covariates

    def rows(self, index: slice | Tensor) -> "Batch":
        """Some of the windows."""
        covariates = None if self.covariates is None else WindowCovariates(*(part[index] for part in self.covariates))
        scored = None if self.scored is None else self.scored[index]
        return Batch(self.context[index], self.target[index], self.series[index], scored, covariates)


class Steps(NamedTuple):
    """The steps of a panel in scaled units, one series behind the other, where the batches are needed."""

    values: Tensor
    """(cells,), float32."""
    observed: Tensor | None
    """(cells,); None where all were."""
    covariates: Tensor | None
    """Past, then future ones (cells, Kp + Kf); None where there are none of any kind."""
    static: Tensor
    """(S, Ks)."""
    past: int
    """Kp."""


class Windows:
    """Windows of a panel, never materialised: a batch is copied out of strided views of the steps."""

    def __init__(
        self,
        steps: Steps,
        places: Places,
        context_length: int,
        prediction_length: int,
        numbers: IntArray | None = None,
    ) -> None:
        """Look at some windows.

        Args:
            steps: Of the panel.
            places: Of the windows.
            context_length: L.
            prediction_length: H.
            numbers: What the models call each series (S,), -1 for one that they were not trained on; by default as the
                panel does.
        """
        self.context_length, self.places = context_length, places
        self._steps, length = steps, context_length + prediction_length
        self._starts = torch.from_numpy(places.origins - context_length + 1).to(self.device)
        self._series = torch.from_numpy(places.series).to(self.device)
        self._numbers = None if numbers is None else torch.from_numpy(numbers).to(self.device)
        self._values = steps.values.unfold(0, length, 1)  # no copy
        self._observed, self._covariates = (
            None if cells is None else cells.unfold(0, length, 1) for cells in (steps.observed, steps.covariates)
        )

    @property
    def device(self) -> torch.device:
        """Where the steps lie, and so each batch."""
        return self._steps.values.device

    def __len__(self) -> int:
        """Windows in all."""
        return len(self._starts)

    def mean_over_series(self, of_windows: Tensor) -> float:
        """The mean over series of the mean over their windows (W,), as scores are taken."""
        if len(self._series) == 0 or self._series[0] == self._series[-1]:
            return float(of_windows.mean())
        numbers, counts = torch.unique_consecutive(self._series, return_counts=True)
        parts = torch.split(of_windows, counts.tolist())
        return float(torch.stack([part.mean() for part in parts]).sum() / len(numbers))

    def batch(self, index: Tensor) -> Batch:
        """The windows `index` (B,), which lies where the steps do."""
        starts, series, length = self._starts[index], self._series[index], self.context_length
        windows = self._values[starts]  # (B, L + H)
        scored = None if self._observed is None else self._observed[starts][:, length:]
        covariates = None
        if self._covariates is not None:
            steps = self._covariates[starts].transpose(1, 2)  # (B, L + H, K)
            covariates = WindowCovariates(
                steps[:, :length], steps[:, length:, self._steps.past :], self._steps.static[series]
            )
        numbers = series if self._numbers is None else self._numbers[series]
        return Batch(windows[:, :length], windows[:, length:], numbers, scored, covariates)


def steps_of(panel: Panel, device: torch.device = CPU) -> Steps:
    """The steps of a scaled panel as tensors on a device."""
    widths = panel.past.shape[1], panel.future.shape[1], panel.static.shape[1]
    covariates = np.concatenate([panel.past, panel.future], axis=1, dtype=np.float32) if any(widths) else None
    return Steps(
        values=torch.from_numpy(panel.values.astype(np.float32)).to(device),
        observed=None if panel.observed.all() else torch.from_numpy(panel.observed).to(device),
        covariates=None if covariates is None else torch.from_numpy(covariates).to(device),
        static=torch.from_numpy(panel.static.astype(np.float32)).to(device),
        past=widths[0],
    )


def windows_of(splits: Splits, *names: Split, device: torch.device = CPU) -> list[Windows]:
    """The windows of some splits, views into one copy of the steps on the device."""
    steps, lengths = steps_of(splits.panel, device), (splits.context_length, splits.prediction_length)
    return [Windows(steps, splits.places(name), *lengths) for name in names]
