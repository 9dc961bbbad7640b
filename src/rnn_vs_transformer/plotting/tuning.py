"""The figures of tuning, drawn only where there was any."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullFormatter

from rnn_vs_transformer.plotting.style import COLOURS, MARKERS, figure
from rnn_vs_transformer.results import LABELS, Results
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.settings.family.families import FAMILIES

Report = dict[str, Any]
SHOWN: Final = {
    "Width": {"rnn": "model.rnn_width", "transformer": "model.transformer_width"},
    "Layers": {"rnn": "model.rnn_layers", "transformer": "model.transformer_layers"},
    "Heads": {"transformer": "model.heads"},
    "Learning rate": {"rnn": "train.learning_rate", "transformer": "train.learning_rate"},
}
"""Settings against which the loss is drawn, by family."""


def draw_tuning(results: Results) -> None:
    """Draw tuning_*.png where the families were tuned."""
    if results.tuned:
        draw_progress(results.tuned, results.times.tuning)
        draw_values(results.tuned)
        draw_importance(results.tuned)


def draw_progress(families: Mapping[str, Report], times: Mapping[str, list[float]]) -> None:
    """Best validation loss so far, against trials and against training seconds."""
    with figure(paths.TIMES / "tuning_progress.png", panels=2, height=6.4) as (by_trials, by_seconds):
        for family in FAMILIES:
            best = np.array(families[family]["best_so_far"], dtype=float)
            look: Any = {"color": COLOURS[family], "marker": MARKERS[family], "markersize": 4, "label": LABELS[family]}
            by_trials.step(np.arange(1, len(best) + 1), best, where="post", **look)
            seconds = times.get(family)
            if seconds is None:
                look["label"] += ": times not measured in this run (restored from DVC's cache)"
            by_seconds.step(np.cumsum(seconds or []), best if seconds else [], where="post", **look)
        by_trials.set(xlabel="Trials (the first is the current settings)", ylabel="Validation MSE")
        by_trials.xaxis.set_major_locator(MaxNLocator(integer=True))
        by_trials.set_title("Tuning: best validation loss so far")
        by_seconds.set(xlabel="Training seconds of all trials so far, on one thread each", ylabel="Validation MSE")
        for axes in (by_trials, by_seconds):
            axes.legend()


def draw_values(families: Mapping[str, Report]) -> None:
    """Validation loss of every trial against width, layers, heads and learning rate."""
    settings = {label: keys for label, keys in SHOWN.items() if any(_tried(families, keys))}
    count = max(len(settings), 1)
    with figure(paths.FIGURES / "tuning_values.png", panels=count, height=2.6 * count) as panels:
        for axes, (label, keys) in zip(panels, settings.items(), strict=False):
            for place, family in enumerate(FAMILIES):
                shift = 1.0 if label == "Learning rate" else 0.97 + 0.06 * place
                if family in keys:
                    _draw_trials(axes, families[family], keys[family], family, shift)
            axes.set_xscale("log", base=10 if label == "Learning rate" else 2)
            if label != "Learning rate":
                axes.set_xticks(sorted(set(_tried(families, keys))))
                axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
                axes.xaxis.set_minor_formatter(NullFormatter())
            axes.set(xlabel=f"{label} (log scale)", ylabel="Validation MSE")
        panels[0].set_title("Tuning: every trial (hollow: stopped early)")
        panels[0].legend()


def draw_importance(families: Mapping[str, Report]) -> None:
    """How much each setting tells the best quarter of a family's trials from the rest."""
    with figure(paths.FIGURES / "tuning_importance.png", len(FAMILIES), height=3.4 * len(FAMILIES)) as panels:
        for axes, family in zip(panels, FAMILIES, strict=True):
            shares = families[family]["importance"]
            names = [key.partition(".")[2] for key in shares]
            axes.barh(range(len(names)), list(shares.values()), color=COLOURS[family], height=0.6)
            axes.set_yticks(range(len(names)), names)
            axes.invert_yaxis()
            axes.set_xlim(0, 1)
            axes.set_title(f"{LABELS[family]}: importance of each setting (PED-ANOVA, shares)")
            if not shares:
                axes.set_axis_off()
                axes.text(0.5, 0.5, "not told: too few trials, or no difference", ha="center", transform=axes.transAxes)


def _tried(families: Mapping[str, Report], keys: dict[str, str]) -> list[float]:
    """Values of a setting that any trial of any family had."""
    return [
        trial["values"][key]
        for family, key in keys.items()
        for trial in families[family]["trials"]
        if key in trial["values"]
    ]


def _draw_trials(axes: Axes, tuned: Report, key: str, family: str, shift: float) -> None:
    rows = [
        (trial["state"], shift * trial["values"][key], loss)  # side by side where families share a value
        for trial, loss in zip(tuned["trials"], tuned["losses"], strict=True)
        if key in trial["values"] and loss is not None
    ]
    for state, face in (("complete", COLOURS[family]), ("pruned", "none")):
        some = [(value, loss) for of_state, value, loss in rows if of_state == state]
        axes.plot(
            [value for value, _ in some],
            [loss for _, loss in some],
            MARKERS[family],
            color=COLOURS[family],
            markerfacecolor=face,
            label=LABELS[family] if state == "complete" else None,
        )
