"""A multilayer perceptron on the window: the control that has no sequence model at all.

    forecast = W_2 relu(W_1 context + b_1) + b_2        (more hidden layers where `model.mlp_layers` says so)

It is the families' shell with one patch as long as the context, so instance norm, dropout and the linear highway are as
in theirs. The embedding of that patch is the first hidden layer. Patches, readout and decoding of the settings are not
read.
"""

from typing import cast

from torch import Tensor, nn
from torch.nn import functional

from rnn_vs_transformer.models.shell import ONE_SERIES, Embedded, ForecastModel, InputSizes, Mixer
from rnn_vs_transformer.settings.family.model import MlpModelParams


class HiddenLayers(nn.Module):
    """In the place of a mixer: relu, and the hidden layers after the first."""

    def __init__(self, params: MlpModelParams) -> None:
        """Draw the layers."""
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(params.mlp_width, params.mlp_width) for _ in range(params.mlp_layers - 1))

    def forward(self, embedded: Embedded, last_only: bool) -> Tensor:  # noqa: ARG002
        """The one token (B, 1, D) to (B, 1, D)."""
        hidden = functional.relu(embedded.tokens())
        for layer in self.layers:
            hidden = functional.relu(layer(hidden))
        return hidden


def build_mlp(
    params: MlpModelParams, context_length: int, prediction_length: int, sizes: InputSizes = ONE_SERIES
) -> ForecastModel:
    """The MLP's forecaster, with weights drawn from torch's global random state."""
    read = params.steps_read(context_length)
    window = {"patch_length": read, "patch_stride": read, "readout": "last"}

    def build(_: int) -> Mixer:
        return cast("Mixer", HiddenLayers(params))  # which no query is put to, as the readout is `last`

    shell = params.model_copy(update=window)
    return ForecastModel(shell, context_length, prediction_length, params.mlp_width, build, sizes)
