"""Recurrence as the mixer.

    h_t = tanh(W_x x_t + W_h h_{t-1} + b)        (Elman 1990; `cell: rnn`)

GRU (Cho et al. 2014) and LSTM (Hochreiter and Schmidhuber 1997) replace that one line. In the symbols of the
shell: x_t is the embedded token t, and the readout y = W_o h_T + c belongs to the shell. Where the decoding is
autoregressive, a second stack of the same cells goes on from the last state.
"""

from typing import Final, cast

from torch import Tensor, nn

from rnn_vs_transformer.models.elman import run_elman
from rnn_vs_transformer.models.encoder_decoder import build_forecaster
from rnn_vs_transformer.models.recurrent_decoder import RecurrentDecoder, State
from rnn_vs_transformer.models.shell import Embedded, ForecastModel
from rnn_vs_transformer.settings.family.model import RnnModelParams

CELLS: Final = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


class Recurrence(nn.Module):
    """Stacked recurrent layers; order is in the recurrence, so no positional encoding is needed."""

    def __init__(self, params: RnnModelParams) -> None:
        """Build `rnn_layers` layers of `rnn_width` units of the chosen cell."""
        super().__init__()
        self.layers = stack_cells(params)

    def forward(self, embedded: Embedded, last_only: bool) -> Tensor:
        """Mix tokens (B, T, D) to the states (B, T, D), or to the last state (B, 1, D)."""
        states, _ = self._run(embedded)
        result: Tensor = states[-1:] if last_only else states
        return result.transpose(0, 1)

    def encode(self, embedded: Embedded) -> State:
        """The state after the tokens (B, T, D), in which a decoder starts."""
        _, state = self._run(embedded)
        return state

    def _run(self, embedded: Embedded) -> tuple[Tensor, State]:
        """States (T, B, D), and the last state of each layer (layers, B, D); LSTM has two."""
        patches, embedding = embedded
        if isinstance(self.layers, nn.RNN) and patches.device.type == "cpu":  # a GPU has a kernel for the whole
            return run_elman(self.layers, embedding, patches.transpose(0, 1))
        steps = embedded.tokens().transpose(0, 1)  # (T, B, D), the layout torch.nn.RNN works in
        return cast("tuple[Tensor, State]", self.layers(steps))

    def answer(self, embedded: Embedded, queries: Tensor) -> Tensor:
        """Each query (B, S, D) takes one step of the recurrence from the final state, in parallel: (B, S, D).

        This is the parallel multi-step decoding of SegRNN (Lin et al. 2023).
        """
        count = queries.shape[1]
        final = self.encode(embedded)
        if isinstance(final, tuple):  # LSTM: state and cell, (layers, B, D) each
            start: State = (final[0].repeat_interleave(count, dim=1), final[1].repeat_interleave(count, dim=1))
        else:
            start = final.repeat_interleave(count, dim=1)  # (layers, B * S, D)
        states, _ = self.layers(queries.flatten(0, 1)[None], start)  # (1, B * S, D)
        result: Tensor = states.view(queries.shape)
        return result


def stack_cells(params: RnnModelParams) -> nn.RNNBase:
    """`rnn_layers` layers of `rnn_width` units of the chosen cell, with dropout between them."""
    width, dropout = params.rnn_width, params.dropout if params.rnn_layers > 1 else 0.0
    layers: nn.RNNBase = CELLS[params.cell](width, width, num_layers=params.rnn_layers, dropout=dropout)
    return layers


def build_rnn(params: RnnModelParams, context_length: int, prediction_length: int, channels: int = 1) -> ForecastModel:
    """The RNN family's forecaster, with weights drawn from torch's global random state."""
    return build_forecaster(
        params,
        context_length,
        prediction_length,
        params.rnn_width,
        lambda _: Recurrence(params),
        lambda _, __: RecurrentDecoder(stack_cells(params)),
        channels,
    )
