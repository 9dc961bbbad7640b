"""Draw the figures from the saved reports, and end the pipeline with its verdict."""

import logging

from rnn_vs_transformer.params import Params
from rnn_vs_transformer.reporting.decoding import draw_decoding
from rnn_vs_transformer.reporting.figures import draw_comparison
from rnn_vs_transformer.reporting.probe_figures import draw_probes
from rnn_vs_transformer.reporting.tables import ridge_sentence, verdict_sentence
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import read_json
from stages import run

log = logging.getLogger(__name__)


def plot(_: Params) -> None:
    """Write reports/figures/; tell the verdict."""
    draw_comparison()
    draw_decoding()
    draw_probes()
    metrics = read_json(paths.METRICS)
    log.info("%s", ridge_sentence(metrics))
    log.info("%s", verdict_sentence(metrics["comparison"]).replace("**", ""))


if __name__ == "__main__":
    run(plot)
