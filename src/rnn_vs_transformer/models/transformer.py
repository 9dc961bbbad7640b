"""Self-attention as the mixer: a pre-norm Transformer encoder.

    a = x + W_o concat_heads(softmax(Q K' / sqrt(D/heads)) V),    Q, K, V from LayerNorm(x)
    y = a + W_2 relu(W_1 LayerNorm(a))

Sources: Vaswani et al. (2017); pre-norm, Xiong et al. (2020). There is no causal mask: all T tokens are in the past
of the forecast origin. Where only the last token is read, the last layer computes the queries (and all that
follows them) for that token alone: the same numbers with almost half of the work of two layers.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnn_vs_transformer.models.positional import rotate, sinusoidal_encoding
from rnn_vs_transformer.models.shell import Forecaster
from rnn_vs_transformer.params import TransformerModelParams


class EncoderLayer(nn.Module):
    """One pre-norm layer of multi-head self-attention and a feed-forward block."""

    def __init__(self, params: TransformerModelParams) -> None:
        """Draw weights in the way of torch.nn.TransformerEncoderLayer."""
        super().__init__()
        width = params.transformer_width
        self.heads = params.heads
        self.rotary = params.positional == "rotary"
        self.attention_dropout = params.dropout
        self.attention_norm = nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.attention_output = nn.Linear(width, width)
        self.feedforward_norm = nn.LayerNorm(width)
        self.feedforward = nn.Sequential(
            nn.Linear(width, params.feedforward_width),
            nn.ReLU(),
            nn.Dropout(params.dropout),
            nn.Linear(params.feedforward_width, width),
        )
        self.dropout = nn.Dropout(params.dropout)
        bound = (6 / (4 * width)) ** 0.5  # Xavier over the joint (3D, D) projection
        for projection in (self.query, self.key_value):
            nn.init.uniform_(projection.weight, -bound, bound)
        for layer in (self.query, self.key_value, self.attention_output):
            nn.init.zeros_(layer.bias)

    def forward(self, tokens: Tensor, last_only: bool) -> Tensor:
        """Mix tokens (B, T, D) to (B, T, D), or to the last one (B, 1, D)."""
        asked = tokens[:, -1:] if last_only else tokens
        attended = self.dropout(self._attention(self.attention_norm(tokens), last_only))
        asked = asked + attended
        result: Tensor = asked + self.dropout(self.feedforward(self.feedforward_norm(asked)))
        return result

    def _attention(self, tokens: Tensor, last_only: bool) -> Tensor:
        count = tokens.shape[1]
        query = self._split(self.query(tokens[:, -1:] if last_only else tokens))  # (B, heads, T or 1, D/heads)
        key, value = (self._split(half) for half in self.key_value(tokens).chunk(2, dim=-1))  # (B, heads, T, D/heads)
        if self.rotary:
            positions = torch.arange(count, device=tokens.device)
            query = rotate(query, positions[-1:] if last_only else positions)
            key = rotate(key, positions)
        dropout = self.attention_dropout if self.training else 0.0
        mixed = functional.scaled_dot_product_attention(query, key, value, dropout_p=dropout)
        output: Tensor = self.attention_output(mixed.transpose(1, 2).flatten(2))  # (B, T or 1, D)
        return output

    def _split(self, tokens: Tensor) -> Tensor:
        """(B, T, D) -> (B, heads, T, D/heads)."""
        batch, count, width = tokens.shape
        return tokens.view(batch, count, self.heads, width // self.heads).transpose(1, 2)


class SelfAttention(nn.Module):
    """Positional encoding, encoder layers, final norm."""

    def __init__(self, params: TransformerModelParams, tokens: int) -> None:
        """Build `transformer_layers` layers for sequences of `tokens` tokens."""
        super().__init__()
        width = params.transformer_width
        self.positions: Tensor | None
        if params.positional == "learned":
            self.positions = nn.Parameter(torch.empty(tokens, width).normal_(std=0.02))
        elif params.positional == "sinusoidal":
            self.register_buffer("positions", sinusoidal_encoding(tokens, width), persistent=False)
        else:
            self.positions = None
        self.dropout = nn.Dropout(params.dropout)
        self.layers = nn.ModuleList(EncoderLayer(params) for _ in range(params.transformer_layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens: Tensor, last_only: bool) -> Tensor:
        """Mix tokens (B, T, D) to (B, T, D), or to the last one (B, 1, D)."""
        if self.positions is not None:
            tokens = tokens + self.positions
        tokens = self.dropout(tokens)
        for number, layer in enumerate(self.layers, start=1):
            tokens = layer(tokens, last_only and number == len(self.layers))
        result: Tensor = self.norm(tokens)
        return result


def build_transformer(params: TransformerModelParams, context_length: int, prediction_length: int) -> Forecaster:
    """The Transformer family's forecaster, with weights drawn from torch's global random state."""
    return Forecaster(
        params,
        context_length,
        prediction_length,
        params.transformer_width,
        lambda tokens: SelfAttention(params, tokens),
    )
