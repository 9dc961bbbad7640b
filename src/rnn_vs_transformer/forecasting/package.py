"""From the files of training to the artifact."""

from typing import Final

import numpy as np

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.data.series import fit_scalers, load_development, load_meta, scale_splits
from rnn_vs_transformer.data.splits import Splits
from rnn_vs_transformer.evaluation.conformal import LEVELS, half_widths_by_series
from rnn_vs_transformer.evaluation.ensemble import ENSEMBLE, MEMBERS, ensemble_weights
from rnn_vs_transformer.evaluation.scoring import mean_forecast, residuals_of, squared_error_of
from rnn_vs_transformer.forecasting.artifact import FOLDER, FORECASTERS, Artifact, save_artifact
from rnn_vs_transformer.forecasting.origin import origin_here
from rnn_vs_transformer.models.baselines import (
    Ridge,
    fit_best_ridge,
    last_value_forecast,
    seasonal_naive_forecast,
)
from rnn_vs_transformer.models.weights import load_trained
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import read_arrays, read_json
from rnn_vs_transformer.settings.family.families import MODELS, trained_settings
from rnn_vs_transformer.training.history import best_recipes

TOLD: Final = ("mse", "mae", "mase", "skill")
"""Of a forecaster's row in reports/metrics.json."""


def package_forecasters() -> Artifact:
    """Write models/forecaster from the weights, the development steps and the scores. Test steps are not read.

    Of each family the recipe with the lower validation loss is taken.

    Raises:
        InputError: A file of an earlier stage is missing or does not fit.
    """
    meta, (panel, ends) = load_meta(), load_development()
    scaler, covariates = fit_scalers(panel, ends, meta)
    splits = scale_splits(panel, ends, meta, (scaler, covariates))
    recipes = {**best_recipes(), "mlp": paths.TUTORIAL}
    settings = {family: trained_settings(family, recipes[family]) for family in MODELS}
    ridge = fit_best_ridge(splits)
    places = splits.places("validation")
    forecasts = {
        family: mean_forecast(list(load_trained(family, meta, recipe)), splits, "validation")
        for family, recipe in recipes.items()
    } | _baselines(splits, ridge, meta.season_length)
    weights = ensemble_weights({member: forecasts[member] for member in MEMBERS}, splits, places)
    forecasts[ENSEMBLE] = np.asarray(sum(weight * forecasts[member] for member, weight in weights.items()))
    residuals = {name: residuals_of(forecast, splits, places) for name, forecast in forecasts.items()}
    errors = {name: squared_error_of(forecasts[name], splits, places) for name in FORECASTERS}
    artifact = Artifact(
        meta=meta,
        models={family: found.model for family, found in settings.items()},
        seeds={family: found.seeds for family, found in settings.items()},
        validation_mse={name: round(error, 8) for name, error in errors.items()},
        accuracy=_accuracy(recipes),
        levels=list(LEVELS),
        scaler=scaler,
        covariates=covariates,
        ridge=ridge,
        ensemble=weights,
        origin=origin_here(list(MODELS)),
        half_widths={name: half_widths_by_series(residuals[name]) for name in FORECASTERS},
    )
    trained = {
        family: [read_arrays(paths.weights(family, seed, recipes[family])) for seed in range(found.seeds)]
        for family, found in settings.items()
    }
    save_artifact(FOLDER, artifact, trained)
    return artifact


def _baselines(splits: Splits, ridge: Ridge, season_length: int) -> dict[str, FloatArray]:
    """Their forecasts of the validation windows (W, H)."""
    places, horizon = splits.places("validation"), splits.prediction_length
    return {
        "ridge": ridge.forecast(splits.panel, places),
        "seasonal_naive": seasonal_naive_forecast(splits.values, places.origins, horizon, season_length),
        "last_value": last_value_forecast(splits.values, places.origins, horizon),
    }


def _accuracy(recipes: dict[str, str]) -> dict[str, dict[str, float]]:
    """What each forecaster reached on test; of a trained model, the mean of its seeds."""
    metrics = read_json(paths.METRICS)
    rows = {name: metrics[name] for name in FORECASTERS if name not in recipes}
    for family, recipe in recipes.items():
        rows[family] = (metrics if recipe == paths.TUTORIAL else metrics[recipe])[f"{family}_mean_of_seeds"]
    return {name: {told: row[told] for told in TOLD} for name, row in rows.items()}
