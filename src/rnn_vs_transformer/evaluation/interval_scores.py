"""Prediction intervals of both families, sized on validation and scored on test."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from torch import nn

from rnn_vs_transformer.data.series import Meta
from rnn_vs_transformer.data.splits import forecast_origins
from rnn_vs_transformer.data.windows import Windows, to_tensor
from rnn_vs_transformer.evaluation.conformal import LEVELS, coverage, half_widths
from rnn_vs_transformer.evaluation.scoring import TestSplit
from rnn_vs_transformer.models.shell import Builder
from rnn_vs_transformer.models.weights import load_trained
from rnn_vs_transformer.training.fit import predict

FloatArray = npt.NDArray[np.float64]


def score_intervals(builders: Mapping[str, Builder], seeds: int, test: TestSplit) -> dict[str, dict[str, float]]:
    """Coverage on test and mean width, in scaled units, of the intervals about the mean forecast of the seeds.

    Returns:
        Per family `coverage_80`, `width_80` and so on; a level for which validation is too short is left out.
    """
    return {family: _score_family(family, build, seeds, test) for family, build in builders.items()}


def _score_family(family: str, build: Builder, seeds: int, test: TestSplit) -> dict[str, float]:
    meta = test.meta
    forecasters = load_seeds(family, build, seeds, meta)
    widths = validation_half_widths(forecasters, test.values[: meta.borders.validation_end], meta)
    windows = Windows(to_tensor(test.values), test.origins, meta.context_length, meta.prediction_length)
    shares = coverage(ensemble_forecast(forecasters, windows).reshape(test.truth.shape), test.truth, widths)
    found: dict[str, float] = {}
    for level, share, width in zip(LEVELS, shares, 2 * widths.mean(axis=(1, 2)), strict=True):
        if np.isfinite(width):
            found |= {f"coverage_{100 * level:.0f}": float(share), f"width_{100 * level:.0f}": float(width)}
    return found


def load_seeds(family: str, build: Builder, seeds: int, meta: Meta) -> list[nn.Module]:
    """The trained models of all seeds of a family.

    Raises:
        InputError: A file of weights is missing or does not fit.
    """
    return [load_trained(family, build, seed, meta) for seed in range(seeds)]


def validation_half_widths(forecasters: list[nn.Module], development: FloatArray, meta: Meta) -> FloatArray:
    """Half widths (levels, C, H) from all validation windows, in scaled units.

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
    return half_widths(truth - ensemble_forecast(forecasters, windows).reshape(truth.shape))


def ensemble_forecast(forecasters: list[nn.Module], windows: Windows) -> FloatArray:
    """Mean over the seeds of the forecasts of all windows (windows, H), in float64."""
    total = np.zeros(())
    for forecaster in forecasters:
        total = total + predict(forecaster, windows)[0].double().numpy()
    mean: FloatArray = total / len(forecasters)
    return mean
