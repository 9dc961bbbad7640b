"""How fast does the gradient of the loss fall with the steps back, before and after training?"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from rnn_vs_transformer.data.windows import Windows, windows_of
from rnn_vs_transformer.models.shell import ForecastModel
from rnn_vs_transformer.probes.inspection.gradients import decay_slope, gradient_norms
from rnn_vs_transformer.probes.inspection.subjects import sample_windows
from studies.probes.models import build_model, start_of
from studies.probes.plan import Plan, Row
from studies.probes.updates import Updates, take_updates
from studies.probes.worlds import open_world, tutorial_model

MILLISECONDS: Final = {"gru": 20.0, "gru_orthogonal": 20.0, "lstm": 10.0, "lstm_orthogonal": 10.0, "transformer": 18.0}
"""Of an update, roughly; 4 for all others."""
SHOWN_STEPS: Final = (1, 4, 8, 16, 24, 48, 95)
"""Steps back whose norms are in the table; the decay is fitted to all."""


@dataclass(frozen=True)
class Trial:
    """One model on one world, whose draw is its seed too."""

    model: str
    draw: int


def trials_of(plan: Plan) -> Iterator[Trial]:
    """Draw by draw."""
    for draw in plan["draws"]:
        for model in plan["models"]:
            yield Trial(model, draw)


def expected_cost(trial: Trial, plan: Plan) -> float:
    """Roughly the seconds that a trial takes."""
    return float(2.0 + plan["updates"] * MILLISECONDS.get(trial.model, 4.0) / 1000)


def run_trial(plan: Plan, trial: Trial) -> list[Row]:
    """A row before training and one after it."""
    splits = open_world(plan, trial.draw, plan["case"], plan["context_length"])
    (train,) = windows_of(splits, "train")
    model = build_model(trial.model, tutorial_model(), plan["context_length"], plan["prediction_length"], trial.draw)
    before = _measure(model, train, plan)
    updates = Updates("adam", plan["learning_rate"], plan["gradient_clip"], plan["batch_size"], plan["updates"])
    take_updates(model, train, updates, trial.draw)
    of = {**asdict(trial), "start": start_of(trial.model)}
    return [{**of, "stage": "untrained", **before}, {**of, "stage": "trained", **_measure(model, train, plan)}]


def _measure(model: ForecastModel, windows: Windows, plan: Plan) -> Row:
    norms = gradient_norms(model, sample_windows(windows, plan["windows"]))
    slope = decay_slope(norms)
    fitted = {} if slope is None else {"decay_per_step": float(np.exp(slope))}
    return {**fitted, **{f"norm_{step}": float(norms[step]) for step in SHOWN_STEPS if step < len(norms)}}
