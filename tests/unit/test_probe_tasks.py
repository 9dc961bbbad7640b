"""The probe's processes: their moments, their floors, and what each context may and may not tell."""

import numpy as np
import pytest
import torch

from rnn_vs_transformer.probes.memory.tasks import (
    FLOOR,
    PHI,
    draw_adding,
    draw_parity,
    draw_recall,
    draw_shuffled,
    make_task,
    order_free_share,
    parity_lengths,
)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_recall_is_correlated_at_multiples_of_the_lag_alone():
    """Stationary from the first step: variance 1, 0.9 at the lag, 0.81 at twice the lag, nothing in between."""
    batch = draw_recall(40_000, seeded(), context_length=11, lag=4)
    steps = torch.cat([batch.context, batch.target], dim=1).double()

    covariance = (steps.T @ steps / len(steps)).numpy()

    apart = np.abs(np.arange(12)[:, None] - np.arange(12))
    expected = np.select([apart == 0, apart == 4, apart == 8], [1.0, 0.9, 0.81], 0.0)
    assert np.abs(steps.mean(dim=0).numpy()).max() < 0.025
    assert np.abs(covariance - expected).max() < 0.035


@pytest.mark.parametrize(("context_length", "lag"), [(11, 1), (11, 4), (12, 12)])
def test_the_best_forecast_leaves_noise_that_nothing_in_the_context_explains(context_length, lag):
    """Its error is the floor of 0.19, and is uncorrelated with every step: no forecast can be better."""
    batch = draw_recall(40_000, seeded(), context_length, lag)

    noise = (batch.target - batch.best).double()

    assert torch.equal(batch.best[:, 0], PHI * batch.context[:, context_length - lag])
    assert float(noise.square().mean()) == pytest.approx(0.19, abs=0.006)
    assert float((batch.context.double() * noise).mean(dim=0).abs().max()) < 0.01


def test_shuffling_keeps_each_windows_values_and_target_and_loses_their_order():
    """The control differs from recall in nothing but the order of the steps, which is drawn for each window anew."""
    plain = draw_recall(4000, seeded(), 9, 3)
    shuffled = draw_shuffled(4000, seeded(), 9, 3)

    assert torch.equal(plain.target, shuffled.target)
    assert torch.equal(plain.best, shuffled.best)
    assert torch.equal(plain.context.sort(dim=1).values, shuffled.context.sort(dim=1).values)
    origin = (shuffled.context[:, :, None] == plain.context[:, None, :]).double().mean(dim=0)
    assert float((origin - 1 / 9).abs().max()) < 0.03


@pytest.mark.parametrize(("context_length", "lag", "share"), [(1, 1, 1.0), (2, 2, 0.5), (2, 1, 0.95)])
def test_the_share_left_by_a_shuffle_is_that_of_the_sum(context_length, lag, share):
    """By hand: one step keeps all, and of two unrelated steps the sum knows half.

    Two steps with correlation 0.9 have a sum of variance 3.8 and covariance 0.9 + 0.81 with the target, and
    1.71^2 / 3.8 / 0.81 = 0.95.
    """
    assert order_free_share(context_length, lag) == pytest.approx(share)


def test_no_forecast_from_a_shuffled_history_beats_the_share_by_least_squares():
    """A regression on the mean of the context finds what the closed form says."""
    batch = draw_shuffled(40_000, seeded(), 31, 8)
    mean, target = batch.context.mean(dim=1).double(), batch.target[:, 0].double()

    explained = float((mean * target).mean() ** 2 / mean.square().mean())

    assert explained / PHI**2 == pytest.approx(order_free_share(31, 8), abs=0.012)


def test_parity_is_the_product_of_a_row_that_ends_with_the_context():
    """Zeros lead and tell nothing; lengths are drawn evenly from the given range."""
    batch = draw_parity(3000, seeded(), context_length=6, shortest=1, longest=3)

    lengths = (batch.context != 0).sum(dim=1)
    for context, target, length in zip(batch.context.tolist(), batch.target[:, 0].tolist(), lengths, strict=True):
        assert context[: 6 - length] == [0.0] * (6 - int(length))
        assert set(context[6 - length :]) <= {-1.0, 1.0}
        assert target == np.prod(context[6 - length :])
    counts = torch.bincount(lengths, minlength=7)
    assert counts[[0, 4, 5, 6]].sum() == 0
    assert counts[1:4].min() > 900
    assert abs(float(batch.target.mean())) < 0.06


def test_parity_is_asked_of_rows_longer_than_any_learnt_one_and_still_behind_a_zero():
    """A row that fills the context would begin with a state that training never showed."""
    trained, _, longest = parity_lengths(31)
    assert (trained, longest) == (7, 23)
    assert longest > 3 * trained
    assert longest < 31


def test_adding_marks_one_number_in_each_half():
    """The context interleaves number and mark; the target is the sum of the marked numbers."""
    batch = draw_adding(500, seeded(), length=7)

    numbers, marks = batch.context.view(500, 7, 2).unbind(dim=2)

    assert set(marks.unique().tolist()) == {0.0, 1.0}
    assert marks[:, :3].sum(dim=1).unique().tolist() == [1.0]
    assert marks[:, 3:].sum(dim=1).unique().tolist() == [1.0]
    assert torch.equal((numbers * marks).sum(dim=1, keepdim=True), batch.target)
    assert 0 <= float(numbers.min()) < 0.01
    assert 0.99 < float(numbers.max()) <= 1


def test_the_mean_predicts_the_adding_problem_with_an_error_of_one_sixth():
    """The published baseline: the variance of a sum of two uniform numbers, 2/12."""
    batch = draw_adding(100_000, seeded(), length=10)
    assert float((batch.target - 1).double().square().mean()) == pytest.approx(1 / 6, abs=0.002)


@pytest.mark.parametrize("name", ["recall", "shuffled", "parity", "adding"])
def test_recovered_is_one_for_the_best_forecast_and_zero_for_the_best_constant(configure, name):
    """The scale on which all tasks are read; errors count against the best forecast, so that noise is not."""
    task = make_task(name, 5, configure().probe)
    batch = next(iter(task.tests.values()))(20_000, seeded())

    constant = torch.full_like(batch.target, float(batch.best.mean()))

    assert task.recovered(task.mean_squared_error(batch.best, batch)) == pytest.approx(1)
    assert task.recovered(task.mean_squared_error(constant, batch)) == pytest.approx(0, abs=0.03)


def test_the_error_without_the_targets_noise_is_the_error_with_it_on_average():
    """The floor stands in for the noise: both ways give the mean squared error of any forecast."""
    batch = draw_recall(100_000, seeded(), 9, 3)
    forecast = 0.5 * batch.context[:, 6:7] + 0.1 * batch.context[:, 8:9]

    plain = float((forecast - batch.target).double().square().mean())
    quiet = FLOOR + float((forecast - batch.best).double().square().mean())

    assert quiet == pytest.approx(plain, abs=0.006)
