"""The figures of tuning, drawn only where there was any."""

from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, NullFormatter

from rnn_vs_transformer.reporting.style import COLOURS, FAMILIES, LABELS, MARKERS, figure
from rnn_vs_transformer.reporting.tuning_report import seconds_of
from rnn_vs_transformer.runtime import paths

Report = dict[str, Any]
PROGRESS: Final = paths.FIGURES / "tuning_progress.png"
VALUES: Final = paths.FIGURES / "tuning_values.png"
IMPORTANCE: Final = paths.FIGURES / "tuning_importance.png"
ALL: Final = (PROGRESS, VALUES, IMPORTANCE)
SHOWN: Final = {
    "Width": {"rnn": "model.rnn_width", "transformer": "model.transformer_width"},
    "Layers": {"rnn": "model.rnn_layers", "transformer": "model.transformer_layers"},
    "Heads": {"transformer": "model.heads"},
    "Learning rate": {"rnn": "train.learning_rate", "transformer": "train.learning_rate"},
}
"""Settings against which the loss is drawn, by family."""


def draw_tuning(report: Report) -> None:
    """Draw tuning_*.png from reports/tuning.json; where nothing was tuned, remove those of an earlier run."""
    for path in ALL:
        path.unlink(missing_ok=True)
    if report["families"]:
        draw_progress(report["families"])
        draw_values(report["families"])
        draw_importance(report["families"])


def draw_progress(families: Report) -> None:
    """Best validation loss so far, against trials and against training seconds."""
    with figure(PROGRESS, panels=2, height=6.4, drawn_from=paths.TUNING) as (by_trials, by_seconds):
        for family in FAMILIES:
            best = np.array(families[family]["best_so_far"], dtype=float)
            look: Any = {"color": COLOURS[family], "marker": MARKERS[family], "markersize": 4, "label": LABELS[family]}
            by_trials.step(np.arange(1, len(best) + 1), best, where="post", **look)
            seconds = seconds_of(family)
            if seconds is None:
                look["label"] += ": times not measured in this run (restored from DVC's cache)"
            by_seconds.step(np.cumsum(seconds or []), best if seconds else [], where="post", **look)
        by_trials.set(xlabel="Trials (the first is the current settings)", ylabel="Validation MSE")
        by_trials.xaxis.set_major_locator(MaxNLocator(integer=True))
        by_trials.set_title("Tuning: best validation loss so far")
        by_seconds.set(xlabel="Training seconds of all trials so far, on one thread each", ylabel="Validation MSE")
        for axes in (by_trials, by_seconds):
            axes.legend()


def draw_values(families: Report) -> None:
    """Validation loss of every trial against width, layers, heads and learning rate."""
    settings = {label: keys for label, keys in SHOWN.items() if any(_tried(families, keys))}
    count = max(len(settings), 1)
    with figure(VALUES, panels=count, height=2.6 * count, drawn_from=paths.TUNING) as panels:
        for axes, (label, keys) in zip(panels, settings.items(), strict=False):
            for place, family in enumerate(FAMILIES):
                shift = 1.0 if label == "Learning rate" else 0.97 + 0.06 * place
                if family in keys:
                    _draw_trials(axes, families[family]["table"], keys[family], family, shift)
            axes.set_xscale("log", base=10 if label == "Learning rate" else 2)
            if label != "Learning rate":
                axes.set_xticks(sorted(set(_tried(families, keys))))
                axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
                axes.xaxis.set_minor_formatter(NullFormatter())
            axes.set(xlabel=f"{label} (log scale)", ylabel="Validation MSE")
        panels[0].set_title("Tuning: every trial (hollow: stopped early)")
        panels[0].legend()


def draw_importance(families: Report) -> None:
    """How much each setting tells the best quarter of a family's trials from the rest."""
    with figure(IMPORTANCE, len(FAMILIES), height=3.4 * len(FAMILIES), drawn_from=paths.TUNING) as panels:
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


def _tried(families: Report, keys: dict[str, str]) -> list[float]:
    """Values of a setting that any trial of any family had."""
    return [row[key] for family, key in keys.items() for row in families[family]["table"] if key in row]


def _draw_trials(axes: Axes, table: list[dict[str, Any]], key: str, family: str, shift: float) -> None:
    rows = [row for row in table if key in row and row["validation_mse"] is not None]
    for state, face in (("complete", COLOURS[family]), ("pruned", "none")):
        some = [row for row in rows if row["state"] == state]
        axes.plot(
            [shift * row[key] for row in some],  # side by side where families share a value
            [row["validation_mse"] for row in some],
            MARKERS[family],
            color=COLOURS[family],
            markerfacecolor=face,
            label=LABELS[family] if state == "complete" else None,
        )
