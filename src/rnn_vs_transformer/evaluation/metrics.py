"""Scores of forecasts: one pure function per formula.

`forecast` and `truth` broadcast against each other; their last axis is the horizon (H).
"""

from collections.abc import Sequence

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


def mase(mae: FloatArray, scale: FloatArray) -> FloatArray:
    """MASE = MAE / in-sample MAE of the seasonal naive, of each series (S,), both in own units.

    Hyndman and Koehler (2006), as in M4; the denominator is `seasonal_naive_scale`.

    >>> mase(np.array([3.0, 1.0]), np.array([1.5, 2.0])).tolist()
    [2.0, 0.5]
    """
    return mae / scale


def smape(forecast: FloatArray, truth: FloatArray) -> FloatArray:
    """SMAPE = 200/H sum |f - y| / (|f| + |y|) of each window, in %: (..., H) to (...), from own units.

    As in M4 (Makridakis, Spiliotis and Assimakopoulos 2020). It lies between 0 and 200. A step at which both are 0
    counts 0; a truth that was not observed is not a number, and the mean is over the others.

    >>> smape(np.array([3.0, 0.0, 5.0]), np.array([1.0, 0.0, np.nan])).item()
    50.0
    """
    sizes = np.abs(forecast) + np.abs(truth)
    shares = np.divide(np.abs(forecast - truth), sizes, out=np.zeros_like(sizes), where=sizes != 0)
    means: FloatArray = np.nanmean(shares, axis=-1)
    return 200 * means


def owa(smape: float, mase: float, naive2_smape: float, naive2_mase: float) -> float:
    """OWA = (sMAPE / sMAPE of Naive2 + MASE / MASE of Naive2) / 2, of means over all series: 1 is as good as Naive2.

    The overall weighted average by which M4 was decided (Makridakis, Spiliotis and Assimakopoulos 2020).

    >>> owa(9.0, 1.0, 12.0, 2.0)
    0.625
    """
    return (smape / naive2_smape + mase / naive2_mase) / 2


def pinball_loss(forecast: FloatArray, truth: FloatArray, level: float) -> FloatArray:
    """Loss of a forecast of the quantile at `level` at every step, (..., H): level (y - f), or (1 - level) (f - y).

    Whichever is not negative (Koenker and Bassett 1978). At the level 1/2 it is half the absolute error.

    Raises:
        ValueError: The level is not between 0 and 1.

    >>> pinball_loss(np.array([1.0, 4.0]), np.array([3.0, 3.0]), 0.75).tolist()
    [1.5, 0.25]
    """
    if not 0 < level < 1:
        raise ValueError(f"expected a level between 0 and 1, got {level}")
    return np.maximum(level * (truth - forecast), (level - 1) * (truth - forecast))


def weighted_quantile_loss(forecasts: FloatArray, truth: FloatArray, levels: Sequence[float]) -> float:
    """WQL: the mean over levels of 2 sum(pinball loss) / sum |y|, from own units.

    As in GluonTS (Gasthaus et al. 2019; Alexandrov et al. 2020). A truth that was not observed is not a number, and
    counts in no sum.

    Args:
        forecasts: Of the quantiles (Q, ..., H).
        truth: (..., H).
        levels: Of the quantiles (Q,), each between 0 and 1.

    Raises:
        ValueError: There is not one forecast per level, or all truth is 0.

    >>> weighted_quantile_loss(np.array([[1.0, 4.0], [3.0, 4.0]]), np.array([3.0, 3.0]), [0.5, 0.75])
    0.2916666666666667
    """
    total = float(np.nansum(np.abs(truth)))
    if not total:
        raise ValueError("expected a truth that is not 0 everywhere: the loss is in units of its size")
    pairs = zip(forecasts, levels, strict=True)
    return float(np.mean([2 * np.nansum(pinball_loss(forecast, truth, level)) / total for forecast, level in pairs]))


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
