"""Score both families where they are fitted again as the test split goes by."""

import logging

from rnn_vs_transformer.evaluation.backtest import backtest_families
from rnn_vs_transformer.models.rnn import build_rnn
from rnn_vs_transformer.models.transformer import build_transformer
from rnn_vs_transformer.params import Params
from stages import run

log = logging.getLogger(__name__)


def backtest(params: Params) -> None:
    """Write the scores of the rolling-origin backtest, or that none was asked for."""
    builders = {"rnn": build_rnn, "transformer": build_transformer}
    report = backtest_families(builders, params.model, params.train, params.evaluate, params.run)
    for family in builders:
        if family in report:
            log.info("%-15s test MSE with refits %.4f", family, report[family]["mse"])


if __name__ == "__main__":
    run(backtest)
