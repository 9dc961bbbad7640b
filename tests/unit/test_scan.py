"""The scan against the recurrence it stands for, one step after the other."""

import pytest
import torch

from rnn_vs_transformer.models.scan import scan


def step_by_step(factors, terms, start, backwards):
    """y_t = a_t y_before + b_t, as it is written."""
    steps, state, states = range(len(terms)), start, [None] * len(terms)
    for step in reversed(steps) if backwards else steps:
        state = factors[step] * state + terms[step]
        states[step] = state
    return torch.stack(states)


def drawn(steps, seed=0):
    generator = torch.Generator().manual_seed(seed)
    factors = torch.rand(steps, 2, 3, dtype=torch.float64, generator=generator)
    terms = torch.randn(steps, 2, 3, dtype=torch.float64, generator=generator)
    return factors, terms, torch.randn(2, 3, dtype=torch.float64, generator=generator)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("steps", [1, 2, 15, 16, 17, 31, 32, 33, 100, 512, 530, 2048])
def test_the_scan_is_the_recurrence(steps, backwards):
    """Whatever is left over beyond whole blocks, and however many levels of blocks there are, from either end."""
    factors, terms, start = drawn(steps)

    found = scan(factors, terms, start, backwards)

    torch.testing.assert_close(found, step_by_step(factors, terms, start, backwards), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("size", [0.0, 1e-300, 1e-12, 1 - 1e-12, 1.0, -1.0])
def test_factors_near_0_and_1_do_no_harm(size, backwards):
    """A running product of the factors underflows, and what divides by it, or takes its logarithm, loses all."""
    _, terms, start = drawn(2048)
    factors = torch.full_like(terms, size)
    factors[5::7] = 0.5

    found = scan(factors, terms, start, backwards)

    torch.testing.assert_close(found, step_by_step(factors, terms, start, backwards), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("backwards", [False, True])
def test_a_step_knows_nothing_of_those_to_come(backwards):
    """Blocks run side by side, and yet each state is of the steps before it alone; a factor of 0 cuts these off too."""
    factors, terms, start = drawn(100)
    changed = terms.clone()
    changed[40] += 1.0
    factors[70 if not backwards else 10] = 0.0

    difference = (scan(factors, terms, start, backwards) - scan(factors, changed, start, backwards)).abs().amax((1, 2))

    assert difference.nonzero().flatten().tolist() == list(range(11, 41) if backwards else range(40, 70))


def test_results_go_where_they_are_wanted():
    """Into a view of a larger tensor, without a copy."""
    factors, terms, start = drawn(50)
    place = torch.zeros(51, 2, 3, dtype=torch.float64)

    scan(factors, terms, start, out=place[1:])

    assert torch.equal(place[1:], scan(factors, terms, start))
    assert not place[0].any()
