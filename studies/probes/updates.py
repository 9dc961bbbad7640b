"""A short training that goes on whatever becomes of the loss, and tells what became of it."""

import math
from dataclasses import dataclass, field
from typing import Final, Literal

import torch
from torch import nn
from torch.nn import functional

from rnn_vs_transformer.data.windows import Windows

OPTIMIZERS: Final = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}


@dataclass(frozen=True)
class Updates:
    """How the weights are changed."""

    optimizer: Literal["adam", "sgd"]
    learning_rate: float
    gradient_clip: float
    """Largest allowed norm of the gradient."""
    batch_size: int
    count: int


@dataclass
class Course:
    """What became of a training: the loss and the norm of the gradient, before it is clipped, at each update."""

    losses: list[float] = field(default_factory=list)
    gradient_norms: list[float] = field(default_factory=list)


def take_updates(model: nn.Module, windows: Windows, updates: Updates, seed: int) -> Course:
    """Train on windows drawn with replacement; the end is early where the loss or a gradient is no finite number."""
    generator, course = torch.Generator().manual_seed(seed), Course()
    optimizer = OPTIMIZERS[updates.optimizer](model.parameters(), lr=updates.learning_rate)
    model.train()
    for _ in range(updates.count):
        batch = windows.batch(torch.randint(len(windows), (updates.batch_size,), generator=generator))
        loss = functional.mse_loss(model(*batch.inputs), batch.target)
        loss.backward()  # type: ignore[no-untyped-call]
        course.losses.append(float(loss.detach()))
        course.gradient_norms.append(float(nn.utils.clip_grad_norm_(model.parameters(), updates.gradient_clip)))
        if not (math.isfinite(course.losses[-1]) and math.isfinite(course.gradient_norms[-1])):
            break
        optimizer.step()
        optimizer.zero_grad()
    return course
