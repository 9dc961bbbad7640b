"""Recurrence as the mixer.

    h_t = tanh(W_x x_t + W_h h_{t-1} + b)        (Elman 1990; `cell: rnn`)

GRU (Cho et al. 2014), LSTM (Hochreiter and Schmidhuber 1997) and the minimal GRU (min_gru.py) replace that one line. In
the symbols of the shell: x_t is the embedded token t, and the readout y = W_o h_T + c belongs to the shell. Where the
decoding is autoregressive, a second stack of the same cells goes on from the last state. With `block: residual` the
same cells mix inside the block of residual.py.
"""

from typing import cast

from torch import Tensor, nn

from rnn_vs_transformer.models.cells import CELLS, stack_cells
from rnn_vs_transformer.models.elman import run_elman
from rnn_vs_transformer.models.encoder_decoder import build_forecaster
from rnn_vs_transformer.models.min_gru import MinGru
from rnn_vs_transformer.models.recurrent_decoder import RecurrentDecoder, State
from rnn_vs_transformer.models.residual import ResidualStack
from rnn_vs_transformer.models.shell import Embedded, ForecastModel, Mixer
from rnn_vs_transformer.settings.family.model import RnnModelParams

__all__ = ["CELLS", "Recurrence", "build_rnn"]


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
        if isinstance(self.layers, MinGru) and patches.device.type != "meta":  # where the model as written is counted
            return cast("tuple[Tensor, State]", self.layers(patches.transpose(0, 1), embedding=embedding))
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


def build_rnn(params: RnnModelParams, context_length: int, prediction_length: int, channels: int = 1) -> ForecastModel:
    """The RNN family's forecaster, with weights drawn from torch's global random state."""

    def build_mixer(tokens: int) -> Mixer:
        return Recurrence(params) if params.block == "bare" else ResidualStack(params.cell, params, tokens)

    return build_forecaster(
        params,
        context_length,
        prediction_length,
        params.rnn_width,
        build_mixer,
        lambda _, __: RecurrentDecoder(stack_cells(params)),
        channels,
    )
