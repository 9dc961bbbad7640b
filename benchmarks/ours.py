"""Our own fit loop, and a bare PyTorch loop of the same module."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import torch
from torch import nn
from torch.nn import functional

from benchmarks.case import Case
from benchmarks.enough import Enough, fit_until_enough
from rnn_vs_transformer.runtime.parallel import run_as_finished
from rnn_vs_transformer.runtime.run import RunParams
from rnn_vs_transformer.training.predict import predict, window_errors

WARM_UP = 10
FEWEST_PASSES = 3
LEAD_SECONDS = 1.0
"""Between the call of several processes and the moment from which all of them count."""


@dataclass(frozen=True)
class Job:
    """Training steps that processes take at the same time; `begin` and `end` are readings of `time.time`."""

    case: Case
    family: str
    begin: float
    end: float


def fit_windows_per_second(case: Case, family: str, steps: int) -> float:
    """Rate of `fit` over so many steps after a warm-up, with everything between two steps but validation."""
    ends = step_ends(case, family, steps)
    return steps * case.params.train.batch_size / (ends[-1] - ends[0])


def step_ends(case: Case, family: str, steps: int) -> list[float]:
    """When the last step of the warm-up of `fit` ended, and each of so many steps after it."""
    ends: list[float] = []

    def note(_: str) -> None:
        ends.append(time.perf_counter())
        if len(ends) > WARM_UP + steps:
            raise Enough

    run_fit(case, family, note)
    return ends[WARM_UP:]


def bare_windows_per_second(case: Case, family: str, steps: int) -> float:
    """The same steps, written as a tutorial would: all windows in two tensors, no stopping rule, no progress."""
    model, train, params = case.build(family), case.train, case.params.train
    contexts, targets, *_ = train.batch(torch.arange(len(train)))
    optimizer = torch.optim.AdamW(
        model.parameters(), params.learning_rate, weight_decay=params.weight_decay, fused=True
    )
    ends: list[float] = []
    for index in islice(_batches(len(train), params.batch_size), WARM_UP + steps + 1):
        loss = functional.mse_loss(model(contexts[index]), targets[index])
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), params.gradient_clip)
        optimizer.step()
        optimizer.zero_grad()
        ends.append(time.perf_counter())
    return steps * params.batch_size / (ends[-1] - ends[WARM_UP])


def predict_windows_per_second(case: Case, family: str, seconds: float, processes: int) -> float:
    """Rate of `predict` by several seeds together, one process and thread each, over the training windows."""
    return _together(predict_within, case, family, seconds, processes)


def predict_within(job: Job) -> float:
    """Windows per second of one process between the two moments; warm before the first of them."""
    model, train, ends = job.case.build(job.family), job.case.train, list[float]()
    while len(ends) < FEWEST_PASSES or time.time() < job.end:
        predict(model, train)
        if time.time() >= job.begin:
            ends.append(time.time())
    return (len(ends) - 1) * len(train) / (ends[-1] - ends[0])


def validate_windows_per_second(case: Case, family: str) -> float:
    """Rate at which `fit` validates, which it does after each epoch and the bare loop and the peers do not."""
    model, validation = case.build(family), case.split("validation")
    began = time.perf_counter()
    window_errors(model, validation)
    return len(validation) / (time.perf_counter() - began)


def seeds_windows_per_second(case: Case, family: str, seconds: float, processes: int) -> float:
    """Rate of `fit` for several seeds together, one process and thread each."""
    return _together(rate_within, case, family, seconds, processes)


def _together(rate_of: Callable[[Job], float], case: Case, family: str, seconds: float, processes: int) -> float:
    """Sum of the rates of processes that are all counted over the same seconds.

    They are left to the next call, so that their start is paid once.
    """
    spread = RunParams(workers=processes, backend="loky", address="local", device="cpu")
    warm = [time.time() + LEAD_SECONDS + seconds] * 2
    for begin, end in (warm, [time.time() + LEAD_SECONDS, time.time() + LEAD_SECONDS + seconds]):
        jobs = [Job(case, family, begin, end)] * processes
        rates = [rate for _, rate in run_as_finished(rate_of, jobs, spread, keep=True)]
    return sum(rates)


def rate_within(job: Job) -> float:
    """Windows per second of one process between the two moments; warm before the first of them."""
    counted: list[float] = []

    def note(_: str) -> None:
        now = time.time()
        if now >= job.begin:
            counted.append(now)
        if now >= job.end and len(counted) > 1:
            raise Enough

    run_fit(job.case, job.family, note)
    return (len(counted) - 1) * job.case.params.train.batch_size / (counted[-1] - counted[0])


def run_fit(case: Case, family: str, note: Callable[[str], None]) -> None:
    """Train until `note`, which is called after each step, raises `Enough`; next to nothing is validated."""
    fit_until_enough(case.build(family), (case.train, case.one_window), case.params.train, note)


def _batches(windows: int, batch_size: int) -> Iterator[torch.Tensor]:
    """Batches of the given size in a new order per epoch; a smaller rest is left out, so that all steps are alike."""
    while True:
        yield from (index for index in torch.split(torch.randperm(windows), batch_size) if len(index) == batch_size)
