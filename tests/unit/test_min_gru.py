"""The minimal GRU: the scan and its written-out gradient against the equations, one step after the other."""

import pytest
import torch
from torch import nn

from rnn_vs_transformer.models.min_gru import MinGru


def one_after_the_other(layers, inputs, start):
    """States (T, B, D) and last states by h_t = (1 - z_t) h_{t-1} + z_t c_t."""
    states, last = inputs, []
    for number in range(layers.num_layers):
        weight, bias = getattr(layers, f"weight_ih_l{number}"), getattr(layers, f"bias_ih_l{number}")
        state, rows = start[number], []
        for step in states:
            gate, candidate = (step @ weight.T + bias).chunk(2, dim=1)
            update = torch.sigmoid(gate)
            state = (1 - update) * state + update * candidate
            rows.append(state)
        states = torch.stack(rows)
        last.append(state)
    return states, torch.stack(last)


def drawn(steps, layers=1):
    """Layers of 4 units, inputs (steps, 3, 2) and a start, in float64."""
    torch.manual_seed(0)
    stack = MinGru(2, 4, num_layers=layers).double()
    inputs = torch.randn(steps, 3, 2, dtype=torch.float64, requires_grad=True)
    return stack, inputs, torch.randn(layers, 3, 4, dtype=torch.float64, requires_grad=True)


def states_and_gradients(run, stack, inputs, start):
    states, last = run(inputs, start)
    loss = states.pow(3).mean() + (last * torch.arange(1.0, 1 + last.numel()).view(last.shape)).sum()
    return states, last, torch.autograd.grad(loss, [inputs, start, *stack.parameters()])


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("steps", [1, 2, 16, 33, 100, 2048])
def test_the_scan_gives_the_states_and_gradients_of_the_loop(steps, layers):
    """In float64, for short sequences and for 2,048 steps, down to inputs, start and every weight."""
    stack, inputs, start = drawn(steps, layers)

    found = states_and_gradients(stack, stack, inputs, start)
    expected = states_and_gradients(lambda *given: one_after_the_other(stack, *given), stack, inputs, start)

    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("logit", [-700.0, -30.0, 30.0, 700.0])
def test_shut_and_open_gates_stay_exact_over_long_sequences(logit):
    """Of 2,048 steps, those with z near 0 keep the state and those with z near 1 forget it, with exact gradients."""
    stack, inputs, start = drawn(2048)
    with torch.no_grad():
        stack.bias_ih_l0[:2] = logit
        stack.bias_ih_l0[2] = -logit

    found = states_and_gradients(stack, stack, inputs, start)
    expected = states_and_gradients(lambda *given: one_after_the_other(stack, *given), stack, inputs, start)

    assert all(part.isfinite().all() for part in (found[0], *found[2]))
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


def test_the_gradient_is_that_of_finite_differences():
    """Independently of what torch derives, over two levels of blocks and a rest."""
    stack, inputs, start = drawn(35, layers=2)
    assert torch.autograd.gradcheck(lambda *given: stack(*given[:2]), (inputs, start, *stack.parameters()))


def test_the_embedding_joined_with_the_first_layer_changes_no_number():
    """Patches that are embedded on the way give states and gradients of those that were embedded before."""
    stack, _, start = drawn(40, layers=2)
    embedding = nn.Linear(5, 2).double()
    patches = torch.randn(40, 3, 5, dtype=torch.float64, requires_grad=True)
    wanted = [patches, *embedding.parameters(), *stack.parameters()]

    joined, separate = stack(patches, start, embedding)[0], stack(embedding(patches), start)[0]

    torch.testing.assert_close(joined, separate, rtol=1e-9, atol=1e-9)
    gradients = [torch.autograd.grad(states.pow(3).sum(), wanted) for states in (joined, separate)]
    torch.testing.assert_close(*gradients, rtol=1e-9, atol=1e-9)


def test_weights_start_within_the_bounds_of_torchs_cells():
    """No cell is to win by its start: evenly in +-1/sqrt(D), as torch.nn.GRU draws."""
    torch.manual_seed(0)
    for ours, theirs in zip(MinGru(64, 64).parameters(), nn.GRU(64, 64).parameters(), strict=False):
        assert ours.abs().max().item() == pytest.approx(1 / 8, rel=0.05)
        assert ours.std().item() == pytest.approx(theirs.std().item(), rel=0.1)


def test_dropout_is_between_layers_and_in_training_alone():
    """As in torch's stacked cells: what is used gives the same numbers each time."""
    stack = MinGru(2, 4, num_layers=2, dropout=0.5)
    inputs = torch.randn(20, 3, 2)

    assert not torch.equal(stack(inputs)[0], stack(inputs)[0])
    assert torch.equal(stack(inputs)[1][0], stack(inputs)[1][0])
    assert torch.equal(stack.eval()(inputs)[0], stack(inputs)[0])
