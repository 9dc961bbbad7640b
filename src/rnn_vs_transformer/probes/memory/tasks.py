"""The probe's tasks: processes with a known best forecast, drawn afresh for every batch.

recall    y_t = phi*y_{t-k} + sqrt(1 - phi^2)*e_t, e_t ~ N(0,1), phi = 0.9: the next step from L steps. It is k
          independent first-order autoregressions, interleaved: given the value k steps back (the lag), no other
          helps to predict the next one.
shuffled  The same, with the steps of each context in random order: what was recalled must be lost.
parity    The product of a row of -1 and +1 behind leading zeros, learnt from short rows and asked of longer ones:
          a state to be tracked, so recurrence should win (Hahn 2020 shows why self-attention struggles).
adding    The sum of the two marked ones of T uniform numbers (Hochreiter and Schmidhuber 1997, in the form of
          Le et al. 2015): its mean predicts with an error of 1/6.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import torch
from torch import Tensor

from rnn_vs_transformer.settings.probe import ProbeParams

PHI: Final = 0.9
FLOOR: Final = 1 - PHI**2
"""Mean squared error of the best forecast of the recall process, whose variance is 1."""
ADDING_BASELINE: Final = 1 / 6
"""Mean squared error of the constant 1, the mean of a sum of two uniform numbers."""


@dataclass(frozen=True)
class Batch:
    """Windows with the best forecast of each."""

    context: Tensor
    """Observed steps (B, L)."""
    target: Tensor
    """What to forecast (B, 1)."""
    best: Tensor
    """The target's expectation given all that came before it (B, 1)."""


Draw = Callable[[int, torch.Generator], Batch]
"""Draws B windows with the given generator."""


@dataclass(frozen=True)
class Task:
    """What a model learns and on what it is then measured."""

    name: str
    context_length: int
    """Observed steps (L)."""
    patch_length: int
    """Steps that form one token."""
    steps: int
    """Training steps, at most."""
    floor: float
    """Mean squared error of the best forecast."""
    baseline: float
    """Mean squared error of the best constant."""
    draw: Draw
    """Draws the windows to learn from."""
    tests: Mapping[int, Draw]
    """Draws test windows, by lag (recall, shuffled), length (parity) or T (adding)."""

    def mean_squared_error(self, forecast: Tensor, batch: Batch) -> float:
        """Error of forecasts (B, 1): the floor and the mean squared distance from the best forecast.

        Its expectation is that of the error against the targets, without their noise, which no model can forecast.
        """
        return self.floor + float((forecast - batch.best).double().square().mean())

    def recovered(self, mean_squared_error: float) -> float:
        """Share of the explainable variance: 1 is the best forecast, 0 no better than a constant.

        recovered = (baseline - MSE) / (baseline - floor)
        """
        return (self.baseline - mean_squared_error) / (self.baseline - self.floor)


def make_task(name: str, lag: int, params: ProbeParams) -> Task:
    """Make a task.

    Args:
        name: One of the names in `probe.tasks`.
        lag: Lag of recall and shuffled, longest trained length of parity, T of adding.
        params: The probe's settings.

    Raises:
        KeyError: There is no such task.
    """
    length = params.context_length
    if name == "adding":
        draw: Draw = partial(draw_adding, length=lag)
        return Task(name, 2 * lag, 2, params.adding_steps, 0.0, ADDING_BASELINE, draw, {lag: draw})
    if name == "parity":
        draw = partial(draw_parity, context_length=length, shortest=1, longest=lag)
        tests = {n: partial(draw_parity, context_length=length, shortest=n, longest=n) for n in parity_lengths(length)}
        return Task(name, length, 1, params.steps, 0.0, 1.0, draw, tests)
    draw = partial({"recall": draw_recall, "shuffled": draw_shuffled}[name], context_length=length, lag=lag)
    return Task(name, length, 1, params.steps, FLOOR, 1.0, draw, {lag: draw})


def parity_lengths(context_length: int) -> tuple[int, int, int]:
    """Lengths on which parity is tested; the first is the longest one to be trained, the last leaves leading zeros."""
    return context_length // 4, context_length // 2, 3 * context_length // 4


def draw_recall(windows: int, generator: torch.Generator, context_length: int, lag: int) -> Batch:
    """Stationary windows of the recall process.

    Args:
        windows: Number of windows (B).
        generator: Source of the random numbers.
        context_length: Observed steps (L).
        lag: Steps back (k), at most L.

    Returns:
        Contexts (B, L), the step after each, and 0.9 times the value k steps before it; the variance is 1.
    """
    steps = torch.randn(windows, context_length + 1, generator=generator)
    noise = FLOOR**0.5
    for start in range(lag, context_length + 1, lag):
        end = min(start + lag, context_length + 1)
        steps[:, start:end] = PHI * steps[:, start - lag : end - lag] + noise * steps[:, start:end]
    context, target = steps[:, :-1], steps[:, -1:]
    return Batch(context, target, PHI * context[:, -lag, None])


def draw_shuffled(windows: int, generator: torch.Generator, context_length: int, lag: int) -> Batch:
    """The windows of `draw_recall`, with the steps of each context in a random order of its own."""
    batch = draw_recall(windows, generator, context_length, lag)
    order = torch.rand(batch.context.shape, generator=generator).argsort(dim=1)
    return Batch(batch.context.gather(1, order), batch.target, batch.best)


def draw_parity(windows: int, generator: torch.Generator, context_length: int, shortest: int, longest: int) -> Batch:
    """Rows of -1 and +1 that end with the context, behind zeros; the target is their product.

    Args:
        windows: Number of windows (B).
        generator: Source of the random numbers.
        context_length: Observed steps (L).
        shortest: Fewest values of a row.
        longest: Most values of a row; each length up to it is equally likely.
    """
    signs = 2.0 * torch.randint(0, 2, (windows, context_length), generator=generator) - 1
    lengths = torch.randint(shortest, longest + 1, (windows, 1), generator=generator)
    row = torch.arange(context_length) >= context_length - lengths  # (B, L)
    target = torch.where(row, signs, 1.0).prod(dim=1, keepdim=True)
    return Batch(torch.where(row, signs, 0.0), target, target)


def draw_adding(windows: int, generator: torch.Generator, length: int) -> Batch:
    """Uniform numbers in [0, 1] and two marks, one in each half; the target is the sum of the marked numbers.

    Args:
        windows: Number of windows (B).
        generator: Source of the random numbers.
        length: Tokens (T); each is a number and its mark.

    Returns:
        Contexts (B, 2T): number, mark, number, mark, and so on.
    """
    numbers = torch.rand(windows, length, generator=generator)
    half = length // 2
    first = torch.randint(0, half, (windows, 1), generator=generator)
    second = torch.randint(half, length, (windows, 1), generator=generator)
    marks = torch.zeros_like(numbers).scatter_(1, torch.cat([first, second], dim=1), 1.0)
    target = (numbers * marks).sum(dim=1, keepdim=True)
    return Batch(torch.stack([numbers, marks], dim=2).flatten(1), target, target)


def order_free_share(context_length: int, lag: int) -> float:
    """What a shuffled history can still tell, as a share of the explainable variance.

    The values keep their mean whatever their order, and the mean of a chain of correlated steps predicts a little:
    cov(y_{L+1}, sum)^2 / var(sum) / phi^2, with corr(y_s, y_t) = phi^(|s-t|/k) where k divides |s-t|, otherwise 0.
    """
    steps = np.arange(context_length + 1)
    apart = np.abs(steps[:, None] - steps)
    correlation = np.where(apart % lag == 0, PHI ** (apart / lag), 0.0)
    with_target = correlation[-1, :-1].sum()
    return float(with_target**2 / correlation[:-1, :-1].sum() / PHI**2)
