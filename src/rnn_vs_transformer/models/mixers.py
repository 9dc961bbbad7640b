"""All mixers in the same residual block, by name: the two families' own, and controls that are no family.

attention    the Transformer, whose tokens get positions as `model.positional` says
a cell       one layer of `rnn`, `gru`, `lstm` or `min_gru`, from oldest to newest token
mlp          y_t = sum_s M_ts x_s + m_t, one linear map over tokens (MLP-Mixer, Tolstikhin et al. 2021)
none         y_t = x_t: no token knows of another, nor a query of the context
"""

from typing import Final, get_args

from torch import Tensor, nn

from rnn_vs_transformer.models.residual import ResidualStack, stack_blocks
from rnn_vs_transformer.models.rnn import build_rnn
from rnn_vs_transformer.models.shell import ONE_SERIES, ForecastModel, InputSizes
from rnn_vs_transformer.models.transformer import build_transformer
from rnn_vs_transformer.settings.family.model import Cell, ModelParams


class TokenMap(nn.Module):
    """One linear map over the T tokens, the same for all D units."""

    def __init__(self, tokens: int) -> None:
        """Draw a map of so many tokens."""
        super().__init__()
        self.linear = nn.Linear(tokens, tokens)

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        mixed: Tensor = self.linear(tokens.transpose(1, 2))  # (B, D, T)
        return mixed.transpose(1, 2)


CONTROLS: Final = {"mlp": TokenMap, "none": nn.Identity}
MIXERS: Final = ("attention", *get_args(Cell), *CONTROLS)


def build_residual(
    mixer: str, params: ModelParams, context_length: int, prediction_length: int, sizes: InputSizes = ONE_SERIES
) -> ForecastModel:
    """The forecaster of one mixer in the block, with weights drawn from torch's global random state.

    Args:
        mixer: One of `MIXERS`; what `model.cell` and `model.block` say is not read.
        params: Width and layers of attention are the Transformer's, those of all other mixers the RNN's.
        context_length: Observed steps (L).
        prediction_length: Forecast steps (H).
        sizes: Series and covariates.

    Raises:
        KeyError: There is no such mixer.
    """
    if mixer == "attention":
        return build_transformer(params, context_length, prediction_length, sizes)
    if mixer in get_args(Cell):
        recurrent = params.model_copy(update={"cell": mixer, "block": "residual"})
        return build_rnn(recurrent, context_length, prediction_length, sizes)
    control = CONTROLS[mixer]

    def build(tokens: int) -> ResidualStack:
        return stack_blocks(params, lambda: control(tokens))

    return ForecastModel(params, context_length, prediction_length, params.rnn_width, build, sizes)
