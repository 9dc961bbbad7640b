"""The weights of the ensemble."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.scaling import Scaler
from rnn_vs_transformer.data.splits import Borders, Splits
from rnn_vs_transformer.evaluation.ensemble import FoldForecasts, ensemble_weights, least_squares_on_simplex

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
