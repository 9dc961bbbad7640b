"""The weights of the ensemble."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.scaling import Scaler
from rnn_vs_transformer.data.splits import Borders, Splits
from rnn_vs_transformer.evaluation.ensemble import (
    ENSEMBLE,
    MEMBERS,
    ensemble_weights,
    least_squares_on_simplex,
    with_ensemble,
)
from rnn_vs_transformer.evaluation.folds import FoldForecasts

H = 3


@pytest.fixture
def splits():
    values = np.random.default_rng(0).normal(size=(80, 2))
    scaler = Scaler.fit(Panel.wide(values[:40], ["a", "b"]))
    return Splits.of_wide(values, Borders(40, 60, 80), 6, H, scaler)


def forecasts_of(splits, spreads, fold=0):
    part = splits.fold(fold)
    truth = part.truth(part.places("validation"))
    draw = np.random.default_rng(1)
    return {name: truth + spread * draw.normal(size=truth.shape) for name, spread in spreads.items()}


def weights_of(splits, *folds):
    """The weights by forecasts of the folds of validation, the last first."""
    return ensemble_weights([FoldForecasts(splits.fold(number), one) for number, one in enumerate(folds)])


@given(st.integers(0, 10_000), st.integers(1, 6))
def test_no_weights_on_the_simplex_are_better(seed, members):
    draw = np.random.default_rng(seed)
    errors = draw.normal(size=(20, members)) + draw.normal(size=(20, 1)) * draw.uniform(0, 5)
    products = errors.T @ errors
    weights = least_squares_on_simplex(products)
    assert weights.sum() == pytest.approx(1.0)
    assert (weights >= 0).all()
    others = draw.dirichlet(np.ones(members), 200)
    least = np.einsum("nm,mk,nk->n", others, products, others).min()
    assert weights @ products @ weights <= min(least, products.diagonal().min()) + 1e-9 * products.max()


def test_the_weights_know_no_unit():
    products = np.array([[1.0, 0.2], [0.2, 2.0]])
    np.testing.assert_allclose(least_squares_on_simplex(1e-12 * products), least_squares_on_simplex(1e9 * products))


def test_independent_errors_weigh_by_their_inverse_variance(splits):
    found = weights_of(splits, forecasts_of(splits, {"one": 1.0, "other": 2.0}))
    assert found["one"] == pytest.approx(0.8, abs=0.12)
    assert sum(found.values()) == pytest.approx(1.0)


def test_a_perfect_member_has_all_the_weight(splits):
    found = weights_of(splits, forecasts_of(splits, {"one": 0.0, "other": 1.0}))
    assert found["one"] == pytest.approx(1.0)


def test_a_member_that_adds_nothing_has_no_weight(splits):
    forecasts = forecasts_of(splits, {"one": 1.0})
    truth = splits.truth(splits.places("validation"))
    forecasts["worse"] = truth + 3 * (forecasts["one"] - truth)
    assert weights_of(splits, forecasts) == pytest.approx({"one": 1.0, "worse": 0.0})


def test_what_was_not_observed_has_no_say(splits):
    places = splits.places("validation")
    splits.panel.observed[places.origins[5] + 1] = False
    places = splits.places("validation")
    forecasts = forecasts_of(splits, {"one": 1.0, "other": 1.0})
    before = weights_of(splits, forecasts)
    missing = ~splits.scored(places)
    assert missing.any()
    forecasts["one"][missing] += 1e6
    assert weights_of(splits, forecasts) == pytest.approx(before)


def test_each_fold_has_the_same_say(splits):
    """One is perfect in the last fold, the other in the one before it: both are as good."""
    folds = [forecasts_of(splits, spreads, fold) for fold, spreads in enumerate(
        [{"one": 0.0, "other": 1.0}, {"one": 1.0, "other": 0.0}])]  # fmt: skip
    found = weights_of(splits, *folds)
    assert found["one"] == pytest.approx(0.5, abs=0.15)


def members_of(splits, spreads, fold=0):
    return FoldForecasts(splits.fold(fold), forecasts_of(splits, dict(zip(MEMBERS, spreads, strict=True)), fold))


def test_the_truth_of_a_fold_has_no_part_in_its_own_ensemble(splits):
    """The first member is perfect in the last fold, the second in the one before it: each takes the other's word."""
    folds = [members_of(splits, (0, 1, 1)), members_of(splits, (1, 0, 1), 1)]
    last, earlier = with_ensemble(folds)
    np.testing.assert_allclose(last.forecasts[ENSEMBLE], folds[0].forecasts[MEMBERS[1]], atol=1e-6)
    np.testing.assert_allclose(earlier.forecasts[ENSEMBLE], folds[1].forecasts[MEMBERS[0]], atol=1e-6)


def test_of_one_fold_each_half_is_forecast_by_the_weights_of_the_other(splits):
    """The first member is perfect early and the second late, so that the second forecasts early and the first late."""
    fold = members_of(splits, (1, 1, 1))
    late, early = (half for half, _ in fold.halves())
    truth = splits.truth(fold.places)
    fold.forecasts[MEMBERS[0]][early] = truth[early]
    fold.forecasts[MEMBERS[1]][late] = truth[late]
    [found] = with_ensemble([fold])
    np.testing.assert_allclose(found.forecasts[ENSEMBLE][early], fold.forecasts[MEMBERS[1]][early], atol=1e-6)
    np.testing.assert_allclose(found.forecasts[ENSEMBLE][late], fold.forecasts[MEMBERS[0]][late], atol=1e-6)


def test_the_weights_of_a_half_share_no_target_with_it(splits):
    fold = members_of(splits, (1, 1, 1))
    origins, series = fold.places.origins, fold.places.series
    every = np.zeros(len(origins), dtype=int)
    for half, other in fold.halves():
        every += half
        assert other.any()
        for number in range(2):
            one, two = (origins[which & (series == number)] for which in (half, other))
            assert np.abs(one[:, None] - two[None, :]).min() >= H
    assert (every == 1).all()


def test_many_series_are_halved_by_series():
    values = np.random.default_rng(0).normal(size=(40, 12))
    scaler = Scaler.fit(Panel.wide(values[:20], [str(number) for number in range(12)]))
    many = Splits.of_wide(values, Borders(20, 20 + H, 40), 6, H, scaler)
    fold = members_of(many, (1, 1, 1))
    for half, other in fold.halves():
        assert not set(fold.places.series[half]) & set(fold.places.series[other])
        assert half.sum() == other.sum() == 6


@pytest.mark.parametrize("series", [1, 3])
def test_where_all_targets_overlap_the_members_weigh_the_same(series):
    """A window or two per series leave nothing to find weights on that are not judged by it."""
    values = np.random.default_rng(0).normal(size=(40, series))
    scaler = Scaler.fit(Panel.wide(values[:20], [str(number) for number in range(series)]))
    for windows in (1, 2):
        few = Splits.of_wide(values, Borders(20, 19 + H + windows, 40), 6, H, scaler)
        fold = members_of(few, (1, 2, 3))
        assert len(fold.places.origins) == windows * series
        [found] = with_ensemble([fold])
        mean = np.mean([fold.forecasts[name] for name in MEMBERS], axis=0)
        np.testing.assert_allclose(found.forecasts[ENSEMBLE], mean)


def test_members_without_an_error_have_weights():
    """As where all of a series is 0, and no forecast may be below it."""
    found = least_squares_on_simplex(np.zeros((3, 3)))
    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()
