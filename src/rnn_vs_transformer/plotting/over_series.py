"""The figures of panels: which forecasters differ over the series, and for which kinds of series a family is better."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter

from rnn_vs_transformer.plotting.style import LABELS, LOOKS, Look, figure, legend_below, say
from rnn_vs_transformer.results import Results, told_p

KINDS: Final = {
    "length": "Length of the series before test (steps)",
    "season_strength": "Strength of the season (0: none, 1: all)",
    "trend_strength": "Strength of the trend (0: none, 1: all)",
}
KINDS_HEIGHT: Final = 1.0 + 2.8 * len(KINDS)
"""Inches of their panels, one above the other."""
GROUPS: Final = 5
FEWEST: Final = 10
"""Medians are drawn of so many groups along an axis, where there are so many series for each."""
TITLES: Final = {"length": "Length", "season_strength": "Season", "trend_strength": "Trend"}
STEPS: Final = (1.05, 1.1, 1.25, 1.5, 2.0, 4.0, 10.0, 100.0)
"""Ratios between ticks."""
SHOWN: Final = 0.98
"""Share of the ratios that the axis reaches over; the others stand at its ends."""
OTHER: Final = Look("", "#555555")


def draw_ranks(results: Results) -> None:
    """The critical-difference diagram of a run on a panel."""
    found, table = results.metrics["over_series"], results.ranks
    with figure("ranks", height=height_of(table)) as (axes,):
        rank_diagram(axes, table, found["critical_difference"])
        axes.set_title(f"Mean rank of the test MSE over {found['series']:,} series (1: best)")


def height_of(table: pd.DataFrame) -> float:
    """Inches that the diagram of these ranks needs."""
    layers = max(stacked(joined(table["group"].tolist())), default=-1) + 1
    return 1.6 + 0.32 * ((len(table) + 1) // 2) + 0.16 * layers


def rank_diagram(axes: Axes, table: pd.DataFrame, least: float) -> None:
    """Critical-difference diagram (Demsar 2006): mean ranks over the series; bars join those not told apart.

    Args:
        axes: Where to draw.
        table: Columns `forecaster`, `mean_rank` and `group` (letters), best first.
        least: The critical difference.
    """
    bars = joined(table["group"].tolist())
    names, ranks = table["forecaster"].tolist(), table["mean_rank"].tolist()
    rows = (len(names) + 1) // 2
    heights = stacked(bars)
    lowest = 0.7 + 0.35 * (max(heights, default=-1) + 1)
    for place, (name, rank) in enumerate(zip(names, ranks, strict=True)):
        better = place < rows
        depth = lowest + 0.8 * (place if better else len(names) - 1 - place)
        _draw_rank(axes, name, rank, depth, end=0.75 if better else len(names) + 0.25)
    for height, (first, last) in zip(heights, bars, strict=True):
        ends = [ranks[first] - 0.04, ranks[last] + 0.04]
        axes.plot(ends, [0.45 + 0.35 * height] * 2, color="#000000", linewidth=4, solid_capstyle="round")
    axes.plot([1, 1 + least], [-1.6, -1.6], "|-", color="#000000", linewidth=1.5, markersize=9)
    axes.text(1 + least / 2, -1.85, f"critical difference {least:.2f}", ha="center", va="bottom", fontsize=10)
    axes.set_xlim(0.7, len(names) + 0.3)
    axes.set_ylim(lowest + 0.8 * rows - 0.3, -2.6)
    _rank_axis(axes, len(names))


def joined(groups: Sequence[str]) -> list[tuple[int, int]]:
    """First and last of each group with two members or more, from the letters of who are in order of rank."""
    letters = sorted(set("".join(groups)))
    members = [[place for place, text in enumerate(groups) if letter in text] for letter in letters]
    return [(some[0], some[-1]) for some in members if len(some) > 1]


def stacked(bars: Sequence[tuple[int, int]]) -> list[int]:
    """At which height each bar lies, so that none that share a member lie at one; from first and last, in order."""
    ends: list[int] = []
    heights = []
    for first, last in bars:
        free = [height for height, end in enumerate(ends) if end < first]
        height = free[0] if free else len(ends)
        ends[height : height + 1] = [last]
        heights.append(height)
    return heights


def _draw_rank(axes: Axes, name: str, rank: float, depth: float, end: float) -> None:
    """A forecaster's name at the side, with a line to its mean rank."""
    look, left = LOOKS.get(name, OTHER), end < rank
    axes.plot([rank, rank, end], [0, depth, depth], color=look.colour, linewidth=1.4)
    axes.plot(rank, 0, look.marker or "o", color=look.colour, markersize=7, clip_on=False, zorder=3)
    text = f"{LABELS.get(name, name)}  {rank:.2f}" if left else f"{rank:.2f}  {LABELS.get(name, name)}"
    axes.annotate(text, (end, depth), xytext=(-4 if left else 4, 0), textcoords="offset points",
                  ha="right" if left else "left", va="center", fontsize=10)  # fmt: skip


def _rank_axis(axes: Axes, forecasters: int) -> None:
    """The axis of ranks through 0, with nothing else around it."""
    axes.grid(visible=False)
    axes.yaxis.set_visible(False)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.spines["top"].set_visible(True)
    axes.spines["top"].set_position(("data", 0))
    axes.spines["top"].set_bounds(1, forecasters)
    axes.xaxis.set_ticks_position("top")
    axes.set_xticks(range(1, forecasters + 1))


def draw_kinds(results: Results) -> None:
    """Ratio of the families' errors on each series, each at its best, against what the series is made of."""
    with figure("kinds", panels=len(KINDS), height=KINDS_HEIGHT) as panels:
        kinds_panels(panels, results.kinds, results.metrics["over_series"]["kinds"])


def kinds_panels(panels: Sequence[Axes], table: pd.DataFrame, found: Mapping[str, Mapping[str, float]]) -> None:
    """One panel per kind.

    Args:
        panels: Where to draw, as many as `KINDS`.
        table: Of `kinds_table`.
        found: Its `correlations`.
    """
    reach = max(float(np.log(1.1)), float(table["log_ratio"].abs().quantile(SHOWN)))
    for axes, (kind, label) in zip(panels, KINDS.items(), strict=True):
        if kind not in found:
            say(axes, f"{label}: alike in all series, or not to be told")
            continue
        _draw_kind(axes, table[[kind, "log_ratio"]].dropna(), reach)
        axes.set_xlabel(label)
        told = found[kind]
        axes.set_title(f"{TITLES[kind]}: rank correlation {told['spearman']:+.2f} ({told_p(told['holm_p'])}, Holm)")
    legend_below(next((axes for axes in panels if axes.get_legend_handles_labels()[0]), panels[0]), columns=3)


def _draw_kind(axes: Axes, table: pd.DataFrame, reach: float) -> None:
    """Series as dots, those beyond the axis at its ends, and the medians of groups along it."""
    values, ratios = (table[column].to_numpy() for column in table)
    shown, many = np.clip(ratios, -reach, reach), len(values) >= GROUPS * FEWEST
    for family, side in (("rnn", ratios > 0), ("transformer", ratios < 0)):
        look = LOOKS[family]
        axes.plot(values[side], shown[side], look.marker, color=look.colour, markersize=4 if many else 6,
                  alpha=0.4 if many else 0.8, markeredgewidth=0, label=f"{look.label} better")  # fmt: skip
    axes.axhline(0, color="#000000", linewidth=1)
    if many:
        distinct = table.iloc[:, 0].nunique() <= GROUPS
        medians = table.groupby(
            values if distinct else pd.qcut(values, GROUPS, labels=False, duplicates="drop")
        ).median()
        axes.plot(*medians.to_numpy().T, "D-", color="#000000", markersize=5, linewidth=1.2,
                  label="medians along the axis")  # fmt: skip
    axes.set_ylim(-1.08 * reach, 1.08 * reach)
    axes.yaxis.set_major_locator(FixedLocator(_ticks(reach)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{np.exp(value):.3g}"))
    axes.set_ylabel("Transformer / RNN")


def _ticks(reach: float) -> list[float]:
    """Logarithms of round ratios, to both sides of 1."""
    step = next((step for step in STEPS if np.log(step) >= reach / 2.5), float(np.exp(reach / 2)))
    return [number * float(np.log(step)) for number in range(-2, 3)]
