"""Look into the trained models: gradients before and after training, the lags that matter, convergence."""

import logging

from rnn_vs_transformer.probes.inspection.convergence import write_convergence
from rnn_vs_transformer.probes.inspection.inspection import inspect_families
from rnn_vs_transformer.runtime.run import RunParams
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.settings.inspect import InspectParams
from stages import run

log = logging.getLogger(__name__)


def inspect(data: DataParams, params: InspectParams, spread: RunParams) -> None:
    """Write gradient norms, occlusion, attention, their scores and the convergence; tell how gradients decay."""
    report = inspect_families(data, params, spread)
    write_convergence()
    for name, stages in report["gradients"].items():
        for stage, decay in stages.items():
            if decay:
                log.info("%-12s %-10s gradient per step back: x %.4f", name, stage, decay["decay_per_step"])


if __name__ == "__main__":
    run(inspect, DataParams, InspectParams, RunParams)
