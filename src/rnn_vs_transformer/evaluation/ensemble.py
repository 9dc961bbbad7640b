"""The ensemble: one forecast out of several, each with a weight that validation finds (stacking, Breiman 1996)."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from scipy import linalg, optimize

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.data.series import Meta
from rnn_vs_transformer.data.splits import Places, Split, Splits
from rnn_vs_transformer.evaluation.scoring import Scores, mean_forecast, score
from rnn_vs_transformer.evaluation.test_split import TestSplit
from rnn_vs_transformer.models.baselines import Ridge
from rnn_vs_transformer.models.weights import load_trained
from rnn_vs_transformer.training.history import best_recipes

ENSEMBLE: Final = "ensemble"
MEMBERS: Final = ("rnn", "transformer", "ridge")
"""Each family at its best, by the mean of its seeds, and the linear forecast."""


def score_ensemble(test: TestSplit, ridge: Ridge) -> tuple[Scores, dict[str, float]]:
    """Scores of the ensemble on the test split, and the weights that validation gives its members."""
    splits, meta = test.splits, test.meta
    known = {member: member_forecast(member, splits, meta, ridge, "validation") for member in MEMBERS}
    weights = ensemble_weights(known, splits, splits.places("validation"))
    total = np.zeros(())
    for member, weight in weights.items():
        if weight:
            total = total + weight * member_forecast(member, splits, meta, ridge, "test")
    return score(total, test), weights


def member_forecast(member: str, splits: Splits, meta: Meta, ridge: Ridge, split: Split) -> FloatArray:
    """Of one member on all windows of a split (W, H), in scaled units."""
    if member == "ridge":
        return ridge.forecast(splits.panel, splits.places(split))
    return mean_forecast(list(load_trained(member, meta, best_recipes()[member])), splits, split)


def ensemble_weights(forecasts: Mapping[str, FloatArray], splits: Splits, places: Places) -> dict[str, float]:
    """The weights, none negative and 1 in all, with which the mean forecast has the least squared error.

    Args:
        forecasts: Of each member on the windows (W, H), in scaled units.
        splits: Whose series they are.
        places: Of the windows. The error of a window is its mean over the observed targets, that of a series its mean
            over windows, and that of the ensemble its mean over series.

    Returns:
        Weights by member.
    """
    scored = splits.scored(places)
    counts = np.bincount(places.series)
    shares = 1.0 / (counts[places.series] * np.count_nonzero(counts) * scored.sum(axis=1))  # (W,)
    truth = splits.truth(places)
    errors = [np.where(scored, splits.clip(forecast, places) - truth, 0.0) for forecast in forecasts.values()]
    products = np.array([[np.einsum("w,wh,wh->", shares, one, other) for other in errors] for one in errors])
    return dict(zip(forecasts, least_squares_on_simplex(products).tolist(), strict=True))


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
