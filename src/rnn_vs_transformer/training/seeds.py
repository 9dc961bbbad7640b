"""The paired seeds of one family, trained side by side and written to files."""

import logging
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import groupby
from typing import Any, Final

import numpy as np
import torch
from tqdm import tqdm

from rnn_vs_transformer.data.series import load_meta, load_splits
from rnn_vs_transformer.data.splits import Splits
from rnn_vs_transformer.data.windows import Windows, windows_of
from rnn_vs_transformer.models.shell import ForecastModel
from rnn_vs_transformer.models.size import multiply_adds_per_window, parameter_count
from rnn_vs_transformer.models.weights import build_family
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.device import CPU, device_label, devices_of, make_repeatable, unused_devices
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import fingerprint, write_arrays, write_json
from rnn_vs_transformer.runtime.heap import peak_mebibytes
from rnn_vs_transformer.runtime.parallel import Later, process_count, run_side_by_side
from rnn_vs_transformer.runtime.run import RunParams
from rnn_vs_transformer.settings.family.families import (
    FamilySettings,
    load_settings,
    save_settings,
    settings_by_recipe,
)
from rnn_vs_transformer.settings.family.train import Recipe, TrainParams
from rnn_vs_transformer.training.checkpoint import Checkpoint, checkpoint_of, common_identity, forget_old_runs
from rnn_vs_transformer.training.fit import Fit, Watch, begin, fit
from rnn_vs_transformer.training.history import write_history
from rnn_vs_transformer.training.ridge_start import start_at_ridge
from rnn_vs_transformer.training.stack import can_be_stacked, fit_stacked

TURN_SECONDS: Final = 5.0
LOADING_SHARE: Final = 0.1
"""A seed's turn lasts so many seconds, or until loading has taken this share of it, to the end of an epoch."""
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
    """On the CPU, of the process that trained it last, whatever else that one has trained."""
    machine: str
    """See `device_label`."""


def train_family(family: str, train: TrainParams, run: RunParams) -> None:
    """Train all seeds of one family with each recipe; see `train_recipes`.

    Args:
        family: `rnn` or `transformer`; used in file names and messages only.
        train: Whose settings to train with, and the recipes.
        run: How many seeds train at once, which does not change any result, and on what.
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
    devices = devices_of(run)
    if idle := unused_devices(run):
        log.info("%s left idle; to train there: dvc exp run --force -S run.device=auto", ", ".join(map(str, idle)))
    if devices == [CPU]:
        some_wait = 1 < process_count(run, len(tasks)) < len(tasks)
        in_turns = some_wait and run.backend == "loky"  # a cluster brings no checkpoint back
        one: Callable[[SeedTask], SeedRun | Later] = train_seed
        if in_turns:
            one = partial(train_turn, seconds=TURN_SECONDS)
        return list(run_side_by_side(one, tasks, run, paths.SERIES))
    shares = [(device, tasks[number :: len(devices)]) for number, device in enumerate(devices)]
    one_each = run.model_copy(update={"workers": len(devices)})
    found = list(run_side_by_side(_train_share, [share for share in shares if share[1]], one_each, paths.SERIES))
    return [found[number % len(devices)][number // len(devices)] for number in range(len(tasks))]


def forget_seeds(tasks: Sequence[SeedTask]) -> None:
    """Remove the checkpoints of training runs whose results are written, and old ones that nobody took up."""
    for task in tasks:
        task.checkpoint().remove()
    forget_old_runs()


def train_turn(task: SeedTask, seconds: float) -> SeedRun | Later:
    """As `train_seed`, but for some seconds: seeds that take turns end together, so that no core waits for the last."""
    found = _train_alone(task, CPU, seconds)
    return Later() if found.fit.paused else found


def train_seed(task: SeedTask) -> SeedRun:
    """Train one seed, with progress per step, from where it was interrupted, if it was."""
    return _train_alone(task, CPU)


def _train_alone(task: SeedTask, device: torch.device, seconds: float = float("inf")) -> SeedRun:
    began = time.perf_counter()
    splits = _splits(task.common).fold(task.fold)
    model, from_start = _start(task, splits)
    windows, train = _windows(splits, device), task.settings.train
    loaded = time.perf_counter()
    end = loaded + max(seconds, (loaded - began) / LOADING_SHARE)
    with _bar(task, len(windows[0])) as bar:
        watch = Watch(partial(_advance, bar), pauses=lambda: time.perf_counter() > end, keeper=task.checkpoint())
        result = fit(model.to(device), windows, train, task.seed, watch, from_start=from_start)
        bar.leave = result.finished or not sys.stderr.isatty()
    return _told(result, device)


@lru_cache(maxsize=1)
def _splits(_common: str) -> Splits:
    """Read once by a process: a file that changes while seeds train must not reach the middle of a training."""
    return load_splits()


def _train_share(share: tuple[torch.device, Sequence[SeedTask]]) -> list[SeedRun]:
    """Train a device's seeds, each recipe's and fold's together where their models can be stacked; in order."""
    device, tasks = share
    make_repeatable(device)
    found: list[SeedRun] = []
    try:
        for _, alike in groupby(tasks, key=lambda task: (task.family, task.recipe, task.fold)):
            found += train_on(device, list(alike))
    except torch.OutOfMemoryError:
        raise InputError(
            f"the memory of {device} is not enough; lower train.batch_size, or run: dvc exp run -S run.device=cpu"
        ) from None
    return found


def train_on(device: torch.device, tasks: Sequence[SeedTask]) -> list[SeedRun]:
    """Train seeds of one family, recipe and fold on a device, in order.

    The first weights and the order of the batches are drawn on the CPU, so they are the same on every device.
    """
    splits, train = _splits(tasks[0].common).fold(tasks[0].fold), tasks[0].settings.train
    starts = [_start(task, splits) for task in tasks]
    if len(tasks) == 1 or not can_be_stacked(starts[0][0]):
        return [_train_alone(task, device) for task in tasks]
    windows = _windows(splits, device)
    with ExitStack() as bars:
        states = []
        for task, (model, from_start) in zip(tasks, starts, strict=True):
            bar = bars.enter_context(_bar(task, len(windows[0])))
            watch = Watch(partial(_advance, bar), keeper=task.checkpoint())
            states.append(begin(model.to(device), windows, train, task.seed, watch, from_start))
        return [_told(fit, device) for fit in fit_stacked(states, windows, train)]


def _start(task: SeedTask, splits: Splits) -> tuple[ForecastModel, bool]:
    """A seed's model as drawn, and whether these weights are a candidate."""
    torch.manual_seed(task.seed)
    model = build_family(task.family, task.settings.model, load_meta(), task.settings.train.levels)
    return model, start_at_ridge(model, splits)


def _windows(splits: Splits, device: torch.device) -> tuple[Windows, Windows]:
    """Those to learn from and those that choose the epoch, resident on the device."""
    train, validation = windows_of(splits, "train", "validation", device=device)
    return train, validation


def _told(found: Fit, device: torch.device) -> SeedRun:
    return SeedRun(found, peak_mebibytes(), device_label(device))


def _bar(task: SeedTask, windows: int) -> "tqdm[Any]":
    """Steps of a seed, those done before an interruption too."""
    steps = task.settings.train.steps_per_epoch(windows)
    pace = 0.2 if sys.stderr.isatty() else 10.0  # seconds between updates: lively on a terminal, sparse in a log
    return tqdm(
        total=steps * task.settings.train.epochs, desc=task.label, unit="step", position=task.seed,
        mininterval=pace, maxinterval=10 * pace,
        initial=steps * len(task.checkpoint().course().get("seconds", [])),
    )  # fmt: skip


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
            "machine": runs[0].machine,
            "of": fingerprint(paths.history(family, recipe)),
            "train_seconds": round(float(np.mean([sum(result.fit.seconds) for result in runs])), 2),
            "epochs": float(np.mean([len(result.fit.seconds) for result in runs])),
            "peak_mebibytes": round(max(result.peak_mebibytes for result in runs)),
            "parameters": parameter_count(model),
            "multiply_adds_per_window": multiply_adds_per_window(model, meta.context_length),
        },
    )
