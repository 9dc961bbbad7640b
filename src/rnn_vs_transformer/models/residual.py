"""One pre-norm residual block for every mixer, so that the mixer is the only thing in which two models differ.

    a = x + Mixer(LayerNorm(x))
    y = a + W_2 relu(W_1 LayerNorm(a))        as often as there are layers, then a final LayerNorm

Sources: pre-norm, Xiong et al. (2020); other mixers in attention's place, MetaFormer (Yu et al. 2022). The encoder
layer of transformer.py is this block with attention. Queries of segments are further tokens behind the others, whatever
the mixer, in the manner of masked tokens (BERT, Devlin et al. 2019); only they are read.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from rnn_vs_transformer.models.layers import feedforward_block
from rnn_vs_transformer.models.shell import Embedded
from rnn_vs_transformer.settings.family.model import RnnModelParams


class ResidualStack(nn.Module):
    """Blocks one after the other, and the final norm."""

    def __init__(self, positions: nn.Module, layers: Iterable[nn.Module], width: int, dropout: float) -> None:
        """Take what tells tokens (B, T, D) their places, and layers that mix them and give the last `asked` of them."""
        super().__init__()
        self.positions = positions
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(layers)
        self.norm = nn.LayerNorm(width)

    def forward(self, embedded: Embedded, last_only: bool) -> Tensor:
        """Mix tokens (B, T, D) to (B, T, D), or to the last one (B, 1, D)."""
        tokens = embedded.tokens()
        return self._mix(tokens, 1 if last_only else tokens.shape[1])

    def answer(self, embedded: Embedded, queries: Tensor) -> Tensor:
        """Each query (B, S, D) is put behind the tokens (B, T, D) and the queries before it: (B, S, D)."""
        return self._mix(torch.cat([embedded.tokens(), queries], dim=1), queries.shape[1])

    def _mix(self, tokens: Tensor, asked: int) -> Tensor:
        tokens = self.dropout(self.positions(tokens))
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


def stack_blocks(params: RnnModelParams, build_mixer: Callable[[], nn.Module]) -> ResidualStack:
    """As many blocks as the RNN family has layers, of its width, each with a mixer of its own."""
    blocks = (ResidualBlock(build_mixer(), params) for _ in range(params.rnn_layers))
    return ResidualStack(nn.Identity(), blocks, params.rnn_width, params.dropout)
