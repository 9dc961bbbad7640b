"""Forecasting with the mean of the weights over the steps, instead of with the last."""

import pytest
import torch
from panels import windows_of
from torch import nn
from torch.optim.optimizer import register_optimizer_step_post_hook

from rnn_vs_transformer.models.rnn import build_rnn
from rnn_vs_transformer.models.transformer import build_transformer
from rnn_vs_transformer.training.fit import fit
from rnn_vs_transformer.training.predict import window_errors
from rnn_vs_transformer.training.weight_average import WeightAverage

BUILDERS = pytest.mark.parametrize("build", [build_rnn, build_transformer])


class Constant(nn.Module):
    """A forecast that does not depend on the context."""

    def __init__(self):
        super().__init__()
        self.level = nn.Parameter(torch.zeros(4))

    def forward(self, context, series, target=None, covariates=None):
        return self.level.expand(len(context), 4)


def windows(seed):
    return windows_of(*torch.randn(40, 16, generator=torch.Generator().manual_seed(seed)).split([12, 4], dim=1))


def built(build, params):
    torch.manual_seed(0)
    return build(params.model, 12, 4)


def recorded(model, params):
    """A training run, and a copy of all weights after each of its steps."""
    steps = []
    hook = register_optimizer_step_post_hook(
        lambda *_: steps.append([weight.detach().clone() for weight in model.parameters()])
    )
    try:
        return fit(model, (windows(0), windows(1)), params.train, seed=0), steps
    finally:
        hook.remove()


@BUILDERS
def test_what_is_kept_is_the_mean_of_the_weights_after_each_step(configure, build):
    """The n-th step, n from 1, has the share 9 / (9 + n) of the mean, the first one all of it."""
    params = configure({"train.epochs": 2, "train.weight_average": True})
    model = built(build, params)
    run, steps = recorded(model, params)
    assert run.best_epoch == 2, "else the last mean is not the one kept"
    assert len(steps) == 6
    mean = steps[0]
    for number, weights in enumerate(steps[1:], start=2):
        share = 9 / (9 + number)
        mean = [(1 - share) * old + share * new for old, new in zip(mean, weights, strict=True)]
    for kept, expected, last in zip(model.parameters(), mean, steps[-1], strict=True):
        torch.testing.assert_close(kept.detach(), expected)
        assert not torch.equal(kept, last)


@pytest.mark.parametrize("steps", [100, 1000])
def test_the_mean_is_over_the_last_tenth_of_the_steps(steps):
    """Of weights that are the number of their step it is nine tenths of the last one."""
    model = Constant()
    average = WeightAverage(model)
    for number in range(1, steps + 1):
        torch.nn.init.constant_(model.level, number)
        average.update(model)
    assert average.model.level.detach().numpy() == pytest.approx(0.9 * steps, rel=0.02)


@BUILDERS
def test_the_mean_is_judged_and_training_is_as_without_it(configure, build):
    plain, averaged = (configure({"train.epochs": 3, "train.weight_average": asked}) for asked in (False, True))
    expected, steps = recorded(built(build, plain), plain)
    model = built(build, averaged)
    run, same_steps = recorded(model, averaged)
    assert run.train_losses == expected.train_losses
    assert all(map(torch.equal, steps[-1], same_steps[-1]))
    assert run.validation_losses != expected.validation_losses
    assert not model.training, "dropout would stay on"
    judged = windows(1).mean_over_series(window_errors(model, windows(1)))
    assert run.best_validation_loss == pytest.approx(judged, rel=1e-6)


def test_the_mean_lies_nearer_to_the_best_than_the_last_weights_do(configure):
    """Steps of a large rate go to and fro about the mean of the targets, which their own mean finds."""
    changes = {"train.epochs": 60, "train.patience": 60, "train.learning_rate": 0.1, "train.batch_size": 4}
    best, far = windows(0).batch(torch.arange(40)).target.mean(0), []
    for asked in (False, True):
        model = Constant()
        fit(model, (windows(0),) * 2, configure({**changes, "train.weight_average": asked}).train, seed=0)
        far.append(float((model.level.detach() - best).norm()))
    assert far[1] < far[0] / 2
