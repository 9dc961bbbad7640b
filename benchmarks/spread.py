"""Seeds on a Ray cluster of two nodes with one core each, against one such node."""

import statistics
import time
from functools import partial
from typing import Any, Final

from benchmarks.case import Case
from benchmarks.ours import fit_windows_per_second
from rnn_vs_transformer.runtime.parallel import end_processes, run_as_finished
from rnn_vs_transformer.runtime.run import RunParams

TASKS: Final = 4
STEPS: Final = 400


def measure_ray(case: Case, family: str, rounds: int) -> dict[str, float]:
    """Median seconds of the same tasks on one node and on two, the worker processes warm, and their ratio."""
    seconds = {nodes: _seconds(case, family, nodes, rounds) for nodes in (1, 2)}
    return {
        "one_node_seconds": round(seconds[1], 2),
        "two_nodes_seconds": round(seconds[2], 2),
        "ray.two_nodes_vs_one": round(seconds[1] / seconds[2], 3),
    }


def _seconds(case: Case, family: str, nodes: int, rounds: int) -> float:
    from ray.cluster_utils import Cluster  # noqa: PLC0415 - an extra

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    for _ in range(nodes - 1):
        cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    spread = RunParams(workers=0, backend="ray", address=cluster.address, device="cpu")
    one: Any = partial(_train, case, family)
    try:
        taken = []
        for _ in range(rounds + 1):
            began = time.perf_counter()
            list(run_as_finished(one, range(TASKS), spread, keep=True))
            taken.append(time.perf_counter() - began)
    finally:
        end_processes(spread)
        cluster.shutdown()
    return statistics.median(taken[1:])


def _train(case: Case, family: str, _: int) -> float:
    return fit_windows_per_second(case, family, STEPS)
