"""From the files of training to the artifact."""

from collections.abc import Mapping

import torch

from rnn_vs_transformer.data.series import load_development, load_meta
from rnn_vs_transformer.data.splits import Scaler
from rnn_vs_transformer.evaluation.conformal import LEVELS
from rnn_vs_transformer.evaluation.interval_scores import load_seeds, validation_half_widths
from rnn_vs_transformer.forecasting.artifact import FOLDER, Artifact, Schema, save_artifact
from rnn_vs_transformer.models.settings import trained_settings
from rnn_vs_transformer.models.shell import Builder
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import read_arrays
from rnn_vs_transformer.training.history import best_validation_losses


def package_families(builders: Mapping[str, Builder], seeds: int) -> Artifact:
    """Write models/forecaster from the weights, the development steps and the loss histories. Test steps are not read.

    Raises:
        InputError: A file of an earlier stage is missing or does not fit.
    """
    torch.set_num_threads(1)
    meta, values = load_meta(), load_development()
    scaler = Scaler.fit(values[: meta.borders.train_end], meta.channels)
    scaled = scaler.scale(values)
    artifact = Artifact(
        schema=Schema(meta.channels, meta.time_column, meta.frequency, meta.context_length, meta.prediction_length),
        models={family: trained_settings(family).model for family in builders},
        seeds=seeds,
        validation_mse={
            family: round(float(best_validation_losses(paths.history(family)).mean()), 8) for family in builders
        },
        levels=list(LEVELS),
        scaler=scaler,
        half_widths={
            family: validation_half_widths(load_seeds(family, build, seeds, meta), scaled, meta)
            for family, build in builders.items()
        },
    )
    weights = {family: [read_arrays(paths.weights(family, seed)) for seed in range(seeds)] for family in builders}
    save_artifact(FOLDER, artifact, weights)
    return artifact
