"""Scores of point forecasts: one pure function per formula.

`forecast` and `truth` broadcast against each other; their last axis is the horizon (H).
"""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def squared_error(forecast: FloatArray, truth: FloatArray) -> FloatArray:
    """Squared error of every step, (..., H).

    >>> squared_error(np.array([1.0, 4.0]), np.array([1.0, 2.0])).tolist()
    [0.0, 4.0]
    """
    return np.square(forecast - truth)


def mean_squared_error(forecast: FloatArray, truth: FloatArray) -> float:
    """MSE = mean((f - y)^2) over all windows and steps.

    >>> mean_squared_error(np.array([1.0, 4.0]), np.array([1.0, 2.0]))
    2.0
    """
    return float(np.mean(squared_error(forecast, truth)))


def mean_absolute_error(forecast: FloatArray, truth: FloatArray) -> float:
    """MAE = mean(|f - y|) over all windows and steps.

    >>> mean_absolute_error(np.array([1.0, 4.0]), np.array([1.0, 2.0]))
    1.0
    """
    return float(np.mean(np.abs(forecast - truth)))


def seasonal_naive_scale(train: FloatArray, season_length: int) -> float:
    """In-sample MAE of the seasonal naive forecast of the train steps (steps,), which is MASE's denominator.

    A step that was not observed is not a number, and counts in no difference (Hyndman and Koehler 2006).

    Raises:
        ValueError: The train steps are not longer than one season, or repeat one season exactly.

    >>> seasonal_naive_scale(np.array([1.0, 2.0, 4.0]), 1)
    1.5
    """
    if len(train) <= season_length:
        raise ValueError(f"expected more than {season_length} train steps, got {len(train)}")
    scale = float(np.nanmean(np.abs(train[season_length:] - train[:-season_length])))
    if not scale:
        raise ValueError("a series repeats one season exactly, so MASE is not defined; leave the series out")
    return scale


def skill(mse: float, reference_mse: float) -> float:
    """1 - MSE / MSE of the reference: 1 is perfect, 0 no better than the reference.

    >>> skill(0.25, 1.0)
    0.75
    """
    return 1 - mse / reference_mse


def excess(mse: float, oracle_mse: float, ridge_mse: float) -> float:
    """(MSE - oracle) / (ridge - oracle): 0 is optimal, 1 no better than linear.

    Raises:
        ValueError: The ridge is not above the oracle, so there is nothing to measure by.

    >>> excess(0.75, 0.5, 1.0)
    0.5
    """
    if ridge_mse <= oracle_mse:
        raise ValueError(f"expected a ridge MSE above the oracle's ({oracle_mse}), got {ridge_mse}")
    return (mse - oracle_mse) / (ridge_mse - oracle_mse)
