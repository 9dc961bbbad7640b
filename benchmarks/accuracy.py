"""Time to accuracy: which error each contender reaches, in which time, and when ours is as good as each peer.

Validation chooses the epoch; test errors are read off afterwards and choose nothing. A row of the table is one epoch of
ours, or the best check of a peer; contenders that are in the table already are not run again.
"""

from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

import joblib
import pandas as pd
import torch
from tqdm import tqdm

from benchmarks.case import Case
from benchmarks.machine import median_seconds
from benchmarks.peer_accuracy import darts_accuracy, neuralforecast_accuracy
from benchmarks.peer_models import DARTS, FAMILY_OF, NEURALFORECAST, SEASON
from benchmarks.reach import ASKED, TABLE, chosen_so_far, sum_up
from rnn_vs_transformer.runtime.files import read_json, write_table
from rnn_vs_transformer.settings.family.families import FamilySettings, given_settings
from rnn_vs_transformer.training.fit import TrainingState, Watch, fit
from rnn_vs_transformer.training.predict import predict, window_errors

ROUNDS: Final = 3
"""Seeds of each contender."""
REPEATS: Final = 5
"""Forecasts of ours that are timed."""
TUNING: Final = Path("docs/results/tuning.json")
TUNED_WITH: Final = {"train.epochs": 25, "train.patience": 4}
"""Of the search."""

PEERS: Final = {"neuralforecast": neuralforecast_accuracy, "darts": darts_accuracy}

Row = dict[str, Any]


@dataclass(frozen=True)
class Contender:
    """What is trained."""

    library: str
    """`ours`, or a peer's."""
    model: str
    """Of ours the family."""
    recipe: str = ""
    """Of ours."""

    @property
    def name(self) -> str:
        """As it is told."""
        return f"{self.model} {self.recipe}" if self.recipe else f"{self.library} {self.model}"

    def measure(self, case: Case, seed: int) -> list[Row]:
        """One run of a seed: a row per epoch of ours, one row of a peer."""
        torch.set_num_threads(1 if self.recipe else joblib.cpu_count())
        if self.recipe:
            rows = _ours(case, self.model, self.recipe, seed)
        else:
            rows = [PEERS[self.library](case, self.model, seed)]
        told = {"contender": self.name, "family": FAMILY_OF[self.model], "recipe": self.recipe, "seed": seed}
        return [{**told, **row} for row in rows]


@dataclass
class TestErrors:
    """Notes the test error of each epoch, between epochs, so that it is not in their time."""

    case: Case
    found: list[float] = field(default_factory=list)

    def restore(self, _: TrainingState) -> None:
        """A run begins anew."""

    def keep(self, state: TrainingState) -> None:
        """Score the epoch's weights."""
        self.found.append(float(window_errors(state.judged, self.case.split("test")).mean()))


def contenders() -> list[Contender]:
    """Ours by family and recipe, then the peers."""
    ours = [Contender("ours", *name.split()) for name in ASKED]
    theirs = [("neuralforecast", model) for model in NEURALFORECAST] + [("darts", model) for model in DARTS]
    return ours + [Contender(library, model) for library, model in theirs]


def measure_accuracy(case: Case, rounds: int, table: Path = TABLE) -> dict[str, Any]:
    """Run what is not in the table yet, round by round, and sum it up."""
    rows: list[Row] = []
    if table.exists():
        rows = [dict(row) for _, row in pd.read_csv(table, keep_default_na=False).iterrows()]
    done = {(row["contender"], row["seed"]) for row in rows}
    work = [(one, seed) for seed in range(rounds) for one in contenders() if (one.name, seed) not in done]
    for one, seed in tqdm(work, "accuracy", unit="run"):
        rows += one.measure(case, seed)
        write_table(table, pd.DataFrame(rows))
    return sum_up(pd.DataFrame(rows))


def settings_of(case: Case, family: str, recipe: str) -> FamilySettings:
    """Those of params.yaml, with a season per token, or with what the committed search has chosen on validation."""
    given = given_settings(family, case.params.model, case.params.train)
    if recipe == "season_tokens":
        return given.with_values({"model.patch_length": SEASON, "model.patch_stride": SEASON})
    if recipe == "tuned":
        return given.with_values({**read_json(TUNING)["families"][family]["chosen"], **TUNED_WITH})
    return given


def _ours(case: Case, family: str, recipe: str, seed: int) -> list[Row]:
    """One run by our own loop on one thread: a row per epoch, with the errors of the epoch chosen so far."""
    settings = settings_of(case, family, recipe)
    case = case.with_model(settings.model.model_dump())
    model, errors, test = case.build(family, seed), TestErrors(case), case.split("test")
    run = fit(model, (case.split("train"), case.split("validation")), settings.train, seed, Watch(keeper=errors))
    chosen = chosen_so_far(run.validation_losses, errors.found)
    lowest = list(accumulate(run.validation_losses, min))
    shared = {
        "end_seconds": sum(run.seconds),
        "test_windows": len(test),
        "predict_all_seconds": median_seconds(lambda: predict(model, test), REPEATS),
        "predict_one_seconds": median_seconds(lambda: predict(model, case.one_window), REPEATS),
    }
    return [
        {"seconds": seconds, "validation_mse": validation, "test_mse": error, **shared}
        for seconds, validation, error in zip(accumulate(run.seconds), lowest, chosen, strict=True)
    ]
