"""What the layers of the Transformer's encoder and decoder, and of the residual block, are made of."""

from typing import Final, Self

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from rnn_vs_transformer.models.positional import rotate
from rnn_vs_transformer.settings.family.model import TransformerModelParams

QUERIES_AT_ONCE: Final = 256
"""On a CPU with dropout, so many queries are worked on at a time."""


def feedforward_block(width: int, hidden_width: int, dropout: float) -> nn.Sequential:
    """W_2 relu(W_1 x) with dropout between (Vaswani et al. 2017, section 3.3)."""
    return nn.Sequential(nn.Linear(width, hidden_width), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden_width, width))


def newest(tokens: Tensor, count: int) -> Tensor:
    """The last `count` of the tokens (B, T, D). All of them are no slice, whose gradient would be copied into zeros."""
    return tokens if count == tokens.shape[1] else tokens[:, -count:]


def split_heads(tokens: Tensor, heads: int) -> Tensor:
    """(B, T, D) -> (B, heads, T, D/heads)."""
    batch, count, width = tokens.shape
    return tokens.view(batch, count, heads, width // heads).transpose(1, 2)


def attend(query: Tensor, key: Tensor, value: Tensor, dropout: float) -> Tensor:
    """What queries (B, heads, n, D/heads) read from T keys and values, without all n x T weights at once.

    torch's fused kernel never stores them, but on a CPU it knows no dropout, and torch then stores them all. So long
    sequences with dropout are worked on in parts, whose weights are drawn and computed again in the backward pass. On
    other devices they are not, as seeds are stacked there, and vmap has ended before the backward pass.
    """
    fused = functional.scaled_dot_product_attention
    if dropout == 0 or query.shape[2] <= QUERIES_AT_ONCE or query.device.type != "cpu":
        return fused(query, key, value, dropout_p=dropout)
    parts = [
        checkpoint(fused, part, key, value, dropout_p=dropout, use_reentrant=False)
        for part in torch.split(query, QUERIES_AT_ONCE, dim=2)
    ]
    return torch.cat(parts, dim=2)


def attend_once(query: Tensor, tokens: Tensor, key_value: nn.Linear, dropout: float) -> Tensor:
    """What one query reads from T tokens, without their keys and values.

        q'(W_k x_t + b_k) = (W_k' q)'x_t + q'b_k,    sum_t a_t (W_v x_t + b_v) = W_v (sum_t a_t x_t) + b_v

    A number that is the same for all t does not change the softmax, and its weights a_t sum to 1. So W_k goes to the
    query and W_v to the mean of tokens, once instead of T times. With dropout, b_v is weighted with what is left of a.

    Args:
        query: (B, heads, D/heads).
        tokens: (B, T, D).
        key_value: The projection of tokens to keys and values (B, T, 2D).
        dropout: Probability with which a weight is dropped.

    Returns:
        What the heads have read, side by side (B, D).
    """
    heads, width = query.shape[1], tokens.shape[2]
    key_weight, value_weight = key_value.weight.view(2, heads, width // heads, width).unbind()
    asked = torch.einsum("bhd,hde->bhe", query, key_weight) * (width // heads) ** -0.5
    weights = functional.dropout(torch.softmax(asked @ tokens.transpose(1, 2), dim=-1), dropout)  # (B, heads, T)
    read = torch.einsum("bhe,hde->bhd", weights @ tokens, value_weight)
    bias = key_value.bias[width:].view(heads, -1)
    if dropout:
        bias = weights.sum(dim=-1, keepdim=True) * bias
    return (read + bias).flatten(1)


class Attention(nn.Module):
    """Multi-head attention whose keys and values are computed apart from its queries, so that they can be kept."""

    def __init__(self, params: TransformerModelParams) -> None:
        """Build the projections; `draw` is still to be called."""
        super().__init__()
        width = params.transformer_width
        self.heads = params.heads
        self.rotary = params.positional == "rotary"
        self.dropout = params.dropout
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.output = nn.Linear(width, width)

    def draw(self) -> Self:
        """Draw the projections in the way of torch.nn.MultiheadAttention.

        Apart from building, as the encoder layer draws these last: the order of a seed's draws is part of the results.
        """
        bound = (6 / (4 * self.query.in_features)) ** 0.5  # Xavier over the joint (3D, D) projection
        for projection in (self.query, self.key_value):
            nn.init.uniform_(projection.weight, -bound, bound)
        for layer in (self.query, self.key_value, self.output):
            nn.init.zeros_(layer.bias)
        return self

    def queries(self, tokens: Tensor, first: int) -> Tensor:
        """Queries (B, heads, n, D/heads) of tokens (B, n, D) at the positions first, first + 1, ..."""
        return self._turned(split_heads(self.query(tokens), self.heads), first)

    def keys_and_values(self, tokens: Tensor, first: int) -> tuple[Tensor, Tensor]:
        """Keys and values (B, heads, T, D/heads) of tokens (B, T, D) at the positions first, first + 1, ..."""
        key, value = (split_heads(half, self.heads) for half in self.key_value(tokens).chunk(2, dim=-1))
        return self._turned(key, first), value

    def forward(self, tokens: Tensor, key: Tensor, value: Tensor, first: int, mask: Tensor | None) -> Tensor:
        """What the tokens (B, n, D) at the positions first, first + 1, ... read from keys and values.

        Args:
            tokens: They ask.
            key: (B, heads, K, D/heads), as `keys_and_values` gives them.
            value: (B, heads, K, D/heads).
            first: Position of the first token.
            mask: True where a token may look (n, K); None where all may look everywhere.
        """
        query, dropout = self.queries(tokens, first), self._dropout_now()
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=dropout)
        return self._joined(mixed)

    def mix(self, tokens: Tensor, asked: int) -> Tensor:
        """What the last `asked` of the tokens (B, T, D) read from all of them (B, asked, D)."""
        if asked == 1 and not self.rotary:
            query = self.query(tokens[:, -1]).unflatten(1, (self.heads, -1))  # (B, heads, D/heads)
            last: Tensor = self.output(attend_once(query, tokens, self.key_value, self._dropout_now()))  # (B, D)
            return last[:, None]
        query = self.queries(newest(tokens, asked), tokens.shape[1] - asked)
        return self._joined(attend(query, *self.keys_and_values(tokens, 0), self._dropout_now()))

    def _dropout_now(self) -> float:
        return self.dropout if self.training else 0.0

    def _joined(self, heads: Tensor) -> Tensor:
        """(B, heads, n, D/heads) -> (B, n, D)."""
        result: Tensor = self.output(heads.transpose(1, 2).flatten(2))
        return result

    def _turned(self, heads: Tensor, first: int) -> Tensor:
        if not self.rotary:
            return heads
        return rotate(heads, torch.arange(first, first + heads.shape[2], device=heads.device))
