"""Classical decomposition of a series into trend and season (Hyndman and Athanasopoulos, section 3.4)."""

import numpy as np

from rnn_vs_transformer.data.panel import FloatArray

FEWEST_SEASONS = 2
"""With fewer a step of the season could have no value that the trend reaches."""


def moving_average(values: FloatArray, window: int) -> FloatArray:
    """The centred moving average (steps,); not a number where it would reach beyond an end.

    An even window reaches over one step more, with half a weight at both ends: so each step of a season counts alike.

    >>> moving_average(np.array([1.0, 2.0, 3.0, 8.0]), 2).tolist()
    [nan, 2.0, 4.0, nan]
    """
    weights = np.ones(window + 1 - window % 2)
    weights[[0, -1]] -= 0.5 * (1 - window % 2)
    averages, reach = np.full(len(values), np.nan), len(weights) // 2
    if len(values) >= len(weights):
        averages[reach : len(values) - reach] = np.convolve(values, weights / window, "valid")
    return averages


def season_means(values: FloatArray, season_length: int) -> FloatArray:
    """Means of each step of the season (season_length,), of which the first value has the first; gaps count nowhere.

    Raises:
        ValueError: There are fewer than two seasons.
    """
    if len(values) < FEWEST_SEASONS * season_length:
        raise ValueError(f"expected {FEWEST_SEASONS} seasons of {season_length} steps, got {len(values)} steps")
    whole = np.pad(values, (0, -len(values) % season_length), constant_values=np.nan)
    means: FloatArray = np.nanmean(whole.reshape(-1, season_length), axis=0)
    return means
