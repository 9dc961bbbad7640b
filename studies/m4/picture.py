"""The pictures of the M4 study: errors beside the published ones, mean ranks, and which series suit which family."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rnn_vs_transformer.evaluation.ranks import groups
from rnn_vs_transformer.plotting.over_series import KINDS, KINDS_HEIGHT, height_of, kinds_panels, rank_diagram
from rnn_vs_transformer.plotting.style import LABELS, LOOKS, SETTINGS, Look, save

TITLES: Final = {"smape": "sMAPE (%)", "mase": "MASE"}
PUBLISHED: Final = Look("Published", "#555555", marker="D")


def draw_m4(table: pd.DataFrame, path: Path) -> None:
    """Draw m4.csv: a row per forecaster, the least MASE on top; Naive2, far to the right, is left out."""
    shown = table[table["forecaster"] != "naive2"].sort_values("mase", ascending=False, ignore_index=True)
    with mpl.rc_context(SETTINGS):
        sheet = Figure(figsize=(8.0, 1.2 + 0.36 * len(shown)), layout="constrained")
        axes = sheet.subplots(1, 2, sharey=True)
        for panel, metric in zip(axes, TITLES, strict=True):
            _draw(panel, shown, metric)
        axes[0].set_yticks(range(len(shown)), [LABELS.get(name, name) for name in shown["forecaster"]])
        sheet.suptitle("M4 hourly, 414 series, official test: lower is better", x=0.01, ha="left", fontweight="bold")
        save(sheet, path, dpi=144)


def draw_m4_ranks(compared: Mapping[str, Any], path: Path) -> None:
    """Draw `mase` of m4.json: mean ranks and the critical difference (Nemenyi, 5 %)."""
    least = compared["critical_difference"]
    ranks = dict(sorted(compared["mean_ranks"].items(), key=lambda item: float(item[1])))
    letters = groups(list(ranks.values()), least)
    table = pd.DataFrame({"forecaster": list(ranks), "mean_rank": list(ranks.values()), "group": letters})
    with mpl.rc_context(SETTINGS):
        sheet = Figure(figsize=(8.0, height_of(table)), layout="constrained")
        axes = sheet.subplots()
        rank_diagram(axes, table, least)
        axes.set_title("M4 hourly: mean rank of the MASE over 414 series (1: best)")
        save(sheet, path, dpi=144)


def draw_m4_kinds(table: pd.DataFrame, found: Mapping[str, Mapping[str, float]], path: Path) -> None:
    """Draw the families' ratio of errors on each series against what it is made of, see `kinds_table`."""
    with mpl.rc_context(SETTINGS):
        sheet = Figure(figsize=(8.0, KINDS_HEIGHT), layout="constrained")
        kinds_panels(sheet.subplots(len(KINDS), 1), table, found)
        save(sheet, path, dpi=144)


def _draw(axes: Axes, table: pd.DataFrame, metric: str) -> None:
    for place, row in enumerate(table.to_dict("records")):
        look = LOOKS.get(str(row["forecaster"]), PUBLISHED)
        low, high = row[f"{metric}_low"], row[f"{metric}_high"]
        if np.isfinite(low):
            axes.plot([low, high], [place, place], color=look.colour, linewidth=2)
        axes.plot(row[metric], place, look.marker or "o", color=look.colour, markersize=7)
        axes.annotate(f"{row[metric]:.2f}" if metric == "smape" else f"{row[metric]:.3f}", (row[metric], place),
                      xytext=(0, 7), textcoords="offset points", ha="center", fontsize=9)  # fmt: skip
    axes.set_title(TITLES[metric])
    axes.set_ylim(-0.6, len(table) - 0.3)
