"""Positional encodings against numbers worked out by hand."""

import pytest
import torch

from rnn_vs_transformer.models.positional import rotate, sinusoidal_encoding


def test_the_sinusoidal_encoding_equals_hand_computed_values():
    """Width 4 has frequencies 1 and 1/100: sine and cosine of t and of t/100, side by side (Vaswani et al., 3.5)."""
    expected = [
        [0.0, 1.0, 0.0, 1.0],
        [0.8414709848, 0.5403023059, 0.0099998333, 0.9999500004],
        [0.9092974268, -0.4161468365, 0.0199986667, 0.9998000067],
    ]

    torch.testing.assert_close(sinusoidal_encoding(3, 4), torch.tensor(expected), rtol=0, atol=1e-7)


def test_a_rotation_equals_hand_computed_values():
    """At position 1 the first pair turns by 1 radian, the second by 1/100; (1, 0) becomes (cos, sin)."""
    heads = torch.tensor([[[[1.0, 0.0, 0.0, 1.0]]]])

    turned = rotate(heads, torch.tensor([1]))

    expected = torch.tensor([0.5403023059, 0.8414709848, -0.0099998333, 0.9999500004])
    torch.testing.assert_close(turned.flatten(), expected, rtol=0, atol=1e-7)


def test_late_positions_are_turned_as_well_with_short_numbers():
    """Of bfloat16's 8 bits an angle of 2,000 radians would leave nothing; the heads alone are rounded."""
    heads, late = torch.randn(1, 2, 4, 8, generator=torch.Generator().manual_seed(0)), torch.arange(2000, 2004)

    turned = rotate(heads.bfloat16(), late)

    assert turned.dtype == torch.bfloat16
    torch.testing.assert_close(turned.float(), rotate(heads, late), rtol=0, atol=0.05)


def test_position_zero_is_not_turned():
    """Turning by nothing is the identity, so the first token is as it was."""
    heads = torch.randn(2, 3, 1, 8, generator=torch.Generator().manual_seed(0))

    assert torch.equal(rotate(heads, torch.tensor([0])), heads)


@pytest.mark.parametrize("distance", [1, 2, 7])
def test_another_distance_gives_another_product(distance):
    """Rotary encoding must tell distances apart, not only be blind to absolute positions."""
    generator = torch.Generator().manual_seed(0)
    query, key = torch.randn(2, 1, 1, 1, 8, generator=generator)

    near = (rotate(query, torch.tensor([5])) * rotate(key, torch.tensor([5]))).sum()
    far = (rotate(query, torch.tensor([5 + distance])) * rotate(key, torch.tensor([5]))).sum()

    assert abs(near - far) > 0.05
