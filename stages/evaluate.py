"""Score families, baselines and floors on the test split, and compare the families."""

import logging

from rnn_vs_transformer.evaluation.evaluate import evaluate_families
from rnn_vs_transformer.settings.evaluate import EvaluateParams
from stages import run

log = logging.getLogger(__name__)


def evaluate(params: EvaluateParams) -> None:
    """Write metrics, and tables per seed, horizon step, channel and forecast; tell the test errors."""
    for name, row in evaluate_families(params).items():
        if "mse" in row:
            log.info("%-15s test MSE %.4f", name, row["mse"])


if __name__ == "__main__":
    run(evaluate, EvaluateParams)
