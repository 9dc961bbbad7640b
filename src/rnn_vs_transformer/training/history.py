"""Loss histories: what the seeds of a family went through, epoch by epoch."""

from collections.abc import Iterator, Mapping
from itertools import count

import numpy as np
import numpy.typing as npt
import pandas as pd

from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import write_table
from rnn_vs_transformer.settings.family.families import FAMILIES, trained_recipes, trained_settings
from rnn_vs_transformer.settings.family.train import Recipe
from rnn_vs_transformer.training.fit import Fit

COLUMNS = ["seed", "epoch", "train_loss", "validation_loss", "seconds"]


def write_history(family: str, recipe: str, runs: Mapping[int, Fit], fold: int = 0) -> None:
    """Write losses per seed and epoch; of fold 0 their mean over seeds too, and the seconds, which no stage declares.

    Epoch 0 is there where the start was a candidate.
    """
    rows = [(seed, *epoch) for seed, run in runs.items() for epoch in _epochs(run)]
    table = pd.DataFrame(rows, columns=COLUMNS)
    write_table(paths.history(family, recipe, fold), table.drop(columns="seconds"))
    if fold:
        return
    timed = table.loc[table["epoch"] > 0, ["seed", "epoch", "seconds"]]
    write_table(paths.epoch_times(family, recipe), timed.round(3))
    reached_by_all = min(len(run.seconds) for run in runs.values())
    mean = table[table["epoch"] <= reached_by_all].groupby("epoch", as_index=False).mean()
    write_table(paths.mean_history(family, recipe), mean[["epoch", "train_loss", "validation_loss"]])


def _epochs(run: Fit) -> Iterator[tuple[int, float, float, float]]:
    """Number, train loss, validation loss and seconds of each epoch."""
    if run.start_losses is not None:
        yield 0, *run.start_losses, 0.0
    yield from zip(count(1), run.train_losses, run.validation_losses, run.seconds, strict=False)


def best_validation_losses(family: str, recipe: str = paths.TUTORIAL, fold: int = 0) -> npt.NDArray[np.float64]:
    """Validation loss of the kept weights of each seed, (seeds,), from the losses per seed and epoch."""
    history = pd.read_csv(paths.history(family, recipe, fold))
    return history.groupby("seed")["validation_loss"].min().to_numpy(dtype=np.float64)


def validation_losses(family: str, recipe: str = paths.TUTORIAL) -> npt.NDArray[np.float64]:
    """`best_validation_losses`, mean over the folds (seeds,)."""
    folds = range(trained_settings(family, recipe).train.validation_folds)
    return np.asarray(np.mean([best_validation_losses(family, recipe, fold) for fold in folds], axis=0))


def best_recipes() -> dict[str, Recipe]:
    """Per family the recipe with the lower validation loss, mean over seeds and folds."""
    recipes = trained_recipes()
    losses = {family: [validation_losses(family, recipe).mean() for recipe in recipes] for family in FAMILIES}
    return {family: recipes[int(np.argmin(of_recipes))] for family, of_recipes in losses.items()}
