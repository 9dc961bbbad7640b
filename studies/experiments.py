"""Many experiments through DVC's queue, and what each of their training runs came to."""

import hashlib
import io
import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from rnn_vs_transformer.forecasting.artifact import FOLDER, FORECASTERS, MANIFEST
from rnn_vs_transformer.forecasting.choice import choose_forecaster
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.settings.family.families import FAMILIES

POLL_SECONDS = 20.0
UNDER_WAY = {"Queued", "Running"}
OF_FOLDS = "validation_mse_"
"""With the number of the fold, 0 the last: the errors whose mean is `validation_mse`."""


@dataclass(frozen=True)
class Experiment:
    """One run of the pipeline with some settings changed."""

    name: str
    overrides: tuple[str, ...]
    """`key=value`, as after -S."""


def run_queued(experiments: Sequence[Experiment], copied: Sequence[str] = (), stage: str = "evaluate") -> None:
    """Queue the experiments that have not run yet, up to a stage, and wait until all are done.

    An experiment of the same name on this commit is taken as done, so an interrupted sweep goes on where it was.

    Args:
        experiments: What to run, one after the other; each uses all cores.
        copied: Files that git does not know and the runs need.
        stage: The last one that is needed.

    Raises:
        InputError: DVC refuses an experiment, or one failed.
    """
    done = set(run_program("dvc", "exp", "list", "--name-only").split())
    missing = [one for one in experiments if one.name not in done]
    tasks = _tasks()
    for one in missing:
        states = [state for name, state in tasks if name == one.name]
        if UNDER_WAY.intersection(states):
            continue
        for _ in states:  # finished tasks, of earlier commits or failed; DVC keeps them
            run_program("dvc", "queue", "remove", one.name)
        paths_copied = [word for path in copied for word in ("--copy-paths", path)]
        settings = [word for override in one.overrides for word in ("--set-param", override)]
        run_program("dvc", "exp", "run", "--queue", "--name", one.name, *paths_copied, *settings, stage)
    if missing:
        run_program("dvc", "queue", "start", "--jobs", "1")
        _wait(missing)


def _wait(experiments: Sequence[Experiment]) -> None:
    names = {one.name for one in experiments}
    with tqdm(total=len(names), desc="experiments", unit="run") as bar:
        while True:
            time.sleep(POLL_SECONDS)
            status = {name: state for name, state in _tasks() if name in names}
            bar.update(sum(state in {"Success", "Failed"} for state in status.values()) - bar.n)
            if failed := [name for name, state in status.items() if state == "Failed"]:
                raise InputError(f"experiment {failed[0]} failed; see why: dvc queue logs {failed[0]}")
            if len(status) == len(names) and set(status.values()) == {"Success"}:
                return


def _tasks() -> list[tuple[str, str]]:
    """Name and state of each task that DVC's queue knows; a name can have several."""
    rows = [line.split() for line in run_program("dvc", "queue", "status").splitlines()]
    return [(row[1], row[-1]) for row in rows if len(row) > 2]  # noqa: PLR2004


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
        revision = _revision(one.name)
        seeds = _read_table(revision, paths.SEEDS).rename(columns={"forecaster": "family"})
        seeds = seeds[seeds["family"].isin(FAMILIES)]
        seconds = pd.concat(
            [
                _read_table(revision, paths.epoch_times(family)).assign(family=family, timed=_timed(revision, family))
                for family in FAMILIES
            ]
        )
        spent = (
            seconds[seconds["timed"]].groupby(["family", "seed"])["seconds"].sum().rename("train_seconds").reset_index()
        )
        table = seeds.merge(spent, on=["family", "seed"], how="left")
        tables.append(table.drop(columns="first_50_mse").assign(experiment=one.name))
    return pd.concat(tables, ignore_index=True)


def read_comparisons(experiments: Sequence[Experiment]) -> pd.DataFrame:
    """Verdict of every experiment, with the baselines on its windows.

    Returns:
        Columns experiment, those of `Comparison` but the Diebold-Mariano statistic, rnn, transformer, ridge,
        seasonal_naive and last_value (test MSE), rnn_validation and transformer_validation.

    Raises:
        InputError: An experiment has no results.
    """
    rows = []
    for one in experiments:
        metrics = json.loads(_read(_revision(one.name), paths.METRICS))
        comparison = {name: value for name, value in metrics["comparison"].items() if name != "diebold_mariano"}
        scores = {name: metrics[name]["mse"] for name in (*FAMILIES, "ridge", "seasonal_naive", "last_value")}
        validation = {f"{family}_validation": metrics[family]["validation_mse"] for family in FAMILIES}
        rows.append({"experiment": one.name, **comparison, **scores, **validation})
    return pd.DataFrame(rows)


def read_shipped(experiments: Sequence[Experiment]) -> pd.DataFrame:
    """What `forecast` would use after each experiment, and what else it could, from the packaged forecaster.

    Returns:
        Columns experiment, forecaster, validation_mse (the mean over `train.validation_folds`), mse (test, of a trained
        family the mean forecast of its seeds), default: whether `forecast` uses it, which validation chose, and
        validation_mse_0 and so on: of each fold, the last stretch of validation first.

    Raises:
        InputError: An experiment has no packaged forecaster.
    """
    tables = []
    for one in experiments:
        manifest = json.loads(_read(_revision(one.name), FOLDER / MANIFEST))
        errors = {name: manifest["fold_mse"][name] for name in FORECASTERS}
        folds = pd.DataFrame(errors).T.add_prefix(OF_FOLDS)
        validation = pd.Series({name: np.mean(found) for name, found in errors.items()}, name="validation_mse")
        test = pd.Series({name: row["mse"] for name, row in manifest["accuracy"].items()}, name="mse")
        table = pd.concat([validation, test, folds], axis=1).rename_axis("forecaster").reset_index()
        tables.append(table.assign(experiment=one.name, default=table["forecaster"] == choose_forecaster(errors)))
    return pd.concat(tables, ignore_index=True)


def _timed(revision: str, family: str) -> bool:
    """Whether the times of an experiment were measured on the models that it has."""
    history = _read(revision, paths.history(family))
    times = json.loads(_read(revision, paths.times(family)))
    return bool(times["of"] == hashlib.sha256(history.encode()).hexdigest()[:12])


def _read_table(revision: str, path: Path) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(_read(revision, path)))


def _read(revision: str, path: Path) -> str:
    """A file of an experiment, from git or from DVC's cache."""
    from dvc.api import read  # noqa: PLC0415 - slow to import

    text: str = read(path.as_posix(), rev=revision)
    return text


def _revision(experiment: str) -> str:
    """The commit in which DVC keeps an experiment that stands on the current one."""
    base = run_program("git", "rev-parse", "HEAD").strip()
    found = run_program(
        "git", "for-each-ref", f"refs/exps/{base[:2]}/{base[2:]}/{experiment}", "--format=%(objectname)"
    )
    if not found:
        raise InputError(f"no experiment {experiment} on this commit; run it first")
    return found.strip()


def run_program(*words: str, folder: Path = Path()) -> str:
    """What a program prints. It goes through files, as the queue's workers would hold a pipe open.

    Raises:
        InputError: The program failed.
    """
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        done = subprocess.run(words, cwd=folder, stdout=output, stderr=errors, check=False)  # noqa: S603 - fixed
        output.seek(0)
        errors.seek(0)
        told, wrong = output.read(), errors.read()
    if done.returncode:
        raise InputError(f"{' '.join(words[:3])} failed: {' '.join((wrong or told).split())}")
    return told
