"""One look for all figures: names, colours that the colour-blind can tell apart (Okabe and Ito 2008), saving."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rnn_vs_transformer.results import LABELS
from rnn_vs_transformer.runtime.files import write_bytes

COLOURS = {
    "rnn": "#D55E00",
    "transformer": "#0072B2",
    "gru": "#E69F00",
    "lstm": "#CC79A7",
    "ridge": "#009E73",
    "seasonal_naive": "#999999",
    "last_value": "#6b6b6b",
    "oracle": "#000000",
    "truth": "#000000",
}
MARKERS = {"rnn": "o", "transformer": "s", "gru": "^", "lstm": "D"}
DASHES = {"ridge": "--", "seasonal_naive": "-.", "last_value": ":", "oracle": "-"}
REFERENCES = ("oracle", "ridge", "seasonal_naive", "last_value")

WIDTH = 8.0
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
def figure(path: Path, panels: int = 1, height: float = 4.5) -> Iterator[list[Axes]]:
    """Draw on `panels` axes, one above the other, and save them as PNG; the same drawing gives the same bytes."""
    with mpl.rc_context(SETTINGS):
        sheet = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = sheet.subplots(panels, 1, squeeze=False)[:, 0]
        yield list(axes)
        picture = BytesIO()
        sheet.savefig(picture, format="png", dpi=144, metadata={"Software": None})
        write_bytes(path, picture.getvalue())


def say(axes: Axes, text: str) -> None:
    """Words where there is nothing to draw."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes)


def curve(axes: Axes, steps: npt.ArrayLike, values: npt.ArrayLike, family: str, line: str = "-",
          label: str = "") -> None:  # fmt: skip
    """A family's curve over horizon steps, with a dozen marks."""
    axes.plot(steps, values, line, color=COLOURS[family], marker=MARKERS[family], markersize=5,
              markevery=max(1, np.size(steps) // 12), label=label or LABELS[family])  # fmt: skip
