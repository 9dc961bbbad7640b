"""The fit loop: what it learns, when it stops, what it keeps, and that it treats both families alike."""

import itertools

import numpy as np
import pytest
import torch
from panels import windows_of
from torch import nn
from torch.optim.optimizer import register_optimizer_step_pre_hook

from rnn_vs_transformer.models.rnn import build_rnn
from rnn_vs_transformer.models.transformer import build_transformer
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.training.fit import fit
from rnn_vs_transformer.training.predict import EVALUATION_BATCH, predict, window_errors

BUILDERS = pytest.mark.parametrize("build", [build_rnn, build_transformer])


class LinearForecast(nn.Linear):
    """The least that can be trained: no shell, no mixer."""

    def forward(self, context, series, target=None, covariates=None):
        return super().forward(context)


def sines(count, seed=0):
    """Contexts and targets of sines of period 12, each with a phase of its own."""
    phases = 2 * torch.pi * torch.rand(count, 1, generator=torch.Generator().manual_seed(seed))
    return torch.sin(2 * torch.pi * torch.arange(16) / 12 + phases).split([12, 4], dim=1)


def built(build, params, seed=0):
    torch.manual_seed(seed)
    return build(params.model, 12, 4)


@BUILDERS
def test_a_seeded_run_is_bit_identical(configure, build):
    """Seed k fixes initialisation, batch order and dropout, so a rerun reproduces a number to the last bit."""
    params = configure({"model.dropout": 0.3, "model.rnn_layers": 2})
    data = windows_of(*sines(40)), windows_of(*sines(40, seed=1))

    first, again, other = (fit(built(build, params, seed), data, params.train, seed) for seed in (3, 3, 4))

    assert first.train_losses == again.train_losses
    assert first.validation_losses == again.validation_losses
    assert all(torch.equal(first.state[name], again.state[name]) for name in first.state)
    assert first.validation_losses != other.validation_losses


@BUILDERS
def test_one_batch_can_be_learnt_by_heart(configure, build):
    """Each family has the means to bring the loss of 8 windows of noise near zero; else some path is cut."""
    params = configure({"train.epochs": 250, "train.patience": 250, "train.learning_rate": 0.01, "train.batch_size": 8})
    noise = torch.randn(8, 16, generator=torch.Generator().manual_seed(0)).split([12, 4], dim=1)

    run = fit(built(build, params), (windows_of(*noise), windows_of(*noise)), params.train, seed=0)

    assert run.train_losses[0] > 0.5
    assert run.best_validation_loss < 0.02


@BUILDERS
def test_every_weight_is_trained(configure, build):
    """A weight that never moves is counted and paid for, and does nothing."""
    params = configure({"model.linear_highway": True, "train.epochs": 1, "model.positional": "learned"})
    model = built(build, params)
    before = {name: weight.clone() for name, weight in model.named_parameters()}

    run = fit(model, (windows_of(*sines(40)), windows_of(*sines(40))), params.train, seed=0)

    assert [name for name, weight in before.items() if torch.equal(run.state[name], weight)] == []


def backwards(count):
    """Contexts of sines with the targets of their mirror images: whoever learns sines gets ever worse at these."""
    contexts, targets = sines(count, seed=1)
    return contexts, -targets


@BUILDERS
def test_training_stops_when_patience_is_at_an_end_and_gives_back_the_best_weights(configure, build):
    """On mirrored targets the first epoch stays the best, so training ends `patience` epochs later and goes back."""
    params = configure({"train.epochs": 30, "train.patience": 4, "train.learning_rate": 0.01})
    model, validation = built(build, params), windows_of(*backwards(40))

    run = fit(model, (windows_of(*sines(160)), validation), params.train, seed=0)

    assert len(run.validation_losses) == len(run.train_losses) == len(run.seconds) == run.best_epoch + 4 < 30
    assert run.best_validation_loss == min(run.validation_losses) < run.validation_losses[-1]
    assert float(window_errors(model, validation).mean()) == run.best_validation_loss
    assert all(torch.equal(weight, run.state[name]) for name, weight in model.state_dict().items())


@BUILDERS
def test_training_goes_on_while_it_improves(configure, build):
    """Patience counts epochs without improvement, not epochs."""
    params = configure({"train.epochs": 4, "train.patience": 1})

    run = fit(built(build, params), (windows_of(*sines(160)), windows_of(*sines(40, seed=1))), params.train, seed=0)

    assert run.validation_losses == sorted(run.validation_losses, reverse=True)
    assert run.best_epoch == len(run.validation_losses) == 4


@BUILDERS
def test_validation_windows_never_enter_a_gradient(configure, build):
    """They choose the epoch and nothing else: other values there leave the whole course of training as it was."""
    params = configure({"model.dropout": 0.3, "train.epochs": 3, "train.patience": 3})
    train = windows_of(*sines(40))

    one, other = (
        fit(built(build, params), (train, windows_of(*validation)), params.train, seed=0)
        for validation in (sines(40, seed=1), backwards(40))
    )

    assert one.train_losses == other.train_losses
    assert one.validation_losses != other.validation_losses


@pytest.mark.parametrize(("spoilt", "name"), [("train", "train"), ("validation", "validation")])
def test_a_loss_that_is_no_number_stops_with_seed_and_epoch(configure, spoilt, name):
    """Else patience would run on, and the last finite weights would be reported as the best."""
    params = configure()
    contexts, targets = sines(40)
    data = {"train": windows_of(contexts, targets), "validation": windows_of(contexts, targets)}
    data[spoilt] = windows_of(contexts, torch.full_like(targets, torch.nan))

    with pytest.raises(InputError, match=f"seed 7: the {name} loss became nan in epoch 1; lower train.learning_rate"):
        fit(built(build_rnn, params), (data["train"], data["validation"]), params.train, seed=7)


@BUILDERS
def test_a_learning_rate_far_too_high_stops_in_one_line(configure, build):
    """The usual cause of a diverged loss, told as the user can mend it."""
    params = configure({"train.learning_rate": 1e30, "train.epochs": 30, "train.patience": 30})

    with pytest.raises(InputError, match=r"seed 0: the \w+ loss became (nan|inf) in epoch \d+") as error:
        fit(built(build, params), (windows_of(*sines(40)), windows_of(*sines(40))), params.train, seed=0)

    assert "\n" not in str(error.value)


def contexts_seen(build, params, seed):
    """First steps of all contexts in the order in which training met them, one row per batch."""
    seen = []

    def remember(module, inputs):
        if module.training:
            seen.append(inputs[0][:, 0].tolist())

    contexts = torch.arange(40.0)[:, None].repeat(1, 12) / 40
    model = built(build, params, seed)
    model.register_forward_pre_hook(remember)
    data = windows_of(contexts, torch.zeros(40, 4))
    fit(model, (data, data), params.train, seed)
    return seen


def test_both_families_meet_the_same_batches_in_the_same_order(configure):
    """Seeds are paired: with seed k the families differ in the mixer and not in the luck of the draw.

    Dropout draws random numbers of its own in each family, and must not disturb the order.
    """
    params = configure({"model.dropout": 0.3, "model.rnn_layers": 2})

    rnn, transformer, other = (
        contexts_seen(build, params, seed) for build, seed in [(build_rnn, 1), (build_transformer, 1), (build_rnn, 2)]
    )

    assert rnn == transformer
    assert rnn != other


def test_each_epoch_meets_every_window_once_in_a_new_order(configure):
    """40 windows in batches of 16 are 16, 16 and 8: none dropped at the end, none twice."""
    batches = contexts_seen(build_rnn, configure({"train.epochs": 2, "train.patience": 2}), seed=0)
    first, second = list(itertools.chain(*batches[:3])), list(itertools.chain(*batches[3:]))

    assert [len(batch) for batch in batches] == [16, 16, 8, 16, 16, 8]
    assert sorted(first) == sorted(second) == [pytest.approx(step / 40) for step in range(40)]
    assert first != second


def test_the_train_loss_weighs_every_window_alike(configure):
    """With weights that cannot move, the loss of an epoch is the mean over windows, the short last batch included."""
    params = configure({"train.learning_rate": 1e-30, "train.batch_size": 16, "train.epochs": 1})
    model, train = built(build_rnn, params), windows_of(*sines(40))

    run = fit(model, (train, train), params.train, seed=0)

    assert run.train_losses[0] == pytest.approx(run.validation_losses[0], rel=1e-5)


@BUILDERS
def test_history_that_says_nothing_brings_both_families_to_the_mean_forecast(configure, build):
    """With each context paired with the targets of another, only the mean is left to forecast.

    An error clearly below the variance of the targets would show that they reach the model by another way. With the
    pairs intact the same settings leave less than half of it.
    """
    params = configure({"train.epochs": 8, "train.patience": 8, "train.learning_rate": 0.01})
    (contexts, targets), validation = sines(480), sines(480, seed=1)
    others = torch.randperm(480, generator=torch.Generator().manual_seed(0))

    honest, shuffled = (
        fit(built(build, params), (windows_of(contexts, answers), windows_of(*pair)), params.train, seed=0)
        for answers, pair in [
            (targets, validation),
            (targets[others], (validation[0], validation[1].roll(1, dims=0))),
        ]
    )

    variance = float(validation[1].var())
    assert honest.best_validation_loss < 0.5 * variance
    assert 0.93 * variance < shuffled.best_validation_loss < 1.15 * variance


def test_errors_and_forecasts_of_many_windows_agree(configure):
    """Both pass over the windows in parts; a window lost between two parts would shift all that follow."""
    params = configure({"model.dropout": 0.5})
    model = built(build_transformer, params)
    windows = windows_of(*sines(EVALUATION_BATCH + 3))

    forecasts, targets = predict(model, windows)
    errors = window_errors(model, windows)

    assert torch.equal(targets, sines(EVALUATION_BATCH + 3)[1])
    assert len(forecasts) == len(errors) == EVALUATION_BATCH + 3
    torch.testing.assert_close(errors, (forecasts - targets).double().square().mean(dim=1))
    torch.testing.assert_close(forecasts[-1:], model(sines(EVALUATION_BATCH + 3)[0][-1:]), rtol=1e-4, atol=1e-5)


def test_large_gradients_are_clipped(configure):
    """A single wild window must not throw training off: the norm of each gradient is at most `gradient_clip`.

    The gradient that the optimiser meets is remembered at its step.
    """
    params = configure({"train.gradient_clip": 0.5, "train.epochs": 1})
    model, norms = built(build_rnn, params), []

    def remember(optimizer, args, kwargs):
        gradients = [weight.grad.flatten() for group in optimizer.param_groups for weight in group["params"]]
        norms.append(float(torch.cat(gradients).norm()))

    hook = register_optimizer_step_pre_hook(remember)
    contexts, targets = sines(40)
    fit(model, (windows_of(contexts, 1000 * targets), windows_of(contexts, targets)), params.train, seed=0)
    hook.remove()

    assert norms == [pytest.approx(0.5, rel=1e-4)] * 3


def test_any_model_can_be_fitted(configure):
    """The loop knows nothing of the families: a linear map, least squares, finds the sines' linear recurrence."""
    params = configure({"train.epochs": 60, "train.patience": 60, "train.learning_rate": 0.02})
    torch.manual_seed(0)

    run = fit(LinearForecast(12, 4), (windows_of(*sines(160)), windows_of(*sines(40, seed=1))), params.train, seed=0)

    assert run.best_validation_loss < 0.01


@pytest.mark.parametrize(
    ("name", "multiples"),
    [("constant", [1, 1, 1, 1]), ("cosine", [1, 0.853553, 0.5, 0.146447]), ("step", [1, 1, 1, 0.8])],
)
def test_the_schedule_sets_the_rate_of_each_epoch(configure, name, multiples):
    """The step size of epoch e is the learning rate times the schedule's multiple, worked out by hand."""
    params = configure({"train.epochs": 4, "train.patience": 4, "train.schedule": name, "train.batch_size": 8})
    data = windows_of(*sines(8)), windows_of(*sines(8, seed=1))
    rates = []
    hook = register_optimizer_step_pre_hook(lambda optimizer, *_: rates.append(optimizer.param_groups[0]["lr"]))
    try:
        fit(built(build_rnn, params), data, params.train, seed=0)
    finally:
        hook.remove()
    assert np.array(rates) / params.train.learning_rate == pytest.approx(multiples, abs=1e-6)


def test_weight_decay_pulls_weights_towards_zero(configure):
    """Decoupled decay (Loshchilov and Hutter 2019): without a gradient, a step multiplies by 1 - rate * decay."""
    params = configure({"train.epochs": 1, "train.weight_decay": 0.5, "train.learning_rate": 0.1})
    model = LinearForecast(12, 4)
    with torch.no_grad():
        model.weight.fill_(1.0)
        model.bias.fill_(1.0)
    zeros = windows_of(torch.zeros(1, 12), torch.ones(1, 4))
    fit(model, (zeros, zeros), params.train, seed=0)
    assert model.weight.detach() == pytest.approx(torch.full((4, 12), 0.95))


@pytest.mark.parametrize(("loss", "level"), [("mse", 2.0), ("mae", 0.0), ("huber", 0.25)])
def test_each_loss_leads_to_its_own_forecast(configure, loss, level):
    """Of 0, 0, 0, 0, 10: squared error to the mean, absolute error to the median, Huber's to where 4 x = 1.

    The last weights are kept: the validation targets lie far above, and the forecasts rise to the end.
    """
    changes = {"train.epochs": 600, "train.patience": 600, "train.learning_rate": 0.03, "train.batch_size": 5}
    params = configure({**changes, "train.loss": loss, "train.schedule": "cosine", "train.gradient_clip": 100.0})
    targets = torch.tensor([0.0, 0.0, 0.0, 0.0, 10.0])[:, None].expand(5, 4)
    model = LinearForecast(12, 4)
    with torch.no_grad():
        model.bias.fill_(-1.0)
    far = windows_of(torch.zeros(1, 12), torch.full((1, 4), 100.0))
    run = fit(model, (windows_of(torch.zeros(5, 12), targets), far), params.train, seed=0)
    assert model.bias.detach().numpy() == pytest.approx(level, abs=0.12)
    assert run.train_losses[-1] == pytest.approx(float((targets - level).square().mean()), rel=0.1)  # told as MSE


def test_an_epoch_may_have_fewer_windows_than_there_are(configure):
    params = configure({"train.epoch_windows": 10, "train.batch_size": 4}).train
    assert (params.windows_per_epoch(100), params.steps_per_epoch(100)) == (10, 3)
    assert (params.windows_per_epoch(6), params.steps_per_epoch(6)) == (6, 2)
    assert configure({"train.batch_size": 4}).train.steps_per_epoch(9) == 3
