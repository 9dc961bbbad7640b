"""The training runs of a tuning: trials, finalists on fresh seeds, and the rules that end them and choose."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np
import torch

from rnn_vs_transformer.data.series import load_meta, load_splits
from rnn_vs_transformer.data.windows import windows_of
from rnn_vs_transformer.models.shell import ForecastModel
from rnn_vs_transformer.models.size import parameter_count
from rnn_vs_transformer.models.weights import build_family
from rnn_vs_transformer.runtime.errors import DivergedError
from rnn_vs_transformer.settings.family.families import FamilySettings
from rnn_vs_transformer.training.checkpoint import Checkpoint, checkpoint_of
from rnn_vs_transformer.training.fit import UNWATCHED, Fit, Watch, fit
from rnn_vs_transformer.training.ridge_start import start_at_ridge
from rnn_vs_transformer.tuning.space import Values

CLAIMED: Final[Mapping[str, Mapping[str, Any]]] = {
    "rnn": {"rnn_width": 64},
    "transformer": {"transformer_layers": 2, "heads": 4},
}
"""The architecture that the tutorial calls best (claim C10), by family and key of `model`."""
FIRST_FRESH_SEED: Final = 1000
"""Added to the seed of the search: neither trials nor the training stages meet these seeds."""
FEWEST_TRIALS = 5
"""Whole trials before a median is trusted, as in Optuna's MedianPruner."""


@dataclass(frozen=True)
class Task:
    """A run to be made."""

    family: str
    tuning: str
    """A name for the family and the whole tuning."""
    common: str
    """See `common_identity`."""
    name: str
    number: int
    values: Values
    """What is tried; the rest of the settings is as it is now."""
    settings: FamilySettings
    seed: int
    medians: tuple[float, ...] = ()
    """By epoch, what the run must not be worse than; empty prunes nothing."""
    warmup: int = 0

    def checkpoint(self) -> Checkpoint:
        """Where the run is kept while it is under way."""
        told = {**asdict(self), "settings": self.settings.content()}
        return checkpoint_of(f"{self.tuning}-{self.name.replace(' ', '-')}", self.common, told)


@dataclass(frozen=True)
class Run:
    """A finished run."""

    number: int
    values: Values
    state: Literal["complete", "pruned", "diverged"]
    losses: list[float]
    """Validation loss per epoch, with the best of the earlier folds in the mean; empty where the run diverged."""
    parameters: int
    seconds: float

    @property
    def best(self) -> float:
        """Validation loss of the best epoch; infinite where the run diverged."""
        return min(self.losses, default=float("inf"))


@dataclass(frozen=True)
class Finalist:
    """A trial that is trained again on fresh seeds."""

    trial: int
    claimed: bool
    """Whether it has the architecture of claim C10."""
    losses: list[float]
    """Validation loss of each seed; infinite where training diverged."""


def make_run(task: Task) -> Run:
    """Train on the series in the working folder, from where it was interrupted; the checkpoint stays, to be removed."""
    checkpoint, folds = task.checkpoint(), task.settings.train.validation_folds
    started = time.perf_counter() - sum(checkpoint.course().get("seconds", []))
    size = parameter_count(_build(task))

    def stops(run: Fit) -> bool:  # by the course of the last fold, which alone says little where there are several
        return folds == 1 and is_worse(_with_start(run), task.medians, task.warmup)

    try:
        course = _fit_fold(task, 0, Watch(stops=stops, keeper=checkpoint))
        others = [_fit_fold(task, fold).best_validation_loss for fold in range(1, folds)]
    except DivergedError:
        return Run(task.number, task.values, "diverged", [], size, time.perf_counter() - started)
    state: Literal["complete", "pruned"] = "pruned" if course.stopped else "complete"
    losses = [(loss + sum(others)) / folds for loss in _with_start(course)]
    return Run(task.number, task.values, state, losses, size, time.perf_counter() - started)


def _with_start(run: Fit) -> list[float]:
    """The validation loss of each epoch, or of the start where that is lower and a candidate."""
    start = run.start_losses[1] if run.start_losses else math.inf
    return [min(start, loss) for loss in run.validation_losses]


def _build(task: Task) -> ForecastModel:
    return build_family(task.family, task.settings.model, load_meta(), task.settings.train.levels)


def _fit_fold(task: Task, fold: int, watch: Watch = UNWATCHED) -> Fit:
    splits = load_splits().fold(fold)
    torch.manual_seed(task.seed)
    model = _build(task)
    from_start = start_at_ridge(model, splits)
    train, validation = windows_of(splits, "train", "validation")
    return fit(model, (train, validation), task.settings.train, task.seed, watch, from_start=from_start)


def is_worse(losses: Sequence[float], medians: Sequence[float], warmup: int) -> bool:
    """Whether a run, at its best so far, is worse than the median of earlier runs at theirs, after the warm-up.

    >>> is_worse([0.9, 0.8], [0.5, 0.5], warmup=1), is_worse([0.9, 0.8], [0.5, 0.5], warmup=2)
    (True, False)
    """
    return warmup < len(losses) <= len(medians) and min(losses) > medians[len(losses) - 1]


def medians_by_epoch(finished: Sequence[Run], epochs: int) -> tuple[float, ...]:
    """Median over whole trials of earlier batches of the best loss so far, per epoch; empty where they are too few.

    A trial that patience ended keeps its best loss.
    """
    whole = [run.losses for run in finished if run.state == "complete"]
    if len(whole) < FEWEST_TRIALS:
        return ()
    courses = [np.minimum.accumulate([*losses, *[min(losses)] * (epochs - len(losses))]) for losses in whole]
    return tuple(float(value) for value in np.median(courses, axis=0))


def is_claimed(family: str, settings: FamilySettings) -> bool:
    """Whether the settings have the architecture that claim C10 calls best for the family."""
    model = settings.model.model_dump()
    return all(model[name] == value for name, value in CLAIMED[family].items())


def pick_finalists(trials: Sequence[Run], claimed: Sequence[bool]) -> list[Run]:
    """The best trial with the claimed architecture, and the best without; whole trials come before pruned ones."""
    told = [(run, is_one) for run, is_one in zip(trials, claimed, strict=True) if run.losses]
    sides = [[run for run, is_one in told if is_one is side] for side in (True, False)]
    return [min(some, key=lambda run: (run.state != "complete", run.best, run.number)) for some in sides if some]


def choose(finalists: Sequence[Finalist]) -> Finalist:
    """The finalist with the lower mean loss over the fresh seeds; at equal loss the earlier trial."""
    return min(finalists, key=lambda finalist: (float(np.mean(finalist.losses)), finalist.trial))
