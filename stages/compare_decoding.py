"""Compare direct with autoregressive decoding on the test split, within each family."""

import logging

from rnn_vs_transformer.evaluation.decoding import compare_decodings
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.params import NO_OTHER_DECODING, Params
from stages import run

log = logging.getLogger(__name__)


def compare_decoding(params: Params) -> None:
    """Write errors, their differences with intervals, and the error per horizon step; tell the differences."""
    seeds = min(params.decoding.seeds, params.train.seeds)
    report = compare_decodings(BUILDERS, seeds, params.evaluate)
    if "not_compared" in report:
        log.warning("decodings are not compared: %s", report["not_compared"])
    for family in report.get("left_out", []):
        log.warning("%s: decodings are not compared: %s", family, NO_OTHER_DECODING)
    for family in (family for family in BUILDERS if family in report):
        difference = 100 * report[family]["relative_mse_difference"]
        log.info("%-12s autoregressive MSE %+.0f %% against direct: %s", family, difference, report[family]["verdict"])


if __name__ == "__main__":
    run(compare_decoding)
