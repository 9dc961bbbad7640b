"""Folds of validation: where they lie, what is trained before them, and what they choose."""

import numpy as np
import pytest

from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.scaling import Scaler
from rnn_vs_transformer.data.splits import Borders, Splits, require_folds
from rnn_vs_transformer.models.baselines import fit_best_ridge, fit_ridge, refit_ridge
from rnn_vs_transformer.runtime.errors import InputError

L, H = 6, 3


BORDERS = Borders(120, 150, 180)


def splits_of(values, borders=BORDERS):
    scaler = Scaler.fit(Panel.wide(values[: borders.train_end], ["a", "b"]))
    return Splits.of_wide(scaler.scale(values, np.arange(2)), borders, L, H, scaler)


@pytest.fixture
def splits():
    return splits_of(np.random.default_rng(0).normal(size=(180, 2)).cumsum(axis=0))


def test_folds_lie_one_before_the_other_and_touch_no_later_step(splits):
    assert splits.fold(0) is splits
    for number in (1, 2):
        fold, end = splits.fold(number), 150 - 30 * number
        assert fold.ends.tolist() == [[end - 30, end, end]] * 2
        last = splits.panel.offsets[:-1] + end - 1
        for split in ("train", "validation"):
            places = fold.places(split)
            assert ((places.origins + H) <= last[places.series]).all()
        first = fold.places("validation").origins + 1 - splits.panel.offsets[fold.places("validation").series]
        assert first.min() == end - 30
        assert len(fold.places("test").origins) == 0


def test_a_fold_knows_nothing_of_what_follows(splits):
    """Ridge before a fold stays the same, whatever comes after it."""
    ridge = fit_ridge(splits, L)
    before = refit_ridge(ridge, splits.fold(1))
    for start in splits.panel.offsets[:-1]:
        splits.panel.values[start + 120 : start + 180] = 1e3
    after = refit_ridge(ridge, splits.fold(1))
    np.testing.assert_array_equal(before.weights, after.weights)
    assert before.validation_mse == after.validation_mse


def test_one_fold_is_the_validation_split_alone(splits):
    one, plain = fit_best_ridge(splits, 1), fit_best_ridge(splits)
    assert one.validation_mse == plain.validation_mse
    np.testing.assert_array_equal(one.weights, plain.weights)


def test_the_error_that_chooses_is_the_mean_over_folds(splits):
    ridge = fit_best_ridge(splits, 3)
    each = [refit_ridge(ridge, splits.fold(fold)) for fold in range(3)]
    assert ridge.validation_mse == pytest.approx(np.mean([one.validation_mse for one in each]))
    np.testing.assert_allclose(ridge.weights, each[0].weights)


def test_folds_choose_what_holds_in_all_of_them():
    """The last stretch alone jumps back to its mean; in the two before it the level wanders."""
    draw = np.random.default_rng(1)
    values = draw.normal(size=(400, 2)).cumsum(axis=0)
    values[300:350] = values[300] + 0.1 * draw.normal(size=(50, 2))
    wandering = splits_of(values, Borders(300, 350, 400))
    folds = [fit_best_ridge(wandering, count) for count in (1, 4)]
    errors = [[refit_ridge(ridge, wandering.fold(fold)).validation_mse for fold in range(4)] for ridge in folds]
    assert np.mean(errors[1]) <= np.mean(errors[0])
    assert errors[0][0] <= errors[1][0]


def test_more_folds_than_train_has_steps_for_are_refused(splits):
    require_folds(splits.ends, L, H, 4)
    with pytest.raises(InputError, match="steps for at most 4"):
        require_folds(splits.ends, L, H, 6)
