"""Many experiments through DVC's queue, and what each of their training runs came to."""

import hashlib
import io
import json
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from tqdm import tqdm

from rnn_vs_transformer import paths
from rnn_vs_transformer.errors import InputError
from rnn_vs_transformer.reporting.style import FAMILIES

POLL_SECONDS = 5.0
UNDER_WAY = {"Queued", "Running"}


@dataclass(frozen=True)
class Experiment:
    """One run of the pipeline with some settings changed."""

    name: str
    overrides: tuple[str, ...]
    """`key=value`, as after -S."""


def run_queued(experiments: Sequence[Experiment], copied: Sequence[str] = ()) -> None:
    """Queue the experiments that have not run yet, up to their stage `evaluate`, and wait until all are done.

    An experiment of the same name on this commit is taken as done, so an interrupted sweep goes on where it was.

    Args:
        experiments: What to run, one after the other; each uses all cores.
        copied: Files that git does not know and the runs need.

    Raises:
        InputError: DVC refuses an experiment, or one failed.
    """
    done = set(_run("dvc", "exp", "list", "--name-only").split())
    missing = [one for one in experiments if one.name not in done]
    under_way = {name for name, state in _states({one.name for one in missing}).items() if state in UNDER_WAY}
    for one in (one for one in missing if one.name not in under_way):
        _forget(one.name)
        paths_copied = [word for path in copied for word in ("--copy-paths", path)]
        settings = [word for override in one.overrides for word in ("--set-param", override)]
        _run("dvc", "exp", "run", "--queue", "--name", one.name, *paths_copied, *settings, "evaluate")
    if missing:
        _run("dvc", "queue", "start", "--jobs", "1")
        _wait(missing)


def _wait(experiments: Sequence[Experiment]) -> None:
    names = {one.name for one in experiments}
    with tqdm(total=len(names), desc="experiments", unit="run") as bar:
        while True:
            time.sleep(POLL_SECONDS)
            status = _states(names)  # where a name had earlier tasks, they were forgotten before it was queued
            bar.update(sum(state in {"Success", "Failed"} for state in status.values()) - bar.n)
            if failed := [name for name, state in status.items() if state == "Failed"]:
                raise InputError(f"experiment {failed[0]} failed; see why: dvc queue logs {failed[0]}")
            if len(status) == len(names) and set(status.values()) == {"Success"}:
                return


def _states(names: set[str]) -> dict[str, str]:
    """State of each experiment that DVC's queue knows, by name."""
    rows = [line.split() for line in _run("dvc", "queue", "status").splitlines()]
    return {row[1]: row[-1] for row in rows if len(row) > 2 and row[1] in names}  # noqa: PLR2004


def _forget(name: str) -> None:
    """Take finished tasks of this name out of the queue; DVC keeps those of earlier commits, and failed ones."""
    rows = _run("dvc", "queue", "status").split()
    for _ in range(rows.count(name)):
        _run("dvc", "queue", "remove", name)


def read_seeds(experiments: Sequence[Experiment]) -> pd.DataFrame:
    """Scores and training time of every seed of every experiment.

    Returns:
        Columns experiment, family, seed, mse, mae, validation_mse, train_seconds; the last is missing where DVC took
        models from its cache, as the seconds in git are then those of another run.

    Raises:
        InputError: An experiment has no results.
    """
    tables = []
    for one in experiments:
        seeds = _read(one.name, paths.SEEDS.as_posix())
        seconds = pd.concat(
            [_read(one.name, paths.epoch_seconds(family).as_posix()).assign(family=family) for family in FAMILIES]
        )
        seconds = seconds[seconds["family"].map(lambda family, run=one: _timed(run.name, family))]
        spent = seconds.groupby(["family", "seed"])["seconds"].sum().rename("train_seconds").reset_index()
        table = seeds.merge(spent, on=["family", "seed"], how="left")
        tables.append(table.drop(columns="first_50_mse").assign(experiment=one.name))
    return pd.concat(tables, ignore_index=True)


def _timed(experiment: str, family: str) -> bool:
    """Whether the times of an experiment were measured on the models that it has."""
    from dvc.api import read  # noqa: PLC0415 - slow to import

    revision = _revision(experiment)
    history = read(paths.history(family).as_posix(), rev=revision)
    timed = json.loads(read(paths.TIMINGS.as_posix(), rev=revision)).get(family, {})
    return bool(timed.get("of_history") == hashlib.sha256(history.encode()).hexdigest()[:12])


def _read(experiment: str, path: str) -> pd.DataFrame:
    """A table of an experiment, from git or from DVC's cache."""
    from dvc.api import read  # noqa: PLC0415 - slow to import

    text: str = read(path, rev=_revision(experiment))
    return pd.read_csv(io.StringIO(text))


def _revision(experiment: str) -> str:
    """The commit in which DVC keeps an experiment that stands on the current one."""
    base = _run("git", "rev-parse", "HEAD").strip()
    found = _run("git", "for-each-ref", f"refs/exps/{base[:2]}/{base[2:]}/{experiment}", "--format=%(objectname)")
    if not found:
        raise InputError(f"no experiment {experiment} on this commit; run it first")
    return found.strip()


def _run(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - no text from outside
    if done.returncode:
        raise InputError(f"{' '.join(words[:3])} failed: {' '.join((done.stderr or done.stdout).split())}")
    return done.stdout
