"""Naive2, by which M4 measured all others: the last value of the series without its season, times the season to come.

As in the benchmarks of M4 (Makridakis, Spiliotis and Assimakopoulos 2020). The season is that of the steps before test;
M4 has one forecast origin per series, right behind them.
"""

import numpy as np

from rnn_vs_transformer.data.panel import FloatArray, IntArray, Panel
from rnn_vs_transformer.data.splits import Places, steps_ahead
from rnn_vs_transformer.models.decomposition import moving_average, season_means

CRITICAL = 1.645
"""Of a standard normal, at 90 %, two-sided."""
FEWEST_SEASONS = 3
"""With fewer no season is looked for."""
ZERO = 1e-12
"""What is not above this share of a series' largest value counts as 0: scaling and back costs the last digits."""


def naive2_forecast(
    panel: Panel, ends: IntArray, places: Places, prediction_length: int, season_length: int
) -> FloatArray | None:
    """Forecasts (W, H) of windows; None where a value is not above 0, so that no season can be a factor.

    Args:
        panel: In own units; what was missing is filled.
        ends: First step behind those of which the season is taken, of each series (S,).
        places: The windows (W).
        prediction_length: Steps to forecast (H).
        season_length: Steps in one season.
    """
    known = [values[:end] for values, end in zip(panel.each(), ends, strict=True)]
    last = panel.values[places.origins]
    largest = np.array([np.abs(values).max() for values in known])
    if (last <= ZERO * largest[places.series]).any() or any(
        values.min() <= ZERO * most for values, most in zip(known, largest, strict=True)
    ):
        return None
    factors = np.stack([season_factors(values, season_length) for values in known])  # (S, season_length)
    series, first = places.series[:, None], panel.offsets[places.series][:, None]
    now = factors[series, (places.origins[:, None] - first) % season_length]
    later = factors[series, (steps_ahead(places.origins, prediction_length) - first) % season_length]
    forecasts: FloatArray = last[:, None] / now * later
    return forecasts


def season_factors(values: FloatArray, season_length: int) -> FloatArray:
    """What each step of the season is to the trend (season_length,), 1 on average; all 1 where there is no season.

    Classical multiplicative decomposition of values (steps,) above 0.
    """
    if not has_season(values, season_length):
        return np.ones(season_length)
    factors = season_means(values / moving_average(values, season_length), season_length)
    normed: FloatArray = factors / factors.mean()
    return normed


def has_season(values: FloatArray, season_length: int) -> bool:
    """Whether the autocorrelation at one season exceeds what chance gives in 10 %, by Bartlett's formula.

    |r_m| > 1.645 sqrt((1 + 2 (r_1^2 + ... + r_{m-1}^2)) / n), with at least three seasons (M4's test of seasonality).
    """
    count, centred = len(values), values - values.mean()
    if season_length == 1 or count < FEWEST_SEASONS * season_length or not centred.any():
        return False
    products = [centred[lag:] @ centred[: count - lag] for lag in range(season_length + 1)]
    *nearer, at_season = np.array(products[1:]) / products[0]
    return bool(abs(at_season) > CRITICAL * np.sqrt((1 + 2 * np.sum(np.square(nearer))) / count))
