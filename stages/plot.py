"""Draw the figures from the saved reports."""

from rnn_vs_transformer.params import Params
from rnn_vs_transformer.reporting.figures import draw_comparison
from rnn_vs_transformer.reporting.probe_figures import draw_probes
from stages import run


def plot(_: Params) -> None:
    """Write reports/figures/."""
    draw_comparison()
    draw_probes()


if __name__ == "__main__":
    run(plot)
