"""How soon each family comes near the best validation loss: epochs and steps per seed.

The way goes from the seasonal naive's validation loss down to the best that any seed of any family reached. A seed that
stops before a given fraction of that way is censored: it needed more than the epochs that it ran.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.series import load_meta, load_splits
from rnn_vs_transformer.data.splits import Splits
from rnn_vs_transformer.models.baselines import seasonal_naive_forecast
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import write_table
from rnn_vs_transformer.settings.family.families import FAMILIES, trained_settings

FRACTIONS = (0.5, 0.9, 0.95, 0.99)
COLUMNS = ["family", "seed", "fraction", "target_loss", "reached", "epochs", "steps"]


def write_convergence() -> None:
    """Write reports/inspection/convergence.csv from the loss histories of both families.

    Raises:
        InputError: The series or a family's settings are missing or damaged.
        OSError: A history is missing.
    """
    splits, meta = load_splits(), load_meta()
    windows = len(splits.places("train").origins)
    steps = {family: trained_settings(family).train.steps_per_epoch(windows) for family in FAMILIES}
    histories = [pd.read_csv(paths.history(family)).assign(family=family) for family in FAMILIES]
    start = _seasonal_naive_loss(splits, meta.season_length)
    write_table(paths.CONVERGENCE, epochs_to_fractions(pd.concat(histories), start, steps))


def epochs_to_fractions(
    history: pd.DataFrame, start: float, steps_per_epoch: Mapping[str, int], fractions: Sequence[float] = FRACTIONS
) -> pd.DataFrame:
    """First epoch of each seed in which the validation loss is at or below each target.

    Args:
        history: Columns family, seed, epoch, validation_loss.
        start: Loss at fraction 0; the lowest of the history is that at fraction 1.
        steps_per_epoch: Optimiser steps per epoch of each family.
        fractions: Parts of the way.

    Returns:
        Columns family, seed, fraction, target_loss, reached, epochs, steps. Where `reached` is false the last two are
        lower bounds: what the seed spent without getting there. Empty where no seed came below the start.
    """
    best = float(history["validation_loss"].min())
    rows = []
    for (family, seed), run in history.groupby(["family", "seed"]):
        for fraction in fractions if start > best else ():
            target = start + fraction * (best - start)
            below = run.loc[run["validation_loss"] <= target + 1e-12, "epoch"]
            epochs = int(below.iloc[0]) if len(below) else int(run["epoch"].max())
            steps = epochs * steps_per_epoch[str(family)]
            rows.append((family, seed, fraction, target, bool(len(below)), epochs, steps))
    return pd.DataFrame(rows, columns=COLUMNS)


def _seasonal_naive_loss(splits: Splits, season_length: int) -> float:
    """MSE of the seasonal naive forecast on the validation windows, in scaled units."""
    places = splits.places("validation")
    forecast = seasonal_naive_forecast(splits.values, places.origins, splits.prediction_length, season_length)
    return float(np.mean(np.square(forecast - splits.truth(places))[splits.scored(places)]))
