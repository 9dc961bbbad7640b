"""Forecasts and errors of a model on many windows, part by part, without dropout or gradients."""

from typing import Final

import torch
from torch import Tensor, nn

from rnn_vs_transformer.data.windows import Batch, Windows
from rnn_vs_transformer.models.quantiles import pinball_errors
from rnn_vs_transformer.runtime.device import widest

EVALUATION_BATCH = 128
"""What a processor's cache holds at the usual sizes; 512 takes half as long again."""
EVALUATION_BATCH_OF_A_GPU: Final = 1024


def predict(model: nn.Module, windows: Windows) -> tuple[Tensor, Tensor]:
    """Forecasts and targets of all windows, (windows, H) each, without dropout or gradients."""
    model.eval()
    forecasts, targets = [], []
    with torch.no_grad():  # inference_mode would take the fused kernel of LSTM, which rounds otherwise than training
        for index in _in_parts(windows):
            batch = windows.batch(index)
            forecasts.append(model(*batch.inputs))
            targets.append(batch.target)
    return torch.cat(forecasts), torch.cat(targets)


def predict_quantiles(model: nn.Module, windows: Windows) -> Tensor:
    """Quantiles of all windows (windows, H, Q), of a model that was built for them."""
    model.eval()
    with torch.no_grad():
        batches = (windows.batch(index) for index in _in_parts(windows))
        return torch.cat(
            [model.quantiles(batch.context, batch.series, batch.covariates) for batch in batches]  # type: ignore[operator]
        )


def window_errors(model: nn.Module, windows: Windows, levels: tuple[float, ...] = ()) -> Tensor:
    """Mean squared error of each window (W,) over observed targets, in the `widest` numbers; of quantiles pinball."""
    model.eval()
    errors = []
    with torch.no_grad():
        for index in _in_parts(windows):
            batch = windows.batch(index)
            each, scored = _errors(model, batch, levels), batch.scored
            errors.append(each.mean(1) if scored is None else (each * scored).sum(1) / scored.sum(1))
    return torch.cat(errors)


def _errors(model: nn.Module, batch: Batch, levels: tuple[float, ...]) -> Tensor:
    """Of each target (B, H)."""
    wide = widest(batch.context.device)
    if not levels:
        squares: Tensor = (model(*batch.inputs) - batch.target).to(wide).square()
        return squares
    forecast = model.quantiles(batch.context, batch.series, batch.covariates)  # type: ignore[operator] # (B, H, Q)
    return pinball_errors(forecast, batch.target[..., None], levels).to(wide).mean(2)


def _in_parts(windows: Windows) -> tuple[Tensor, ...]:
    """The numbers of all windows, so many at a time as suits where they lie."""
    size = EVALUATION_BATCH if windows.device.type == "cpu" else EVALUATION_BATCH_OF_A_GPU
    return torch.split(torch.arange(len(windows), device=windows.device), size)
