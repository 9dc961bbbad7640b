"""One training run of a tuning, a trial or a finalist on a fresh seed, and the rule that ends poor trials early."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import torch

from rnn_vs_transformer.data.series import load_meta
from rnn_vs_transformer.models.settings import FamilySettings
from rnn_vs_transformer.models.shell import Builder
from rnn_vs_transformer.models.size import parameter_count
from rnn_vs_transformer.runtime.errors import DivergedError
from rnn_vs_transformer.training.checkpoint import Checkpoint, checkpoint_of
from rnn_vs_transformer.training.fit import Fit, fit
from rnn_vs_transformer.training.identity import run_identity
from rnn_vs_transformer.training.seeds import development_windows
from rnn_vs_transformer.tuning.space import Values

FEWEST_TRIALS = 5
"""Whole trials before a median is trusted, as in Optuna's MedianPruner."""


@dataclass(frozen=True)
class Task:
    """A run to be made."""

    name: str
    number: int
    values: Values
    """What is tried; the rest of the settings is as it is now."""
    settings: FamilySettings
    seed: int
    medians: tuple[float, ...] = ()
    """By epoch, what the run must not be worse than; empty prunes nothing."""
    warmup: int = 0


@dataclass(frozen=True)
class Run:
    """A finished run."""

    number: int
    values: Values
    state: Literal["complete", "pruned", "diverged"]
    losses: list[float]
    """Validation loss per epoch; empty where the run diverged."""
    parameters: int
    seconds: float

    @property
    def best(self) -> float:
        """Validation loss of the best epoch; infinite where the run diverged."""
        return min(self.losses, default=float("inf"))


def make_run(build: Builder, tuning: str, task: Task) -> Run:
    """Train as the task says, on the series in the working folder, from where the run was interrupted, if it was.

    Once the run is kept elsewhere, remove `checkpoint_of_run`.
    """
    meta, checkpoint = load_meta(), checkpoint_of_run(tuning, task)
    started = time.perf_counter() - sum(checkpoint.course().get("seconds", []))
    torch.manual_seed(task.seed)
    forecaster = build(task.settings.model, meta.context_length, meta.prediction_length, len(meta.channels))
    size = parameter_count(forecaster)

    def stops(run: Fit) -> bool:
        return is_worse(run.validation_losses, task.medians, task.warmup)

    try:
        windows, validation = development_windows(meta)
        course = fit(forecaster, windows, validation, task.settings.train, task.seed, stops=stops, keeper=checkpoint)
    except DivergedError:
        return Run(task.number, task.values, "diverged", [], size, time.perf_counter() - started)
    state: Literal["complete", "pruned"] = "pruned" if course.stopped else "complete"
    return Run(task.number, task.values, state, course.validation_losses, size, time.perf_counter() - started)


def checkpoint_of_run(tuning: str, task: Task) -> Checkpoint:
    """Where a run is kept while it is under way; `tuning` is a name for the family and the whole tuning."""
    told = {**asdict(task), "settings": task.settings.content(), "tuning": tuning}
    return checkpoint_of(f"{tuning}-{task.name.replace(' ', '-')}", run_identity(told))


def is_worse(losses: Sequence[float], medians: Sequence[float], warmup: int) -> bool:
    """Whether a run, at its best so far, is worse than the median of earlier runs at theirs, after the warm-up.

    >>> is_worse([0.9, 0.8], [0.5, 0.5], warmup=1), is_worse([0.9, 0.8], [0.5, 0.5], warmup=2)
    (True, False)
    """
    epoch = len(losses)
    return warmup < epoch <= len(medians) and min(losses) > medians[epoch - 1]


def medians_by_epoch(finished: Sequence[Run], epochs: int) -> tuple[float, ...]:
    """Median over whole trials of the best loss so far, per epoch; empty where there are too few of them.

    A trial that patience ended keeps its best loss. Trials of the batch under way have no say, so that it does not
    matter in what order, or on how many workers, they run.
    """
    whole = [run.losses for run in finished if run.state == "complete"]
    if len(whole) < FEWEST_TRIALS:
        return ()
    courses = [np.minimum.accumulate([*losses, *[min(losses)] * (epochs - len(losses))]) for losses in whole]
    return tuple(float(value) for value in np.median(courses, axis=0))
