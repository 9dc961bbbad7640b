"""Self-attention as the mixer: a pre-norm Transformer encoder.

    a = x + W_o concat_heads(softmax(Q K' / sqrt(D/heads)) V),    Q, K, V from LayerNorm(x)
    y = a + W_2 relu(W_1 LayerNorm(a))

Sources: Vaswani et al. (2017); pre-norm, Xiong et al. (2020). There is no causal mask: all T tokens are in the past
of the forecast origin. Where only the last token is read, the last layer computes the queries (and all that
follows them) for that token alone, and without rotary positions no keys and values: the same numbers, up to rounding,
with almost half of the work of two layers. Where
the decoding is autoregressive, the decoder of attention_decoder.py reads all tokens.
"""

from torch import Tensor, nn

from rnn_vs_transformer.models.attention_decoder import AttentionDecoder
from rnn_vs_transformer.models.encoder_decoder import build_forecaster
from rnn_vs_transformer.models.layers import Attention, feedforward_block, newest
from rnn_vs_transformer.models.positional import Positions
from rnn_vs_transformer.models.residual import ResidualStack
from rnn_vs_transformer.models.shell import ONE_SERIES, Embedded, ForecastModel, InputSizes
from rnn_vs_transformer.settings.family.model import TransformerModelParams


class EncoderLayer(nn.Module):
    """One pre-norm layer of multi-head self-attention and a feed-forward block."""

    def __init__(self, params: TransformerModelParams) -> None:
        """Draw weights in the way of torch.nn.TransformerEncoderLayer."""
        super().__init__()
        width = params.transformer_width
        self.attention_norm = nn.LayerNorm(width)
        self.attention = Attention(params)
        self.feedforward_norm = nn.LayerNorm(width)
        self.feedforward = feedforward_block(width, params.feedforward_width, params.dropout)
        self.dropout = nn.Dropout(params.dropout)
        self.attention.draw()

    def forward(self, tokens: Tensor, asked: int) -> Tensor:
        """Mix tokens (B, T, D) and give the last `asked` of them (B, asked, D)."""
        attended = self.dropout(self.attention.mix(self.attention_norm(tokens), asked))
        mixed = newest(tokens, asked) + attended
        result: Tensor = mixed + self.dropout(self.feedforward(self.feedforward_norm(mixed)))
        return result


class SelfAttention(ResidualStack):
    """Positional encoding, encoder layers, final norm."""

    def __init__(self, params: TransformerModelParams, tokens: int) -> None:
        """Build `transformer_layers` layers for sequences of `tokens` tokens, queries of segments among them."""
        layers = (EncoderLayer(params) for _ in range(params.transformer_layers))  # drawn after the positions
        super().__init__(Positions(params, 0, tokens), layers, params.transformer_width, params.dropout)

    def encode(self, embedded: Embedded) -> Tensor:
        """All mixed tokens (B, T, D), which a decoder's cross-attention reads."""
        return self(embedded, last_only=False)  # type: ignore[no-any-return]


def build_transformer(
    params: TransformerModelParams, context_length: int, prediction_length: int, sizes: InputSizes = ONE_SERIES
) -> ForecastModel:
    """The Transformer family's forecaster, with weights drawn from torch's global random state."""
    return build_forecaster(
        params,
        context_length,
        prediction_length,
        params.transformer_width,
        lambda tokens: SelfAttention(params, tokens),
        lambda tokens, steps: AttentionDecoder(params, tokens, steps),
        sizes,
    )
