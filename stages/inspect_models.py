"""Look into the models of both families: gradients before and after training, and the lags that matter."""

import logging

from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.params import Params
from rnn_vs_transformer.probes.inspection import inspect_families
from stages import run

log = logging.getLogger(__name__)


def inspect_models(params: Params) -> None:
    """Write gradient norms, occlusion, attention and their scores; tell how gradients decay."""
    report = inspect_families(BUILDERS, params.data, params.train.seeds, params.inspect, params.run)
    for name, stages in report["gradients"].items():
        for stage, decay in stages.items():
            if decay:
                log.info("%-12s %-10s gradient per step back: x %.4f", name, stage, decay["decay_per_step"])


if __name__ == "__main__":
    run(inspect_models)
