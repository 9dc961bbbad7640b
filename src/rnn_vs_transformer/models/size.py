"""What a forecaster costs before it is run: parameters and multiply-adds."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


def parameter_count(model: nn.Module) -> int:
    """Trainable numbers."""
    return sum(weight.numel() for weight in model.parameters() if weight.requires_grad)


def multiply_adds_per_window(model: nn.Module, context_length: int) -> int:
    """Multiply-adds of the matrix products of one forward pass for one window (half its FLOPs)."""
    training = model.training
    model.train()  # with gradients on, torch runs the products one by one instead of in a fused, uncounted kernel
    with FlopCounterMode(display=False) as counter:
        model(torch.zeros(1, context_length))
    model.train(training)
    return int(counter.get_total_flops()) // 2
