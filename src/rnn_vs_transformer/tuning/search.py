"""The search of one family: batches of trials, then the finalists on fresh seeds.

Every finished run is kept in an SQLite file under models/unfinished, so that a search goes on after a kill, and a
second one with the same settings, series and code makes nothing again; the file is forgotten after a week.
"""

import json
import logging
import math
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from rnn_vs_transformer.data.series import load_meta
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import fingerprint, write_json
from rnn_vs_transformer.runtime.machine import machine_label
from rnn_vs_transformer.runtime.parallel import end_processes, run_as_finished
from rnn_vs_transformer.runtime.run import RunParams
from rnn_vs_transformer.settings.family.families import FamilySettings, load_settings
from rnn_vs_transformer.settings.tune import TuneParams
from rnn_vs_transformer.training.checkpoint import common_identity, forget_old_runs, run_identity
from rnn_vs_transformer.tuning.match import matching_width, transformer_parameters
from rnn_vs_transformer.tuning.propose import importances, propose
from rnn_vs_transformer.tuning.runs import (
    FIRST_FRESH_SEED,
    Finalist,
    Run,
    Task,
    choose,
    is_claimed,
    make_run,
    medians_by_epoch,
    pick_finalists,
)
from rnn_vs_transformer.tuning.space import Search, Space, Values, search_of, search_space, values_of, with_stride

DIGITS: Final = 8
LOCK_SECONDS: Final = 60
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Store:
    """Finished runs by name in an SQLite file; each is written whole or not at all."""

    path: Path

    def get(self, name: str) -> dict[str, Any] | None:
        """A finished run, or None."""
        rows = self._execute("SELECT content FROM runs WHERE name = ?", name)
        return json.loads(rows[0][0]) if rows else None

    def put(self, name: str, content: Mapping[str, Any]) -> None:
        """Keep a finished run."""
        self._execute("INSERT OR REPLACE INTO runs VALUES (?, ?)", name, json.dumps(content))

    def count(self) -> int:
        """Runs that are kept."""
        return int(self._execute("SELECT count(*) FROM runs")[0][0])

    def _execute(self, statement: str, *values: str) -> list[Any]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path, timeout=LOCK_SECONDS)) as connection, connection:
            connection.execute("CREATE TABLE IF NOT EXISTS runs (name TEXT PRIMARY KEY, content TEXT NOT NULL)")
            return connection.execute(statement, values).fetchall()


@dataclass(frozen=True)
class Tuning:
    """What stays the same during one family's search."""

    family: str
    current: FamilySettings
    search: Search
    space: Space
    common: str
    store: Store
    spread: RunParams

    def task(self, name: str, number: int, values: Values, seed: int, **pruning: Any) -> Task:
        """A run with some of the current settings replaced."""
        settings = self.current.with_values(values)
        return Task(self.family, self.store.path.stem, self.common, name, number, values, settings, seed, **pruning)

    def run(self, tasks: Sequence[Task]) -> list[Run]:
        """Make the runs that are not in the store yet, side by side, and keep each when it ends; all runs, in order."""
        missing = [task for task in tasks if self.store.get(task.name) is None]
        made = run_as_finished(make_run, missing, self.spread, paths.SERIES, keep=True)
        title = f"{self.family} {tasks[0].name} to {tasks[-1].name}"
        bar = tqdm(desc=title, initial=len(tasks) - len(missing), total=len(tasks), unit="run")
        with closing(made), bar:
            for number, run in made:
                self.store.put(missing[number].name, asdict(run))
                missing[number].checkpoint().remove()
                bar.update()
        return [Run(**kept) for kept in map(self.store.get, [task.name for task in tasks]) if kept is not None]


def tune_family(family: str, params: TuneParams, spread: RunParams) -> None:
    """Tune one family, going on from what an interrupted search has left; write its settings and all runs.

    Raises:
        InputError: Every trial diverged, or the parameter counts cannot be matched.
    """
    given = {name: load_settings(name, paths.family_settings("given", name)) for name in (family, "transformer")}
    search, common = search_of(family, params, given["transformer"]), common_identity()
    tuning = _start(family, given[family], search, common, spread)
    try:
        trials = _run_trials(tuning)
        finalists = _run_finalists(tuning, trials)
    finally:
        end_processes(spread)
    chosen = choose(finalists)
    settings, path = tuning.current.with_values(trials[chosen.trial].values), paths.family_settings("tuned", family)
    write_json(path, {**settings.content(), "tuning": _told(tuning, trials, finalists, chosen)})
    seconds = [round(run.seconds, 2) for run in trials]
    write_json(paths.tuning_times(family), {"machine": machine_label(), "of": fingerprint(path), "trials": seconds})
    forget_old_runs()
    log.info("%s: trial %d of %d is chosen", family, chosen.trial, len(trials))


def _start(family: str, current: FamilySettings, search: Search, common: str, spread: RunParams) -> Tuning:
    """The tuning, with the store of exactly this one: another setting, series or code gets another."""
    sections = {name: getattr(search, name).model_dump() for name in ("plan", "shared", "own")}
    content = {name: value for name, value in current.content().items() if name != "seeds"}
    told = {"family": family, "current": content, **sections, "transformer_size": search.transformer_size}
    store = Store(paths.unfinished_tuning(family, run_identity(common, told)[:12]))
    if store.path.exists():
        log.info("%s: going on after %d runs that are finished", family, store.count())
    return Tuning(family, current, search, search_space(current, search), common, store, spread)


def _run_trials(tuning: Tuning) -> list[Run]:
    plan, current = tuning.search.plan, values_of(tuning.current, tuning.space)
    finished: list[Run] = []
    while count := _batch_size(tuning, finished):
        proposed = propose(tuning.space, current, finished, count, plan.seed)
        medians = medians_by_epoch(finished, tuning.current.train.epochs)
        pruning = {"medians": medians, "warmup": plan.pruning_warmup}
        tasks = [
            tuning.task(f"trial {number}", number, _whole(tuning, values), plan.seed, **pruning)
            for number, values in enumerate(proposed, start=len(finished))
        ]
        finished += tuning.run(tasks)
    return finished


def _batch_size(tuning: Tuning, finished: Sequence[Run]) -> int:
    """Trials of the next batch; none where the budget is used up."""
    plan = tuning.search.plan
    if plan.budget == "seconds":
        return plan.batch if sum(run.seconds for run in finished) < plan.seconds else 0
    return min(plan.batch, plan.trials - len(finished))


def _whole(tuning: Tuning, values: Values) -> Values:
    """The values with their stride, and the RNN's width that matches the Transformer where that is the budget."""
    values, size = with_stride(values, tuning.current), tuning.search.transformer_size
    if tuning.search.plan.budget != "parameters" or size is None:
        return values
    meta, settings = load_meta(), tuning.current.with_values(values)
    target = transformer_parameters(size, settings, meta)
    return {**values, "model.rnn_width": matching_width(settings, target, meta)}


def _run_finalists(tuning: Tuning, trials: Sequence[Run]) -> list[Finalist]:
    plan = tuning.search.plan
    claimed = [is_claimed(tuning.family, tuning.current.with_values(run.values)) for run in trials]
    picked = pick_finalists(trials, claimed)
    if not picked:
        raise InputError(
            f"{tuning.family}: every trial diverged; lower tune.shared.learning_rate or train.learning_rate"
        )
    seeds = [plan.seed + FIRST_FRESH_SEED + number for number in range(plan.confirmation_seeds)]
    tasks = [
        tuning.task(f"finalist {one.number} seed {seed}", one.number, one.values, seed)
        for seed in seeds
        for one in picked
    ]
    runs = tuning.run(tasks)
    losses = {one.number: [run.best for run in runs if run.number == one.number] for one in picked}
    return [Finalist(number, claimed[number], found) for number, found in losses.items()]


def _told(tuning: Tuning, trials: Sequence[Run], finalists: Sequence[Finalist], chosen: Finalist) -> dict[str, Any]:
    """All runs, as they are written: what repeats, and so without the seconds."""
    rounded = [replace(run, losses=[round(loss, DIGITS) for loss in run.losses]) for run in trials]
    return {
        "plan": tuning.search.plan.model_dump(),
        "epochs": tuning.current.train.epochs,
        "current": values_of(tuning.current, trials[chosen.trial].values),
        "trials": [{key: value for key, value in asdict(run).items() if key != "seconds"} for run in rounded],
        "finalists": [
            {**asdict(one), "losses": [round(loss, DIGITS) if math.isfinite(loss) else None for loss in one.losses]}
            for one in finalists
        ],
        "chosen": chosen.trial,
        "importance": {key: round(share, DIGITS) for key, share in importances(tuning.space, trials).items()},
    }
