"""The models of neuralforecast and darts that are nearest to ours, of the same width, layers and heads."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from darts.models import BlockRNNModel, TransformerModel
from neuralforecast.models import GRU, RNN, NLinear, PatchTST, VanillaTransformer

from rnn_vs_transformer.settings.family.model import ModelParams

Build = Callable[..., Any]
"""From the settings and what all models of the library are given."""
SEASON: Final = 24
"""Steps of a token of PatchTST."""


def neuralforecast_rnn(params: ModelParams, cell: Any = RNN, **shared: Any) -> Any:
    """A recurrent encoder (RNN or GRU) and a perceptron as decoder."""
    width = params.rnn_width
    return cell(encoder_n_layers=params.rnn_layers, encoder_hidden_size=width,
                decoder_layers=1, decoder_hidden_size=width, **shared)  # fmt: skip


def neuralforecast_gru(params: ModelParams, **shared: Any) -> Any:
    """The same with gates."""
    return neuralforecast_rnn(params, GRU, **shared)


def neuralforecast_transformer(params: ModelParams, **shared: Any) -> Any:
    """An encoder-decoder on points."""
    return VanillaTransformer(
        hidden_size=params.transformer_width, n_head=params.heads, dropout=params.dropout, activation="relu",
        encoder_layers=params.transformer_layers, conv_hidden_size=params.feedforward_width, **shared,
    )  # fmt: skip


def neuralforecast_patches(params: ModelParams, **shared: Any) -> Any:
    """PatchTST with a season as token; its own instance norm stays on."""
    return PatchTST(
        hidden_size=params.transformer_width, n_heads=params.heads, encoder_layers=params.transformer_layers,
        linear_hidden_size=params.feedforward_width, patch_len=SEASON, stride=SEASON, activation="relu",
        dropout=params.dropout, fc_dropout=params.dropout, **shared,
    )  # fmt: skip


def neuralforecast_linear(_: ModelParams, **shared: Any) -> Any:
    """A linear map of what is left when the last value is taken off."""
    return NLinear(**shared)


def darts_rnn(params: ModelParams, **shared: Any) -> Any:
    """Reads the series without an embedding; linear readout of the last state."""
    return BlockRNNModel(model="RNN", hidden_dim=params.rnn_width, n_rnn_layers=params.rnn_layers, **shared)


def darts_transformer(params: ModelParams, **shared: Any) -> Any:
    """An encoder-decoder whose decoder has one token."""
    return TransformerModel(
        d_model=params.transformer_width, nhead=params.heads, num_encoder_layers=params.transformer_layers,
        num_decoder_layers=1, dim_feedforward=params.feedforward_width, activation="relu", **shared,
    )  # fmt: skip


NEURALFORECAST: Final[Mapping[str, Build]] = {
    "rnn": neuralforecast_rnn,
    "gru": neuralforecast_gru,
    "transformer": neuralforecast_transformer,
    "patchtst": neuralforecast_patches,
    "nlinear": neuralforecast_linear,
}
DARTS: Final[Mapping[str, Build]] = {"rnn": darts_rnn, "transformer": darts_transformer}
FAMILY_OF: Final[Mapping[str, str]] = {
    "rnn": "rnn", "gru": "rnn", "transformer": "transformer", "patchtst": "transformer", "nlinear": "linear",
}  # fmt: skip


def trainer_options(callbacks: list[Any], gradient_clip: float) -> dict[str, Any]:
    """Lightning without what is no training: no progress bar, no log, no files."""
    return {
        "accelerator": "cpu",
        "callbacks": callbacks,
        "enable_checkpointing": False,
        "enable_model_summary": False,
        "enable_progress_bar": False,
        "gradient_clip_val": gradient_clip,
        "logger": False,
    }
