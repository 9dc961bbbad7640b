"""What trained models and ridge forecast of the folds of validation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from rnn_vs_transformer.data.evidence import FEWEST_SERIES
from rnn_vs_transformer.data.panel import BoolArray, FloatArray
from rnn_vs_transformer.data.series import Meta
from rnn_vs_transformer.data.splits import Places, Splits
from rnn_vs_transformer.evaluation.scoring import mean_forecast, residuals_of, squared_error_of
from rnn_vs_transformer.models.baselines import Ridge, refit_ridge
from rnn_vs_transformer.models.weights import load_trained


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

    def with_one(self, name: str, forecast: FloatArray) -> Self:
        """With one more beside them."""
        return replace(self, forecasts={**self.forecasts, name: forecast})

    def mean(self, weights: Mapping[str, float]) -> FloatArray:
        """The weighted mean of some (W, H)."""
        return np.asarray(sum(weight * self.forecasts[member] for member, weight in weights.items()))

    @property
    def everywhere(self) -> BoolArray:
        """All windows (W,)."""
        return np.ones(len(self.places.origins), dtype=bool)

    def halves(self) -> list[tuple[BoolArray, BoolArray]]:
        """Each half of the windows (W,), and those of the other half (W,) whose targets are not its own too.

        Of many series every other one, of few the earlier and the later windows. Where validation is so short that all
        targets overlap, there are no such windows.
        """
        series, origins = self.places.series, self.places.origins
        if len(self.splits.panel) >= FEWEST_SERIES:
            late = series % 2 == 1
            return [(late, ~late), (~late, late)]
        numbers, at = np.unique(series, return_inverse=True)
        back = origins - np.array([np.median(origins[series == number]) for number in numbers])[at]
        late, far = back > 0, np.abs(back) >= self.splits.prediction_length
        return [(late, ~late & far), (~late, late & far)]

    def squared_error(self, name: str) -> float:
        """Of one forecaster, see `squared_error_of`."""
        return squared_error_of(self.forecasts[name], self.splits, self.places)

    def residuals(self, name: str) -> list[FloatArray]:
        """Of one forecaster, see `residuals_of`."""
        return residuals_of(self.forecasts[name], self.splits, self.places)

    def products(self, of: BoolArray) -> FloatArray:
        """Mean products of the members' errors (M, M) of some windows: over observed targets, windows, series."""
        splits, places = self.splits, self.places
        scored = splits.scored(places)
        counts = np.bincount(places.series[of], minlength=len(splits.panel))
        every = np.maximum(1, counts[places.series]) * np.count_nonzero(counts) * scored.sum(axis=1)
        shares = of / every  # (W,)
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
