"""Scores of every forecaster on the test split: the only code that opens it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from rnn_vs_transformer.data.series import Meta, load_development, load_test
from rnn_vs_transformer.data.splits import Scaler, forecast_origins
from rnn_vs_transformer.data.windows import Windows, to_tensor
from rnn_vs_transformer.evaluation.metrics import (
    mean_absolute_error,
    mean_absolute_scaled_error,
    mean_squared_error,
    mean_squared_error_per_step,
    seasonal_naive_scale,
    squared_error,
)
from rnn_vs_transformer.models.baselines import fit_ridge, last_value_forecast, seasonal_naive_forecast
from rnn_vs_transformer.models.shell import Builder
from rnn_vs_transformer.models.weights import load_trained
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.training.fit import predict

FloatArray = npt.NDArray[np.float64]

SHOWN_WINDOWS = 50
SHOWN_CHANNELS = 8
"""Forecasts of so many first test windows and channels are kept to be looked at."""


@dataclass(frozen=True)
class TestSplit:
    """The test windows in scaled units, with what is needed to score them."""

    __test__ = False  # not a test class, whatever pytest thinks

    values: FloatArray
    """All steps up to the end of test, scaled (steps, C)."""
    origins: npt.NDArray[np.int64]
    truth: FloatArray
    """(C, N, H)."""
    scale: FloatArray
    """In-sample MAE of the seasonal naive (C,)."""
    scaler: Scaler
    oracle: FloatArray | None
    """(C, N, H) on the synthetic world."""
    meta: Meta

    @property
    def block_length(self) -> int:
        """Neighbouring forecast origins that are resampled together (L + H), as their windows overlap."""
        return self.meta.context_length + self.meta.prediction_length


@dataclass(frozen=True)
class Scores:
    """Errors of one forecaster (of one seed) in scaled units, reduced to what reports need."""

    window_mse: FloatArray
    """(N,), averaged over channels and horizon steps."""
    step_mse: FloatArray
    """(H,), averaged over channels and windows."""
    channel_mse: FloatArray
    channel_mae: FloatArray
    """(C,)."""
    mase: float
    shown: FloatArray
    """First forecasts (C, windows, H), see `SHOWN_WINDOWS`."""

    @property
    def mse(self) -> float:
        """Mean squared error over everything."""
        return float(self.channel_mse.mean())

    @property
    def mae(self) -> float:
        """Mean absolute error over everything."""
        return float(self.channel_mae.mean())


def open_test_split(meta: Meta) -> TestSplit:
    """Read and scale the test split; scaling is fitted on the train steps.

    Raises:
        InputError: A file is missing, damaged, or of another run.
    """
    development, (test, oracle) = load_development(), load_test()
    borders = meta.borders
    if len(development) != borders.validation_end or len(development) + len(test) != borders.test_end:
        raise InputError(f"{paths.DEVELOPMENT}, {paths.TEST} and {paths.META} are not of one run; run: dvc repro")
    scaler = Scaler.fit(development[: borders.train_end], meta.channels)
    values = scaler.scale(np.concatenate([development, test]))
    origins = forecast_origins(borders.validation_end, borders.test_end, meta.context_length, meta.prediction_length)
    ahead = origins[:, None] + np.arange(1, meta.prediction_length + 1)
    return TestSplit(
        values=values,
        origins=origins,
        truth=values[ahead].transpose(2, 0, 1),
        scale=seasonal_naive_scale(values[: borders.train_end], meta.season_length),
        scaler=scaler,
        oracle=None if oracle is None else scaler.scale(oracle[..., None]).transpose(2, 0, 1),
        meta=meta,
    )


def score(forecast: FloatArray, test: TestSplit) -> Scores:
    """Reduce a forecast (C, N, H) to its scores."""
    truth = test.truth
    return Scores(
        window_mse=squared_error(forecast, truth).mean(axis=(0, 2)),
        step_mse=mean_squared_error_per_step(forecast, truth),
        channel_mse=np.array([mean_squared_error(*pair) for pair in zip(forecast, truth, strict=True)]),
        channel_mae=np.array([mean_absolute_error(*pair) for pair in zip(forecast, truth, strict=True)]),
        mase=mean_absolute_scaled_error(forecast, truth, test.scale),
        shown=forecast[:SHOWN_CHANNELS, :SHOWN_WINDOWS].copy(),
    )


def score_references(test: TestSplit) -> dict[str, Scores]:
    """Scores of the baselines, and of the oracle where there is one."""
    meta, horizon = test.meta, test.meta.prediction_length
    development = test.values[: meta.borders.validation_end]
    ridge = fit_ridge(development, meta.borders, meta.context_length, horizon)
    scores = {
        "last_value": score(last_value_forecast(test.values, test.origins, horizon), test),
        "seasonal_naive": score(seasonal_naive_forecast(test.values, test.origins, horizon, meta.season_length), test),
        "ridge": score(ridge.forecast(test.values, test.origins), test),
    }
    if test.oracle is not None:
        scores["oracle"] = score(test.oracle, test)
    return scores


def score_families(builders: Mapping[str, Builder], seeds: int, test: TestSplit) -> Iterator[tuple[str, int, Scores]]:
    """Scores of every trained seed of every family, one forecast in memory at a time.

    Yields:
        Family, seed, scores.
    """
    for family, build in builders.items():
        for seed in range(seeds):
            yield family, seed, score_model(load_trained(family, build, seed, test.meta), test)


def score_model(forecaster: nn.Module, test: TestSplit) -> Scores:
    """Scores of one trained forecaster on all test windows."""
    torch.set_num_threads(1)  # the last bits of a product depend on the number of threads
    lengths = (test.meta.context_length, test.meta.prediction_length)
    forecast = predict(forecaster, Windows(to_tensor(test.values), test.origins, *lengths))[0].double().numpy()
    return score(forecast.reshape(test.truth.shape), test)
