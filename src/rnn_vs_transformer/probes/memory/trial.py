"""One trial of the probe: a model learns a task from fresh batches, and is measured on fresh windows.

Nothing is learnt twice and nothing can be learnt by heart, so there is no validation and no choice of weights: what is
measured is what the optimiser finds within its steps.
"""

import math
import zlib
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.rnn import CELLS
from rnn_vs_transformer.models.shell import ForecastModel
from rnn_vs_transformer.probes.memory.tasks import Task, make_task
from rnn_vs_transformer.runtime.adam import PlainAdam
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.settings.probe import ProbeParams

MODELS = (*CELLS, "transformer")
"""The tanh RNN, GRU and LSTM, and the Transformer."""

CHECK_EVERY = 25
RECENT_STEPS = 50


@dataclass(frozen=True)
class Trial:
    """What is run: one of MODELS on a task, whose lag is explained at `make_task`."""

    task: str
    lag: int
    model: str
    seed: int


@dataclass(frozen=True)
class Score:
    """What a trial measured, one line of the table; the lag of parity is the tested length."""

    task: str
    model: str
    lag: int
    seed: int
    mse: float
    recovered: float
    accuracy: float | None
    """Share of the right signs, for parity alone."""


def run_trial(trial: Trial, params: ProbeParams) -> list[Score]:
    """Train and measure one model, on one thread, so that no result depends on how many trials run at once.

    Raises:
        InputError: The loss is no longer a finite number.
    """
    torch.set_num_threads(1)
    task = make_task(trial.task, trial.lag, params)
    torch.manual_seed(trial.seed)
    model = build_model(trial.model, task, params)
    try:
        train(model, task, params, _generator(trial, "train"))
    except FloatingPointError as error:
        raise InputError(f"probe: {trial}: {error}; lower probe.learning_rate or probe.gradient_clip") from None
    return measure(model, trial, task, params.test_windows)


def build_model(name: str, task: Task, params: ProbeParams) -> ForecastModel:
    """One of MODELS for a task, with weights from torch's global random state.

    Inputs are standardised by the process itself, and a linear highway would recall every lag without a mixer: so
    neither is used.
    """
    family = "transformer" if name == "transformer" else "rnn"
    cell = "rnn" if name == family else name
    model = params.models(cell, params.recurrent_layers, params.positional, task.patch_length)
    return BUILDERS[family](model, task.context_length, 1)


def train(model: nn.Module, task: Task, params: ProbeParams, generator: torch.Generator) -> int:
    """Learn from fresh batches until the steps are used up or the task is solved; return the steps taken.

    It counts as solved where the last 50 batches, none of which had been seen before, recovered `probe.stop_recovered`.

    Raises:
        FloatingPointError: The loss is no longer a finite number.
    """
    optimizer = PlainAdam(model.parameters(), params.learning_rate, fused=True)
    losses: list[float] = []
    enough = params.stop_recovered
    model.train()
    while len(losses) < task.steps:
        batch = task.draw(params.batch_size, generator)
        loss = functional.mse_loss(model(batch.context), batch.target)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), params.gradient_clip)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
        done, recent = len(losses), losses[-RECENT_STEPS:]
        if not math.isfinite(losses[-1]):
            raise FloatingPointError(f"the loss became {losses[-1]} in step {done}")
        if done % CHECK_EVERY == 0 and done >= RECENT_STEPS and task.recovered(sum(recent) / RECENT_STEPS) >= enough:
            break
    return len(losses)


def measure(model: nn.Module, trial: Trial, task: Task, windows: int) -> list[Score]:
    """Score a trained model on each of the task's tests."""
    model.eval()
    scores = []
    for lag, draw in task.tests.items():
        batch = draw(windows, _generator(trial, f"test {lag}"))
        with torch.no_grad():
            forecast: Tensor = model(batch.context)
        error = task.mean_squared_error(forecast, batch)
        right = float((forecast * batch.target > 0).double().mean()) if task.name == "parity" else None
        scores.append(Score(task.name, trial.model, lag, trial.seed, error, task.recovered(error), right))
    return scores


def _generator(trial: Trial, purpose: str) -> torch.Generator:
    """A stream of its own for each task, lag, seed and purpose; the same for all models, so that they are paired."""
    name = zlib.crc32(f"{trial.task} {purpose}".encode())
    state = np.random.SeedSequence([name, trial.lag, trial.seed]).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(state[0]))
