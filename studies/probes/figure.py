"""The figure of the memory part: steps needed against lag."""

from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from rnn_vs_transformer.plotting.style import LOOKS, SETTINGS, Look, label_log_axis, save
from studies.probes.plan import Plan

LARGE: Final[Any] = {"font.size": 13, "axes.titlesize": 14}
"""Half of the width of other figures, so that a telephone shows the letters."""
ORTHOGONAL: Final = Look("RNN, orthogonal start", "#009E73", marker=">", line="--")
APART: Final = 0.06
"""By which the models of one lag stand side by side, as a share of the lag."""
TICKS: Final = (30, 100, 300, 1000, 3000)


def draw_steps_needed(table: pd.DataFrame, plan: Plan, path: Path) -> None:
    """Geometric means over seeds; hollow where a seed never solved it, which is counted at the last step."""
    most = plan["probe"]["steps"]
    with mpl.rc_context({**SETTINGS, **LARGE}):
        sheet = Figure(figsize=(5.6, 6.0), layout="constrained")
        axes = sheet.subplots()
        for place, model in enumerate(plan["models"]):
            shift = 1 + APART * (place - (len(plan["models"]) - 1) / 2)
            _draw_model(axes, table[table["model"] == model], LOOKS.get(model, ORTHOGONAL), most, shift)
        axes.axhline(most, color="#555555", linestyle=":", linewidth=1.2)
        axes.set_title("Training steps until a value is\nrecalled (mean of seeds)")
        label_log_axis(axes, plan["probe"]["lags"])
        axes.set_yscale("log")
        axes.set_yticks([tick for tick in TICKS if tick <= most])
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.set_ylim(top=1.35 * most)
        axes.set(xlabel="Lag: how many steps back it lies (log)", ylabel="Training steps (log)")
        note = f"hollow: a seed never did within {most:,} steps"
        sheet.legend(loc="outside lower center", ncols=2, fontsize=12, title=note, title_fontsize=12)
        save(sheet, path, dpi=230)


def _draw_model(axes: Axes, rows: pd.DataFrame, look: Look, most: int, shift: float) -> None:
    """A line, and a marker for each lag."""
    lags = rows.groupby("lag")["steps_needed"]
    steps = lags.apply(lambda some: float(np.exp(np.log(some.fillna(most)).mean())))
    places, censored = steps.index.to_numpy() * shift, lags.apply(lambda some: bool(some.isna().any())).to_numpy()
    axes.plot(places, steps, look.line, color=look.colour, marker=look.marker, markersize=7, label=look.label)
    axes.plot(places[censored], steps[censored], look.marker, markersize=7, markeredgewidth=1.8,
              markerfacecolor="white", markeredgecolor=look.colour, zorder=3)  # fmt: skip
