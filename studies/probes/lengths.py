"""Trained at one context length, tested at others: what does a model make of an input of another length?

The tanh RNN's weights know no length. The Transformer's fixed encoding can be computed for any length, so its weights
fit too, but it counts positions from the oldest step: at another length the forecast origin stands at a position where
it never stood in training, or what lies before it does. So the same Transformer is tested a second time, with positions
counted so that the origin keeps its own (`transformer_origin_fixed`). With learned positions, or a readout of all
tokens, no other length can be read at all.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Final

import torch
from torch import Tensor

from rnn_vs_transformer.data.splits import Splits
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.positional import Positions, sinusoidal_encoding
from rnn_vs_transformer.models.shell import ForecastModel
from rnn_vs_transformer.settings.family.model import SharedModelParams
from studies.probes.plan import Plan, Row
from studies.probes.training import test_error, train_family
from studies.probes.worlds import open_world, tutorial_settings

SECONDS: Final = {"rnn": 9.0, "transformer": 50.0}
"""Of a trial, roughly."""
ORIGIN_FIXED: Final = "transformer_origin_fixed"


@dataclass(frozen=True)
class Trial:
    """One family on one draw of a case."""

    case: str
    draw: int
    model: str


def trials_of(plan: Plan) -> Iterator[Trial]:
    """Draw by draw."""
    for draw in plan["draws"]:
        for case in plan["cases"]:
            for model in plan["models"]:
                yield Trial(case, draw, model)


def expected_cost(trial: Trial, plan: Plan) -> float:
    """Roughly the seconds that a trial takes."""
    return float(SECONDS[trial.model] * plan["context_length"] / 96)


def run_trial(plan: Plan, trial: Trial) -> list[Row]:
    """Train once and test at every length; a row each."""
    splits = open_world(plan, trial.draw, trial.case, plan["context_length"])
    settings = tutorial_settings(trial.model, len(splits.places("train").origins), plan["updates"])
    model, told = train_family(trial.model, settings, splits, trial.draw)
    variants = [trial.model, ORIGIN_FIXED] if trial.model == "transformer" else [trial.model]
    return [
        {**asdict(trial), "model": variant, "tested": name, "tested_length": length,
         "mse": _error(model, settings.model, replace(splits, context_length=length), variant == ORIGIN_FIXED), **told}
        for variant in variants
        for name, length in plan["tested"].items()
    ]  # fmt: skip


def _error(model: ForecastModel, settings: SharedModelParams, splits: Splits, origin_fixed: bool) -> float | None:
    other = at_length(model, settings, splits.context_length, splits.prediction_length)
    if other is not None and origin_fixed:
        keep_origin(other, model.tokens)
    return None if other is None else test_error(other, splits)


def at_length(
    model: ForecastModel, settings: SharedModelParams, context_length: int, prediction_length: int
) -> ForecastModel | None:
    """The same weights for another context length; None where they do not fit it."""
    family = "transformer" if hasattr(settings, "heads") else "rnn"
    other = BUILDERS[family](settings, context_length, prediction_length)
    try:
        other.load_state_dict(model.state_dict())
    except RuntimeError:  # a weight of another shape
        return None
    return other


def keep_origin(model: ForecastModel, trained_tokens: int) -> None:
    """Count the positions of a Transformer so that its last token stands where the last one stood in training."""
    for part in model.modules():
        if isinstance(part, Positions) and part.encoding is not None:
            part.encoding = encoding_until(trained_tokens - 1, model.tokens, part.encoding.shape[1])


def encoding_until(last: int, tokens: int, width: int) -> Tensor:
    """The sinusoidal encoding (T, D) of so many positions that end with `last`, negative ones among them."""
    first = last - tokens + 1
    after = sinusoidal_encoding(last + 1, width)[max(first, 0) :]
    if first >= 0:
        return after
    mirrored = sinusoidal_encoding(1 - first, width)[1:].flip(0).clone()
    mirrored[:, 0::2] *= -1  # sine is odd, cosine even
    return torch.cat([mirrored, after])
