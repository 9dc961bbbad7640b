"""Tables of studies in Markdown: means over seeds with intervals, main effects of a factorial, coverage over worlds."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from rnn_vs_transformer.data.evidence import NOT_ENOUGH
from rnn_vs_transformer.evaluation.intervals import mean_interval
from rnn_vs_transformer.plotting.style import LABELS

SHOWN: Final = ("ridge", "rnn", "transformer", "ensemble")
"""Of what ships; the naive ones and the MLP stand in the file."""
POINTS: Final = 2
"""Percentage points from its nominal coverage within which an interval counts as right."""


@dataclass(frozen=True)
class Effect:
    """How much a level of a factor changes the MSE against the factor's first level, all other factors averaged."""

    factor: str
    level: str
    against: str
    relative_difference: float
    """Geometric mean of the ratio, less 1; negative where the level is the better."""
    low: float | None
    high: float | None
    """Ends of Student's 95 % interval over seeds."""


def main_effects(runs: pd.DataFrame, factors: Sequence[str]) -> list[Effect]:
    """Main effects of a full factorial on the logarithm of the MSE.

    Args:
        runs: One row per run, a column per factor, `seed` and `mse`; every combination with every seed.
        factors: Columns that are factors; the first level of each, in order of appearance, is what is compared against.

    Raises:
        ValueError: A combination is missing, so that an effect would be mixed with another.
    """
    counts = runs.groupby([*factors, "seed"]).size()
    whole = runs["seed"].nunique() * int(np.prod([runs[factor].nunique() for factor in factors]))
    if len(counts) != whole or (counts != 1).any():
        raise ValueError(f"expected each of the {whole} combinations once, got {len(runs)} runs of {len(counts)}")
    effects = []
    for factor in factors:
        logs = runs.assign(log_mse=np.log(runs["mse"]))
        means = logs.pivot_table(index=factor, columns="seed", values="log_mse", sort=False)  # (levels, seeds)
        against, *levels = means.index
        for level in levels:
            found = mean_interval((means.loc[level] - means.loc[against]).to_numpy())
            low, high = (None if end is None else float(np.expm1(end)) for end in (found.low, found.high))
            effects.append(Effect(factor, str(level), str(against), float(np.expm1(found.estimate)), low, high))
    return effects


def effect_table(runs: pd.DataFrame, factors: Sequence[str]) -> str:
    """Main effects, one row each."""
    lines = ["| factor | change | effect on test MSE (95 % over seeds) |", "|---|---|---|"]
    for one in main_effects(runs, factors):
        interval = "" if one.low is None or one.high is None else f" ({one.low:+.1%} to {one.high:+.1%})"
        lines.append(f"| {one.factor} | {one.against} to {one.level} | {one.relative_difference:+.1%}{interval} |")
    return "\n".join(lines)


def cell_table(runs: pd.DataFrame, factors: Sequence[str]) -> str:
    """Mean test MSE of every combination with Student's interval over seeds, the best first."""
    cells = runs.groupby(list(factors), sort=False)["mse"].apply(np.asarray).reset_index()
    cells = cells.sort_values("mse", key=lambda losses: losses.map(np.mean))
    lines = ["| " + " | ".join([*factors, "test MSE (95 %)"]) + " |", "|---" * (len(factors) + 1) + "|"]
    lines += [
        "| " + " | ".join([*(str(row[factor]) for factor in factors), _interval(row["mse"])]) + " |"
        for _, row in cells.iterrows()
    ]
    return "\n".join(lines)


def horizon_table(runs: pd.DataFrame) -> str:
    """Mean test MSE with the half-width of its interval, a row per family and recipe, a column per prediction length.

    Args:
        runs: Columns family, recipe, prediction_length, mse, train_seconds, one row per seed. A recipe's variant for
            long forecasts stands in the recipe's row.
    """
    runs = runs.assign(recipe=runs["recipe"].str.removesuffix("-long"))
    lengths = sorted(runs["prediction_length"].unique())
    lines = [
        "| family | recipe | " + " | ".join(f"H = {length}" for length in lengths) + " | training s per seed |",
        "|---" * (len(lengths) + 3) + "|",
    ]
    for (family, recipe), some in runs.groupby(["family", "recipe"]):
        cells = [_half_width(some.loc[some["prediction_length"] == length, "mse"].to_numpy()) for length in lengths]
        seconds = some.groupby("prediction_length")["train_seconds"].mean()
        spent = f"{seconds.min():.0f} to {seconds.max():.0f}"
        lines.append("| " + " | ".join([LABELS[str(family)], str(recipe), *cells, spent]) + " |")
    return "\n".join(lines)


def shipped_table(found: pd.DataFrame, published: pd.DataFrame) -> str:
    """Test MSE of `SHOWN` with every recipe, the one that ships in bold, above published ones.

    Args:
        found: Columns recipe, forecaster, prediction_length, mse, ships.
        published: Columns forecaster, prediction_length, mse, source.
    """
    lengths = sorted(found["prediction_length"].unique())
    lines = [
        "| recipe | forecaster | " + " | ".join(f"H = {length}" for length in lengths) + " |",
        "|---" * (len(lengths) + 2) + "|",
    ]
    told = found["mse"].map("{:.3f}".format)
    ours = found[found["forecaster"].isin(SHOWN) | found["ships"]].assign(
        recipe=found["recipe"].str.removesuffix("-long"), told=told.where(~found["ships"], "**" + told + "**")
    )
    theirs = published.assign(recipe="*published:* " + published["source"], told=published["mse"].map("{:.3f}".format))
    for rows in (ours, theirs):
        for (recipe, forecaster), some in rows.groupby(["recipe", "forecaster"], sort=False):
            told = some.set_index("prediction_length")["told"]
            cells = [told.get(length, "") for length in lengths]
            lines.append("| " + " | ".join([str(recipe), LABELS.get(str(forecaster), str(forecaster)), *cells]) + " |")
    return "\n".join(lines)


def verdict_table(verdicts: pd.DataFrame) -> str:
    """What each run says of the families, over seeds and time, beside the baselines on the same windows.

    Args:
        verdicts: As `read_comparisons` gives them, with the columns recipe and prediction_length.
    """
    titles = ["H", "recipe of both", "Transformer's MSE against the RNN's (95 %)", "verdict", "ridge", "seasonal naive"]
    titles.append("validation: RNN, Transformer")
    lines = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    for row in verdicts.sort_values(["prediction_length", "recipe"]).to_dict("records"):
        difference = "" if row["verdict"] == NOT_ENOUGH else _difference(row)
        baselines = f"{row['ridge']:.3f} | {row['seasonal_naive']:.3f}"
        validation = f"{row['rnn_validation']:.3f}, {row['transformer_validation']:.3f}"
        cells = [row["prediction_length"], row["recipe"], difference, row["verdict"], baselines, validation]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def _difference(row: Mapping[Hashable, Any]) -> str:
    high = "beyond +100%" if row["ci_high"] > 1 else f"{row['ci_high']:+.1%}"
    return f"{row['relative_mse_difference']:+.1%} ({row['ci_low']:+.1%} to {high})"


def coverage_table(rows: pd.DataFrame, by: str) -> str:
    """Coverage of prediction intervals in percent, a line per value of the column `by`, in order of appearance.

    A cell has the mean over worlds with its standard error, and in brackets the standard deviation from world to world.

    Args:
        rows: Columns `by`, world, level, coverage, width, unbounded; one row per line, world and level.
        by: What tells the lines apart; the head of its column.
    """
    levels, worlds = sorted(rows["level"].unique()), rows["world"].nunique()
    heads = [by]
    for level in levels:
        heads += [f"{level:.0%}".replace("%", " %"), f"within {POINTS}, of {worlds}", "width", "without bound"]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for line, some in rows.groupby(by, sort=False):
        cells = [cell for level in levels for cell in _coverage_cells(some[some["level"] == level])]
        lines.append("| " + " | ".join([str(line), *cells]) + " |")
    return "\n".join(lines)


def near_nominal(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Which rows have a coverage near their nominal level."""
    return (rows["coverage"] - rows["level"]).abs() <= POINTS / 100 + 1e-9


def _coverage_cells(worlds: pd.DataFrame) -> list[str]:
    coverages = 100 * worlds["coverage"].to_numpy()
    mean, deviation = coverages.mean(), coverages.std(ddof=1)
    unbounded = worlds["unbounded"].mean()
    return [
        f"{mean:.1f} ± {deviation / np.sqrt(len(coverages)):.1f} ({deviation:.1f})",
        str(near_nominal(worlds).sum()),
        f"{worlds['width'].mean():.2f}",
        f"{100 * unbounded:.1f} %" if unbounded else "none",
    ]


def _interval(losses: npt.NDArray[np.float64]) -> str:
    found = mean_interval(losses)
    return f"{found.estimate:.3f}" + ("" if found.low is None else f" ({found.low:.3f} to {found.high:.3f})")


def _half_width(losses: npt.NDArray[np.float64]) -> str:
    found = mean_interval(losses)
    return f"{found.estimate:.3f}" + ("" if found.high is None else f" ± {found.high - found.estimate:.3f}")


def quantile_table(runs: pd.DataFrame) -> str:
    """Coverage of the intervals between quantiles over worlds, as forecast and conformalised: mean, least and most."""
    titles = ("family", "interval", "as forecast, %", "conformalised, % (least to most)", "width as forecast",
              "conformalised")  # fmt: skip
    lines = [f"| {' | '.join(titles)} |", "|---|---|---|---|---|---|"]
    for family, some in runs.groupby("family", sort=False):
        for level in (80, 95):
            raw, mended = (100 * some[f"{name}_coverage_{level}"] for name in ("quantile", "cqr"))
            widths = [some[f"{name}_width_{level}"].mean() for name in ("quantile", "cqr")]
            lines.append(
                f"| {LABELS[str(family)]} | {level} % | {raw.mean():.1f} | {mended.mean():.1f} ({mended.min():.1f} to "
                f"{mended.max():.1f}) | {widths[0]:.3f} | {widths[1]:.3f} |"
            )
    return "\n".join(lines)
