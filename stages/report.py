"""Judge the claims and write the report for people, from the saved results and figures."""

import logging

from rnn_vs_transformer.reporting.report import REPORT, write_report
from rnn_vs_transformer.results import load_results
from rnn_vs_transformer.settings.family.train import TrainParams
from rnn_vs_transformer.settings.report import ReportParams
from stages import run

log = logging.getLogger(__name__)


def report(params: ReportParams, train: TrainParams) -> None:
    """Write reports/index.html, claims.json and verdict.md; tell the verdict, and where to read."""
    verdict = write_report(load_results(params.analyses, train.settings), params.language)
    log.info("%s\nopen %s in a browser", verdict, REPORT)


if __name__ == "__main__":
    run(report, ReportParams, TrainParams)
