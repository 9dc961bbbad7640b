"""The map as a picture: who is better in each cell, by how much and how sure; below it the cost."""

from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from rnn_vs_transformer.plotting.style import LOOKS, SETTINGS, save
from rnn_vs_transformer.sources.cases import CASES
from studies.map.summary import at_usual_context
from studies.map.trials import Plan

PANELS: Final = {
    "tutorial": "As the tutorial builds them",
    "tutorial_gru": "A GRU for the tanh RNN",
    "season_tokens": "A season per token for both",
    "at_its_best": "Each at its best",
}
CASE_LABELS: Final = {
    "short_memory": "short memory",
    "drift": "trend, drifting season",
    "two_seasons": "two seasons",
    "regimes": "regimes at random",
    **{f"long_memory_{delay}": f"long memory, {delay}" for delay in (24, 48, 96, 192)},
}
COLOURS: Final = {
    "rnn better": LOOKS["rnn"].colour,
    "transformer better": LOOKS["transformer"].colour,
    "equivalent": "#c8c8c8",
    "inconclusive": "#ffffff",
}
SAID: Final = {
    "rnn better": "RNN better",
    "transformer better": "Transformer better",
    "equivalent": "equal to within 5 %",
    "inconclusive": "undecided",
}
COSTS: Final = ("rnn", "gru", "transformer", "mlp")
COST_TITLES: Final = {"tutorial": "Seconds to train on 64,000", "season_tokens": "... a season per token"}


def draw_map(cells: pd.DataFrame, errors: pd.DataFrame, plan: Plan, path: Path) -> None:
    """Save the picture.

    Args:
        cells: As `summary.cells` gives them.
        errors: As `summary.errors` gives them.
        plan: Cases, lengths and margin.
        path: Of the PNG.
    """
    with mpl.rc_context({**SETTINGS, "axes.grid": False, "font.size": 18}):
        sheet = Figure(figsize=(13.0, 17.0))
        grid = sheet.add_gridspec(3, 2, height_ratios=[8, 8, 3], left=0.245, right=0.99, bottom=0.01, top=0.868,
                                  wspace=0.04, hspace=0.25)  # fmt: skip
        for place, (name, title) in enumerate(PANELS.items()):
            axes = sheet.add_subplot(grid[place // 2, place % 2])
            _draw_panel(axes, at_usual_context(cells[cells["comparison"] == name], plan), plan)
            axes.set_title(title, fontsize=21)
            if place % 2:
                axes.set_yticklabels([])
        for place, recipe in enumerate(COST_TITLES):
            _draw_cost(sheet.add_subplot(grid[2, place]), at_usual_context(errors, plan), recipe)
        _draw_key(sheet)
        save(sheet, path, dpi=100)


def _draw_key(sheet: Figure) -> None:
    handles = [Patch(facecolor=COLOURS[name], edgecolor="#777777", label=text) for name, text in SAID.items()]
    sheet.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.23, 0.975), ncols=2, fontsize=19, frameon=False)
    title = "The Transformer's error against the RNN's, in % (minus: lower)"
    sheet.text(0.01, 0.992, title, fontsize=24, va="top", fontweight="bold")
    sheet.text(0.245, 0.911, "small: 95 % interval over five worlds; r: neither is shown to beat ridge", fontsize=17,
               va="top")  # fmt: skip


def _draw_panel(axes: Axes, cells: pd.DataFrame, plan: Plan) -> None:
    """A square per case and length: colour for the verdict, the difference and its interval in per cent."""
    for row, case in enumerate(CASES):
        for column, steps in enumerate(plan["steps"]):
            some = cells[(cells["case"] == case) & (cells["steps"] == steps)]
            if len(some):
                _draw_cell(axes, (column, row), some.iloc[0])
    axes.set(xlim=(-0.5, len(plan["steps"]) - 0.5), ylim=(len(CASES) - 0.5, -0.5))
    axes.set_xticks(range(len(plan["steps"])), [f"{steps // 1000},000" for steps in plan["steps"]])
    axes.set_yticks(range(len(CASES)), [CASE_LABELS[case] for case in CASES])
    axes.set_xlabel("steps to learn from")
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)


def _draw_cell(axes: Axes, place: tuple[int, int], cell: "pd.Series[Any]") -> None:
    x, y = place
    colour = COLOURS[cell["verdict"]]
    axes.add_patch(Rectangle((x - 0.48, y - 0.46), 0.96, 0.92, facecolor=colour, edgecolor="#777777", linewidth=0.8))
    ink = "#111111" if sum(to_rgb(colour)) > 1.75 else "#ffffff"  # noqa: PLR2004
    difference = _per_cent(cell["relative_difference"])
    axes.text(x, y - 0.1, difference, ha="center", va="center", fontsize=20, color=ink, fontweight="bold")
    ends = " to ".join(_per_cent(cell[end]) for end in ("ci_low", "ci_high"))
    axes.text(x, y + 0.26, ends, ha="center", va="center", fontsize=13, color=ink)
    if not (cell["rnn_better_than_ridge"] or cell["transformer_better_than_ridge"]):
        axes.text(x + 0.45, y - 0.42, "r", ha="right", va="top", fontsize=17, color=ink)


def _per_cent(relative: float) -> str:
    percent = round(100 * relative)
    return f"{percent:+d}".replace("-", "\N{MINUS SIGN}") if percent else "0"


def _draw_cost(axes: Axes, errors: pd.DataFrame, recipe: str) -> None:
    """Seconds of one training on one thread, median over the cases, for the longest series."""
    some = errors[errors["steps"] == errors["steps"].max()]
    for row, name in enumerate(COSTS):
        of = some[(some["forecaster"] == name) & (some["recipe"] == ("tutorial" if name == "mlp" else recipe))]
        seconds = of["seconds"].median()
        axes.barh(row, seconds, color=LOOKS[name].colour, height=0.7)
        axes.text(seconds + 2, row, f"{seconds:.0f} s", va="center")
    labels = [LOOKS[name].label.removesuffix(" on the window") for name in COSTS] if recipe == "tutorial" else []
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(COSTS) - 0.5, -0.5)
    axes.set_xlim(0, 170)
    axes.set_xticks([])
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_title(COST_TITLES[recipe], fontsize=20)
