"""How many training steps does each model need to solve recall at each lag?

A run counts as solved at the first check, every so many steps, at which it recovers the plan's share of what can be
known on windows held out. One that never does is censored at the last step: all that is known is that it needs more.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from rnn_vs_transformer.probes.memory.tasks import Task, make_task
from rnn_vs_transformer.settings.probe import ProbeParams
from studies.probes.models import build_model, start_of
from studies.probes.plan import Plan, Row

MILLISECONDS: Final = {"gru": 6.0, "lstm": 4.0, "transformer": 7.0}
"""Of a step, roughly; 2 for all others."""


@dataclass(frozen=True)
class Trial:
    """One model learns recall at one lag."""

    model: str
    lag: int
    seed: int


def trials_of(plan: Plan) -> Iterator[Trial]:
    """Seed by seed, so that whole seeds are done first."""
    for seed in range(plan["seeds"]):
        for lag in plan["probe"]["lags"]:
            for model in plan["models"]:
                yield Trial(model, lag, seed)


def expected_cost(trial: Trial, plan: Plan) -> float:
    """Roughly the seconds that a trial takes."""
    share = min(1.0, 0.1 + trial.lag / 24)
    return float(share * plan["probe"]["steps"] * MILLISECONDS.get(trial.model, 2.0) / 1000)


def run_trial(plan: Plan, trial: Trial) -> list[Row]:
    """Train until solved, or to the last step."""
    params = ProbeParams.model_validate(plan["probe"])
    task = make_task("recall", trial.lag, params)
    settings = params.models("rnn", params.recurrent_layers, params.positional)
    model = build_model(trial.model, settings, params.context_length, 1, trial.seed)
    learn = _learner(model, task, params, _generator(trial, "train"))
    held_out = task.draw(params.test_windows, _generator(trial, "held out"))

    def recovered() -> float:
        model.eval()
        with torch.no_grad():
            forecast = model(held_out.context)
        model.train()
        return task.recovered(task.mean_squared_error(forecast, held_out))

    needed, share = steps_needed(learn, recovered, plan["solved"], plan["check_every"], params.steps)
    found = {"start": start_of(trial.model), "steps_needed": needed, "recovered_at_the_end": share}
    return [{**asdict(trial), **found}]


def steps_needed(
    learn: Callable[[int], None], recovered: Callable[[], float], solved: float, check_every: int, most: int
) -> tuple[int | None, float]:
    """The step of the first check at which enough is recovered, None where none is, and the share recovered then.

    Args:
        learn: Takes so many training steps.
        recovered: The share recovered now.
        solved: The share that is enough.
        check_every: Steps between checks.
        most: Steps, at most.
    """
    share = recovered()
    for done in range(check_every, most + 1, check_every):
        learn(check_every)
        share = recovered()
        if share >= solved:
            return done, share
    return None, share


def _learner(model: nn.Module, task: Task, params: ProbeParams, generator: torch.Generator) -> Callable[[int], None]:
    """Training as the memory probe does it, on fresh batches, which are the same for all models."""
    optimizer = torch.optim.Adam(model.parameters(), params.learning_rate, fused=True)

    def learn(steps: int) -> None:
        for _ in range(steps):
            batch = task.draw(params.batch_size, generator)
            functional.mse_loss(model(batch.context), batch.target).backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(model.parameters(), params.gradient_clip)
            optimizer.step()
            optimizer.zero_grad()

    return learn


def _generator(trial: Trial, purpose: str) -> torch.Generator:
    """A stream of its own for each lag, seed and purpose; the same for all models, so that they are paired."""
    state = np.random.SeedSequence([zlib.crc32(purpose.encode()), trial.lag, trial.seed]).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(state[0]))
