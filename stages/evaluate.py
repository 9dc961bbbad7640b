"""Score families, baselines and oracle on the test split, and compare the families."""

import logging

from rnn_vs_transformer.evaluation.evaluate import evaluate_families
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.params import Params
from stages import run

log = logging.getLogger(__name__)


def evaluate(params: Params) -> None:
    """Write metrics, and tables per seed, horizon step, channel and forecast; tell the test errors."""
    metrics = evaluate_families(BUILDERS, params.train.seeds, params.evaluate)
    for name, row in metrics.items():
        if "mse" in row:
            log.info("%-15s test MSE %.4f", name, row["mse"])


if __name__ == "__main__":
    run(evaluate)
