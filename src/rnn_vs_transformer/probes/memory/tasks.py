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
    """Windows: contexts (B, L), what to forecast (B, 1), and its expectation given all that came before (B, 1)."""

    context: Tensor
    target: Tensor
    best: Tensor


Draw = Callable[[int, torch.Generator], Batch]
"""Draws B windows with the given generator."""


@dataclass(frozen=True)
class Task:
    """What a model learns and on what it is then measured.

    The mean squared error of the best forecast is the floor, that of the best constant the baseline. `steps` are the
    training steps, at most; `draw` draws the windows to learn from.
    """

    name: str
    context_length: int
    patch_length: int
    steps: int
    floor: float
    baseline: float
    draw: Draw
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
    """Make one of `probe.tasks`; its lag is that of recall and shuffled, parity's longest trained length, adding's T.

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
    """Stationary windows (B, L) of the recall process, whose lag k is at most L; the variance is 1."""
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
    """Rows of -1 and +1 that end with the context (B, L), behind zeros; the target is their product.

    Each length of a row, from the shortest to the longest, is equally likely.
    """
    signs = 2.0 * torch.randint(0, 2, (windows, context_length), generator=generator) - 1
    lengths = torch.randint(shortest, longest + 1, (windows, 1), generator=generator)
    row = torch.arange(context_length) >= context_length - lengths  # (B, L)
    target = torch.where(row, signs, 1.0).prod(dim=1, keepdim=True)
    return Batch(torch.where(row, signs, 0.0), target, target)


def draw_adding(windows: int, generator: torch.Generator, length: int) -> Batch:
    """Uniform numbers in [0, 1] and two marks, one in each half; the target is the sum of the marked numbers.

    The T tokens are pairs of a number and its mark, so contexts are (B, 2T).
    """
    numbers = torch.rand(windows, length, generator=generator)
    halves = ((0, length // 2), (length // 2, length))
    marked = torch.cat([torch.randint(*half, (windows, 1), generator=generator) for half in halves], dim=1)
    marks = torch.zeros_like(numbers).scatter_(1, marked, 1.0)
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
