"""Does training diverge or stall, with the gradient clipped and without, at rising contexts and learning rates?

A run has diverged where the loss or the gradient stopped being a finite number, or where the loss at the end is more
than so many times that of the constant forecast. It has stalled where it has not diverged and the loss at the end is
hardly below the constant's, or not at all. All are measured on train windows: this is about learning, not about error.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Final, Literal

import torch
from torch.nn import functional

from rnn_vs_transformer.data.windows import windows_of
from rnn_vs_transformer.probes.inspection.subjects import sample_windows
from studies.probes.models import build_model, start_of
from studies.probes.plan import Plan, Row
from studies.probes.updates import Updates, take_updates
from studies.probes.worlds import open_world, tutorial_model

MICROSECONDS: Final = {"gru": 150.0, "lstm": 60.0, "transformer": 110.0}
"""Of an update per step of context, roughly; 30 for all others."""


@dataclass(frozen=True)
class Trial:
    """One training; a world's draw is its seed too."""

    model: str
    draw: int
    context_length: int
    optimizer: Literal["adam", "sgd"]
    learning_rate: float
    clipping: str
    """`clipped` or `unclipped`."""


def trials_of(plan: Plan) -> Iterator[Trial]:
    """Draw by draw."""
    for draw in plan["draws"]:
        for model in plan["models"]:
            for context_length in plan["context_lengths"]:
                for optimizer, rates in plan["learning_rates"].items():
                    for rate in rates:
                        for clipping in plan["gradient_clips"]:
                            yield Trial(model, draw, context_length, optimizer, rate, clipping)


def expected_cost(trial: Trial, plan: Plan) -> float:
    """Roughly the seconds that a trial takes."""
    rate = MICROSECONDS.get(trial.model, 30.0)
    return float(0.1 + plan["updates"] * (1000 + rate * trial.context_length) / 1e6)


def run_trial(plan: Plan, trial: Trial) -> list[Row]:
    """Train and tell what became of it."""
    torch.set_flush_denormal(True)  # a vanished gradient below 1e-38 would take ten times the time, and changes nothing
    splits = open_world(plan, trial.draw, plan["case"], trial.context_length)
    (train,) = windows_of(splits, "train")
    model = build_model(trial.model, tutorial_model(), trial.context_length, plan["prediction_length"], trial.draw)
    clip = plan["gradient_clips"][trial.clipping]
    updates = Updates(trial.optimizer, trial.learning_rate, clip, plan["batch_size"], plan["updates"])
    course = take_updates(model, train, updates, trial.draw)
    sample = sample_windows(train, plan["windows"])
    model.eval()
    with torch.no_grad():
        end = float(functional.mse_loss(model(*sample.inputs), sample.target))
    constant = float(sample.target.var(correction=0))
    ratios = {
        "end_over_constant": end / constant,
        "worst_over_constant": max(course.losses) / constant,
        "largest_over_median_gradient": max(course.gradient_norms) / (median(course.gradient_norms) or math.nan),
    }
    finite = {name: ratio if math.isfinite(ratio) else None for name, ratio in ratios.items()}
    ended = outcome([*course.losses, end], course.gradient_norms, constant, plan)
    of = {**asdict(trial), "start": start_of(trial.model)}
    return [{**of, "updates": len(course.losses), "outcome": ended, **finite}]


def outcome(losses: Sequence[float], gradient_norms: Sequence[float], constant: float, plan: Plan) -> str:
    """`diverged`, `stalled` or `learnt`.

    Args:
        losses: Of the updates, and at the end.
        gradient_norms: Of the updates.
        constant: Loss of the constant forecast.
        plan: `diverged` and `stalled`, in multiples of it.
    """
    if not all(map(math.isfinite, [*losses, *gradient_norms])) or losses[-1] > plan["diverged"] * constant:
        return "diverged"
    return "stalled" if losses[-1] > plan["stalled"] * constant else "learnt"
