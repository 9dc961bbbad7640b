"""One pre-norm residual block for every mixer, so that the mixer is the only thing in which two models differ.

    a = x + Mixer(LayerNorm(x))
    y = a + W_2 relu(W_1 LayerNorm(a))        as often as there are layers, then a final LayerNorm

Sources: pre-norm, Xiong et al. (2020); other mixers in attention's place, MetaFormer (Yu et al. 2022). Mixers by name:

    attention              multi-head self-attention; tokens get positions first, as `model.positional` says
    rnn, gru, lstm, min_gru    one layer of that recurrence, from oldest to newest token
    mlp                    y_t = sum_s M_ts x_s + m_t, one linear map over tokens (MLP-Mixer, Tolstikhin et al. 2021)
    none                   y_t = x_t: no token knows of another

The Transformer's encoder (transformer.py) is this block with attention already, so it is taken as it is. Queries of
segments are further tokens behind the others, whatever the mixer; only they are read. (With `none` they know nothing of
the context.) Where only the last token is read, the last layer makes that one alone from its mixer's output onwards.
"""

from typing import Final

import torch
from torch import Tensor, nn

from rnn_vs_transformer.models.cells import stack_cells
from rnn_vs_transformer.models.elman import run_elman
from rnn_vs_transformer.models.layers import feedforward_block
from rnn_vs_transformer.models.shell import Embedded, ForecastModel
from rnn_vs_transformer.models.transformer import build_transformer
from rnn_vs_transformer.settings.family.model import ModelParams, RnnModelParams

MIXERS: Final = ("attention", "rnn", "gru", "lstm", "min_gru", "mlp", "none")


class ResidualStack(nn.Module):
    """As many blocks as the RNN family has layers, of its width, and the final norm."""

    def __init__(self, mixer: str, params: RnnModelParams, tokens: int) -> None:
        """Build the blocks of one mixer.

        Args:
            mixer: One of `MIXERS` but attention.
            params: Width, layers, feed-forward width, dropout, and how recurrent matrices start.
            tokens: Length of the sequences, queries of segments included.
        """
        super().__init__()
        self.dropout = nn.Dropout(params.dropout)
        self.layers = nn.ModuleList(
            ResidualBlock(_build_mixer(mixer, params, tokens), params) for _ in range(params.rnn_layers)
        )
        self.norm = nn.LayerNorm(params.rnn_width)

    def forward(self, embedded: Embedded, last_only: bool) -> Tensor:
        """Mix tokens (B, T, D) to (B, T, D), or to the last one (B, 1, D)."""
        tokens = embedded.tokens()
        return self._mix(tokens, 1 if last_only else tokens.shape[1])

    def answer(self, embedded: Embedded, queries: Tensor) -> Tensor:
        """Each query (B, S, D) is a token behind the tokens (B, T, D) and the queries before it: (B, S, D)."""
        return self._mix(torch.cat([embedded.tokens(), queries], dim=1), queries.shape[1])

    def _mix(self, tokens: Tensor, asked: int) -> Tensor:
        tokens = self.dropout(tokens)
        for layer in self.layers[:-1]:
            tokens = layer(tokens, tokens.shape[1])
        result: Tensor = self.norm(self.layers[-1](tokens, asked))
        return result


class ResidualBlock(nn.Module):
    """A mixer and a feed-forward block, each behind a norm and beside a residual connection."""

    def __init__(self, mixer: nn.Module, params: RnnModelParams) -> None:
        """Take a mixer of tokens (B, T, D) to (B, T, D)."""
        super().__init__()
        self.mixer_norm = nn.LayerNorm(params.rnn_width)
        self.mixer = mixer
        self.feedforward_norm = nn.LayerNorm(params.rnn_width)
        self.feedforward = feedforward_block(params.rnn_width, params.feedforward_width, params.dropout)
        self.dropout = nn.Dropout(params.dropout)

    def forward(self, tokens: Tensor, asked: int) -> Tensor:
        """Mix tokens (B, T, D) and give the last `asked` of them (B, asked, D)."""
        mixed = tokens[:, -asked:] + self.dropout(self.mixer(self.mixer_norm(tokens))[:, -asked:])
        result: Tensor = mixed + self.dropout(self.feedforward(self.feedforward_norm(mixed)))
        return result


class OneRecurrence(nn.Module):
    """One recurrent layer over the tokens (B, T, D)."""

    def __init__(self, params: RnnModelParams) -> None:
        """Build a layer of the cell that the settings name."""
        super().__init__()
        self.layer = stack_cells(params, layers=1)

    def forward(self, tokens: Tensor) -> Tensor:
        """The state after each token (B, T, D)."""
        steps = tokens.transpose(0, 1)  # (T, B, D)
        if isinstance(self.layer, nn.RNN) and steps.device.type == "cpu":
            states, _ = run_elman(self.layer, None, steps)
        else:
            states, _ = self.layer(steps)
        return states.transpose(0, 1)


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


def _build_mixer(mixer: str, params: RnnModelParams, tokens: int) -> nn.Module:
    if mixer == "none":
        return nn.Identity()
    if mixer == "mlp":
        return TokenMap(tokens)
    return OneRecurrence(params.model_copy(update={"cell": mixer}))


def build_residual(
    mixer: str, params: ModelParams, context_length: int, prediction_length: int, channels: int = 1
) -> ForecastModel:
    """The forecaster of one mixer in the block, with weights drawn from torch's global random state.

    Args:
        mixer: One of `MIXERS`; what `model.cell` says is not read.
        params: Width and layers of attention are the Transformer's, those of all other mixers the RNN's.
        context_length: Observed steps (L).
        prediction_length: Forecast steps (H).
        channels: Channels of the series (C).

    Raises:
        ValueError: There is no such mixer.
    """
    if mixer not in MIXERS:
        raise ValueError(f"expected a mixer of {', '.join(MIXERS)}, got {mixer!r}")
    params = params.model_copy(update={"decoding": "direct"})
    if mixer == "attention":
        return build_transformer(params, context_length, prediction_length, channels)

    def build(tokens: int) -> ResidualStack:
        return ResidualStack(mixer, params, tokens)

    return ForecastModel(params, context_length, prediction_length, params.rnn_width, build, channels)
