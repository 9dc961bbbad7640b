"""The search of one family: batches of trials, then the finalists on fresh seeds."""

import json
import logging
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Final

from tqdm import tqdm

from rnn_vs_transformer.data.series import load_meta
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.settings import FamilySettings
from rnn_vs_transformer.params import RunParams
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import fingerprint, write_json
from rnn_vs_transformer.runtime.parallel import end_processes, run_as_finished
from rnn_vs_transformer.tuning.finalists import FIRST_FRESH_SEED, Finalist, choose, is_claimed, pick_finalists
from rnn_vs_transformer.tuning.match import matching_width, transformer_parameters
from rnn_vs_transformer.tuning.propose import importances, propose
from rnn_vs_transformer.tuning.runs import Run, Task, checkpoint_of_run, make_run, medians_by_epoch
from rnn_vs_transformer.tuning.space import Search, Space, Values, search_space, values_of, with_stride
from rnn_vs_transformer.tuning.store import Store, store_for

DIGITS: Final = 8
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tuning:
    """What stays the same during one family's search."""

    family: str
    current: FamilySettings
    search: Search
    space: Space
    store: Store
    spread: RunParams

    def settings_with(self, values: Values) -> FamilySettings:
        """The settings of a trial."""
        return self.current.with_values(values)

    def run(self, tasks: Sequence[Task]) -> list[Run]:
        """Make the runs that are not in the store yet, side by side, and keep each when it ends; all runs, in order."""
        missing = [task for task in tasks if self.store.get(task.name) is None]
        name = self.store.path.stem
        one_run = partial(make_run, BUILDERS[self.family], name)
        made = run_as_finished(one_run, missing, self.spread, paths.SERIES, keep=True)
        title = f"{self.family} {tasks[0].name} to {tasks[-1].name}"
        with tqdm(desc=title, initial=len(tasks) - len(missing), total=len(tasks), unit="run") as bar:
            for number, run in made:
                self.store.put(missing[number].name, asdict(run))
                checkpoint_of_run(name, missing[number]).remove()
                bar.update()
        return [Run(**kept) for kept in map(self.store.get, [task.name for task in tasks]) if kept is not None]


def run_search(family: str, current: FamilySettings, search: Search, spread: RunParams) -> tuple[FamilySettings, Store]:
    """Tune one family, going on from what an interrupted search has left, and write all runs.

    Args:
        family: `rnn` or `transformer`.
        current: The settings that are tried first.
        search: Budget and space.
        spread: Where the runs of a batch go; does not change any result.

    Returns:
        The settings of the finalist that did better on fresh seeds, by validation loss, and the store of all runs; it
        is the caller's to remove once the result is safe.

    Raises:
        InputError: Every trial diverged, or the parameter counts cannot be matched.
    """
    space = search_space(current, search)
    store = store_for(family, {"family": family, "current": current.content(), **_told(search)})
    if store.path.exists():
        log.info("%s: going on after %d runs that are finished", family, store.count())
    tuning = Tuning(family, current, search, space, store, spread)
    try:
        trials = _run_trials(tuning)
        finalists = _run_finalists(tuning, trials)
    finally:
        end_processes(spread)
    chosen = choose(finalists)
    _write_runs(tuning, trials, finalists, chosen)
    log.info("%s: trial %d of %d is chosen", family, chosen.trial, len(trials))
    return tuning.settings_with(trials[chosen.trial].values), store


def _told(search: Search) -> dict[str, Any]:
    sections = {name: getattr(search, name).model_dump() for name in ("plan", "shared", "own")}
    return {**sections, "transformer_size": search.transformer_size}


def _run_trials(tuning: Tuning) -> list[Run]:
    plan, current = tuning.search.plan, values_of(tuning.current, tuning.space)
    finished: list[Run] = []
    while count := _batch_size(tuning, finished):
        proposed = propose(tuning.space, current, finished, count, plan.seed)
        medians = medians_by_epoch(finished, tuning.current.train.epochs)
        tasks = []
        for number, values in enumerate(proposed, start=len(finished)):
            whole = _matched(tuning, with_stride(values, tuning.current))
            tasks.append(Task(f"trial {number}", number, whole, tuning.settings_with(whole), plan.seed, medians,
                              plan.pruning_warmup))  # fmt: skip
        finished += tuning.run(tasks)
    return finished


def _batch_size(tuning: Tuning, finished: Sequence[Run]) -> int:
    """Trials of the next batch; none where the budget is used up."""
    plan = tuning.search.plan
    if plan.budget == "seconds":
        return plan.batch if sum(run.seconds for run in finished) < plan.seconds else 0
    return min(plan.batch, plan.trials - len(finished))


def _matched(tuning: Tuning, values: Values) -> Values:
    """The values, with the width that gives the RNN as many parameters as the Transformer where that is the budget."""
    size = tuning.search.transformer_size
    if tuning.search.plan.budget != "parameters" or size is None:
        return values
    meta, settings = load_meta(), tuning.settings_with(values)
    target = transformer_parameters(size, settings.model, meta)
    return {**values, "model.rnn_width": matching_width(settings, target, meta)}


def _run_finalists(tuning: Tuning, trials: Sequence[Run]) -> list[Finalist]:
    plan = tuning.search.plan
    claimed = [is_claimed(tuning.family, tuning.settings_with(run.values)) for run in trials]
    picked = pick_finalists(trials, claimed)
    if not picked:
        raise InputError(
            f"{tuning.family}: every trial diverged; lower tune.shared.learning_rate or train.learning_rate"
        )
    seeds = [plan.seed + FIRST_FRESH_SEED + number for number in range(plan.confirmation_seeds)]
    tasks = [
        Task(f"finalist {run.number} seed {seed}", run.number, run.values, tuning.settings_with(run.values), seed)
        for seed in seeds
        for run in picked
    ]
    runs = tuning.run(tasks)
    return [
        Finalist(one.number, claimed[one.number], [run.best for run in runs if run.number == one.number])
        for one in picked
    ]


def _write_runs(tuning: Tuning, trials: Sequence[Run], finalists: Sequence[Finalist], chosen: Finalist) -> None:
    """Write what repeats to a declared file, and the seconds, which do not, to another."""
    plan, path = tuning.search.plan, paths.tuning_runs(tuning.family)
    rounded = [replace(run, losses=[round(loss, DIGITS) for loss in run.losses]) for run in trials]
    content = {
        "plan": plan.model_dump(),
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
    write_json(path, json.loads(json.dumps(content)))
    seconds = [round(run.seconds, 2) for run in trials]
    write_json(paths.tuning_seconds(tuning.family), {"trials": seconds, "of_runs": fingerprint(path)})
