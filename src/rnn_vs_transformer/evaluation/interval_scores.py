"""Prediction intervals of both families, sized on validation."""

import numpy as np
import numpy.typing as npt
from torch import nn

from rnn_vs_transformer.data.series import Meta
from rnn_vs_transformer.data.splits import forecast_origins
from rnn_vs_transformer.data.windows import Windows, to_tensor
from rnn_vs_transformer.evaluation.conformal import half_widths
from rnn_vs_transformer.models.shell import Builder
from rnn_vs_transformer.models.weights import load_trained
from rnn_vs_transformer.training.fit import predict

FloatArray = npt.NDArray[np.float64]


def load_seeds(family: str, build: Builder, seeds: int, meta: Meta) -> list[nn.Module]:
    """The trained models of all seeds of a family.

    Raises:
        InputError: A file of weights is missing or does not fit.
    """
    return [load_trained(family, build, seed, meta) for seed in range(seeds)]


def validation_half_widths(forecasters: list[nn.Module], development: FloatArray, meta: Meta) -> FloatArray:
    """Half widths (levels, C, H) from all validation windows, in scaled units; see `validation_residuals`."""
    return half_widths(validation_residuals(forecasters, development, meta))


def validation_residuals(forecasters: list[nn.Module], development: FloatArray, meta: Meta) -> FloatArray:
    """Truth less the mean forecast of the seeds on all validation windows (C, N, H), in scaled units.

    Args:
        forecasters: The seeds of one family.
        development: Scaled train and validation steps (steps, C).
        meta: Borders and lengths.
    """
    lengths = (meta.context_length, meta.prediction_length)
    origins = forecast_origins(meta.borders.train_end, meta.borders.validation_end, *lengths)
    ahead = origins[:, None] + np.arange(1, meta.prediction_length + 1)
    truth = development[ahead].transpose(2, 0, 1)
    windows = Windows(to_tensor(development), origins, *lengths)
    residuals: FloatArray = truth - ensemble_forecast(forecasters, windows).reshape(truth.shape)
    return residuals


def ensemble_forecast(forecasters: list[nn.Module], windows: Windows) -> FloatArray:
    """Mean over the seeds of the forecasts of all windows (windows, H), in float64."""
    total = np.zeros(())
    for forecaster in forecasters:
        total = total + predict(forecaster, windows)[0].double().numpy()
    mean: FloatArray = total / len(forecasters)
    return mean
