"""Score both families where they are fitted again as the test split goes by."""

import logging

from rnn_vs_transformer.evaluation.backtest import backtest_families
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.params import Params
from stages import run

log = logging.getLogger(__name__)


def backtest(params: Params) -> None:
    """Write the scores of the rolling-origin backtest, or that none was asked for."""
    report = backtest_families(BUILDERS, params.train.seeds, params.evaluate, params.run)
    for family in BUILDERS:
        if family in report:
            log.info("%-15s test MSE with refits %.4f", family, report[family]["mse"])


if __name__ == "__main__":
    run(backtest)
