"""What a forecaster costs before it is run: parameters and multiply-adds."""

import copy

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from rnn_vs_transformer.data.windows import WindowCovariates
from rnn_vs_transformer.models.shell import ForecastModel


def parameter_count(model: nn.Module) -> int:
    """Trainable numbers."""
    return sum(weight.numel() for weight in model.parameters() if weight.requires_grad)


def multiply_adds_per_window(model: ForecastModel, context_length: int) -> int:
    """Multiply-adds of the matrix products of one forward pass for one window (half its FLOPs), covariates included.

    They are counted on torch's meta device, which knows shapes only. There the recurrence of LSTM and attention run
    product by product; on a CPU both take fused kernels, which the counter does not see. So it is the model as written
    that is counted: that the tanh recurrence joins the embedding with its first layer on a CPU (`models/elman.py`)
    saves time, not counted work.
    """
    shapes, sizes = copy.deepcopy(model).to("meta"), model.sizes
    with torch.device("meta"):
        context, series = torch.zeros(1, context_length), torch.zeros(1, dtype=torch.long)
        covariates = WindowCovariates(
            torch.zeros(1, context_length, sizes.past + sizes.future),
            torch.zeros(1, model.prediction_length, sizes.future),
            torch.zeros(1, sizes.static),
        )
    with FlopCounterMode(display=False) as counter:
        shapes(context, series, None, covariates)
    return int(counter.get_total_flops()) // 2
