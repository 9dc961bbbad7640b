"""A multilayer perceptron on the window: the control that has no sequence model at all.

    forecast = W_2 relu(W_1 context + b_1) + b_2

It is the families' shell with one patch as long as the context, so instance norm, dropout and the linear highway are as
in theirs. The embedding of that patch is the hidden layer, and relu stands where they mix tokens. Patches, readout,
block and decoding of the settings are not read.
"""

from typing import cast

from torch import Tensor, nn
from torch.nn import functional

from rnn_vs_transformer.models.shell import Embedded, ForecastModel, Mixer
from rnn_vs_transformer.settings.family.model import MlpModelParams


class Relu(nn.Module):
    """In the place of a mixer: the one token (B, 1, D), bent."""

    def forward(self, embedded: Embedded, last_only: bool) -> Tensor:  # noqa: ARG002
        """(B, 1, D) to (B, 1, D)."""
        return functional.relu(embedded.tokens())


def build_mlp(params: MlpModelParams, context_length: int, prediction_length: int, channels: int = 1) -> ForecastModel:
    """The MLP's forecaster, with weights drawn from torch's global random state."""
    window = {"patch_length": context_length, "patch_stride": context_length, "readout": "last"}
    shell = params.model_copy(update=window)

    def build_relu(_: int) -> Mixer:
        return cast("Mixer", Relu())  # which no query is put to, as the readout is `last`

    return ForecastModel(shell, context_length, prediction_length, params.mlp_width, build_relu, channels)
