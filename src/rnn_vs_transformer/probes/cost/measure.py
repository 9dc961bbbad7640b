"""Claims C3, C4, C5: what a training step and an inference cost, in time and memory, against the context length.

All models take turns within a round, so that a slow moment of the machine meets all alike; what is compared are medians
over rounds. Both families have the same width and the same batch. Their settings are the probe's own, so that a change
of the trained models measures nothing anew. A small batch suits attention: recurrence takes one step after the other,
and has only the batch to fill the processor with.
"""

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import joblib
import pandas as pd
import torch
from tqdm import tqdm

from rnn_vs_transformer.probes.cost.scaling import FEWEST_LENGTHS
from rnn_vs_transformer.probes.cost.workload import (
    CONTRASTS,
    WORKLOADS,
    Workload,
    build_workload,
    count_multiply_adds,
    peak_mebibytes,
)
from rnn_vs_transformer.settings.cost import CostParams

FEWEST_ROUNDS = 3
"""Rounds for which a length must leave time, and which are always taken."""
SHORTEST_TIMING = 0.01
"""Seconds that a timing takes at least, by repeating what is shorter."""
PROBED_SECONDS = 0.3
"""Time given to finding out how busy the machine is."""
STEEPEST = 2
"""No model here costs more than the square of the length, which is how costs are projected."""


@dataclass(frozen=True)
class Measurements:
    """What was measured, what it took, and the context lengths for which there was no time."""

    table: pd.DataFrame
    """Columns model, device, threads, context_length, round, train_step_ms, inference_ms, peak_mebibytes (of a
    training step, with weights, Adam's moments and batch) and multiply_adds (of one window's forward pass)."""
    skipped: list[int]
    rounds: int
    seconds: float
    free_share: float
    """See `free_share`; the lesser of before and after."""


@dataclass
class Case:
    """A workload on so many threads, with its measurements."""

    workload: Workload
    threads: int
    sizes: dict[str, float]
    repeats: tuple[int, int] = (1, 1)
    """Training steps and inferences that one timing takes."""
    timings: list[tuple[float, float]] = field(default_factory=list)
    """Milliseconds per training step and per inference, one pair per round."""

    def time_once(self) -> tuple[float, float]:
        """Seconds of a training step and of an inference."""
        torch.set_num_threads(self.threads)
        train, inference = self.repeats
        return _seconds(self.workload.train_step, train), _seconds(self.workload.infer, inference)

    def warm_up(self) -> float:
        """Run once, to learn how often to repeat what is short; return the seconds of a round to come."""
        train, inference = self.time_once()
        self.repeats = max(1, round(SHORTEST_TIMING / train)), max(1, round(SHORTEST_TIMING / inference))
        return train * self.repeats[0] + inference * self.repeats[1]


def measure_costs(params: CostParams) -> Measurements:
    """Measure all models at all context lengths for which there is time.

    The three shortest lengths and three rounds are always measured, however little time there is. torch's number of
    threads is the same before and after.
    """
    started, threads, free = time.perf_counter(), torch.get_num_threads(), free_share()
    torch.backends.cudnn.allow_tf32 = False  # as seeds are trained; attention's products are in full float32 anyway
    gc.collect()
    gc.freeze()  # peak_mebibytes collects garbage, and need not go through all that was imported each time
    try:
        cases, skipped = _prepare_lengths(params, started + params.seconds)
        rounds = _run_rounds(cases, params.rounds, started + params.seconds)
        seconds, free = time.perf_counter() - started, min(free, free_share())
    finally:
        gc.unfreeze()
        torch.set_num_threads(threads)
    return Measurements(pd.concat(map(_table, cases), ignore_index=True), skipped, rounds, seconds, free)


def free_share() -> float:
    """Share of the cores that this process gets when it asks for all: 1 where nothing else runs, half beside another.

    Threads wait for the slowest of them, so where other work runs, times on all threads can be far too long.
    """
    cores: int = joblib.cpu_count()
    torch.set_num_threads(cores)
    matrix = torch.randn(512, 512)
    wall, used = time.perf_counter(), time.process_time()
    while time.perf_counter() - wall < PROBED_SECONDS:
        torch.mm(matrix, matrix)
    return min(1.0, (time.process_time() - used) / (time.perf_counter() - wall) / cores)


def _prepare_lengths(params: CostParams, deadline: float) -> tuple[list[Case], list[int]]:
    """Build and warm up length by length, while time is left for the next one; return the lengths left out too."""
    cases: list[Case] = []
    lengths = params.context_lengths
    work = {name: count_multiply_adds(name, params, lengths) for name in WORKLOADS}
    of_all_rounds = of_next_length = 0.0
    for number, length in enumerate(tqdm(lengths, "cost: warm-up", unit="length")):
        if number >= FEWEST_LENGTHS and time.perf_counter() + of_next_length + of_all_rounds > deadline:
            return cases, lengths[number:]
        began = time.perf_counter()
        prepared = _prepare(params, length, {name: counts[length] for name, counts in work.items()})
        of_rounds = FEWEST_ROUNDS * sum(case.warm_up() for case in prepared)
        cases += prepared
        of_all_rounds += of_rounds
        if length != lengths[-1]:
            growth = (lengths[number + 1] / length) ** STEEPEST
            of_next_length = growth * (time.perf_counter() - began + of_rounds)
    return cases, []


def _prepare(params: CostParams, context_length: int, multiply_adds: Mapping[str, int]) -> list[Case]:
    """All models at one length, on all devices: on one thread and, for the families on a CPU, on all."""
    cases = []
    for device in [torch.device("cpu"), *([torch.device("cuda")] if torch.cuda.is_available() else [])]:
        for name in WORKLOADS:
            torch.set_num_threads(1)
            work = build_workload(name, params, context_length, device)
            work.train_step()  # Adam allocates its moments in the first step
            peak = peak_mebibytes(work.train_step, device) + work.lasting_mebibytes()
            sizes = {"peak_mebibytes": peak, "multiply_adds": multiply_adds[name]}
            most = 1 if name in CONTRASTS or device.type != "cpu" else joblib.cpu_count()
            cases += [Case(work, threads, sizes) for threads in sorted({1, most})]
    return cases


def _run_rounds(cases: list[Case], rounds: int, deadline: float) -> int:
    """Time all cases in turn, round by round, while time is left for one more; return the rounds."""
    longest = 0.0
    for done in tqdm(range(rounds), "cost: timing", unit="round"):
        began = time.perf_counter()
        if done >= FEWEST_ROUNDS and began + longest > deadline:
            return done
        for case in sorted(cases, key=lambda case: case.threads):
            train, inference = case.time_once()
            case.timings.append((1000 * train, 1000 * inference))
        longest = max(longest, time.perf_counter() - began)
    return rounds


def _seconds(work: Callable[[], None], repeats: int) -> float:
    """Mean over the repeats."""
    began = time.perf_counter()
    for _ in range(repeats):
        work()
    return (time.perf_counter() - began) / repeats


def _table(case: Case) -> pd.DataFrame:
    work, (train, inference) = case.workload, zip(*case.timings, strict=True)
    names = {"model": work.name, "device": work.device.type, "threads": case.threads}
    rounds = {"context_length": work.context_length, "round": range(1, len(train) + 1)}
    return pd.DataFrame({**names, **rounds, "train_step_ms": train, "inference_ms": inference, **case.sizes})
