"""The figures of the probes, one function each."""

from typing import get_args

import numpy as np
from matplotlib.lines import Line2D

from rnn_vs_transformer.evaluation.intervals import mean_interval
from rnn_vs_transformer.plotting.style import LOOKS, figure, label_log_axis, say
from rnn_vs_transformer.results import Results
from rnn_vs_transformer.settings.family.families import FAMILIES
from rnn_vs_transformer.settings.family.model import Cell

CELLS = get_args(Cell)
MODELS = (*CELLS, "transformer")


def draw_recall(results: Results) -> None:
    """Share recovered against lag: mean over seeds with 95 % t intervals."""
    recall = results.trials[results.trials["task"] == "recall"]
    with figure("recall", height=4.6) as (axes,):
        axes.set_title("Memory: share of what can be known that is recovered\n(mean over seeds, band: 95 % interval)")
        if recall.empty:
            say(axes, "not measured: recall is not among probe.tasks")
            return
        for model in filter(set(recall["model"]).__contains__, MODELS):
            lags = recall[recall["model"] == model].groupby("lag")["recovered"]
            found = [mean_interval(shares.to_numpy()) for _, shares in lags]
            steps = lags.mean().index.to_numpy()
            axes.plot(steps, [share.estimate for share in found], LOOKS[model].marker + "-", color=LOOKS[model].colour,
                      label=LOOKS[model].label)  # fmt: skip
            bounds = np.array([(share.low, share.high) for share in found], dtype=float).clip(-0.2, 1.1)
            axes.fill_between(steps, bounds[:, 0], bounds[:, 1], color=LOOKS[model].colour, alpha=0.14)
        axes.axhline(0.5, color="#555555", linestyle=":", linewidth=1.2)
        label_log_axis(axes, sorted(recall["lag"].unique()))
        axes.set_ylim(-0.15, 1.08)
        axes.set(xlabel="Lag: how many steps back the needed value lies (log scale)", ylabel="Share recovered")
        axes.legend()


def draw_gradients(results: Results) -> None:
    """Input gradient against steps back, before and after training, on a log scale."""
    table = results.gradients
    stages = [stage for stage in ("untrained", "trained") if stage in set(table["stage"])]
    with figure("gradients", panels=len(stages), height=3.4 * len(stages)) as panels:
        for axes, stage in zip(panels, stages, strict=True):
            for model in MODELS:
                some = table[(table["stage"] == stage) & (table["model"] == model)]
                if some.empty:
                    continue
                axes.plot(some["steps_back"], some["norm"], color=LOOKS[model].colour, label=LOOKS[model].label)
                axes.fill_between(some["steps_back"], some["norm_low"], some["norm_high"], color=LOOKS[model].colour,
                                  alpha=0.14)  # fmt: skip
            axes.set_yscale("log")
            axes.set(xlabel="Steps back from the forecast origin", ylabel="Gradient norm (log)")
            when = "Before" if stage == "untrained" else "After"
            axes.set_title(f"{when} training: gradient of the loss by past step (band: seeds)")
        panels[0].legend(ncols=4, fontsize=10)


def draw_lag_maps(results: Results) -> None:
    """Which past steps matter for which horizon step, per family; the dashed line is where the truth lies."""
    table = results.occlusion
    delay = results.inspection.get("lag_recovery", {}).get("delay")
    with figure("lag_maps", panels=len(FAMILIES), height=3.2 * len(FAMILIES)) as panels:
        for axes, family in zip(panels, FAMILIES, strict=True):
            family_rows = table[table["model"].isin([family, *CELLS] if family == "rnn" else [family])]
            grid = family_rows.pivot_table(index="horizon_step", columns="steps_back", values="importance")
            shades = np.sqrt(grid.clip(lower=0).to_numpy())
            extent = (-0.5, grid.shape[1] - 0.5, grid.shape[0] + 0.5, 0.5)
            axes.imshow(shades, aspect="auto", cmap="cividis", extent=extent, interpolation="nearest")
            if isinstance(delay, int | float):
                steps = np.arange(1, grid.shape[0] + 1)
                axes.plot(delay - steps, steps, "--", color="#ffffff", linewidth=1.4)
            axes.grid(visible=False)
            axes.set(xlabel="Steps back from the forecast origin", ylabel="Horizon step")
            axes.set_title(f"{LOOKS[family].label}: where it looks (bright: needed; dashed: true lag)")


def draw_convergence(results: Results) -> None:
    """Epochs of each seed to parts of the way to the best validation loss; hollow: stopped before it got there."""
    table = results.convergence
    with figure("convergence", height=3.8) as (axes,):
        axes.set_title("From the seasonal naive's validation loss to the best of all")
        if table.empty:
            say(axes, "not measured: no family came below the seasonal naive")
            return
        fractions = sorted(table["fraction"].unique())
        for place, family in enumerate(FAMILIES):
            for row, fraction in enumerate(fractions):
                some = table[(table["family"] == family) & (table["fraction"] == fraction)]
                heights = row + 0.22 * (place - 0.5) * 2 + np.linspace(-0.08, 0.08, len(some))
                reached = some["reached"].to_numpy(dtype=bool)
                epochs, colour = some["epochs"].to_numpy(), LOOKS[family].colour
                for chosen, face in ((reached, colour), (~reached, "none")):
                    axes.plot(epochs[chosen], heights[chosen], LOOKS[family].marker, color=colour, markerfacecolor=face,
                              markersize=7)  # fmt: skip
        axes.set_yticks(range(len(fractions)), [f"{fraction:.0%} of the way" for fraction in fractions])
        axes.set_xlim(left=0)
        axes.set_xlabel("Epochs needed by each seed (hollow: ended without getting there)")
        handles = [Line2D([], [], color=look.colour, marker=look.marker, linestyle="", label=look.label)
                   for look in (LOOKS[family] for family in FAMILIES)]  # fmt: skip
        axes.legend(handles=handles, loc="lower right")
