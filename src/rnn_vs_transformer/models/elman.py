"""The tanh recurrence on a CPU, with its gradient written out.

    h_t = tanh(u_t + W h_{t-1}),    u_t = W_x x_t + b,    x_t = W_e p_t + b_e

The first layer reads tokens x_t, which are linear in the patches p_t. As W_x is linear too, u_t = (W_x W_e) p_t +
(W_x b_e + b): the product of the two weights is small, and no token is made, nor the gradient of one.

torch.nn.RNN records some ten operations per step for its backward pass and sums up the gradient of W step by step. Here
a step is two operations forwards and two backwards, in place, and that sum is one product over all steps:

    g_t = (dL/dh_t + W' g_{t+1}) (1 - h_t^2),    dL/du_t = g_t,    dL/dW = sum_t g_t h_{t-1}'

The recurrence runs in s_t = sigmoid(2 u_t + 2 W h_{t-1}), from which h_t = 2 s_t - 1, as torch's sigmoid takes a third
of the time of its tanh on a CPU. The gradient is backpropagation through time (Werbos 1990).
"""

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional


def join(embedding: nn.Linear | None, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """Weight and bias of the map that embeds first; those given where there is no embedding, which has a bias."""
    if embedding is None:
        return weight, bias
    return weight @ embedding.weight, torch.addmv(bias, weight, embedding.bias)


def run_elman(layers: nn.RNN, embedding: nn.Linear | None, patches: Tensor) -> tuple[Tensor, Tensor]:
    """What `layers(embedding(patches))` gives, up to rounding.

    Args:
        layers: Stacked layers of tanh units; they start at 0.
        embedding: Makes the tokens that the first layer reads; None where the patches are these tokens.
        patches: (T, B, P).

    Returns:
        States of the last layer (T, B, D), and the last state of each layer (layers, B, D).
    """
    states, last = patches, []
    for number in range(layers.num_layers):
        input_weight, recurrent_weight, input_bias, recurrent_bias = (
            cast("Tensor", getattr(layers, f"{name}_l{number}"))
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        bias = input_bias + recurrent_bias
        if number:
            states = functional.dropout(states, layers.dropout, layers.training)
        else:
            input_weight, bias = join(embedding, input_weight, bias)
        layer = (input_weight, bias, recurrent_weight)
        states = cast("Tensor", _TanhLayer.apply(states, *layer))  # type: ignore[no-untyped-call]
        last.append(states[-1])
    return states, torch.stack(last)


class _TanhLayer(torch.autograd.Function):
    """States (T, B, D) from inputs (T, B, E), W_x (D, E), b (D,) and W (D, D)."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, input_weight: Tensor, bias: Tensor, weight: Tensor) -> Tensor:
        rows = inputs.flatten(0, 1)
        offset = weight.sum(dim=1)  # 2 W h = 4 W s - 2 W 1, and h = 0 before the first step
        states = torch.addmm(2 * (bias - offset), rows, 2 * input_weight.t()).view(*inputs.shape[:2], -1)
        states[0] += 2 * offset
        quadruple = 4 * weight.t()
        before, *following = states.unbind()
        before.sigmoid_()
        for after in following:
            before = after.addmm_(before, quadruple).sigmoid_()
        states.mul_(2).sub_(1)
        ctx.save_for_backward(rows, states, input_weight, weight)
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor, Tensor, Tensor]:
        rows, states, input_weight, weight = ctx.saved_tensors
        slopes = torch.addcmul(states.new_ones(()), states, states, value=-1)
        drives = torch.empty_like(states)
        drive, *earlier = reversed(drives.unbind())
        torch.mul(gradient[-1], slopes[-1], out=drive)
        asked, slopes_before = reversed(gradient[:-1].unbind()), reversed(slopes[:-1].unbind())
        for before, given, slope in zip(earlier, asked, slopes_before, strict=True):
            drive = torch.addmm(given, drive, weight, out=before).mul_(slope)
        flat = drives.flatten(0, 1)
        passed_on = (flat @ input_weight).view(*states.shape[:2], -1) if ctx.needs_input_grad[0] else None
        return passed_on, flat.t() @ rows, flat.sum(dim=0), drives[1:].flatten(0, 1).t() @ states[:-1].flatten(0, 1)
