"""One look for all figures: names, colours that the colour-blind can tell apart (Okabe and Ito 2008), saving."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from rnn_vs_transformer.results import figure_path
from rnn_vs_transformer.runtime.files import write_bytes


@dataclass(frozen=True)
class Look:
    """How a family, a reference or the truth appears in every figure."""

    label: str
    colour: str
    marker: str = ""
    line: str | tuple[float, tuple[float, float]] = "-"


LOOKS: Final = {
    "transformer": Look("Transformer", "#0072B2", marker="s"),
    "rnn": Look("RNN", "#D55E00", marker="o"),
    "gru": Look("GRU", "#E69F00", marker="^"),
    "lstm": Look("LSTM", "#CC79A7", marker="D"),
    "min_gru": Look("minGRU", "#56B4E9", marker="v"),
    "transformer_season_tokens": Look("Transformer, season tokens", "#56B4E9", marker="s"),
    "rnn_season_tokens": Look("RNN, season tokens", "#E58E5B", marker="o"),
    "mlp": Look("MLP on the window", "#7B5EA7", marker="P", line="-."),
    "ensemble": Look("Ensemble of both and ridge", "#B8860B", marker="X"),
    "ridge": Look("Ridge", "#009E73", line="--"),
    "seasonal_naive": Look("Seasonal naive", "#999999", line="-."),
    "naive2": Look("Naive2", "#882255", line=(0, (3, 1.5))),
    "last_value": Look("Last value", "#6b6b6b", line=":"),
    "context_floor": Look("Floor: lowest possible from the context", "#000000", line=(0, (1, 1.2))),
    "oracle": Look("Floor that knows the season's phase", "#000000"),
    "truth": Look("Truth", "#000000"),
}
LABELS: Final = {name: look.label for name, look in LOOKS.items()}
REFERENCES: Final = ("oracle", "context_floor", "ensemble", "mlp", "ridge", "seasonal_naive", "naive2", "last_value")

SETTINGS: Any = {
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlelocation": "left",
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "grid.color": "#e4e4e4",
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "svg.hashsalt": "rnn-vs-transformer",
}


@contextmanager
def figure(name: str, panels: int = 1, height: float = 4.5) -> Iterator[list[Axes]]:
    """Draw on `panels` axes, one above the other, and save them as PNG; the same drawing gives the same bytes."""
    with mpl.rc_context(SETTINGS):
        sheet = Figure(figsize=(8.0, height), layout="constrained")
        axes = sheet.subplots(panels, 1, squeeze=False)[:, 0]
        yield list(axes)
        save(sheet, figure_path(name), dpi=144)


def save(sheet: Figure, path: Path, dpi: int) -> None:
    """Write a drawing as PNG; the same drawing gives the same bytes."""
    picture = BytesIO()
    sheet.savefig(picture, format="png", dpi=dpi, metadata={"Software": None})
    write_bytes(path, picture.getvalue())


def legend_below(axes: Axes, columns: int) -> None:
    """The legend of one panel below all panels, as wide as the figure."""
    axes.get_figure(root=True).legend(  # type: ignore[union-attr]
        *axes.get_legend_handles_labels(), loc="outside lower center", ncols=columns, fontsize=10
    )


def say(axes: Axes, text: str) -> None:
    """Words where there is nothing to draw."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes)


def whole_steps(axes: Axes) -> None:
    """An x axis of steps, epochs or trials, which are whole."""
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def label_log_axis(axes: Axes, values: list[float]) -> None:
    """A logarithmic x axis that is labelled at these values only."""
    axes.set_xscale("log", base=2)
    axes.set_xticks(values)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
