"""The figure: what an error is owed to, and the mixers beside each other with both kinds of tokens."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, PercentFormatter

from rnn_vs_transformer.plotting.style import LABELS, SETTINGS, Look, save
from studies.mixers.effects import SHARES, TOKENS, Effect, Errors

MIXERS: Final = {
    "attention": "Attention",
    "tanh": "tanh RNN",
    **{cell: LABELS[cell] for cell in ("gru", "lstm", "min_gru")},
    "mlp": "MLP over\ntokens",
    "none": "no mixer",
}
LOOKS: Final = {
    "points": Look("point tokens", "#6b6b6b", marker="o"),
    "season_tokens": Look("season tokens", "#009E73", marker="s"),
}
LEFT: Final = -0.22
"""Where titles begin, in widths of the axes: above the names of the rows."""
PARTS: Final = dict(zip(SHARES, ("tokens", "readout", "mixer", "what they do\ntogether"), strict=True))


def draw(errors: Errors, told: Sequence[Effect], path: Path) -> None:
    """Save the figure as PNG, narrow, so that its words are readable on a telephone too."""
    settings = {**SETTINGS, "font.size": 13, "axes.titlesize": 14}
    with mpl.rc_context(settings):
        sheet = Figure(figsize=(5.6, 7.4), layout="constrained")
        above, below = sheet.subplots(2, 1, height_ratios=[1, 1.9])
        _draw_shares(above, told)
        _draw_mixers(below, errors)
        save(sheet, path, dpi=200)


def _draw_shares(axes: Axes, told: Sequence[Effect]) -> None:
    over_worlds = {one.effect: one for one in told if one.over == "worlds"}
    for row, name in enumerate(SHARES):
        found = over_worlds[f"share_of_{name}"]
        axes.barh(row, found.estimate, height=0.6, color="#0072B2" if name != "interplay" else "#bbbbbb")
        axes.plot([max(0.0, found.low), found.high], [row, row], color="black", linewidth=1.5)
        axes.annotate(f"{found.estimate:.0%}", (found.high, row), (6, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(SHARES)), [PARTS[name] for name in SHARES])
    axes.set_ylim(len(SHARES) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.grid(visible=False, axis="y")
    axes.set_title("What differences in error are owed to", x=LEFT)


def _draw_mixers(axes: Axes, errors: Errors) -> None:
    """Mean over readouts, as a multiple of the mean of all within a world."""
    relative = errors.logs.mean(axis=3) - errors.logs.mean(axis=(1, 2, 3))[:, None, None]  # (units, mixers, tokens)
    for tokens, name in enumerate(TOKENS):
        look = LOOKS[name]
        for row in range(len(errors.mixers)):
            found = Effect.of("", "worlds", np.exp, relative[:, row, tokens])
            place = row + 0.15 * (2 * tokens - 1)
            axes.plot([found.low, found.high], [place, place], color=look.colour, linewidth=2.2)
            label = look.label if row == 0 else None
            axes.plot(found.estimate, place, look.marker, color=look.colour, markersize=8, label=label)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator([0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2, 2.5, 3, 4]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.minorticks_off()
    axes.set_yticks(range(len(errors.mixers)), [MIXERS[name] for name in errors.mixers])
    axes.set_ylim(len(errors.mixers) - 0.5, -0.5)
    axes.set_xlabel("MSE / mean of all (left is better;\nbars: 95 % over worlds)")
    axes.set_title("The mixers in one block", x=LEFT)
    axes.figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2, handletextpad=0.3)
