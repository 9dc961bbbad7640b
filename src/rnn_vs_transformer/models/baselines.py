"""Forecasts that every neural claim must beat: last value, seasonal naive, closed-form ridge."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg

from rnn_vs_transformer.data.splits import Borders, forecast_origins

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

PENALTIES = tuple(10.0**power for power in range(-3, 6))
"""Ridge penalties tried on validation, in units of the summed squares of scaled inputs."""
CONTEXTS = (0.5, 1.0, 2.0, 4.0)
"""Context lengths tried on validation, as multiples of that of the families."""
MOST_PRODUCTS = 2e12
"""A context longer than the families' is left out where its normal equations would take more multiply-adds."""
ROWS_AT_ONCE = 4096


def last_value_forecast(values: FloatArray, origins: IntArray, prediction_length: int) -> FloatArray:
    """The value at the forecast origin, repeated.

    Args:
        values: The series (steps, C).
        origins: Forecast origins (N,).
        prediction_length: Steps to forecast (H).

    Returns:
        Forecasts (C, N, H).
    """
    return np.repeat(values[origins].T[:, :, None], prediction_length, axis=2)


def seasonal_naive_forecast(
    values: FloatArray, origins: IntArray, prediction_length: int, season_length: int
) -> FloatArray:
    """The value of the same step in the last observed season (Hyndman and Athanasopoulos, section 5.2).

    Args:
        values: The series (steps, C).
        origins: Forecast origins (N,), each at least season_length - 1.
        prediction_length: Steps to forecast (H).
        season_length: Steps in one season.

    Returns:
        Forecasts (C, N, H).
    """
    ahead = np.arange(prediction_length) % season_length
    steps = origins[:, None] + 1 - season_length + ahead
    forecasts: FloatArray = values[steps].transpose(2, 0, 1)
    return forecasts


@dataclass(frozen=True)
class Ridge:
    """A linear map from context to forecast, one for all channels, on windows less their last value or not."""

    weights: FloatArray
    """(L + 1, H); the last row is the intercept."""
    subtract_last: bool
    penalty: float
    validation_mse: float

    @property
    def context_length(self) -> int:
        """Inputs."""
        return len(self.weights) - 1

    def forecast(self, values: FloatArray, origins: IntArray) -> FloatArray:
        """Forecasts (C, N, H) of a series (steps, C)."""
        context_length, prediction_length = self.context_length, self.weights.shape[1]
        forecasts = np.empty((values.shape[1], len(origins), prediction_length))
        for channel, series in enumerate(values.T):
            for start in range(0, len(origins), ROWS_AT_ONCE):
                some = origins[start : start + ROWS_AT_ONCE]
                contexts, _, last = _windows(series, some, context_length, 0, self.subtract_last)
                forecasts[channel, start : start + ROWS_AT_ONCE] = contexts @ self.weights + last
        return forecasts


def fit_best_ridge(values: FloatArray, borders: Borders, context_length: int, prediction_length: int) -> Ridge:
    """Ridge with the context length, out of `CONTEXTS` times the families', that validation chooses too.

    A longer context is left out where fewer train windows than inputs would remain, or more than `MOST_PRODUCTS`.
    See `fit_ridge`.
    """

    def can_be_tried(length: int) -> bool:
        windows = (borders.train_end - length - prediction_length) * values.shape[1]
        return length <= context_length or length < windows <= MOST_PRODUCTS / length**2

    lengths = [max(1, int(multiple * context_length)) for multiple in CONTEXTS]
    fitted = [fit_ridge(values, borders, length, prediction_length) for length in filter(can_be_tried, lengths)]
    return min(fitted, key=lambda ridge: ridge.validation_mse)


def fit_ridge(values: FloatArray, borders: Borders, context_length: int, prediction_length: int) -> Ridge:
    """Ridge regression in closed form; its penalty and centring are chosen on validation.

    Args:
        values: Scaled development steps (steps, C).
        borders: Ends of the splits.
        context_length: Inputs (L).
        prediction_length: Outputs (H).

    Returns:
        The candidate with the least mean squared error on the validation windows.
    """
    train = forecast_origins(0, borders.train_end, context_length, prediction_length)
    validation = forecast_origins(borders.train_end, borders.validation_end, context_length, prediction_length)
    candidates = []
    for subtract_last in (False, True):
        gram = np.zeros((context_length + 1, context_length + 1))
        moment = np.zeros((context_length + 1, prediction_length))
        for contexts, targets in _blocks(values, train, context_length, prediction_length, subtract_last):
            gram += contexts.T @ contexts
            moment += contexts.T @ targets
        for penalty in PENALTIES:
            weights = _solve(gram, moment, penalty)
            errors = [
                np.square(contexts @ weights - targets).sum()
                for contexts, targets in _blocks(values, validation, context_length, prediction_length, subtract_last)
            ]
            mse = sum(errors) / (values.shape[1] * len(validation) * prediction_length)
            candidates.append(Ridge(weights, subtract_last, penalty, float(mse)))
    return min(candidates, key=lambda ridge: ridge.validation_mse)


def _solve(gram: FloatArray, moment: FloatArray, penalty: float) -> FloatArray:
    """Minimiser of the penalised squares; the intercept (last row) bears no penalty."""
    penalties = np.full(len(gram), penalty)
    penalties[-1] = 0.0
    weights: FloatArray = linalg.solve(gram + np.diag(penalties), moment, assume_a="pos")
    return weights


def _blocks(
    values: FloatArray, origins: IntArray, context_length: int, prediction_length: int, subtract_last: bool
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Contexts and targets of all channels, some windows at a time."""
    for series in values.T:
        for start in range(0, len(origins), ROWS_AT_ONCE):
            some = origins[start : start + ROWS_AT_ONCE]
            contexts, targets, _ = _windows(series, some, context_length, prediction_length, subtract_last)
            yield contexts, targets


def _windows(
    series: FloatArray, origins: IntArray, context_length: int, prediction_length: int, subtract_last: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Contexts with a column of ones (N, L + 1), targets (N, H), and what was subtracted from them (N, 1)."""
    contexts = series[origins[:, None] + np.arange(1 - context_length, 1)]
    targets = series[origins[:, None] + np.arange(1, prediction_length + 1)]
    last = contexts[:, -1:] if subtract_last else np.zeros((len(origins), 1))
    return np.hstack([contexts - last, np.ones((len(origins), 1))]), targets - last, last
