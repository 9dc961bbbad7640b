"""How attention, which sees a set, is told the order of its tokens."""

import torch
from torch import Tensor, nn

from rnn_vs_transformer.settings.family.model import TransformerModelParams

ROTARY_BASE = 10_000.0


class Positions(nn.Module):
    """What tokens get added to tell their places: a fixed encoding, learned rows, or nothing.

    It is nothing where heads are turned instead (`rotary`), and where attention is left without an order (`none`).
    """

    def __init__(self, params: TransformerModelParams, first: int, count: int) -> None:
        """Make those of the `count` tokens at the positions first, first + 1, ..."""
        super().__init__()
        width = params.transformer_width
        self.encoding: Tensor | None
        if params.positional == "learned":
            self.encoding = nn.Parameter(torch.empty(count, width).normal_(std=0.02))
        elif params.positional == "sinusoidal":
            self.register_buffer("encoding", sinusoidal_encoding(first + count, width)[first:], persistent=False)
        else:
            self.encoding = None

    def forward(self, tokens: Tensor, done: int = 0) -> Tensor:
        """Add theirs to tokens (B, n, D) that come after `done` others."""
        if self.encoding is None:
            return tokens
        return tokens + self.encoding[done : done + tokens.shape[1]]


def sinusoidal_encoding(tokens: int, width: int) -> Tensor:
    """Fixed encoding (T, D) of Vaswani et al. (2017), section 3.5.

        PE[t, 2i] = sin(t / 10000^(2i/D)),    PE[t, 2i+1] = cos(t / 10000^(2i/D))

    Args:
        tokens: Number of tokens (T).
        width: Width of a token (D), even.
    """
    angles = _angles(torch.arange(tokens), width)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


def rotate(heads: Tensor, positions: Tensor) -> Tensor:
    """Rotary encoding (Su et al. 2021): turn pair i of the token at position t by t / 10000^(2i/D) radians.

    Args:
        heads: Queries or keys (B, heads, T, D/heads).
        positions: Position of each token (T,).

    Returns:
        The turned tensor; the product of a query and a key then depends on their distance alone.
    """
    wide = torch.promote_types(heads.dtype, torch.float32)  # with the 8 bits of bfloat16 an angle of 1,000 is off by 2
    angles = _angles(positions, heads.shape[-1]).to(wide)
    cos, sin = angles.cos().to(heads), angles.sin().to(heads)  # (T, D/heads/2)
    even, odd = heads[..., 0::2], heads[..., 1::2]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1).flatten(-2)


def _angles(positions: Tensor, width: int) -> Tensor:
    frequencies = ROTARY_BASE ** (-torch.arange(0, width, 2, device=positions.device) / width)
    return positions[:, None] * frequencies
