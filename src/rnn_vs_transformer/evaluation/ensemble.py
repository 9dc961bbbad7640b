"""The ensemble: one forecast out of several, each with a weight that validation finds (stacking, Breiman 1996)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
from scipy import linalg, optimize

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.data.series import Meta
from rnn_vs_transformer.data.splits import Places, Split, Splits
from rnn_vs_transformer.evaluation.scoring import (
    ScoredFamily,
    Scores,
    mean_forecast,
    residuals_of,
    score,
    squared_error_of,
)
from rnn_vs_transformer.evaluation.test_split import TestSplit
from rnn_vs_transformer.models.baselines import Ridge, refit_ridge
from rnn_vs_transformer.models.weights import load_trained
from rnn_vs_transformer.training.history import best_recipes

ENSEMBLE: Final = "ensemble"
MEMBERS: Final = ("rnn", "transformer", "ridge")
"""Each family at its best, by the mean of its seeds, and the linear forecast."""


def score_ensemble(
    test: TestSplit, ridge: Ridge, best: Mapping[str, ScoredFamily], folds: int
) -> tuple[Scores, dict[str, float]]:
    """Scores of the ensemble on the test split, and the weights that validation gives its members.

    Args:
        test: The split.
        ridge: Fitted before fold 0.
        best: Each family with the recipe of the lower validation loss.
        folds: Of validation; for those before the last one models are loaded that were trained before them.
    """
    splits, recipes = test.splits, best_recipes()
    last = FoldForecasts(splits, _members(best, "validation", ridge, splits))
    earlier = [fold_forecasts(splits, test.meta, recipes, ridge, fold) for fold in range(1, folds)]
    weights = ensemble_weights([last, *earlier])
    forecasts, total = _members(best, "test", ridge, splits), np.zeros(())
    for member, weight in weights.items():
        if weight:
            total = total + weight * forecasts[member]
    return score(total, test), weights


def _members(best: Mapping[str, ScoredFamily], split: Split, ridge: Ridge, splits: Splits) -> dict[str, FloatArray]:
    """What each member forecasts of a split (W, H)."""
    trained = {name: scored.forecasts[split] for name, scored in best.items()}
    return {**trained, "ridge": ridge.forecast(splits.panel, splits.places(split))}


@dataclass(frozen=True)
class FoldForecasts:
    """What models forecast of a stretch of validation that they were trained before."""

    splits: Splits
    """Of the fold."""
    forecasts: Mapping[str, FloatArray]
    """(W, H) by forecaster, in scaled units."""

    @property
    def places(self) -> Places:
        """The windows (W)."""
        return self.splits.places("validation")

    def of(self, members: Sequence[str]) -> Self:
        """Those of some alone."""
        return replace(self, forecasts={member: self.forecasts[member] for member in members})

    def with_mean(self, name: str, weights: Mapping[str, float]) -> Self:
        """With the weighted mean of some beside them."""
        mean = np.asarray(sum(weight * self.forecasts[member] for member, weight in weights.items()))
        return replace(self, forecasts={**self.forecasts, name: mean})

    def squared_error(self, name: str) -> float:
        """Of one forecaster, see `squared_error_of`."""
        return squared_error_of(self.forecasts[name], self.splits, self.places)

    def residuals(self, name: str) -> list[FloatArray]:
        """Of one forecaster, see `residuals_of`."""
        return residuals_of(self.forecasts[name], self.splits, self.places)

    @property
    def products(self) -> FloatArray:
        """Mean products of the members' errors (M, M): over observed targets, then windows, then series."""
        splits, places = self.splits, self.places
        scored = splits.scored(places)
        counts = np.bincount(places.series)
        shares = 1.0 / (counts[places.series] * np.count_nonzero(counts) * scored.sum(axis=1))  # (W,)
        truth = splits.truth(places)
        errors = [np.where(scored, splits.clip(one, places) - truth, 0.0) for one in self.forecasts.values()]
        return np.array([[np.einsum("w,wh,wh->", shares, one, other) for other in errors] for one in errors])


def fold_forecasts(splits: Splits, meta: Meta, recipes: Mapping[str, str], ridge: Ridge, fold: int) -> FoldForecasts:
    """What the trained models, each with its recipe, and ridge forecast of a fold, before which all were fitted.

    Ridge has the form that all folds chose.
    """
    ended = splits.fold(fold)
    fitted = refit_ridge(ridge, ended) if fold else ridge
    forecasts = {
        name: mean_forecast(list(load_trained(name, meta, recipe, fold)), ended, "validation")
        for name, recipe in recipes.items()
    }
    return FoldForecasts(ended, {**forecasts, "ridge": fitted.forecast(ended.panel, ended.places("validation"))})


def ensemble_weights(folds: Sequence[FoldForecasts]) -> dict[str, float]:
    """The weights, none negative and 1 in all, with which the mean forecast has the least squared error over the folds.

    Args:
        folds: Of the same members.

    Returns:
        Weights by member.
    """
    products = np.mean([fold.products for fold in folds], axis=0)
    return dict(zip(folds[0].forecasts, least_squares_on_simplex(products).tolist(), strict=True))


def least_squares_on_simplex(products: FloatArray) -> FloatArray:
    """The w (M,), none negative and 1 in all, with the least w' products w.

    The least of w' products w + (1 - sum w)^2 without the bound on the sum lies in the same direction, as for each
    direction the best length depends on its own w' products w alone.

    >>> least_squares_on_simplex(np.array([[1.0, 0.0], [0.0, 3.0]])).round(6).tolist()
    [0.75, 0.25]
    """
    values, vectors = linalg.eigh(products / products.diagonal().mean())  # so that the bound weighs as much as the rest
    root = (vectors * np.sqrt(np.maximum(values, 0.0))).T
    weights, _ = optimize.nnls(np.vstack([root, np.ones(len(products))]), np.append(np.zeros(len(products)), 1.0))
    return np.asarray(weights / weights.sum(), dtype=np.float64)
