"""From the files of training to the artifact."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.data.series import Meta, fit_scalers, load_development, load_meta, scale_splits
from rnn_vs_transformer.data.splits import Splits
from rnn_vs_transformer.data.windows import windows_of
from rnn_vs_transformer.evaluation.conformal import LEVELS, half_widths_by_series
from rnn_vs_transformer.evaluation.ensemble import MEMBERS, ensemble_weights, with_ensemble
from rnn_vs_transformer.evaluation.folds import FoldForecasts, fold_forecasts
from rnn_vs_transformer.evaluation.quantiles import corrections
from rnn_vs_transformer.evaluation.scoring import mean_of_models
from rnn_vs_transformer.forecasting.artifact import FOLDER, FORECASTERS, Artifact, save_artifact
from rnn_vs_transformer.forecasting.origin import origin_here
from rnn_vs_transformer.models.baselines import (
    Ridge,
    last_value_forecast,
    load_ridge,
    seasonal_naive_forecast,
)
from rnn_vs_transformer.models.weights import load_trained
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import read_arrays, read_json
from rnn_vs_transformer.settings.family.families import MODELS, FamilySettings, trained_settings, validation_folds
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
    folds = validation_folds()
    ridge = load_ridge(splits)
    alone = [_forecasts(splits, meta, recipes, ridge, fold) for fold in range(folds)]
    known = with_ensemble(alone)
    artifact = Artifact(
        meta=meta,
        models={family: found.model for family, found in settings.items()},
        seeds={family: found.seeds for family, found in settings.items()},
        fold_mse={name: [round(fold.squared_error(name), 8) for fold in known] for name in FORECASTERS},
        accuracy=_accuracy(recipes),
        levels=list(LEVELS),
        scaler=scaler,
        covariates=covariates,
        ridge=ridge,
        ensemble=ensemble_weights([fold.of(MEMBERS) for fold in alone]),
        origin=origin_here(list(MODELS)),
        levels_of={family: list(found.train.levels) for family, found in settings.items() if found.train.levels},
        corrections=_corrections(splits, meta, settings, recipes),
        half_widths={name: half_widths_by_series(known[0].residuals(name)) for name in FORECASTERS},
    )
    trained = {
        family: [read_arrays(paths.weights(family, seed, recipes[family])) for seed in range(found.seeds)]
        for family, found in settings.items()
    }
    save_artifact(FOLDER, artifact, trained)
    return artifact


def _corrections(
    splits: Splits, meta: Meta, settings: Mapping[str, FamilySettings], recipes: Mapping[str, str]
) -> dict[str, FloatArray]:
    """By how much the intervals of those with quantiles are widened; see `corrections`."""
    [windows], found = windows_of(splits, "validation"), {}
    for family, levels in ((family, one.train.levels) for family, one in settings.items() if one.train.levels):
        quantiles = mean_of_models(list(load_trained(family, meta, recipes[family])), windows)
        found[family] = corrections(quantiles, splits, levels)
    return found


def _forecasts(splits: Splits, meta: Meta, recipes: Mapping[str, str], ridge: Ridge, fold: int) -> FoldForecasts:
    """Of all but the ensemble on the validation windows of a fold."""
    known = fold_forecasts(splits, meta, recipes, ridge, fold)
    origins, horizon = known.places.origins, splits.prediction_length
    naive = {
        "seasonal_naive": seasonal_naive_forecast(splits.values, origins, horizon, meta.season_length),
        "last_value": last_value_forecast(splits.values, origins, horizon),
    }
    return replace(known, forecasts={**known.forecasts, **naive})


def _accuracy(recipes: dict[str, str]) -> dict[str, dict[str, float]]:
    """What each forecaster reached on test; of a trained model, the mean of its seeds."""
    metrics = read_json(paths.METRICS)
    rows = {name: metrics[name] for name in FORECASTERS if name not in recipes}
    for family, recipe in recipes.items():
        rows[family] = (metrics if recipe == paths.TUTORIAL else metrics[recipe])[f"{family}_mean_of_seeds"]
    return {name: {told: row[told] for told in TOLD} for name, row in rows.items()}
