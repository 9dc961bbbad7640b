"""The two finalists of a family: the best trial with the architecture that claim C10 praises, and the best without."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from rnn_vs_transformer.models.settings import FamilySettings
from rnn_vs_transformer.tuning.runs import Run

CLAIMED: Final[Mapping[str, Mapping[str, Any]]] = {
    "rnn": {"rnn_width": 64},
    "transformer": {"transformer_layers": 2, "heads": 4},
}
"""Claim C10, by family and key of `model`."""
FIRST_FRESH_SEED: Final = 1000
"""Added to the seed of the search: neither trials nor the training stages meet these seeds."""


@dataclass(frozen=True)
class Finalist:
    """A trial that is trained again on fresh seeds."""

    trial: int
    claimed: bool
    """Whether it has the architecture of claim C10."""
    losses: list[float]
    """Validation loss of each seed; infinite where training diverged."""


def is_claimed(family: str, settings: FamilySettings) -> bool:
    """Whether the settings have the architecture that claim C10 calls best for the family."""
    model = settings.model.model_dump()
    return all(model[name] == value for name, value in CLAIMED[family].items())


def pick_finalists(trials: Sequence[Run], claimed: Sequence[bool]) -> list[Run]:
    """The best trial of either kind, as far as there is one; whole trials come before pruned ones."""
    found = []
    for side in (True, False):
        some = [run for run, is_one in zip(trials, claimed, strict=True) if is_one is side and run.losses]
        if some:
            found.append(min(some, key=lambda run: (run.state != "complete", run.best, run.number)))
    return found


def choose(finalists: Sequence[Finalist]) -> Finalist:
    """The finalist with the lower mean loss over the fresh seeds; at equal loss the earlier trial."""
    return min(finalists, key=lambda finalist: (float(np.mean(finalist.losses)), finalist.trial))
