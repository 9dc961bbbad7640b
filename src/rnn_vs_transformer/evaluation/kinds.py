"""For which kinds of series is one family better? Length and strengths of trend and season against the log ratio.

The strengths are those of Wang, Smith and Hyndman (2006): 1 - var(R) / var(R + T) and 1 - var(R) / var(R + S), at least
0, of the classical additive decomposition into trend T, season S and the rest R.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.evidence import FEWEST_SERIES
from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.data.splits import Splits
from rnn_vs_transformer.evaluation.across import holm
from rnn_vs_transformer.models.decomposition import FEWEST_SEASONS, moving_average, season_means

KINDS: Final = ("length", "season_strength", "trend_strength")
TREND_WINDOW: Final = 7
"""Steps of the moving average that is the trend where there is no season."""
ROUNDING: Final = 1e-24
"""A variance that is no more than this share of the largest square is what rounding leaves."""


@dataclass(frozen=True)
class Strengths:
    """How much of a series is trend and season, each from 0, none, to 1, all; None where it cannot be told."""

    trend: float | None
    season: float | None


def strengths(values: FloatArray, season_length: int) -> Strengths:
    """Strengths of trend and season of values (steps,); the latter is not told without a season or of fewer than two.

    >>> strengths(np.tile([1.0, -1.0], 8), 2)
    Strengths(trend=0.0, season=1.0)
    """
    seasonal = season_length > 1
    if len(values) < max(FEWEST_SEASONS * season_length, TREND_WINDOW + 1):
        return Strengths(None, None)
    trend = moving_average(values, season_length if seasonal else TREND_WINDOW)
    rest, season = values - trend, np.zeros(len(values))
    if seasonal:
        means = season_means(rest, season_length)
        season = np.resize(means - means.mean(), len(values))
        rest = rest - season
    known = ~np.isnan(trend)
    least = ROUNDING * float(np.square(values).max())
    told = [_share(rest[known], part[known], least) for part in (trend, season)]
    return Strengths(told[0], told[1] if seasonal else None)


def _share(rest: FloatArray, part: FloatArray, least: float) -> float:
    """Of the variance of both together, what is not the rest's; none where there is hardly any variance."""
    both, alone = float(np.var(rest + part)), float(np.var(rest))
    return max(0.0, 1 - alone / both) if both > least else 0.0


def kinds_table(splits: Splits, season_length: int, names: list[str], log_ratio: FloatArray) -> pd.DataFrame:
    """A row per series: its length before test, what it is made of there, and the families' log ratio of errors (S,).

    The values are those that models learn: scaled, after the transform, gaps filled.
    """
    known = [values[:end] for values, end in zip(splits.panel.each(), splits.ends[:, 1], strict=True)]
    found = [strengths(values, season_length) for values in known]
    return pd.DataFrame(
        {
            "series": names,
            "length": [len(values) for values in known],
            "season_strength": [np.nan if one.season is None else one.season for one in found],
            "trend_strength": [np.nan if one.trend is None else one.trend for one in found],
            "log_ratio": log_ratio,
        }
    )


def correlations(table: pd.DataFrame) -> Mapping[str, Mapping[str, float]]:
    """Spearman's rank correlation of each kind with the log ratio, with p corrected by Holm: by the kind's name.

    Series without a value or a ratio are left out, and so is a kind with too few of them, or in which all are alike.
    """
    from scipy import stats  # noqa: PLC0415 - takes a second to import, which other stages should not wait for

    found: dict[str, dict[str, float]] = {}
    for kind in KINDS:
        some = table[[kind, "log_ratio"]].dropna()
        if len(some) >= FEWEST_SERIES and (some.max() > some.min()).all():
            spearman = stats.spearmanr(some[kind], some["log_ratio"])
            found[kind] = {"series": len(some), "spearman": float(spearman.statistic), "p": float(spearman.pvalue)}
    for one, p in zip(found.values(), holm([one["p"] for one in found.values()]), strict=True):
        one["holm_p"] = float(p)
    return found
