"""Recurrence as the mixer.

    h_t = tanh(W_x x_t + W_h h_{t-1} + b)        (Elman 1990; `cell: rnn`)

GRU (Cho et al. 2014), LSTM (Hochreiter and Schmidhuber 1997) and the minimal GRU (min_gru.py) replace that one line. In
the symbols of the shell: x_t is the embedded token t, and the readout y = W_o h_T + c belongs to the shell. Where the
decoding is autoregressive, a second stack of the same cells goes on from the last state. With `block: residual` the
same cells mix inside the block of residual.py.
"""

from typing import Final, cast

from torch import Tensor, nn

from rnn_vs_transformer.models.elman import run_elman
from rnn_vs_transformer.models.encoder_decoder import build_forecaster
from rnn_vs_transformer.models.min_gru import MinGru
from rnn_vs_transformer.models.recurrent_decoder import Layers, RecurrentDecoder, State, as_float32, in_float32
from rnn_vs_transformer.models.residual import stack_blocks
from rnn_vs_transformer.models.shell import ONE_SERIES, Embedded, ForecastModel, InputSizes, Mixer
from rnn_vs_transformer.settings.family.model import RnnModelParams

CELLS: Final = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
"""The cells with a matrix from state to state, which the probes compare."""


class Recurrence(nn.Module):
    """Stacked recurrent layers; order is in the recurrence, so no positional encoding is needed."""

    def __init__(self, params: RnnModelParams) -> None:
        """Build `rnn_layers` layers of `rnn_width` units of the chosen cell."""
        super().__init__()
        self.layers = stack_cells(params, params.rnn_layers)

    def forward(self, embedded: Embedded, last_only: bool) -> Tensor:
        """Mix tokens (B, T, D) to the states (B, T, D), or to the last state (B, 1, D)."""
        states, _ = run_cells(self.layers, *embedded)
        result: Tensor = states[-1:] if last_only else states
        return result.transpose(0, 1)

    def encode(self, embedded: Embedded) -> State:
        """The state after the tokens (B, T, D), in which a decoder starts."""
        _, state = run_cells(self.layers, *embedded)
        return state

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
        with in_float32(queries):
            states, _ = self.layers(as_float32(queries.flatten(0, 1)[None]), start)  # (1, B * S, D)
        result: Tensor = states.view(queries.shape)
        return result


class RecurrentMixer(nn.Module):
    """One layer of the chosen cell, as the mixer of a residual block."""

    def __init__(self, params: RnnModelParams) -> None:
        """Build the layer."""
        super().__init__()
        self.layer = stack_cells(params, 1)

    def forward(self, tokens: Tensor) -> Tensor:
        """The state after each token, (B, T, D) to (B, T, D)."""
        states, _ = run_cells(self.layer, tokens)
        return states.transpose(0, 1)


def run_cells(layers: Layers, inputs: Tensor, embedding: nn.Linear | None = None) -> tuple[Tensor, State]:
    """States (T, B, D), and the last state of each layer (layers, B, D); LSTM has two; all in float32.

    Args:
        layers: Start at 0.
        inputs: (B, T, P).
        embedding: Makes the tokens that the first layer reads; None where the inputs are these tokens.
    """
    device, inputs = inputs.device.type, as_float32(inputs)
    with in_float32(inputs):
        if isinstance(layers, nn.RNN) and device == "cpu":  # a GPU has a kernel for the whole
            return run_elman(layers, embedding, inputs.transpose(0, 1))
        if isinstance(layers, MinGru) and device != "meta":  # where the model as written is counted
            return layers(inputs.transpose(0, 1), embedding=embedding)  # type: ignore[no-any-return]
        tokens = inputs if embedding is None else embedding(inputs)
        return cast("tuple[Tensor, State]", layers(tokens.transpose(0, 1)))  # (T, B, D), as torch.nn.RNN works


def stack_cells(params: RnnModelParams, count: int) -> Layers:
    """So many layers of `rnn_width` units of the chosen cell, with dropout between them."""
    width, dropout = params.rnn_width, params.dropout if count > 1 else 0.0
    layers: Layers = {**CELLS, "min_gru": MinGru}[params.cell](width, width, num_layers=count, dropout=dropout)
    if params.recurrent_start == "orthogonal":
        start_orthogonally(layers)
    return layers


def start_orthogonally(layers: nn.Module) -> None:
    """Draw each matrix from state to state, one per gate, as a random rotation (Saxe et al. 2014; Le et al. 2015).

    It keeps the length of what it multiplies, so that at the start of training a gradient neither vanishes nor explodes
    by the matrix; the slope of the tanh or of the gates still counts.
    """
    for name, weight in layers.named_parameters():
        if name.startswith("weight_hh"):  # (gates * D, D)
            for gate in weight.chunk(weight.shape[0] // weight.shape[1]):
                nn.init.orthogonal_(gate)


def build_rnn(
    params: RnnModelParams, context_length: int, prediction_length: int, sizes: InputSizes = ONE_SERIES
) -> ForecastModel:
    """The RNN family's forecaster, with weights drawn from torch's global random state."""

    def build_mixer(_: int) -> Mixer:
        return Recurrence(params) if params.block == "bare" else stack_blocks(params, lambda: RecurrentMixer(params))

    return build_forecaster(
        params,
        context_length,
        prediction_length,
        params.rnn_width,
        build_mixer,
        lambda _, __: RecurrentDecoder(stack_cells(params, params.rnn_layers)),
        sizes,
    )
