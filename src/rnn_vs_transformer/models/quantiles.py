"""Quantile forecasts that never cross, and the loss that they are trained by.

What the readout gives is sorted. Where the quantiles cross, sorting makes the loss smaller (Chernozhukov, Fernandez-Val
and Galichon 2010); unlike increments that are summed up, it leaves each quantile a readout of its own.
"""

from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.settings.family.train import MEDIAN

Quantiles = TypeVar("Quantiles", Tensor, FloatArray)


def ordered(forecast: Tensor) -> Tensor:
    """The quantiles (..., Q) in increasing order."""
    return torch.sort(forecast, dim=-1, stable=True).values


def median_of(forecast: Quantiles, levels: Sequence[float]) -> Quantiles:
    """The median (...) of quantiles (..., Q); of points, which have no levels, the points."""
    return forecast[..., levels.index(MEDIAN)] if levels else forecast


def pinball_errors(forecast: Tensor, target: Tensor, levels: Sequence[float]) -> Tensor:
    """max(q (y - f), (q - 1) (y - f)) of quantiles (..., Q) and targets (..., 1) (Koenker 1978): (..., Q)."""
    shares = torch.tensor(levels, dtype=forecast.dtype, device=forecast.device)
    errors = target - forecast
    return torch.maximum(shares * errors, (shares - 1) * errors)


def pinball(forecast: Tensor, target: Tensor, levels: Sequence[float]) -> Tensor:
    """Mean over all of `pinball_errors`.

    >>> pinball(torch.tensor([[1.0, 3.0]]), torch.tensor([[2.0]]), [0.1, 0.5]).item()
    0.30000001192092896
    """
    return pinball_errors(forecast, target, levels).mean()
