"""Our own tanh recurrence against torch's: the same states and, as its gradient is written out by us, that too."""

import pytest
import torch
from torch import nn

from rnn_vs_transformer.models.elman import run_elman


def drawn(layers: int, steps: int = 7, **options) -> tuple[nn.RNN, torch.Tensor]:
    """Layers of 5 units whose weights are large enough to saturate some, and tokens (steps, 3, 4)."""
    torch.manual_seed(0)
    stack = nn.RNN(4, 5, num_layers=layers, **options).double()
    with torch.no_grad():
        for weight in stack.parameters():
            weight.mul_(2)
    return stack, torch.randn(steps, 3, 4, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("steps", [1, 2, 7])
@pytest.mark.parametrize("layers", [1, 3])
def test_states_and_gradients_are_those_of_torch(layers, steps):
    """In float64, for all states and for the last of each layer, down to the tokens and to every weight."""
    stack, tokens = drawn(layers, steps)
    wanted = [tokens, *stack.parameters()]
    found = []
    for run in (run_elman, lambda layers, tokens: layers(tokens)):
        states, last = run(stack, tokens)
        loss = states.pow(3).sum() + (last * torch.arange(1.0, 1 + last.numel()).view(last.shape)).sum()
        found.append((states, last, torch.autograd.grad(loss, wanted)))

    torch.testing.assert_close(found[0], found[1], rtol=1e-9, atol=1e-9)


def test_the_gradient_is_that_of_finite_differences():
    """Independently of torch's own recurrence."""
    stack, tokens = drawn(layers=1, steps=4)
    assert torch.autograd.gradcheck(lambda steps: run_elman(stack, steps)[0], tokens)


def test_single_precision_is_as_near_the_truth_as_torch():
    """2 sigmoid(2 a) - 1 in place of tanh(a) must not cost a digit: errors of both against float64, over 96 steps.

    Over seeds the ratio is 2.4 to 3.7: 4 W s - 2 W 1 rounds two bits more than W h.
    """
    torch.manual_seed(0)
    stack, tokens = nn.RNN(8, 32), torch.randn(96, 16, 8)
    with torch.no_grad():
        ours, theirs = run_elman(stack, tokens)[0].double(), stack(tokens)[0].double()
        truth = stack.double()(tokens.double())[0]
    assert (ours - truth).abs().max() < 5 * max((theirs - truth).abs().max(), torch.finfo(torch.float32).eps)


def test_dropout_falls_between_layers_and_only_in_training():
    """As in torch: between two layers, never behind the last."""
    stack, tokens = drawn(layers=2, dropout=0.5)
    torch.manual_seed(1)
    ours = run_elman(stack, tokens)[0]
    assert not torch.equal(ours, run_elman(stack, tokens)[0])
    assert ours.all(), "no state of the last layer is dropped"
    stack.eval()
    torch.testing.assert_close(run_elman(stack, tokens)[0], stack(tokens)[0], rtol=1e-9, atol=1e-9)
