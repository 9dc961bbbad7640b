"""Forecasts that every neural claim must beat: last value, seasonal naive, closed-form ridge."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from scipy import linalg

from rnn_vs_transformer.data.panel import BoolArray, FloatArray, IntArray, Panel
from rnn_vs_transformer.data.splits import Places, Splits, steps_ahead
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import read_json, write_json

PENALTIES = tuple(10.0**power for power in range(-3, 8))
"""Ridge penalties tried on validation, in units of the summed squares of scaled inputs."""
CONTEXTS = (0.5, 1.0, 2.0, 4.0)
"""Context lengths tried on validation, as multiples of that of the families."""
MOST_PRODUCTS = 2e12
"""A context longer than the families' is left out where its normal equations would take more multiply-adds."""
ROWS_AT_ONCE = 4096
Form = tuple[int, int, bool, bool]
"""Context and prediction length, whether the last value is subtracted, whether covariates are read back too."""


def last_value_forecast(values: FloatArray, origins: IntArray, prediction_length: int) -> FloatArray:
    """The value at the forecast origin, repeated.

    Args:
        values: Series one behind the other (cells,).
        origins: The cells of the forecast origins (W,).
        prediction_length: Steps to forecast (H).

    Returns:
        Forecasts (W, H).
    """
    return np.repeat(values[origins][:, None], prediction_length, axis=1)


def seasonal_naive_forecast(
    values: FloatArray, origins: IntArray, prediction_length: int, season_length: int
) -> FloatArray:
    """The value of the same step in the last observed season (Hyndman and Athanasopoulos, section 5.2).

    Args:
        values: Series one behind the other (cells,).
        origins: The cells of the forecast origins (W,), each at least season_length - 1 steps into its series.
        prediction_length: Steps to forecast (H).
        season_length: Steps in one season.

    Returns:
        Forecasts (W, H).
    """
    ahead = np.arange(prediction_length) % season_length
    forecasts: FloatArray = values[origins[:, None] + 1 - season_length + ahead]
    return forecasts


@dataclass(frozen=True)
class Ridge:
    """A linear map from context and covariates to forecast, one for all series.

    Values may stand less the last one. The inputs are those of the families: past covariates over the context, future
    ones over the horizon and, where validation wants it, the context, and static ones.
    """

    weights: FloatArray
    """(inputs + 1, H); the last row is the intercept."""
    context_length: int
    subtract_last: bool
    covariates_back: bool
    """Whether it reads the covariates over the context too."""
    penalty: float
    validation_mse: float

    def forecast(self, panel: Panel, places: Places) -> FloatArray:
        """Forecasts (W, H) of windows of a scaled panel."""
        forecasts = np.empty((len(places.origins), self.weights.shape[1]))
        form = self.context_length, self.weights.shape[1], self.subtract_last, self.covariates_back
        for start in range(0, len(forecasts), ROWS_AT_ONCE):
            some = slice(start, start + ROWS_AT_ONCE)
            inputs, last = _inputs(panel, Places(places.origins[some], places.series[some]), *form)
            forecasts[some] = inputs @ self.weights + last
        return forecasts


def fit_best_ridge(splits: Splits, folds: int = 1) -> Ridge:
    """Ridge with the context length, out of `CONTEXTS` times the families', that validation chooses too.

    Args:
        splits: Development steps, scaled.
        folds: Stretches of validation by whose mean error is chosen, see `Splits.fold`.

    A longer context is left out where a series is too short for it, where fewer train windows than inputs would remain,
    or where it would take more than `MOST_PRODUCTS`. So are the covariates over the context. See `fit_ridge`.
    """
    families, panel = splits.context_length, splits.panel
    back, horizon = panel.past.shape[1] + panel.future.shape[1], splits.prediction_length
    earliest = splits.fold(folds - 1).ends[:, 0]
    fixed = horizon * panel.future.shape[1] + panel.static.shape[1]

    def can_be_tried(length: int, covariates_back: bool) -> bool:
        inputs = length * (1 + back * covariates_back) + fixed
        windows = np.maximum(0, earliest - length - horizon).sum()
        most = np.maximum(0, splits.ends[:, 0] - length - horizon).sum()
        fits = inputs < windows and most <= MOST_PRODUCTS / inputs**2 and length <= earliest.min()
        return fits or (length <= families and not covariates_back)

    lengths = [max(1, int(multiple * families)) for multiple in CONTEXTS]
    forms = [(length, reads) for reads in ((False, True) if back else (False,)) for length in lengths]
    fitted = [fit_ridge(splits, length, reads, folds=folds) for length, reads in forms if can_be_tried(length, reads)]
    return min(fitted, key=lambda ridge: ridge.validation_mse)


def fit_ridge(
    splits: Splits,
    context_length: int,
    covariates_back: bool = False,
    centrings: Sequence[bool] = (False, True),
    folds: int = 1,
) -> Ridge:
    """Ridge regression in closed form; its penalty and centring are chosen on validation.

    Args:
        splits: Development steps, scaled.
        context_length: Values read.
        covariates_back: Whether the covariates over the context are read too.
        centrings: Whether the last value is subtracted: what may be chosen.
        folds: See `fit_best_ridge`.

    Returns:
        The candidate with the least mean squared error on validation: of windows over their observed targets, of series
        over windows, of all over series, and of the folds. Its weights are those of fold 0.
    """
    candidates = []
    for subtract_last in centrings:
        form = context_length, splits.prediction_length, subtract_last, covariates_back
        fitted = [list(_fitted(splits.fold(fold), form)) for fold in range(folds)]
        for number, penalty in enumerate(PENALTIES):
            weights, mse = fitted[0][number][0], float(np.mean([of_fold[number][1] for of_fold in fitted]))
            candidates.append(Ridge(weights, context_length, subtract_last, covariates_back, penalty, mse))
    return min(candidates, key=lambda ridge: ridge.validation_mse)


def save_ridge_form(ridge: Ridge) -> None:
    """Write what validation chose, without the weights."""
    write_json(paths.RIDGE, {name: value for name, value in asdict(ridge).items() if name != "weights"})


def load_ridge(splits: Splits) -> Ridge:
    """Ridge in the form that `save_ridge_form` wrote, fitted on the train steps of the splits.

    Raises:
        InputError: The file is missing or damaged.
    """
    return refit_ridge(Ridge(weights=np.empty((0, 0)), **read_json(paths.RIDGE)), splits)


def refit_ridge(ridge: Ridge, splits: Splits) -> Ridge:
    """The same form and penalty, fitted on the train steps of other splits; its validation error is that there."""
    form = ridge.context_length, splits.prediction_length, ridge.subtract_last, ridge.covariates_back
    [(weights, mse)] = _fitted(splits, form, [ridge.penalty])
    return replace(ridge, weights=weights, validation_mse=mse)


def _fitted(splits: Splits, form: Form, penalties: Sequence[float] = ()) -> Iterator[tuple[FloatArray, float]]:
    """Weights, and their error on validation, for each penalty; by default `PENALTIES`."""
    train, validation = (splits.places(split, form[0]) for split in ("train", "validation"))
    products = _products(splits, train, form)
    for penalty in penalties or PENALTIES:
        weights = _solve(*products, penalty)
        yield weights, _validation_error(splits, validation, form, weights)


def _products(splits: Splits, train: Places, form: Form) -> tuple[FloatArray, FloatArray]:
    """Inputs times inputs (n, n), and inputs times targets (n, H).

    Where targets are missing the former is (H, n, n), as then each step has rows of its own.
    """
    gram, moment, whole = np.zeros(()), np.zeros(()), bool(splits.scored(train).all())
    for inputs, targets, scored in _blocks(splits, train, form):
        if whole:
            gram, moment = gram + inputs.T @ inputs, moment + inputs.T @ targets
            continue
        some = [inputs[known] for known in scored.T]  # (H) of rows with that target
        gram = gram + np.stack([rows.T @ rows for rows in some])
        moment = moment + inputs.T @ np.where(scored, targets, 0.0)
    return gram, moment


def _validation_error(splits: Splits, validation: Places, form: Form, weights: FloatArray) -> float:
    errors = [
        (np.square(inputs @ weights - targets) * scored).sum(axis=1) / scored.sum(axis=1)
        for inputs, targets, scored in _blocks(splits, validation, form)
    ]
    return validation.mean_over_series(np.concatenate(errors))


def _solve(gram: FloatArray, moment: FloatArray, penalty: float) -> FloatArray:
    """Minimiser of the penalised squares; the intercept (last row) bears no penalty."""
    penalties = np.full(gram.shape[-1], penalty)
    penalties[-1] = 0.0
    if gram.ndim > 2:  # noqa: PLR2004 - a step at a time
        steps = zip(gram, moment.T, strict=True)
        return np.stack([_solve(one, known[:, None], penalty)[:, 0] for one, known in steps], axis=1)
    weights: FloatArray = linalg.solve(gram + np.diag(penalties), moment, assume_a="pos")
    return weights


def _blocks(splits: Splits, places: Places, form: Form) -> Iterator[tuple[FloatArray, FloatArray, BoolArray]]:
    """Inputs, targets and which of these were observed, of all windows, some at a time."""
    panel = splits.panel
    for one in places.of_series(len(panel)):
        for start in range(one.start, one.stop, ROWS_AT_ONCE):
            some = slice(start, min(start + ROWS_AT_ONCE, one.stop))
            windows = Places(places.origins[some], places.series[some])
            inputs, last = _inputs(panel, windows, *form)
            yield inputs, splits.truth(windows) - last, splits.scored(windows)


def _inputs(
    panel: Panel,
    places: Places,
    context_length: int,
    prediction_length: int,
    subtract_last: bool,
    covariates_back: bool,
) -> tuple[FloatArray, FloatArray]:
    """Inputs of windows with a column of ones (W, inputs + 1), and what was subtracted from the values (W, 1)."""
    origins, count = places.origins, len(places.origins)
    back = origins[:, None] + np.arange(1 - context_length, 1)
    contexts = panel.values[back]
    last = contexts[:, -1:] if subtract_last else np.zeros((count, 1))
    known = [panel.static[places.series]]
    if panel.future.shape[1]:
        known.append(panel.future[steps_ahead(origins, prediction_length)].reshape(count, -1))
    if covariates_back:
        known += [columns[back].reshape(count, -1) for columns in (panel.past, panel.future)]
    return np.hstack([contexts - last, *known, np.ones((count, 1))]), last
