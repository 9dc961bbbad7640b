"""A training step of min_gru by scan and by loop, of the tanh cell and of attention: `python -m benchmarks.scan`.

All take turns, round by round, so that a slow moment of the machine meets all alike. Wall times of two threads need an
idle machine: where another process has a core, threads wait for each other and are slower than one. There, with
OMP_WAIT_POLICY=passive GOMP_SPINCOUNT=0, the processor time of the calling thread still tells how the work is shared
out; such waiting itself costs the scan its gain, as it has some hundred short operations to a step.
"""

import argparse
import logging
import statistics
import sys
import time
from collections.abc import Callable
from itertools import product
from typing import Final, cast

import torch
from torch import Tensor, nn

from rnn_vs_transformer.models.min_gru import MinGru
from rnn_vs_transformer.models.rnn import Recurrence, build_rnn
from rnn_vs_transformer.models.transformer import build_transformer
from rnn_vs_transformer.probes.cost.workload import Workload
from rnn_vs_transformer.settings.cost import CostParams
from rnn_vs_transformer.settings.whole import load_params

LENGTHS: Final = (128, 512, 2048)
THREADS: Final = (1, 2)
MODELS: Final = ("scan", "loop", "tanh", "attention")
CPU: Final = torch.device("cpu")
log = logging.getLogger(__name__)


class Loop(nn.Module):
    """A layer of min_gru as it is written, one step after the other, with the gradient that torch derives."""

    def __init__(self, layers: MinGru) -> None:
        """Take the weights of the first layer."""
        super().__init__()
        self.layers = layers

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """States (T, B, D) from inputs (T, B, D), and the last of them (1, B, D)."""
        weight, bias = self.layers.parameters()
        gate, candidate = nn.functional.linear(inputs, weight, bias).chunk(2, dim=2)
        updated = torch.sigmoid(gate)
        state, states = torch.zeros_like(candidate[0]), list[Tensor]()
        for share, proposal in zip(updated.unbind(), candidate.unbind(), strict=True):
            state = torch.lerp(state, proposal, share)
            states.append(state)
        return torch.stack(states), state[None]


def build(name: str, params: CostParams, context_length: int) -> Workload:
    """One of `MODELS`, of the sizes of the cost probe."""
    torch.manual_seed(0)
    cell = "rnn" if name == "tanh" else "min_gru"
    model = params.model.model_copy(update={"cell": cell})
    make = build_transformer if name == "attention" else build_rnn
    forecaster = make(model, context_length, params.prediction_length)
    if name == "loop":
        mixer = cast("Recurrence", forecaster.mixer)
        mixer.layers = cast("MinGru", Loop(cast("MinGru", mixer.layers)))
    context = torch.randn(params.batch_size, context_length)
    target = torch.randn(params.batch_size, params.prediction_length)
    optimizer = torch.optim.Adam(forecaster.parameters(), fused=True)
    return Workload(name, CPU, context_length, forecaster, optimizer, context, target)


def time_step(step: Callable[[], None], threads: int) -> tuple[float, float]:
    """Seconds, and processor seconds of this thread, of one step; one before it wakes the threads up."""
    torch.set_num_threads(threads)
    step()
    began, working = time.perf_counter(), time.thread_time()
    step()
    return time.perf_counter() - began, time.thread_time() - working


def main() -> None:
    """Print medians over rounds in milliseconds, and how much all threads speed a step up."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scan", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="turns of each contender")
    rounds, params = parser.parse_args().rounds, load_params().cost
    log.info("%6s %8s %8s %s", "L", "clock", "threads", " ".join(f"{name:>11}" for name in MODELS))
    for length in LENGTHS:
        works = {name: build(name, params, length) for name in MODELS}
        taken: dict[tuple[str, int], list[tuple[float, float]]] = {case: [] for case in product(MODELS, THREADS)}
        for _, (name, threads) in product(range(rounds), taken):
            taken[name, threads].append(time_step(works[name].train_step, threads))
        for name, number in (("wall", 0), ("thread", 1)):
            _report(length, name, {case: statistics.median(each[number] for each in taken[case]) for case in taken})


def _report(length: int, clock: str, medians: dict[tuple[str, int], float]) -> None:
    """One line per number of threads, and one with the gain from the last number over the first."""
    for threads in THREADS:
        told = " ".join(f"{1e3 * medians[name, threads]:8.2f} ms" for name in MODELS)
        log.info("%6d %8s %8d %s", length, clock, threads, told)
    gains = " ".join(f"{medians[name, THREADS[0]] / medians[name, THREADS[-1]]:9.2f} x" for name in MODELS)
    log.info("%6d %8s %8s %s", length, clock, "gain", gains)


if __name__ == "__main__":
    main()
