"""Scores of every forecaster on the test split: the only code that opens it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from rnn_vs_transformer.data.series import Meta, load_meta, load_splits, load_test
from rnn_vs_transformer.data.splits import Split, Splits
from rnn_vs_transformer.data.windows import Windows, windows_of
from rnn_vs_transformer.evaluation import metrics
from rnn_vs_transformer.evaluation.comparison import Comparison, compare
from rnn_vs_transformer.evaluation.intervals import bootstrap_interval, ratio_interval
from rnn_vs_transformer.models.baselines import fit_best_ridge, last_value_forecast, seasonal_naive_forecast
from rnn_vs_transformer.models.weights import load_trained
from rnn_vs_transformer.runtime.files import finite
from rnn_vs_transformer.runtime.paths import TUTORIAL
from rnn_vs_transformer.settings.evaluate import EvaluateParams
from rnn_vs_transformer.training.fit import predict
from rnn_vs_transformer.training.history import best_validation_losses

log = logging.getLogger(__name__)
FloatArray = npt.NDArray[np.float64]

SHOWN_WINDOWS: Final = 50
SHOWN_CHANNELS: Final = 8
"""Forecasts of so many first test windows and channels are kept to be looked at."""
DIGITS: Final = 8
"""Decimals in reports: more than the models' float32 carries."""


@dataclass(frozen=True)
class TestSplit:
    """The test windows in scaled units, with what is needed to score them."""

    __test__ = False  # not a test class, whatever pytest thinks

    splits: Splits
    """All steps up to the end of test."""
    truth: FloatArray
    """(C, N, H)."""
    scale: FloatArray
    """In-sample MAE of the seasonal naive (C,)."""
    floors: Mapping[str, FloatArray]
    """(C, N, H) each, by the names of `Series.floors`."""
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


@dataclass(frozen=True)
class ScoredFamily:
    """The seeds of a family, each scored, and the errors of their mean forecast."""

    runs: list[Scores]
    validation: FloatArray
    """Truth less mean forecast on validation (C, N0, H)."""
    residuals: FloatArray
    """Truth less mean forecast on test (C, N, H)."""
    mean: Scores
    """Of the mean forecast, which is what ships."""
    validation_losses: FloatArray
    """Of the weights that were kept (seeds,)."""

    @property
    def validation_mse(self) -> float:
        """Mean over seeds."""
        return float(self.validation_losses.mean())


def open_test_split() -> TestSplit:
    """Read and scale the test split, with the scaling of the train steps.

    Raises:
        InputError: A file is missing, damaged, or of another run.
    """
    meta, (test, floors) = load_meta(), load_test()
    splits = load_splits(test)
    return TestSplit(
        splits=splits,
        truth=splits.truth("test"),
        scale=metrics.seasonal_naive_scale(splits.values[: meta.borders.train_end], meta.season_length),
        floors={name: splits.scaler.scale(floor[..., None]).transpose(2, 0, 1) for name, floor in floors.items()},
        meta=meta,
    )


def score(forecast: FloatArray, test: TestSplit) -> Scores:
    """Reduce a forecast (C, N, H) to its scores."""
    truth = test.truth
    return Scores(
        window_mse=metrics.squared_error(forecast, truth).mean(axis=(0, 2)),
        step_mse=metrics.mean_squared_error_per_step(forecast, truth),
        channel_mse=np.array([metrics.mean_squared_error(*pair) for pair in zip(forecast, truth, strict=True)]),
        channel_mae=np.array([metrics.mean_absolute_error(*pair) for pair in zip(forecast, truth, strict=True)]),
        mase=metrics.mean_absolute_scaled_error(forecast, truth, test.scale),
        shown=forecast[:SHOWN_CHANNELS, :SHOWN_WINDOWS].copy(),
    )


def score_references(test: TestSplit) -> dict[str, Scores]:
    """Scores of the baselines that need no training, and of the floors where there are any."""
    splits, horizon = test.splits, test.meta.prediction_length
    origins, season = splits.origins("test"), test.meta.season_length
    ridge = fit_best_ridge(splits.values, splits.borders, splits.context_length, horizon)
    log.info("ridge: context %d and penalty %g by validation", ridge.context_length, ridge.penalty)
    scores = {
        "last_value": score(last_value_forecast(splits.values, origins, horizon), test),
        "seasonal_naive": score(seasonal_naive_forecast(splits.values, origins, horizon, season), test),
        "ridge": score(ridge.forecast(splits.values, origins), test),
    }
    return scores | {name: score(floor, test) for name, floor in test.floors.items()}


def score_family(family: str, test: TestSplit, recipe: str = TUTORIAL) -> ScoredFamily:
    """Scores of every trained seed of a family; each model forecasts once, one forecast in memory at a time."""
    [windows] = windows_of(test.splits, "test")
    models = list(load_trained(family, test.meta, recipe))
    runs, total = [], np.zeros(())
    for model in models:
        forecast = forecast_windows(model, windows)
        runs.append(score(forecast, test))
        total = total + forecast
    mean, losses = total / len(models), best_validation_losses(family, recipe)
    return ScoredFamily(runs, validation_residuals(models, test.splits), test.truth - mean, score(mean, test), losses)


def validation_residuals(models: Sequence[nn.Module], splits: Splits, split: Split = "validation") -> FloatArray:
    """Truth less the mean forecast of some models on all windows of a split (C, N, H), in scaled units."""
    [windows] = windows_of(splits, split)
    total = np.zeros(())
    for model in models:
        total = total + forecast_windows(model, windows)
    residuals: FloatArray = splits.truth(split) - total / len(models)
    return residuals


def forecast_windows(model: nn.Module, windows: Windows) -> FloatArray:
    """Forecasts of all windows (C, N, H), in float64."""
    torch.set_num_threads(1)  # the last bits of a product depend on the number of threads
    forecast = predict(model, windows)[0].double().numpy()
    return forecast.reshape(windows.channels, windows.origins, -1)


def score_model(model: nn.Module, test: TestSplit) -> Scores:
    """Scores of one trained model on all test windows."""
    return score(forecast_windows(model, *windows_of(test.splits, "test")), test)


def error_row(runs: Sequence[Scores]) -> dict[str, float]:
    """`mse` and `mae` of the seeds of one forecaster, in scaled units: means of single models."""
    return {"mse": float(np.mean([seed.mse for seed in runs])), "mae": float(np.mean([seed.mae for seed in runs]))}


def family_row(runs: Sequence[Scores], test: TestSplit, params: EvaluateParams) -> dict[str, float]:
    """`error_row` of a family, with `mse_ci_low` and `mse_ci_high`, its 95 % interval over seeds and time."""
    interval = bootstrap_interval(_losses(runs), test.block_length, params.resamples, params.seed)
    return {**error_row(runs), "mse_ci_low": interval.low, "mse_ci_high": interval.high}


def control_row(
    name: str, runs: Sequence[Scores], control: Sequence[Scores], test: TestSplit, params: EvaluateParams
) -> dict[str, float]:
    """`ridge_difference` and the like: relative MSE difference of a family from a control, with 95 % interval.

    It is negative where the family is better. A control of one run stands for each seed.
    """
    losses = _losses(runs)
    theirs = np.broadcast_to(_losses(control), losses.shape)
    interval = ratio_interval(losses, theirs, test.block_length, params.resamples, params.seed)
    return {
        f"{name}_difference": float(losses.mean() / theirs.mean() - 1),
        f"{name}_difference_ci_low": interval.low - 1,
        f"{name}_difference_ci_high": interval.high - 1,
    }


def compare_runs(
    first: Sequence[Scores], second: Sequence[Scores], test: TestSplit, params: EvaluateParams
) -> Comparison:
    """The second group of seeds against the first, paired by seed and window; see `compare`."""
    return compare(_losses(first), _losses(second), test.block_length, params)


def rounded(row: Mapping[str, float | str]) -> dict[str, float | str]:
    """The row as it is written.

    Raises:
        ValueError: A number is not finite.
    """
    return {key: value if isinstance(value, str) else round(finite(value), DIGITS) for key, value in row.items()}


def _losses(runs: Sequence[Scores]) -> FloatArray:
    """(seeds, N)."""
    return np.stack([seed.window_mse for seed in runs])
