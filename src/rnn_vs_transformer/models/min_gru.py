"""The minimal GRU, whose gates see no state: a recurrence that is parallel over time.

    h_t = (1 - z_t) h_{t-1} + z_t c_t,    z_t = sigmoid(W_z x_t + b_z),    c_t = W_c x_t + b_c

Source: Feng et al. (2024), "Were RNNs all we needed?", arXiv 2410.01201, section 3.1, where c_t is written h~_t. It is
the GRU without reset gate, without W_h h_{t-1} in gate and candidate, and without the tanh; it starts at h_0 = 0. We
keep the biases that torch's cells have and leave out the paper's log-space form, which needs c_t > 0. As all z_t and
c_t are known beforehand, the states are those of a linear recurrence, which scan.py computes in parallel.
"""

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from rnn_vs_transformer.models.elman import join
from rnn_vs_transformer.models.scan import scan


class MinGru(nn.Module):
    """Stacked layers, called as torch.nn.GRU is, with its names of weights; rows of W_z stand before those of W_c."""

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, dropout: float = 0.0) -> None:
        """Draw all weights evenly from -1/sqrt(D) to 1/sqrt(D), as torch's cells do.

        Args:
            input_size: Width of what the first layer reads.
            hidden_size: Units of a layer (D).
            num_layers: Layers on top of each other.
            dropout: Share of the activations between layers that is dropped in training.
        """
        super().__init__()
        self.input_size, self.hidden_size, self.num_layers, self.dropout = input_size, hidden_size, num_layers, dropout
        bound = hidden_size**-0.5
        for number in range(num_layers):
            width = hidden_size if number else input_size
            for name, shape in (("weight_ih", (2 * hidden_size, width)), ("bias_ih", (2 * hidden_size,))):
                weight = nn.Parameter(torch.empty(shape).uniform_(-bound, bound))
                self.register_parameter(f"{name}_l{number}", weight)

    def forward(
        self, inputs: Tensor, start: Tensor | None = None, embedding: nn.Linear | None = None
    ) -> tuple[Tensor, Tensor]:
        """States of the last layer (T, B, D), and the last state of each layer (layers, B, D).

        Args:
            inputs: (T, B, E).
            start: The state before the first step (layers, B, D); 0 where it is left out.
            embedding: Makes what the first layer reads from the inputs, and is joined with that layer's own map.
        """
        if start is None:
            start = inputs.new_zeros(self.num_layers, inputs.shape[1], self.hidden_size)
        states, last = inputs, []
        for number in range(self.num_layers):
            weight, bias = (getattr(self, f"{name}_l{number}") for name in ("weight_ih", "bias_ih"))
            if number:
                states = functional.dropout(states, self.dropout, self.training)
            else:
                weight, bias = join(embedding, weight, bias)
            states = self.run_layer(states, weight, bias, start[number])
            last.append(states[-1])
        return states, torch.stack(last)

    def run_layer(self, inputs: Tensor, weight: Tensor, bias: Tensor, start: Tensor) -> Tensor:
        """States (T, B, D) from inputs (T, B, E), weight (2D, E), bias (2D,) and the state before them (B, D)."""
        return cast("Tensor", _MinGruLayer.apply(inputs, weight, bias, start))  # type: ignore[no-untyped-call]


class _MinGruLayer(torch.autograd.Function):
    """The states of a layer, by scan.

    With k_t = 1 - z_t and the gradient g_t of the loss by h_t as it is given, the whole gradient is a scan in reverse:

        d_t = g_t + k_{t+1} d_{t+1},    dL/dc_t = z_t d_t,    dL/d(logit of z_t) = z_t k_t (c_t - h_{t-1}) d_t
    """

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor, start: Tensor) -> Tensor:
        rows, shape = inputs.flatten(0, 1), (*inputs.shape[:2], -1)
        (gate_weight, candidate_weight), (gate_bias, candidate_bias) = weight.chunk(2), bias.chunk(2)
        kept = torch.addmm(-gate_bias, rows, -gate_weight.t()).sigmoid_().view(shape)  # 1 - z
        candidates = torch.addmm(candidate_bias, rows, candidate_weight.t()).view(shape)
        states = scan(kept, torch.addcmul(candidates, kept, candidates, value=-1), start)
        ctx.save_for_backward(rows, weight, start, kept, candidates, states)
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor, Tensor, Tensor]:
        rows, weight, start, kept, candidates, states = ctx.saved_tensors
        whole = torch.empty_like(states)
        whole[-1] = gradient[-1]
        scan(kept[1:], gradient[:-1], whole[-1], backwards=True, out=whole[:-1])
        to_start = kept[0] * whole[0]
        to_candidates = whole.addcmul_(kept, whole, value=-1)
        to_gates = torch.empty_like(states)
        torch.sub(candidates[0], start, out=to_gates[0])
        torch.sub(candidates[1:], states[:-1], out=to_gates[1:])
        to_gates.mul_(kept).mul_(to_candidates)
        parts, weights = [each.flatten(0, 1) for each in (to_gates, to_candidates)], weight.chunk(2)
        to_inputs = None
        if ctx.needs_input_grad[0]:
            to_inputs = torch.addmm(parts[0] @ weights[0], parts[1], weights[1]).view(*states.shape[:2], -1)
        to_weight, to_bias = torch.cat([part.t() @ rows for part in parts]), torch.cat([part.sum(0) for part in parts])
        return to_inputs, to_weight, to_bias, to_start
