"""Recurrence as the mixer.

    h_t = tanh(W_x x_t + W_h h_{t-1} + b)        (Elman 1990; `cell: rnn`)

GRU (Cho et al. 2014) and LSTM (Hochreiter and Schmidhuber 1997) replace that one line. In the symbols of the
shell: x_t is the embedded token t, and the readout y = W_o h_T + c belongs to the shell.
"""

from typing import Final

from torch import Tensor, nn

from rnn_vs_transformer.models.shell import Forecaster
from rnn_vs_transformer.params import RnnModelParams

CELLS: Final = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


class Recurrence(nn.Module):
    """Stacked recurrent layers; order is in the recurrence, so no positional encoding is needed."""

    def __init__(self, params: RnnModelParams) -> None:
        """Build `rnn_layers` layers of `rnn_width` units of the chosen cell."""
        super().__init__()
        self.layers = CELLS[params.cell](
            params.rnn_width,
            params.rnn_width,
            num_layers=params.rnn_layers,
            dropout=params.dropout if params.rnn_layers > 1 else 0.0,
        )

    def forward(self, tokens: Tensor, last_only: bool) -> Tensor:
        """Mix tokens (B, T, D) to the states (B, T, D), or to the last state (B, 1, D)."""
        states, _ = self.layers(tokens.transpose(0, 1))  # (T, B, D), the layout torch.nn.RNN works in
        result: Tensor = states[-1:] if last_only else states
        return result.transpose(0, 1)


def build_rnn(params: RnnModelParams, context_length: int, prediction_length: int) -> Forecaster:
    """The RNN family's forecaster, with weights drawn from torch's global random state."""
    return Forecaster(params, context_length, prediction_length, params.rnn_width, lambda _: Recurrence(params))
