"""The ensemble: one forecast out of several, each with a weight that validation finds (stacking, Breiman 1996)."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from scipy import linalg, optimize

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.data.splits import Split, Splits
from rnn_vs_transformer.evaluation.folds import FoldForecasts, fold_forecasts
from rnn_vs_transformer.evaluation.scoring import ScoredFamily, Scores, score
from rnn_vs_transformer.evaluation.test_split import TestSplit
from rnn_vs_transformer.models.baselines import Ridge
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


def ensemble_weights(folds: Sequence[FoldForecasts]) -> dict[str, float]:
    """The weights, none negative and 1 in all, with which the mean forecast has the least squared error over the folds.

    Args:
        folds: Of the same members.

    Returns:
        Weights by member.
    """
    return _weights(folds[0], [fold.products(fold.everywhere) for fold in folds])


def with_ensemble(folds: Sequence[FoldForecasts]) -> list[FoldForecasts]:
    """Each fold with the ensemble beside its members, by weights that do not come from what it is judged on.

    They come from the other folds; of one fold, each half of its windows has those of the other half, and equal ones
    where that has no windows of its own, see `FoldForecasts.halves`. What ships has the weights of all windows.
    """
    members = [fold.of(MEMBERS) for fold in folds]
    if len(folds) > 1:
        others = [ensemble_weights([*members[:number], *members[number + 1 :]]) for number in range(len(folds))]
        return [fold.with_one(ENSEMBLE, fold.mean(weights)) for fold, weights in zip(folds, others, strict=True)]
    [fold], forecast = folds, np.empty_like(folds[0].forecasts[MEMBERS[0]])
    for half, other in fold.halves():
        equal = dict.fromkeys(MEMBERS, 1 / len(MEMBERS))
        weights = _weights(members[0], [members[0].products(other)]) if other.any() else equal
        forecast[half] = fold.mean(weights)[half]
    return [fold.with_one(ENSEMBLE, forecast)]


def _weights(members: FoldForecasts, products: Sequence[FloatArray]) -> dict[str, float]:
    found = least_squares_on_simplex(np.mean(products, axis=0))
    return dict(zip(members.forecasts, found.tolist(), strict=True))


def least_squares_on_simplex(products: FloatArray) -> FloatArray:
    """The w (M,), none negative and 1 in all, with the least w' products w.

    The least of w' products w + (1 - sum w)^2 without the bound on the sum lies in the same direction, as for each
    direction the best length depends on its own w' products w alone.

    >>> least_squares_on_simplex(np.array([[1.0, 0.0], [0.0, 3.0]])).round(6).tolist()
    [0.75, 0.25]
    """
    weight = products.diagonal().mean() or 1.0  # with it the bound weighs as much as the rest
    values, vectors = linalg.eigh(products / weight)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))).T
    weights, _ = optimize.nnls(np.vstack([root, np.ones(len(products))]), np.append(np.zeros(len(products)), 1.0))
    return np.asarray(weights / weights.sum(), dtype=np.float64)
