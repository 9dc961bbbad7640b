"""Does a series repeat itself with another season than the one that was set?"""

from typing import Final

import numpy as np

from rnn_vs_transformer.data.panel import FloatArray

FEWEST_CYCLES: Final = 6
LONGEST: Final = 1500
"""Steps of a season: a day of minutes is 1,440."""
MOST_STEPS: Final = 20_000
"""The last steps are looked at."""
STRONG: Final = 0.4
"""Share of the variance that a season must explain. Of 1,600 random walks (some integrated), autoregressions and white
noises of 40 to 500 steps none came beyond 0.33; damped cycles do, in few steps, and look like a season there."""
PER_CYCLE: Final = 1.5
"""What chance adds to that share is at most about so much over the number of cycles."""
NEARLY: Final = 0.9
"""Of the strongest season: multiples of a season are as strong as itself."""
CLEARLY: Final = 0.7
"""Mean squared error of the seasonal naive, relative to that at the season that was set."""


def suggested_season(values: FloatArray, season_length: int) -> int | None:
    """The season that a series clearly has, where a forecast by it would be clearly better than by the one set.

    A season is taken for one where the mean over cycles, less a moving average of one cycle, explains much of what
    remains, so that it must keep its phase: a decaying autocorrelation is none, nor is a cycle that comes and goes.

    Args:
        values: Steps of train (steps,); not a number where nothing is known.
        season_length: The season that was set; 1 for none.

    Returns:
        Its steps; None where the one that was set will do, or none is clear.
    """
    known = _without_gaps(values[-MOST_STEPS:])
    seasons = np.arange(2, min(len(known) // FEWEST_CYCLES, LONGEST) + 1)
    if not len(seasons) or np.ptp(known) == 0:
        return None
    strengths = np.array([_strength(known, int(season)) for season in seasons])
    around = np.pad(strengths, 1, constant_values=-np.inf)
    peaks = (strengths >= around[:-2]) & (strengths >= around[2:]) & (strengths >= NEARLY * strengths.max())
    found = int(seasons[np.argmax(peaks)])
    if strengths.max() < STRONG or found == season_length or season_length > len(known) // 2:
        return None
    rest = _without_trend(known, max(found, season_length))
    return found if _naive_error(rest, found, found) <= CLEARLY * _naive_error(rest, season_length, found) else None


def _without_gaps(values: FloatArray) -> FloatArray:
    """Linear between known values; what lies outside of them is cut off."""
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return np.empty(0)
    return np.interp(np.arange(known[0], known[-1] + 1), known, values[known])


def _without_trend(values: FloatArray, steps: int) -> FloatArray:
    """Less the centred moving average over so many steps, for the steps that have one."""
    weights = np.ones(steps) if steps % 2 else np.concatenate([[0.5], np.ones(steps - 1), [0.5]])
    first = len(weights) // 2
    sums = np.concatenate([[0.0], np.cumsum(values - values.mean())])
    whole = (sums[steps:] - sums[:-steps]) / steps
    means = whole if steps % 2 else (whole[1:] + whole[:-1]) / 2
    inner: FloatArray = (values - values.mean())[first : first + len(means)] - means
    return inner


def _strength(values: FloatArray, season: int) -> float:
    """Share of the variance within cycles that their mean explains, less what chance would."""
    rest = _without_trend(values, season)
    cycles = rest[len(rest) % season :].reshape(-1, season)
    variance, count = cycles.var(), len(cycles)
    if variance <= np.square(100 * np.finfo(np.float64).eps * np.abs(values).max()):  # nothing but rounding
        return 0.0
    return float((cycles.mean(axis=0).var() / variance - 1 / count) / (1 - 1 / count) - PER_CYCLE / count)


def _naive_error(values: FloatArray, season: int, horizon: int) -> float:
    """Mean squared error of the seasonal naive over horizon steps."""
    lags, counts = np.unique(season * -(-np.arange(1, horizon + 1) // season), return_counts=True)
    errors = [np.square(values[lag:] - values[:-lag]).mean() for lag in lags]
    return float(np.average(errors, weights=counts))
