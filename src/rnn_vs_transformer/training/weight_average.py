"""The exponential mean of a model's weights over the steps of training (Polyak and Juditsky 1992).

The last steps of training go to and fro about what they near, and their mean lies nearer to it.
"""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


def average_of(model: nn.Module, decay: float) -> AveragedModel | None:
    """A model of the same form that is brought nearer by `update_parameters`, after each step; none where decay is 0.

    Args:
        model: As drawn; the mean begins with its weights after the first step.
        decay: The share of the mean that a step leaves, (1 + t) / (10 + t) at most after t steps, so that the first,
            which are nearly random, are soon forgotten.
    """
    return AveragedModel(model, multi_avg_fn=partial(_move, decay)) if decay else None


def _move(decay: float, means: Sequence[Tensor], weights: Sequence[Tensor], steps: Tensor | int) -> None:
    """In place; the share of the new weights stays a tensor, as a GPU would be waited for to read it."""
    share = (9 / (10 + torch.as_tensor(steps))).clamp_min(1 - decay)
    for mean, weight in zip(means, weights, strict=True):
        mean.lerp_(weight, share)
