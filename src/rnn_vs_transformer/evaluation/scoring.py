"""Scores of every forecaster on the test split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from rnn_vs_transformer.data.evidence import FEWEST_SERIES
from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.data.splits import Places, Split, Splits
from rnn_vs_transformer.data.windows import Windows, windows_of
from rnn_vs_transformer.evaluation import metrics
from rnn_vs_transformer.evaluation.quantiles import quantile_row
from rnn_vs_transformer.evaluation.test_split import TestSplit
from rnn_vs_transformer.models.baselines import Ridge, last_value_forecast, seasonal_naive_forecast
from rnn_vs_transformer.models.naive2 import naive2_forecast
from rnn_vs_transformer.models.quantiles import median_of
from rnn_vs_transformer.models.shell import ForecastModel
from rnn_vs_transformer.models.weights import load_trained
from rnn_vs_transformer.runtime.paths import TUTORIAL
from rnn_vs_transformer.settings.family.families import trained_settings
from rnn_vs_transformer.training.history import validation_losses
from rnn_vs_transformer.training.predict import predict, predict_quantiles


@dataclass(frozen=True)
class Scores:
    """Errors of one forecaster (of one seed), reduced to what reports need; in scaled units if not said otherwise.

    The error of a window is its mean over the observed targets, that of a series its mean over windows, and that of the
    forecaster its mean over series.
    """

    window_mse: FloatArray
    """(N,), per forecast origin, see `TestSplit.over_time`."""
    step_mse: FloatArray
    """(H,)."""
    series_mse: FloatArray
    series_mae: FloatArray
    mae_in_units: FloatArray
    rmse_in_units: FloatArray
    series_mase: FloatArray
    series_smape: FloatArray
    """(S,) each; the last one in %, from own units."""
    shown: FloatArray
    """First forecasts (windows, H), see `TestSplit.shown`."""

    @property
    def mse(self) -> float:
        """Mean squared error over everything."""
        return float(self.series_mse.mean())

    @property
    def mae(self) -> float:
        """Mean absolute error over everything."""
        return float(self.series_mae.mean())

    @property
    def mase(self) -> float:
        """Mean absolute scaled error, mean over series."""
        return float(self.series_mase.mean())

    @property
    def smape(self) -> float:
        """Symmetric mean absolute percentage error in %, mean over series."""
        return float(self.series_smape.mean())


@dataclass(frozen=True)
class ScoredFamily:
    """The seeds of a family, each scored, and the errors of their mean forecast."""

    runs: list[Scores]
    forecasts: Mapping[Split, FloatArray]
    """Of the mean of the seeds on validation and on test (W, H), in scaled units."""
    mean: Scores
    """Of the mean forecast, which is what ships."""
    validation_losses: FloatArray
    """MSE on validation of the weights that were kept (seeds,), of quantiles that of the median."""
    quantiles: dict[str, float]
    """How the mean of their quantiles fares, see `quantile_row`; empty where points are forecast."""

    @property
    def validation_mse(self) -> float:
        """Mean over seeds."""
        return float(self.validation_losses.mean())

    def residuals(self, split: Split, splits: Splits) -> list[FloatArray]:
        """Truth less mean forecast, see `residuals_of`."""
        return residuals_of(self.forecasts[split], splits, splits.places(split))


def score(forecast: FloatArray, test: TestSplit) -> Scores:
    """Reduce a forecast (W, H) to its scores."""
    forecast = test.splits.clip(forecast, test.places)
    squares, absolute = metrics.squared_error(forecast, test.truth), np.abs(forecast - test.truth)
    in_units = test.error_in_units(forecast)
    mean = np.mean if test.is_complete else np.nanmean
    mae_in_units = test.per_series(mean(np.abs(in_units), axis=1))
    return Scores(
        window_mse=test.over_time(mean(squares, axis=1)),
        step_mse=_mean_per_step(squares, test),
        series_mse=test.per_series(mean(squares, axis=1)),
        series_mae=test.per_series(mean(absolute, axis=1)),
        mae_in_units=mae_in_units,
        rmse_in_units=np.sqrt(test.per_series(mean(np.square(in_units), axis=1))),
        series_mase=metrics.mase(mae_in_units, test.scale),
        series_smape=_series_smape(forecast, test),
        shown=forecast[test.shown],
    )


def _series_smape(forecast: FloatArray, test: TestSplit) -> FloatArray:
    """(W, H) to (S,); one series in own units at a time, as all would take the memory of the forecasts twice."""
    unscale, found = test.splits.scaler.unscale, []
    for one in test.series:
        number = test.places.series[one, None]
        found.append(metrics.smape(unscale(forecast[one], number), unscale(test.truth[one], number)).mean())
    return np.array(found)


def _mean_per_step(squares: FloatArray, test: TestSplit) -> FloatArray:
    """(W, H) to (H,): the mean over series of the mean over windows."""
    if test.is_complete:
        return np.asarray(np.mean([squares[one].mean(axis=0) for one in test.series], axis=0))
    known = ~np.isnan(squares)
    counts = np.stack([known[one].sum(axis=0) for one in test.series])  # (S, H)
    sums = np.stack([np.where(known[one], squares[one], 0.0).sum(axis=0) for one in test.series])
    return np.asarray((sums / np.maximum(counts, 1)).sum(axis=0) / np.maximum((counts > 0).sum(axis=0), 1))


def score_references(test: TestSplit, ridge: Ridge) -> dict[str, Scores]:
    """Scores of the baselines that need no training, and of the floors where there are any."""
    splits, horizon = test.splits, test.meta.prediction_length
    origins, season = test.places.origins, test.meta.season_length
    scores = {
        "last_value": score(last_value_forecast(splits.values, origins, horizon), test),
        "seasonal_naive": score(seasonal_naive_forecast(splits.values, origins, horizon, season), test),
        "ridge": score(ridge.forecast(splits.panel, test.places), test),
    }
    if len(test.series) >= FEWEST_SERIES and (forecast := _naive2(test)) is not None:
        scores["naive2"] = score(forecast, test)
    if (suggested := test.meta.suggested_season) is not None:
        forecast = seasonal_naive_forecast(splits.values, origins, horizon, suggested)
        scores["seasonal_naive_suggested"] = score(forecast, test)
    return scores | {name: score(floor, test) for name, floor in test.floors.items()}


def _naive2(test: TestSplit) -> FloatArray | None:
    """Scaled forecasts (W, H) of Naive2, by which panels are measured; None where a series has none."""
    splits, horizon = test.splits, test.meta.prediction_length
    panel = replace(splits.panel, values=splits.scaler.unscale(splits.values, splits.panel.series_of_cells))
    forecast = naive2_forecast(panel, splits.ends[:, 1], test.places, horizon, test.meta.season_length)
    return None if forecast is None else splits.scaler.scale(forecast, test.places.series[:, None])


def score_family(family: str, test: TestSplit, recipe: str = TUTORIAL) -> ScoredFamily:
    """Scores of every trained seed of a family; each model forecasts test once, one forecast in memory at a time."""
    [windows] = windows_of(test.splits, "test")
    models = list(load_trained(family, test.meta, recipe))
    runs, total, levels = [], np.zeros(()), models[0].sizes.levels
    for model in models:
        found = _forecast_of(model, windows)
        runs.append(score(median_of(found, levels), test))
        total = total + found
    mean = {"validation": mean_of_models(models, *windows_of(test.splits, "validation")), "test": total / len(models)}
    forecasts: dict[Split, FloatArray] = {
        "validation": median_of(mean["validation"], levels),
        "test": median_of(mean["test"], levels),
    }
    losses = _median_errors(family, test, recipe) if levels else validation_losses(family, recipe)
    quantiles = quantile_row(mean["validation"], mean["test"], test.splits, levels) if levels else {}
    return ScoredFamily(runs, forecasts, score(forecasts["test"], test), losses, quantiles)


def _median_errors(family: str, test: TestSplit, recipe: str) -> FloatArray:
    """MSE of each seed on validation (seeds,), mean over the folds: the losses of training are of quantiles."""
    found = []
    for fold in range(trained_settings(family, recipe).train.validation_folds):
        splits = test.splits.fold(fold)
        [windows] = windows_of(splits, "validation")
        models = load_trained(family, test.meta, recipe, fold)
        found.append([squared_error_of(forecast_windows(model, windows), splits, windows.places) for model in models])
    return np.asarray(np.mean(found, axis=0))


def mean_forecast(models: Sequence[ForecastModel], splits: Splits, split: Split) -> FloatArray:
    """Of some models on all windows of a split (W, H), in scaled units."""
    return median_of(mean_of_models(models, *windows_of(splits, split)), models[0].sizes.levels)


def mean_of_models(models: Sequence[ForecastModel], windows: Windows) -> FloatArray:
    """The mean of what some models forecast of all windows, in scaled units: points (W, H), or quantiles (W, H, Q)."""
    total = np.zeros(())
    for model in models:
        total = total + _forecast_of(model, windows)
    return np.asarray(total / len(models))


def _forecast_of(model: ForecastModel, windows: Windows) -> FloatArray:
    """What a model forecasts of all windows, in float64: points (W, H), or quantiles (W, H, Q)."""
    torch.set_num_threads(1)  # the last bits of a product depend on the number of threads
    found = predict_quantiles(model, windows) if model.sizes.levels else predict(model, windows)[0]
    return found.double().numpy()


def squared_error_of(forecast: FloatArray, splits: Splits, places: Places) -> float:
    """Of windows over their observed targets, of series over windows, of all over series."""
    scored = splits.scored(places)
    squares = np.square(splits.truth(places) - splits.clip(forecast, places)) * scored
    return places.mean_over_series(squares.sum(axis=1) / scored.sum(axis=1))


def residuals_of(forecast: FloatArray, splits: Splits, places: Places) -> list[FloatArray]:
    """Truth less forecast (W, H), by series: (N, H) of the windows of which all targets were observed."""
    residuals = splits.truth(places) - splits.clip(forecast, places)
    whole = np.asarray(splits.scored(places).all(axis=1))
    return [residuals[one][whole[one]] for one in places.of_series(len(splits.panel))]


def forecast_windows(model: ForecastModel, windows: Windows) -> FloatArray:
    """Forecasts of all windows (W, H), in float64; of quantiles the median."""
    return median_of(_forecast_of(model, windows), model.sizes.levels)


def mean_series_mse(runs: Sequence[Scores]) -> FloatArray:
    """MSE of each series (S,), mean over the seeds of one forecaster."""
    means: FloatArray = np.mean([seed.series_mse for seed in runs], axis=0)
    return means


def score_model(model: ForecastModel, test: TestSplit) -> Scores:
    """Scores of one trained model on all test windows."""
    return score(forecast_windows(model, *windows_of(test.splits, "test")), test)
