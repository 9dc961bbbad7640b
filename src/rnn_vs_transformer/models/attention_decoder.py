"""Self-attention's decoder: the Transformer's, pre-norm, with a cache of keys and values.

    a = x + SelfAttention(LayerNorm(x))        over itself and the decoder tokens before it (causal)
    b = a + CrossAttention(LayerNorm(a))       over all tokens of the encoder
    y = b + W_2 relu(W_1 LayerNorm(b))

Sources: Vaswani et al. (2017), section 3.1; pre-norm, Xiong et al. (2020). Positions count tokens and go on where the
context ends: encoder tokens stand at 0 ... T-1, the decoder token that makes horizon step h at T + h - 1. Sinusoidal
and rotary encodings are those of these positions (in cross-attention, too, rotary tells the distance); learned
positions of the decoder are rows of their own. Where patches form the context's tokens, T counts patches.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rnn_vs_transformer.models.layers import Attention, feedforward_block
from rnn_vs_transformer.models.positional import Positions
from rnn_vs_transformer.settings.family.model import TransformerModelParams


@dataclass(frozen=True)
class Cache:
    """What one layer keeps between steps: keys and values (B, heads, tokens, D/heads)."""

    key: Tensor
    value: Tensor
    """Of the decoder tokens so far."""
    context_key: Tensor
    context_value: Tensor
    """Of the encoder's tokens, computed once."""


class DecoderLayer(nn.Module):
    """One pre-norm layer of causal self-attention, cross-attention and a feed-forward block."""

    def __init__(self, params: TransformerModelParams) -> None:
        """Draw weights in the way of torch.nn.TransformerDecoderLayer."""
        super().__init__()
        width = params.transformer_width
        self.self_norm = nn.LayerNorm(width)
        self.self_attention = Attention(params).draw()
        self.cross_norm = nn.LayerNorm(width)
        self.cross_attention = Attention(params).draw()
        self.feedforward_norm = nn.LayerNorm(width)
        self.feedforward = feedforward_block(width, params.feedforward_width, params.dropout)
        self.dropout = nn.Dropout(params.dropout)

    def start(self, context_tokens: Tensor) -> Cache:
        """The cache before the first step, from the encoder's tokens (B, T, D)."""
        key, value = self.cross_attention.keys_and_values(context_tokens, 0)
        return Cache(key[:, :, :0], value[:, :, :0], key, value)

    def forward(self, tokens: Tensor, cache: Cache) -> tuple[Tensor, Cache]:
        """Mix the next tokens (B, n, D); the cache that comes back knows them too."""
        done, count = cache.key.shape[2], tokens.shape[1]
        first = cache.context_key.shape[2] + done
        normed = self.self_norm(tokens)
        key, value = self.self_attention.keys_and_values(normed, first)
        key, value = torch.cat([cache.key, key], dim=2), torch.cat([cache.value, value], dim=2)
        mask = None
        if count > 1:  # a single token may look at all that is there
            mask = torch.ones(count, done + count, dtype=torch.bool, device=tokens.device).tril(done)
        tokens = tokens + self.dropout(self.self_attention(normed, key, value, first, mask))
        context = (cache.context_key, cache.context_value)
        tokens = tokens + self.dropout(self.cross_attention(self.cross_norm(tokens), *context, first, None))
        tokens = tokens + self.dropout(self.feedforward(self.feedforward_norm(tokens)))
        return tokens, Cache(key, value, *context)


class AttentionDecoder(nn.Module):
    """Positional encoding, as many decoder layers as the encoder has, final norm."""

    def __init__(self, params: TransformerModelParams, tokens: int, prediction_length: int) -> None:
        """Build the decoder of `prediction_length` steps that follow `tokens` encoder tokens."""
        super().__init__()
        self.positions = Positions(params, tokens, prediction_length)
        self.dropout = nn.Dropout(params.dropout)
        self.layers = nn.ModuleList(DecoderLayer(params) for _ in range(params.transformer_layers))
        self.norm = nn.LayerNorm(params.transformer_width)

    def start(self, memory: Tensor) -> list[Cache]:
        """The caches of all layers before the first step, from the encoder's tokens (B, T, D)."""
        return [layer.start(memory) for layer in self._decoder_layers()]

    def forward(self, tokens: Tensor, caches: list[Cache]) -> tuple[Tensor, list[Cache]]:
        """Mix the tokens of the next n steps (B, n, D); the caches that come back know them too."""
        tokens = self.dropout(self.positions(tokens, done=caches[0].key.shape[2]))
        extended = []
        for layer, cache in zip(self._decoder_layers(), caches, strict=True):
            tokens, grown = layer(tokens, cache)
            extended.append(grown)
        return self.norm(tokens), extended

    def _decoder_layers(self) -> list[DecoderLayer]:
        return [layer for layer in self.layers if isinstance(layer, DecoderLayer)]
