"""Judge the claims, draw the times and write the report for people, from the saved results."""

import logging

from rnn_vs_transformer.plotting.draw import draw_times
from rnn_vs_transformer.reporting.report import REPORT, chosen_forecaster, write_report
from rnn_vs_transformer.results import load_results
from rnn_vs_transformer.settings.family.train import TrainParams
from rnn_vs_transformer.settings.report import ReportParams
from stages import run

log = logging.getLogger(__name__)


def report(params: ReportParams, train: TrainParams) -> None:
    """Write the page, claims.json, verdict.md and the figures of times; tell the verdict, and where to read."""
    results = load_results(params.analyses, train.settings)
    draw_times(results)
    verdict = write_report(results, params.language, chosen_forecaster())
    log.info("%s\nopen %s in a browser", verdict, REPORT)


if __name__ == "__main__":
    run(report, ReportParams, TrainParams)
