"""Properties of positions and forecasters for any input."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rnn_vs_transformer.models.mlp import build_mlp
from rnn_vs_transformer.models.positional import rotate, sinusoidal_encoding
from rnn_vs_transformer.models.rnn import build_rnn
from rnn_vs_transformer.models.transformer import build_transformer

VECTORS = arrays(np.float64, (1, 2, 1, 6), elements=st.floats(-5, 5)).map(torch.from_numpy)
POSITIONS = st.integers(0, 400)
CONTEXTS = arrays(np.float64, (2, 12), elements=st.floats(-3, 3)).map(torch.from_numpy)
BUILDERS = pytest.mark.parametrize("build", [build_rnn, build_transformer, build_mlp])


def turned(vector, position):
    return rotate(vector, torch.tensor([position]))


@given(VECTORS, VECTORS, POSITIONS, POSITIONS, POSITIONS)
def test_the_product_of_turned_query_and_key_depends_on_their_distance_alone(query, key, asking, asked, shift):
    """Rotary attention must not know where in the context a pair stands, only how far apart."""
    product = (turned(query, asking) * turned(key, asked)).sum(dim=-1)
    moved = (turned(query, asking + shift) * turned(key, asked + shift)).sum(dim=-1)

    torch.testing.assert_close(moved, product, rtol=1e-3, atol=5e-3)


@given(VECTORS, POSITIONS)
def test_turning_keeps_the_norm(vector, position):
    """A rotation changes no length, so no position is louder than another."""
    torch.testing.assert_close(turned(vector, position).norm(dim=-1), vector.norm(dim=-1), rtol=1e-6, atol=1e-9)


@given(st.integers(2, 600), st.integers(1, 16).map(lambda half: 2 * half))
def test_no_two_positions_share_a_sinusoidal_encoding(tokens, width):
    """Two tokens at positions of one encoding could not be told apart; each encoding has the same length, too."""
    encoding = sinusoidal_encoding(tokens, width)

    distances = torch.cdist(encoding, encoding, compute_mode="donot_use_mm_for_euclid_dist").fill_diagonal_(1.0)
    assert distances.min() > 1e-4
    torch.testing.assert_close(encoding.square().sum(dim=1), torch.full((tokens,), width / 2), rtol=1e-4, atol=1e-4)


@BUILDERS
@given(context=CONTEXTS, shift=st.floats(-50, 50), instance_norm=st.sampled_from(["last", "standard"]))
def test_a_shifted_context_has_a_shifted_forecast(configure, scramble, build, context, shift, instance_norm):
    """Instance normalisation frees the forecast from the level, for every context, the constant ones included."""
    model = scramble(build(configure({"model.instance_norm": instance_norm}).model, 12, 4)).double()

    with torch.no_grad():
        torch.testing.assert_close(model(context + shift), model(context) + shift, rtol=1e-6, atol=1e-6)


@BUILDERS
@given(context=CONTEXTS)
def test_the_order_of_windows_in_a_batch_does_not_matter(configure, scramble, build, context):
    """Each window is forecast by itself, so a batch turned around gives its forecasts turned around."""
    model = scramble(build(configure({"model.instance_norm": "standard"}).model, 12, 4)).double()

    with torch.no_grad():
        torch.testing.assert_close(model(context.flip(0)), model(context).flip(0), rtol=1e-9, atol=1e-9)
