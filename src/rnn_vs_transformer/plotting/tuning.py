"""The figures of tuning, drawn only where there was any."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes

from rnn_vs_transformer.plotting.style import LOOKS, figure, label_log_axis, say, whole_steps
from rnn_vs_transformer.results import Results, Search
from rnn_vs_transformer.settings.family.families import FAMILIES

RATE: Final = "Learning rate"
SHOWN: Final = {
    "Width": {"rnn": "model.rnn_width", "transformer": "model.transformer_width"},
    "Layers": {"rnn": "model.rnn_layers", "transformer": "model.transformer_layers"},
    "Heads": {"transformer": "model.heads"},
    RATE: {"rnn": "train.learning_rate", "transformer": "train.learning_rate"},
}
"""Settings against which the loss is drawn, by family."""


def draw_progress(results: Results) -> None:
    """Best validation loss so far, against trials and against training seconds."""
    with figure("tuning_progress", panels=2, height=6.4) as (by_trials, by_seconds):
        for family, search in results.searches.items():
            look, best = LOOKS[family], np.array(search.best_so_far, dtype=float)
            style: Any = {"color": look.colour, "marker": look.marker, "markersize": 4, "where": "post"}
            by_trials.step(np.arange(1, len(best) + 1), best, label=look.label, **style)
            untimed = "" if search.seconds else ": times not measured in this run (restored from DVC's cache)"
            seconds = np.cumsum(search.seconds or [])
            by_seconds.step(seconds, best[: len(seconds)], label=look.label + untimed, **style)
        by_trials.set(xlabel="Trials (the first is the current settings)", ylabel="Validation MSE")
        whole_steps(by_trials)
        by_trials.set_title("Tuning: best validation loss so far")
        by_seconds.set(xlabel="Training seconds of all trials so far, on one thread each", ylabel="Validation MSE")
        for axes in (by_trials, by_seconds):
            axes.legend()


def draw_values(results: Results) -> None:
    """Validation loss of every trial against width, layers, heads and learning rate."""
    tried = {label: _tried(results.searches, keys) for label, keys in SHOWN.items()}
    shown = {label: values for label, values in tried.items() if values}
    count = max(len(shown), 1)
    with figure("tuning_values", panels=count, height=2.6 * count) as panels:
        for axes, (label, values) in zip(panels, shown.items(), strict=False):
            for place, family in enumerate(FAMILIES):
                shift = 1.0 if label == RATE else 0.97 + 0.06 * place  # side by side where families share a value
                if family in SHOWN[label]:
                    _draw_trials(axes, family, results.searches[family], SHOWN[label][family], shift)
            if label == RATE:
                axes.set_xscale("log")
            else:
                label_log_axis(axes, sorted(set(values)))
            axes.set(xlabel=f"{label} (log scale)", ylabel="Validation MSE")
        panels[0].set_title("Tuning: every trial (hollow: stopped early)")
        panels[0].legend()


def draw_importance(results: Results) -> None:
    """How much each setting tells the best quarter of a family's trials from the rest."""
    count = len(results.searches)
    with figure("tuning_importance", panels=count, height=3.4 * count) as panels:
        for axes, (family, search) in zip(panels, results.searches.items(), strict=True):
            names = [key.partition(".")[2] for key in search.importance]
            axes.barh(range(len(names)), list(search.importance.values()), color=LOOKS[family].colour, height=0.6)
            axes.set_yticks(range(len(names)), names)
            axes.invert_yaxis()
            axes.set_xlim(0, 1)
            axes.set_title(f"{LOOKS[family].label}: importance of each setting (PED-ANOVA, shares)")
            if not names:
                say(axes, "not told: too few trials, or no difference")


def _tried(searches: Mapping[str, Search], keys: Mapping[str, str]) -> list[float]:
    """Values of a setting that any trial of any family had."""
    tried = ((trial["values"], key) for family, key in keys.items() for trial in searches[family].trials)
    return [values[key] for values, key in tried if key in values]


def _draw_trials(axes: Axes, family: str, search: Search, key: str, shift: float) -> None:
    look = LOOKS[family]
    points = [(trial["state"], shift * trial["values"][key], loss)
              for trial, loss in zip(search.trials, search.best, strict=True)
              if key in trial["values"] and loss is not None]  # fmt: skip
    for state, face in (("complete", look.colour), ("pruned", "none")):
        values, losses = ([point[place] for point in points if point[0] == state] for place in (1, 2))
        axes.plot(values, losses, look.marker, color=look.colour, markerfacecolor=face,
                  label=look.label if state == "complete" else None)  # fmt: skip
