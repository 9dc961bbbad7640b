"""Write the report for people, from the saved reports and figures."""

import logging

from rnn_vs_transformer.params import Params
from rnn_vs_transformer.reporting.report import REPORT, write_report
from stages import run

log = logging.getLogger(__name__)


def report(params: Params) -> None:
    """Write reports/index.html and reports/verdict.md; tell where."""
    write_report(params.report.language)
    log.info("open %s in a browser", REPORT)


if __name__ == "__main__":
    run(report)
