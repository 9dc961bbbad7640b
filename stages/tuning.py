"""Tell what tuning found, for both families, in one report and its figures."""

import logging

from rnn_vs_transformer.params import Params
from rnn_vs_transformer.reporting.tuning_figures import draw_tuning
from rnn_vs_transformer.reporting.tuning_report import write_tuning
from stages import run

log = logging.getLogger(__name__)


def tuning(_: Params) -> None:
    """Write reports/tuning.json and, where there were trials, the figures; tell the losses before and after."""
    report = write_tuning()
    draw_tuning(report)
    for family, found in report["families"].items():
        before, after = found["current_validation_mse"], found["best_validation_mse"]
        log.info("%-12s validation MSE %.4f untuned, %.4f in the best of %d trials", family, before or float("nan"),
                 after, found["trials"])  # fmt: skip


if __name__ == "__main__":
    run(tuning)
