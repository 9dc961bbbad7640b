"""Score families, baselines and oracle on the test split, and compare the families."""

import logging

from rnn_vs_transformer.evaluation.evaluate import evaluate_families
from rnn_vs_transformer.models.rnn import build_rnn
from rnn_vs_transformer.models.transformer import build_transformer
from rnn_vs_transformer.params import Params
from stages import run

log = logging.getLogger(__name__)


def evaluate(params: Params) -> None:
    """Write metrics, and tables per seed, horizon step, channel and forecast; tell the test errors."""
    builders = {"rnn": build_rnn, "transformer": build_transformer}
    metrics = evaluate_families(builders, params.model, params.train.seeds, params.evaluate)
    for name, row in metrics.items():
        if "mse" in row:
            log.info("%-15s test MSE %.4f", name, row["mse"])


if __name__ == "__main__":
    run(evaluate)
