"""What the cost probe runs: one training step or one inference on a batch of random windows, and its peak memory.

On a GPU torch counts the memory itself. On a CPU the profiler tells of every allocation and release, and the peak of
their running sum is the answer: exact to the byte, the same in every run, and of tensors alone. The resident set of a
fresh process (`ru_maxrss`) grows alike and is about 1.7 times as large: it also holds the nodes of the autograd graph
and heap that was freed but not given back. It differs from run to run, and needs a process of its own per value.
"""

import gc
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.profiler import ProfilerActivity, profile

from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.min_gru import MinGru
from rnn_vs_transformer.models.shell import Embedded, ForecastModel, Mixer
from rnn_vs_transformer.models.size import multiply_adds_per_window
from rnn_vs_transformer.runtime.adam import PlainAdam
from rnn_vs_transformer.settings.cost import CostParams
from rnn_vs_transformer.settings.family.families import FAMILIES
from rnn_vs_transformer.settings.family.model import Cell

ALL_QUERIES = "transformer_all_queries"
GRU, SCAN, LOOP = "gru", "min_gru", "min_gru_loop"
CELLS: Final[dict[str, Cell]] = {GRU: "gru", SCAN: "min_gru", LOOP: "min_gru"}
"""Recurrences besides that of cost.cell."""
CONTRASTS = (ALL_QUERIES, LOOP)
"""The same numbers as another workload by another way, measured on one thread alone."""
WORKLOADS = (*FAMILIES, GRU, SCAN, *CONTRASTS)
"""What is measured."""
MEBIBYTE = 2**20
COUNTED_FROM: Final = 4
"""Steps. Of a product with a single token torch makes something else."""


class AllQueries(nn.Module):
    """A mixer that works on all tokens in all layers and then drops all but the last: the same numbers, more work.

    Where only the last token is read, the Transformer's last layer asks one query, so it is linear in the number of
    tokens and only the layers before it are quadratic. This is the cost without that shortcut, as textbooks have it.
    """

    def __init__(self, mixer: Mixer) -> None:
        """Wrap a mixer."""
        super().__init__()
        self.mixer = mixer

    def forward(self, embedded: Embedded, last_only: bool) -> Tensor:
        """Mix tokens (B, T, D) to (B, T, D), or to the last one (B, 1, D)."""
        mixed: Tensor = self.mixer(embedded, False)
        return mixed[:, -1:] if last_only else mixed

    def answer(self, embedded: Embedded, queries: Tensor) -> Tensor:
        """Queries are further tokens, which the mixer works on as it is."""
        return self.mixer.answer(embedded, queries)


class MinGruLoop(MinGru):
    """The minimal GRU one step after the other, with the gradient that torch derives: a recurrence without its scan."""

    def run_layer(self, inputs: Tensor, weight: Tensor, bias: Tensor, start: Tensor) -> Tensor:
        """States (T, B, D) from inputs (T, B, E), weight (2D, E), bias (2D,) and the state before them (B, D)."""
        gates, candidates = functional.linear(inputs, weight, bias).chunk(2, dim=2)
        states = [start]
        for gate, candidate in zip(gates.sigmoid().unbind(), candidates.unbind(), strict=True):
            states.append(torch.lerp(states[-1], candidate, gate))
        return torch.stack(states[1:])


@dataclass(frozen=True)
class Workload:
    """One of `WORKLOADS` at one context length on one device, with a batch; weights and data are random."""

    name: str
    device: torch.device
    context_length: int
    forecaster: ForecastModel
    optimizer: torch.optim.Optimizer
    context: Tensor
    target: Tensor

    def train_step(self) -> None:
        """Forward, loss, backward and Adam, to the end."""
        self.forecaster.train()
        loss = functional.mse_loss(self.forecaster(self.context), self.target)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.optimizer.zero_grad()
        self._wait()

    def infer(self) -> None:
        """Forecast, without gradients or dropout, to the end."""
        self.forecaster.eval()
        with torch.inference_mode():
            self.forecaster(self.context)
        self._wait()

    def lasting_mebibytes(self) -> float:
        """Size of weights, Adam's moments and the batch, which are there between steps, in MiB."""
        moments = [moment for some in self.optimizer.state.values() for moment in some.values()]
        tensors: list[Tensor] = [*self.forecaster.state_dict().values(), *moments, self.context, self.target]
        here = [tensor for tensor in tensors if tensor.device.type == self.device.type]
        return sum(tensor.numel() * tensor.element_size() for tensor in here) / MEBIBYTE

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def build_workload(name: str, params: CostParams, context_length: int, device: torch.device) -> Workload:
    """Build one of `WORKLOADS`, with a batch of random windows."""
    forecaster = build_model(name, params, context_length).to(device)
    adam = PlainAdam(forecaster.parameters(), fused=True)
    lengths = (context_length, params.prediction_length)
    context, target = (torch.randn(params.batch_size, length, device=device) for length in lengths)
    return Workload(name, device, context_length, forecaster, adam, context, target)


def build_model(name: str, params: CostParams, context_length: int) -> ForecastModel:
    """The model of one of `WORKLOADS`."""
    model = params.model.model_copy(update={"cell": CELLS.get(name, params.cell)})
    build = BUILDERS["transformer" if name in ("transformer", ALL_QUERIES) else "rnn"]
    forecaster = build(model, context_length, params.prediction_length)
    if name == ALL_QUERIES:
        forecaster.mixer = AllQueries(forecaster.mixer)
    if name == LOOP:
        loop = MinGruLoop(params.width, params.width)
        loop.load_state_dict(forecaster.get_submodule("mixer.layers").state_dict())
        forecaster.set_submodule("mixer.layers", loop)
    return forecaster


def count_multiply_adds(name: str, params: CostParams, context_lengths: Sequence[int]) -> dict[int, int]:
    """Multiply-adds per window of one of `WORKLOADS` at each context length, exactly.

    With a token per step they are a + b L + c L^2: products of each token, and of each pair. So they are counted at
    three short lengths and continued by their differences. To count a GRU over 2,048 steps takes seconds.
    """
    short = range(COUNTED_FROM, COUNTED_FROM + 3)
    one, two, three = (multiply_adds_per_window(build_model(name, params, length), length) for length in short)
    slope, bend = two - one, three - 2 * two + one
    further = {length: length - COUNTED_FROM for length in context_lengths}
    return {length: one + more * slope + more * (more - 1) // 2 * bend for length, more in further.items()}


def peak_mebibytes(work: Callable[[], None], device: torch.device) -> float:
    """Peak of the memory allocated on a device during `work`, run once, above what was allocated before, in MiB."""
    if device.type == "cuda":
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        work()
        return (torch.cuda.max_memory_allocated(device) - before) / MEBIBYTE
    allocated = peak = 0
    for change in _changes(work):
        allocated += change
        peak = max(peak, allocated)
    return peak / MEBIBYTE


def _changes(work: Callable[[], None]) -> list[int]:
    """Bytes of each allocation (positive) and release (negative) on the CPU, in order of time."""
    gc.collect()  # so that no garbage from before is released meanwhile
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # the profiler otherwise reports its own start and stop
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        work()
    if profiler.profiler is None or profiler.profiler.kineto_results is None:
        raise RuntimeError("torch's profiler gave no results")
    events = [event for event in profiler.profiler.kineto_results.events() if event.name() == "[memory]"]
    return [event.nbytes() for event in sorted(events, key=lambda event: event.start_ns())]
