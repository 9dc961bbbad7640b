"""What a panel tells of all forecasters: the series are the independent units, and their test MSE is compared."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.evaluation.intervals import block_error, student_quantile
from rnn_vs_transformer.evaluation.kinds import correlations, kinds_table
from rnn_vs_transformer.evaluation.ranks import critical_difference, friedman, groups, mean_ranks, pairwise_p
from rnn_vs_transformer.evaluation.rows import DIGITS, rounded
from rnn_vs_transformer.evaluation.scoring import Scores, mean_series_mse
from rnn_vs_transformer.evaluation.series_comparison import compare_series
from rnn_vs_transformer.evaluation.test_split import TestSplit
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import write_table
from rnn_vs_transformer.settings.evaluate import EvaluateParams

ORDERS: Final = 999
"""In which series are put by chance, to learn how wide an interval over blocks is where neighbours are not alike."""
AT_BEST: Final = "each_at_its_best"
Runs = Mapping[str, Sequence[Scores]]
"""The seeds of each forecaster."""


def compare_over_series(
    everyone: Runs, families: Mapping[str, Runs], test: TestSplit, params: EvaluateParams
) -> dict[str, Any]:
    """Compare on each series, and write reports/scores/ranks.csv and kinds.csv.

    Args:
        everyone: All forecasters; floors among them, which are none, are left out.
        families: Both families by recipe, and `each_at_its_best`, for which the kinds of series are told apart.
        test: The series.
        params: Margin of equivalence.

    Returns:
        `over_series` of the metrics: the families over series alone, without what time makes unsure; what the ranks of
        all forecasters tell; and for which kinds of series one family is better.
    """
    everyone = {name: runs for name, runs in everyone.items() if name not in test.floors}
    errors, same = distinct({name: mean_series_mse(runs) for name, runs in everyone.items()})
    pairs = {name: (mean_series_mse(some["rnn"]), mean_series_mse(some["transformer"]))
             for name, some in families.items()}  # fmt: skip
    kinds = kinds_table(test.splits, test.meta.season_length, test.meta.series, log_ratio(*pairs[AT_BEST]))
    write_table(paths.RANKS, rank_table(errors))
    write_table(paths.KINDS, kinds)
    return {
        "series": len(test.series),
        "families": {
            name: {**rounded(asdict(compare_series(*pair, params))), "neighbours": neighbours(log_ratio(*pair))}
            for name, pair in pairs.items()
        },
        **compare_forecasters(errors),
        "same_as": same,
        "kinds": {kind: rounded(found) for kind, found in correlations(kinds).items()},
    }


def neighbours(log_ratios: FloatArray) -> dict[str, float | str]:
    """Are series alike that follow each other? Then they are fewer than they seem; it decides nothing.

    Args:
        log_ratios: See `log_ratio` (S,).

    Returns:
        The relative difference's 95 % interval over `block` = sqrt(S) neighbours instead of series, too narrow still
        where what they share reaches farther; and `p`, the share of orders drawn by chance that make it as wide.
    """
    values = log_ratios[np.isfinite(log_ratios)]
    size, draw = max(1, round(np.sqrt(len(values)))), np.random.default_rng(0)
    error = block_error(values, size)
    half = student_quantile(-(-len(values) // size) - 1) * error
    low, high = np.expm1(values.mean() + half * np.array([-1, 1])).tolist()
    as_wide = sum(block_error(draw.permutation(values), size) >= error for _ in range(ORDERS))
    return rounded({"block": size, "ci_low": low, "ci_high": high, "p": (1 + as_wide) / (1 + ORDERS)})


def distinct(errors: Mapping[str, FloatArray]) -> tuple[dict[str, FloatArray], dict[str, str]]:
    """Without who has an earlier one's error on every series, as an ensemble of one member has: none counts twice.

    Behind them, who is left out and whose errors these are.
    """
    kept: dict[str, FloatArray] = {}
    same: dict[str, str] = {}
    for name, found in errors.items():
        earlier = next((other for other, its in kept.items() if np.array_equal(found, its)), None)
        if earlier is None:
            kept[name] = found
        else:
            same[name] = earlier
    return kept, same


def compare_forecasters(errors: Mapping[str, FloatArray]) -> dict[str, Any]:
    """Friedman's test, mean ranks, critical difference, and Holm's p of each pair, from errors by forecaster (S,)."""
    names, columns = list(errors), np.column_stack(list(errors.values()))
    statistic, p = friedman(columns)
    holm_p: dict[str, dict[str, float]] = {}
    for (first, second), corrected in pairwise_p(columns).items():
        holm_p.setdefault(names[first], {})[names[second]] = round(corrected, DIGITS)
    return {
        "friedman": rounded({"statistic": statistic, "p": p}),
        "mean_ranks": rounded(dict(zip(names, mean_ranks(columns).tolist(), strict=True))),
        "critical_difference": round(critical_difference(len(names), len(columns)), DIGITS),
        "wilcoxon_holm_p": holm_p,
    }


def rank_table(errors: Mapping[str, FloatArray]) -> pd.DataFrame:
    """A row per forecaster, the best first: its mean rank, and the groups of those not told apart that it is in."""
    ranks = mean_ranks(columns := np.column_stack(list(errors.values())))
    letters = groups(ranks, critical_difference(len(errors), len(columns)))
    table = pd.DataFrame({"forecaster": list(errors), "mean_rank": ranks, "group": letters})
    return table.sort_values("mean_rank", kind="stable", ignore_index=True)


def log_ratio(rnn: FloatArray, transformer: FloatArray) -> FloatArray:
    """Log error of the Transformer less that of the RNN on each series (S,); not a number where one makes none."""
    both = (rnn > 0) & (transformer > 0)
    return np.log(np.where(both, transformer, np.nan)) - np.log(np.where(both, rnn, np.nan))
