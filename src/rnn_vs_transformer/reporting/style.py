"""One look for all figures: names, colours that the colour-blind can tell apart (Okabe and Ito 2008), saving."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rnn_vs_transformer.runtime.files import fingerprint, write_bytes

LABELS = {
    "rnn": "RNN",
    "transformer": "Transformer",
    "gru": "GRU",
    "lstm": "LSTM",
    "ridge": "Ridge",
    "seasonal_naive": "Seasonal naive",
    "last_value": "Last value",
    "oracle": "Oracle (noise floor)",
    "truth": "Truth",
}
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
FAMILIES = ("rnn", "transformer")
REFERENCES = ("oracle", "ridge", "seasonal_naive", "last_value")

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
def figure(
    path: Path, panels: int = 1, width: float = 8.0, height: float = 4.5, drawn_from: Path | None = None
) -> Iterator[list[Axes]]:
    """Draw on `panels` axes, one above the other, and save them as PNG; the same drawing gives the same bytes.

    The picture keeps the fingerprint of `drawn_from`, where that is given, for `is_drawn_from`.
    """
    with mpl.rc_context(SETTINGS):
        sheet = Figure(figsize=(width, height), layout="constrained")
        axes = sheet.subplots(panels, 1, squeeze=False)[:, 0]
        yield list(axes)
        picture, told = BytesIO(), {} if drawn_from is None else {"Comment": fingerprint(drawn_from)}
        sheet.savefig(picture, format="png", dpi=144, metadata={"Software": None, **told})
        write_bytes(path, picture.getvalue())


def is_drawn_from(picture: bytes, path: Path) -> bool:
    """Whether a picture of `figure` was drawn from the file as it is now; PNG holds its comment as it is."""
    return fingerprint(path).encode() in picture
