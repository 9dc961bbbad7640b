"""Make one of the analyses that report.analyses asks for; DVC names it in the stage, as in `analyse@decoding`."""

import logging
import os

from rnn_vs_transformer.analyses.backtest import backtest_families
from rnn_vs_transformer.analyses.decoding import compare_decodings
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.interrupts import FROM_CHECKPOINTS
from rnn_vs_transformer.runtime.run import RunParams
from rnn_vs_transformer.settings.evaluate import BacktestParams, DecodingParams, EvaluateParams
from stages import run

log = logging.getLogger(__name__)


def analyse(backtest: BacktestParams, decoding: DecodingParams, evaluate: EvaluateParams, spread: RunParams) -> None:
    """Write reports/analyses/<analysis>.json."""
    analyses = {
        "backtest": lambda: backtest_families(backtest, evaluate, spread),
        "decoding": lambda: compare_decodings(decoding, evaluate, spread),
    }
    asked = os.environ.get("DVC_STAGE", "").partition("@")[2]
    if asked not in analyses:
        raise InputError("DVC says which analysis; run: dvc repro analyse@backtest")
    analyses[asked]()


if __name__ == "__main__":
    run(analyse, BacktestParams, DecodingParams, EvaluateParams, RunParams, interrupted=FROM_CHECKPOINTS)
