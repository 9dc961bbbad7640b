"""From the files of training to the artifact."""

import torch

from rnn_vs_transformer.data.series import load_meta, load_splits
from rnn_vs_transformer.evaluation.conformal import LEVELS, half_widths
from rnn_vs_transformer.evaluation.scoring import validation_residuals
from rnn_vs_transformer.forecasting.artifact import FOLDER, Artifact, Schema, save_artifact
from rnn_vs_transformer.forecasting.origin import origin_here
from rnn_vs_transformer.models.weights import load_trained
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import read_arrays
from rnn_vs_transformer.settings.family.families import trained_settings
from rnn_vs_transformer.training.history import best_recipes, best_validation_losses


def package_families() -> Artifact:
    """Write models/forecaster from the weights, the development steps and the loss histories. Test steps are not read.

    Of each family the recipe with the lower validation loss is taken.

    Raises:
        InputError: A file of an earlier stage is missing or does not fit.
    """
    torch.set_num_threads(1)
    meta, splits = load_meta(), load_splits()
    recipes = best_recipes()
    settings = {family: trained_settings(family, recipe) for family, recipe in recipes.items()}
    residuals, losses = {}, {}
    for family, recipe in recipes.items():
        residuals[family] = validation_residuals(list(load_trained(family, meta, recipe)), splits)
        losses[family] = round(float(best_validation_losses(family, recipe).mean()), 8)
    artifact = Artifact(
        schema=Schema(meta.channels, meta.time_column, meta.frequency, meta.context_length, meta.prediction_length),
        models={family: found.model for family, found in settings.items()},
        seeds=settings["rnn"].seeds,
        validation_mse=losses,
        levels=list(LEVELS),
        scaler=splits.scaler,
        half_widths={family: half_widths(errors) for family, errors in residuals.items()},
        origin=origin_here(list(recipes)),
    )
    weights = {
        family: [read_arrays(paths.weights(family, seed, recipes[family])) for seed in range(found.seeds)]
        for family, found in settings.items()
    }
    save_artifact(FOLDER, artifact, weights)
    return artifact
