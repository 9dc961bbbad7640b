"""The paired seeds of one family, trained side by side and written to files."""

import logging
import resource
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from rnn_vs_transformer.data.series import load_meta, load_splits
from rnn_vs_transformer.data.windows import windows_of
from rnn_vs_transformer.models.size import multiply_adds_per_window, parameter_count
from rnn_vs_transformer.models.weights import build_family
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import fingerprint, write_arrays, write_json
from rnn_vs_transformer.runtime.machine import machine_label
from rnn_vs_transformer.runtime.parallel import run_side_by_side
from rnn_vs_transformer.runtime.run import RunParams
from rnn_vs_transformer.settings.family.families import (
    FamilySettings,
    load_settings,
    save_settings,
    settings_by_recipe,
)
from rnn_vs_transformer.settings.family.train import Recipe, TrainParams
from rnn_vs_transformer.training.checkpoint import Checkpoint, checkpoint_of, common_identity, forget_old_runs
from rnn_vs_transformer.training.fit import Fit, Watch, fit
from rnn_vs_transformer.training.history import write_history
from rnn_vs_transformer.training.ridge_start import start_at_ridge

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SeedTask:
    """One seed of a family to be trained."""

    family: str
    settings: FamilySettings
    seed: int
    common: str
    """See `common_identity`."""
    recipe: str = paths.TUTORIAL
    fold: int = 0
    """See `Splits.fold`."""

    @property
    def label(self) -> str:
        """For people."""
        fold = f" fold {self.fold}" if self.fold else ""
        return f"{paths.forecaster(self.family, self.recipe)}{fold} seed {self.seed}"

    def checkpoint(self) -> Checkpoint:
        """Where the training run is kept while it is under way."""
        model, train = self.settings.model.model_dump(), self.settings.train.model_dump()
        told = {"family": self.family, "model": model, "train": train, "seed": self.seed, "fold": self.fold}
        return checkpoint_of(self.label.replace(" ", "-"), self.common, told)


@dataclass(frozen=True)
class SeedRun:
    """What one seed's worker hands back."""

    fit: Fit
    peak_mebibytes: float


def train_family(family: str, train: TrainParams, run: RunParams) -> None:
    """Train all seeds of one family with each recipe; see `train_recipes`.

    Args:
        family: `rnn` or `transformer`; used in file names and messages only.
        train: Whose settings to train with, and the recipes.
        run: How many seeds train at once; does not change any result.
    """
    given, meta = load_settings(family, paths.family_settings(train.settings, family)), load_meta()
    train_recipes(family, settings_by_recipe(given, train, meta.season_length, meta.context_length), run)


def train_control(run: RunParams) -> None:
    """Train all seeds of the MLP, which knows no tokens and has one recipe; see `train_recipes`."""
    train_recipes("mlp", {"tutorial": load_settings("mlp", paths.family_settings("given", "mlp"))}, run)


def train_recipes(family: str, chosen: Mapping[Recipe, FamilySettings], run: RunParams) -> None:
    """Train all seeds, and write weights with their settings, histories and times.

    Raises:
        InputError: An earlier stage's file is missing, or a loss is not finite.
    """
    tasks = [task for recipe, settings in chosen.items() for task in seed_tasks(family, settings, recipe)]
    runs = iter(train_seeds(tasks, run))
    for recipe, settings in chosen.items():
        _write_runs(family, recipe, settings, [next(runs) for _ in range(settings.seeds)])
        for fold in range(1, settings.train.validation_folds):
            _write_fold(family, recipe, fold, [next(runs) for _ in range(settings.seeds)])
    forget_seeds(tasks)


def _write_runs(family: str, recipe: str, settings: FamilySettings, runs: Sequence[SeedRun]) -> None:
    save_settings(paths.trained_settings(family, recipe), settings)
    _write_fold(family, recipe, 0, runs)
    _write_times(family, recipe, settings, runs)
    best, name = np.array([result.fit.best_validation_loss for result in runs]), paths.forecaster(family, recipe)
    loss = "pinball loss" if settings.train.levels else "MSE"
    log.info("%s: validation %s %.4f (%.4f to %.4f over seeds)", name, loss, best.mean(), best.min(), best.max())


def _write_fold(family: str, recipe: str, fold: int, runs: Sequence[SeedRun]) -> None:
    """The weights and losses of its seeds."""
    for seed, result in enumerate(runs):
        state = {name: tensor.numpy() for name, tensor in result.fit.state.items()}
        write_arrays(paths.weights(family, seed, recipe, fold), state)
    write_history(family, recipe, {seed: result.fit for seed, result in enumerate(runs)}, fold)


def seed_tasks(family: str, settings: FamilySettings, recipe: str = paths.TUTORIAL) -> list[SeedTask]:
    """The seeds of a family, in order, for each fold of validation."""
    common, folds = common_identity(), range(settings.train.validation_folds)
    return [SeedTask(family, settings, seed, common, recipe, fold) for fold in folds for seed in range(settings.seeds)]


def train_seeds(tasks: Sequence[SeedTask], run: RunParams) -> list[SeedRun]:
    """Train seeds side by side, each from where it was interrupted, if it was; in order.

    Once the results are written, `forget_seeds`.
    """
    epochs = [len(task.checkpoint().course().get("seconds", [])) for task in tasks]
    if any(epochs):
        log.info("%s: going on after epochs %s of the seeds", tasks[0].family, ", ".join(map(str, epochs)))
    return list(run_side_by_side(train_seed, tasks, run, paths.SERIES))


def forget_seeds(tasks: Sequence[SeedTask]) -> None:
    """Remove the checkpoints of training runs whose results are written, and old ones that nobody took up."""
    for task in tasks:
        task.checkpoint().remove()
    forget_old_runs()


def train_seed(task: SeedTask) -> SeedRun:
    """Train one seed, with progress per step, from where it was interrupted, if it was."""
    checkpoint, train = task.checkpoint(), task.settings.train
    torch.manual_seed(task.seed)
    model = build_family(task.family, task.settings.model, load_meta(), train.levels)
    splits = load_splits().fold(task.fold)
    from_start = start_at_ridge(model, splits)
    windows, validation = windows_of(splits, "train", "validation")
    steps = train.steps_per_epoch(len(windows))
    pace = 0.2 if sys.stderr.isatty() else 10.0  # seconds between updates: lively on a terminal, sparse in a log
    done = steps * len(checkpoint.course().get("seconds", []))
    with tqdm(total=steps * train.epochs, desc=task.label, unit="step", position=task.seed,
              mininterval=pace, maxinterval=10 * pace, initial=done) as bar:  # fmt: skip
        watch = Watch(partial(_advance, bar), keeper=checkpoint)
        result = fit(model, (windows, validation), train, task.seed, watch, from_start=from_start)
    return SeedRun(result, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _advance(bar: "tqdm[Any]", message: str) -> None:
    bar.update()
    bar.set_postfix_str(message, refresh=False)


def _write_times(family: str, recipe: str, settings: FamilySettings, runs: Sequence[SeedRun]) -> None:
    """What the training cost, with the machine and the loss histories that it belongs to."""
    meta = load_meta()
    model = build_family(family, settings.model, meta, settings.train.levels)
    write_json(
        paths.times(family, recipe),
        {
            "machine": machine_label(),
            "of": fingerprint(paths.history(family, recipe)),
            "train_seconds": round(float(np.mean([sum(result.fit.seconds) for result in runs])), 2),
            "epochs": float(np.mean([len(result.fit.seconds) for result in runs])),
            "peak_mebibytes": round(max(result.peak_mebibytes for result in runs)),
            "parameters": parameter_count(model),
            "multiply_adds_per_window": multiply_adds_per_window(model, meta.context_length),
        },
    )
