"""Scores of every forecaster on the test split: the only code that opens it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import torch
from torch import nn

from rnn_vs_transformer.data.evidence import FEWEST_BLOCKS, FEWEST_SERIES, NotEnoughData
from rnn_vs_transformer.data.panel import FloatArray, IntArray
from rnn_vs_transformer.data.series import Meta, load_meta, load_splits, load_test
from rnn_vs_transformer.data.splits import Places, Split, Splits
from rnn_vs_transformer.data.windows import Windows, windows_of
from rnn_vs_transformer.evaluation import metrics
from rnn_vs_transformer.evaluation.comparison import Comparison, compare
from rnn_vs_transformer.evaluation.intervals import ratio_interval
from rnn_vs_transformer.evaluation.series_comparison import SeriesComparison, compare_series, widened
from rnn_vs_transformer.models.baselines import Ridge, last_value_forecast, seasonal_naive_forecast
from rnn_vs_transformer.models.weights import load_trained
from rnn_vs_transformer.runtime.files import finite
from rnn_vs_transformer.runtime.paths import TUTORIAL
from rnn_vs_transformer.settings.evaluate import EvaluateParams
from rnn_vs_transformer.training.fit import predict
from rnn_vs_transformer.training.history import best_validation_losses

log = logging.getLogger(__name__)

SHOWN_WINDOWS: Final = 50
MOST_SHOWN: Final = 20_000
"""Forecasts of so many first test windows of each series, and of all series together, are kept to be looked at."""
DIGITS: Final = 8
"""Decimals in reports: more than the models' float32 carries."""


@dataclass(frozen=True)
class TestSplit:
    """The test windows in scaled units, with what is needed to score them."""

    __test__ = False  # not a test class, whatever pytest thinks

    splits: Splits
    """All steps up to the end of test."""
    places: Places
    """The windows (W)."""
    truth: FloatArray
    """(W, H); not a number where nothing was observed."""
    scale: FloatArray
    """In-sample MAE of the seasonal naive (S,), in own units."""
    floors: Mapping[str, FloatArray]
    """(W, H) each, by the names of `Series.floors`."""
    meta: Meta

    @property
    def block_length(self) -> int:
        """Neighbouring forecast origins that are resampled together (L + H), as their windows overlap."""
        return self.meta.context_length + self.meta.prediction_length

    @cached_property
    def steps(self) -> IntArray:
        """Of the common axis, those at which there is a forecast origin (N,), in order."""
        steps: IntArray = np.unique(self._origin_steps)
        return steps

    @property
    def has_blocks(self) -> bool:
        """Whether there are enough independent blocks of time for an interval over them."""
        return len(self.steps) >= FEWEST_BLOCKS * self.block_length

    @property
    def series(self) -> list[slice]:
        """The windows of each series."""
        return self.places.of_series(len(self.splits.panel))

    @cached_property
    def shown(self) -> IntArray:
        """The first windows of each series, see `SHOWN_WINDOWS`."""
        most = max(1, min(SHOWN_WINDOWS, MOST_SHOWN // len(self.series)))
        return np.concatenate([np.arange(one.start, min(one.stop, one.start + most)) for one in self.series])

    @property
    def is_complete(self) -> bool:
        """Whether every target was observed."""
        return not sum(self.meta.filled_cells.values())

    @property
    def _origin_steps(self) -> IntArray:
        return self.splits.panel.axis_steps(*self.places)

    def per_series(self, of_windows: FloatArray) -> FloatArray:
        """Means of what each window has (W,), per series (S,)."""
        return np.array([of_windows[one].mean() for one in self.series])

    def over_time(self, of_windows: FloatArray) -> FloatArray:
        """What each window has (W,), per forecast origin (N,): such that their mean is the mean over `per_series`."""
        counts = np.bincount(self.places.series)
        weights = len(self.steps) / (len(counts) * counts[self.places.series])
        sums = np.bincount(np.searchsorted(self.steps, self._origin_steps), of_windows * weights)
        return np.asarray(sums, dtype=np.float64)

    def error_in_units(self, forecast: FloatArray) -> FloatArray:
        """Forecast less truth (W, H), in own units."""
        scaler, series = self.splits.scaler, self.places.series[:, None]
        if scaler.transform == "none":
            return (forecast - self.truth) * scaler.deviation[series]
        return scaler.unscale(forecast, series) - scaler.unscale(self.truth, series)


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
    """(S,) each."""
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


@dataclass(frozen=True)
class ScoredFamily:
    """The seeds of a family, each scored, and the errors of their mean forecast."""

    runs: list[Scores]
    validation: list[FloatArray]
    """Truth less mean forecast on validation, see `residuals_of`."""
    residuals: list[FloatArray]
    """Truth less mean forecast on test, see `residuals_of`."""
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
    test, floors = load_test()
    splits = load_splits(test)
    return as_test_split(splits, load_meta(), floors)


def as_test_split(splits: Splits, meta: Meta, floors: Mapping[str, FloatArray]) -> TestSplit:
    """The test windows of splits that are open to their end; floors are in own units."""
    places = splits.places("test")
    series = places.series[:, None]
    return TestSplit(
        splits=splits,
        places=places,
        truth=np.where(splits.scored(places), splits.truth(places), np.nan),
        scale=_seasonal_naive_scales(splits, meta.season_length),
        floors={name: splits.scaler.scale(floor, series) for name, floor in floors.items()},
        meta=meta,
    )


def _seasonal_naive_scales(splits: Splits, season_length: int) -> FloatArray:
    """MASE's denominator of each series (S,), in own units."""
    panel, scales = splits.panel, []
    values = splits.scaler.unscale(panel.values, panel.series_of_cells)
    known = np.where(panel.observed, values, np.nan)
    for start, train_end in zip(panel.offsets[:-1], splits.ends[:, 0], strict=True):
        scales.append(metrics.seasonal_naive_scale(known[start : start + train_end], season_length))
    return np.array(scales)


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
        series_mase=mae_in_units / test.scale,
        shown=forecast[test.shown],
    )


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
    if (suggested := test.meta.suggested_season) is not None:
        forecast = seasonal_naive_forecast(splits.values, origins, horizon, suggested)
        scores["seasonal_naive_suggested"] = score(forecast, test)
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
    residuals = residuals_of(mean, test.splits, test.places)
    return ScoredFamily(runs, validation_residuals(models, test.splits), residuals, score(mean, test), losses)


def validation_residuals(models: Sequence[nn.Module], splits: Splits, split: Split = "validation") -> list[FloatArray]:
    """Truth less the mean forecast of some models on the windows of a split; see `residuals_of`."""
    return residuals_of(mean_forecast(models, splits, split), splits, splits.places(split))


def mean_forecast(models: Sequence[nn.Module], splits: Splits, split: Split) -> FloatArray:
    """Of some models on all windows of a split (W, H), in scaled units."""
    [windows] = windows_of(splits, split)
    total = np.zeros(())
    for model in models:
        total = total + forecast_windows(model, windows)
    return np.asarray(total / len(models))


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


def forecast_windows(model: nn.Module, windows: Windows) -> FloatArray:
    """Forecasts of all windows (W, H), in float64."""
    torch.set_num_threads(1)  # the last bits of a product depend on the number of threads
    return predict(model, windows)[0].double().numpy()


def score_model(model: nn.Module, test: TestSplit) -> Scores:
    """Scores of one trained model on all test windows."""
    return score(forecast_windows(model, *windows_of(test.splits, "test")), test)


def error_row(runs: Sequence[Scores]) -> dict[str, float]:
    """`mse` and `mae` of the seeds of one forecaster, in scaled units: means of single models."""
    return {"mse": float(np.mean([seed.mse for seed in runs])), "mae": float(np.mean([seed.mae for seed in runs]))}


def family_row(runs: Sequence[Scores], test: TestSplit, params: EvaluateParams) -> dict[str, float]:
    """`error_row` of a family, and where time suffices `mse_ci_low` and `mse_ci_high`, 95 % over seeds and time."""
    if not test.has_blocks:
        return error_row(runs)
    losses = _losses(runs)
    weights = np.broadcast_to(test.over_time(np.ones(len(test.truth))), losses.shape)  # 1 where all series are there
    interval = ratio_interval(losses, weights, test.block_length, params.resamples, params.seed)
    return {**error_row(runs), "mse_ci_low": interval.low, "mse_ci_high": interval.high}


def control_row(
    name: str, runs: Sequence[Scores], control: Sequence[Scores], test: TestSplit, params: EvaluateParams
) -> dict[str, float]:
    """`ridge_difference` and the like: relative MSE difference of a family from a control, with 95 % interval.

    It is negative where the family is better. A control of one run stands for each seed. Empty without enough data.
    """
    if not test.has_blocks:
        if len(test.series) < FEWEST_SERIES:
            return {}
        found = _compare_over_series(control, runs, params)
        ends = {"": found.relative_mse_difference, "_ci_low": found.ci_low, "_ci_high": found.ci_high}
        return {f"{name}_difference{end}": value for end, value in ends.items()}
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
) -> Comparison | NotEnoughData:
    """The second group of seeds against the first, paired by seed.

    Below `FEWEST_SERIES` the units are blocks of time, see `compare`. From there on they are the series, see
    `compare_series`; as series may share shocks, the interval is as wide as that over time too, where there is one.
    """
    if len(test.series) < FEWEST_SERIES:
        return compare(_losses(first), _losses(second), test.block_length, params)
    over_series = _compare_over_series(first, second, params)
    if not test.has_blocks:
        return over_series
    over_time = compare(_losses(first), _losses(second), test.block_length, params)
    return widened(over_series, over_time, params) if isinstance(over_time, Comparison) else over_series


def _compare_over_series(first: Sequence[Scores], second: Sequence[Scores], params: EvaluateParams) -> SeriesComparison:
    errors = [np.mean([seed.series_mse for seed in seeds], axis=0) for seeds in (first, second)]
    return compare_series(errors[0], errors[1], params)


def rounded(row: Mapping[str, float | str]) -> dict[str, float | str]:
    """The row as it is written.

    Raises:
        ValueError: A number is not finite.
    """
    told = {key: value for key, value in row.items() if value is not None}
    return {key: value if isinstance(value, str) else round(finite(value), DIGITS) for key, value in told.items()}


def _losses(runs: Sequence[Scores]) -> FloatArray:
    """(seeds, N)."""
    return np.stack([seed.window_mse for seed in runs])
