"""Optimisers that leave torch's compiler alone move the weights as torch's own do."""

import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from rnn_vs_transformer.runtime.adam import PlainAdam, PlainAdamW


def _train(optimizer, steps, model=None, state=None):
    """Weights and the optimiser's state after so many steps with a falling learning rate."""
    torch.manual_seed(0)
    inputs, model = torch.randn(8, 5), model or nn.Linear(5, 3)
    adam = optimizer(model.parameters(), 1e-2, weight_decay=0.1, fused=True)
    if state:
        adam.load_state_dict(state)
    schedule = LambdaLR(adam, lambda epoch: 0.9**epoch)
    for _ in range(steps):
        model(inputs).square().mean().backward()
        adam.step()
        adam.zero_grad()
        schedule.step()
    assert all(weight.grad is None for weight in model.parameters())
    return model, adam.state_dict()


@pytest.mark.parametrize(("plain", "own"), [(PlainAdam, torch.optim.Adam), (PlainAdamW, torch.optim.AdamW)])
def test_the_weights_are_those_of_torch_to_the_last_bit_before_and_after_a_restart(plain, own):
    """Checkpoints hold the optimiser's state, and go on from it."""
    models = [_train(kind, 3, *_train(kind, 4))[0] for kind in (plain, own)]
    for mine, theirs in zip(*(model.parameters() for model in models), strict=True):
        assert torch.equal(mine, theirs)


def test_no_step_of_a_training_imports_the_compiler():
    """Its import takes about as long as torch's own, in every worker."""
    code = (
        "import sys, torch; from rnn_vs_transformer.runtime.adam import PlainAdamW; layer = torch.nn.Linear(2, 1)\n"
        "adam = PlainAdamW(layer.parameters(), fused=True); layer(torch.ones(1, 2)).sum().backward()\n"
        "adam.step(); adam.zero_grad(); adam.load_state_dict(adam.state_dict())\n"
        "assert 'torch._dynamo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
