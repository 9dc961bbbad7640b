"""Measure time and memory of both families against the context length, on this machine."""

import logging

from rnn_vs_transformer.probes.cost.measure import measure_costs
from rnn_vs_transformer.probes.cost.report import write_cost_report, write_multiply_adds
from rnn_vs_transformer.settings.cost import CostParams
from stages import run

QUIET = 0.9
"""Share of the processor that must have been free for the times to be trusted."""
log = logging.getLogger(__name__)


def cost(params: CostParams) -> None:
    """Write times, exponents, crossover and speed-up; tell the exponents of a training step."""
    write_multiply_adds(params)
    measured = measure_costs(params)
    report = write_cost_report(measured, params)
    for setting, found in report["train_step"].items():
        for name in (name for name in found if name != "crossover"):
            log.info("%s, %s: training step ~ L^%.2f on long contexts", setting, name, found[name]["local_exponent"])
        log.info("%s: crossover of the families: %s", setting, found["crossover"]["context_length"])
    if measured.free_share < QUIET:
        log.warning("other work kept the processor busy: times, above all on all threads, are too long")
    if measured.skipped:
        log.warning("no time for context lengths %s; raise cost.seconds", measured.skipped)


if __name__ == "__main__":
    run(cost, CostParams)
