"""The running mean of a model's weights over the steps of training (Polyak and Juditsky 1992).

The last steps go to and fro about what they near, and their mean lies nearer to it. Each step counts by about the
eighth power of its number, much as in the polynomial-decay averaging of Shamir and Zhang (2013), so that the mean is
one over the last tenth or so of the steps, however many there are.
"""

import copy

import torch
from torch import nn


class WeightAverage:
    """A model of the same form with the mean of another's weights."""

    def __init__(self, model: nn.Module) -> None:
        """Of the model as drawn, before its first step; buffers stay as they are."""
        self.model = copy.deepcopy(model)
        self.steps = 0
        for part in self.model.modules():
            if isinstance(part, nn.RNNBase):
                part.flatten_parameters()  # a copy lies in pieces, of which cuDNN would warn

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Take in the weights after one more step."""
        share = 9 / (10 + self.steps) if self.steps else 1.0
        for mean, weight in zip(self.model.parameters(), model.parameters(), strict=True):
            mean.lerp_(weight, share)
        self.steps += 1
