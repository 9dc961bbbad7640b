"""The Transformer without an encoding of positions, and with it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from studies.probes.plan import Plan, Row
from studies.probes.training import test_error, train_family
from studies.probes.worlds import open_world, tutorial_settings

SEASON: Final = 24


@dataclass(frozen=True)
class Trial:
    """One encoding and one kind of tokens on one draw of a case."""

    case: str
    draw: int
    positional: str
    tokens: str
    """`points` or `season_tokens`."""


def trials_of(plan: Plan) -> Iterator[Trial]:
    """Draw by draw."""
    for draw in plan["draws"]:
        for case in plan["cases"]:
            for positional, tokens in plan["runs"]:
                yield Trial(case, draw, positional, tokens)


def expected_cost(trial: Trial, _: Plan) -> float:
    """Roughly the seconds that a trial takes."""
    return 40.0 if trial.tokens == "points" else 4.0


def run_trial(plan: Plan, trial: Trial) -> list[Row]:
    """Train and test."""
    splits = open_world(plan, trial.draw, trial.case, plan["context_length"])
    values: dict[str, Any] = {"model.positional": trial.positional}
    if trial.tokens == "season_tokens":
        values |= {"model.patch_length": SEASON, "model.patch_stride": SEASON}
    settings = tutorial_settings("transformer", len(splits.places("train").origins), plan["updates"], values)
    model, told = train_family("transformer", settings, splits, trial.draw)
    return [{**asdict(trial), "mse": test_error(model, splits), **told}]
