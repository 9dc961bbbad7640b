"""Real clusters, started here: they give the bytes of this machine, and outlive a worker or a node that is killed."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from rnn_vs_transformer.data.axis import Axis
from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.series import Meta, Series, save_series
from rnn_vs_transformer.runtime import clusters, paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.parallel import run_as_finished, run_side_by_side
from rnn_vs_transformer.runtime.run import RunParams
from rnn_vs_transformer.runtime.yaml import read_yaml
from rnn_vs_transformer.settings.family.families import FAMILIES
from rnn_vs_transformer.sources.make import make_series
from rnn_vs_transformer.training.seeds import train_family
from studies.map.trials import PLAN, Trial, run_trial
from studies.resumable import CASE_STUDY, Work, run_to_table

pytestmark = pytest.mark.filterwarnings("default")  # theirs are not ours to mend
HOW = "not installed: make test-clusters"
LOKY = RunParams(workers=1, backend="loky", address="local", device="cpu")


@pytest.fixture(scope="module")
def ray_cluster():
    """A Ray cluster of two nodes, with one processor each."""
    cluster_utils = pytest.importorskip("ray.cluster_utils", reason=f"ray is {HOW}")
    cluster = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    yield cluster
    cluster.shutdown()


@pytest.fixture(scope="module")
def dask_cluster():
    """A Dask scheduler with two workers."""
    distributed = pytest.importorskip("distributed", reason=f"distributed is {HOW}")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        yield cluster


@pytest.fixture(params=["ray", "dask"])
def cluster(request):
    """The settings that send work to one of the clusters."""
    started = request.getfixturevalue(f"{request.param}_cluster")
    address = started.address if request.param == "ray" else started.scheduler_address
    return RunParams(workers=0, backend=request.param, address=address, device="cpu")


@pytest.fixture
def node(request, cluster):
    """Process of one more node, the parent of its workers, and what ends the node with all that it does."""
    started = request.getfixturevalue(f"{cluster.backend}_cluster")
    if cluster.backend == "ray":
        added = started.add_node(num_cpus=1)
        yield added.all_processes["raylet"][0].process.pid, partial(started.remove_node, added, allow_graceful=False)
        return
    command = [sys.executable, "-m", "dask", "worker", cluster.address, "--nthreads", "1", "--no-dashboard"]
    with subprocess.Popen(command, start_new_session=True) as nanny:
        lose = partial(os.killpg, nanny.pid, signal.SIGKILL)
        started.wait_for_workers(3, timeout=60)
        yield nanny.pid, lose
        lose()  # where the test has not come to it


def test_a_cluster_trains_to_the_bytes_of_this_machine(cluster, configure, pass_settings, tmp_path, monkeypatch):
    """Where a seed is trained is no setting of the experiment; dropout would show another random state."""
    params = configure({"model.dropout": 0.2, "train.seeds": 3, "train.epochs": 2})
    written = []
    for spread in (LOKY, cluster):
        (tmp_path / spread.backend).mkdir()
        monkeypatch.chdir(tmp_path / spread.backend)
        save_series(make_series(params.data))
        pass_settings(params)
        for family in FAMILIES:
            train_family(family, params.train, spread)
        declared = [path for family in FAMILIES for path in (paths.history(family), paths.trained_settings(family))]
        declared += [paths.weights(family, seed) for family in FAMILIES for seed in range(3)]
        written.append([path.read_bytes() for path in declared])
    assert written[0] == written[1]


def test_tasks_find_the_files_that_they_read_and_no_others(cluster, tmp_path, monkeypatch):
    """The workers of a cluster have another disk, so a file that is not sent must not be found by luck."""
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    Path("in/sent.txt").write_text("sent")
    Path("in/left.txt").write_text("left")

    def look(number):
        return number, sorted(path.read_text() for path in Path("in").iterdir()), torch.get_num_threads()

    found = list(run_side_by_side(look, range(4), cluster, [Path("in/sent.txt")]))
    assert found == [(number, ["sent"], 1) for number in range(4)]


def test_a_worker_that_is_killed_costs_its_task_alone(cluster, tmp_path):
    """Each task notes that it begins; the second one kills its own worker the first time."""
    notes = tmp_path / "begun"

    def note_and_perhaps_die(number):
        with notes.open("a") as file:
            file.write(f"{number}\n")
        if number == 1 and notes.read_text().split().count("1") == 1:
            time.sleep(5)  # by then the result of the first task has left the worker
            os.kill(os.getpid(), signal.SIGKILL)
        return number * number

    assert list(run_side_by_side(note_and_perhaps_die, range(5), cluster)) == [0, 1, 4, 9, 16]
    assert sorted(notes.read_text().split()) == ["0", "1", "1", "2", "3", "4"]


def test_a_node_that_is_lost_costs_its_running_task_alone(cluster, node, tmp_path):
    """It finishes one task, whose result is too large for Ray to send along with the news, and hangs in the next."""
    notes, (lost, lose) = tmp_path / "begun", node
    there = f" {lost}"
    notes.touch()

    def begun(where=""):
        return [int(line.split()[0]) for line in notes.read_text().splitlines() if line.endswith(where)]

    def note_and_perhaps_hang(number):
        here = os.getppid()
        with notes.open("a") as file:
            file.write(f"{number} {here}\n")
        for _ in range(300):  # the other nodes wait until this one hangs, so that it gets its two tasks
            if (here == lost) != (len(begun(there)) > 1):
                break
            time.sleep(0.1)
        return str(number) * 200_000

    finished, results = run_as_finished(note_and_perhaps_hang, range(8), cluster), {}
    while len(begun(there)) < 2 or begun(there)[0] not in results:
        results |= [next(finished)]
    lose()
    results |= finished
    assert results == {number: str(number) * 200_000 for number in range(8)}
    assert sorted(begun()) == sorted([*range(8), begun(there)[1]])


def test_a_fault_of_a_task_is_told_as_it_is_here(cluster):
    """A user reads one line, wherever the task was."""

    def fail(number):
        raise InputError(f"task {number} cannot be done")

    with pytest.raises(InputError, match=r"^task 0 cannot be done$"):
        list(run_side_by_side(fail, range(1), cluster))


def test_workers_with_other_code_are_refused(cluster, monkeypatch):
    """A worker that was started long ago would give the results of code that is no more."""
    monkeypatch.setattr(clusters, "versions", lambda _: "code of tomorrow")
    with pytest.raises(InputError, match="but code of tomorrow is needed"):
        list(run_side_by_side(abs, [-1], cluster))


def test_no_more_tasks_run_at_once_than_workers_are_asked_for(cluster, tmp_path):
    """A cluster that others use too must not be filled by one experiment."""

    def count_running(number):
        mark = tmp_path / str(number)
        mark.touch()
        running = len(list(tmp_path.iterdir()))
        mark.unlink()
        return running

    one = cluster.model_copy(update={"workers": 1})
    assert list(run_side_by_side(count_running, range(4), one)) == [1] * 4


@pytest.mark.parametrize(("backend", "address"), [("ray", "127.0.0.1:1"), ("dask", "tcp://127.0.0.1:1")])
def test_a_cluster_that_does_not_answer_is_named_in_one_line(backend, address, monkeypatch):
    pytest.importorskip({"ray": "ray", "dask": "distributed"}[backend], reason=f"{backend} is {HOW}")
    monkeypatch.setattr(clusters, "PATIENCE_SECONDS", 1)
    with pytest.raises(InputError, match=rf"the {backend} cluster at {address} cannot be used: [^\n]+$"):
        list(run_side_by_side(abs, [-1], RunParams(workers=0, backend=backend, address=address, device="cpu")))


def test_dask_workers_of_several_threads_are_refused():
    """Tasks in one process would share torch's random state and the working folder."""
    distributed = pytest.importorskip("distributed", reason=f"distributed is {HOW}")
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=None) as wide,
        pytest.raises(InputError, match="of one thread each are needed, got 2"),
    ):
        list(
            run_side_by_side(
                abs, [-1], RunParams(workers=0, backend="dask", address=wide.scheduler_address, device="cpu")
            )
        )


def test_a_trial_of_the_map_has_its_rows_on_a_cluster(cluster, root, tmp_path, monkeypatch):
    """The workers know neither the studies' code nor the recipe; both go along."""
    monkeypatch.chdir(tmp_path)
    CASE_STUDY.parent.mkdir()
    CASE_STUDY.write_bytes((root / CASE_STUDY).read_bytes())
    plan = {**read_yaml(root / PLAN), "updates": 4}
    trials = [Trial("short_memory", 1000, 96, draw, "rnn", "season_tokens") for draw in (0, 1)]
    found = []
    for spread in (LOKY, cluster):
        table = tmp_path / f"{spread.backend}.csv"
        run_to_table(Work(trials, partial(run_trial, plan), lambda _: 1.0), table, tmp_path / "kept", spread)
        found.append(pd.read_csv(table).drop(columns="seconds"))
    pd.testing.assert_frame_equal(*found)


def test_a_panel_is_trained_on_a_cluster_to_the_bytes_of_this_machine(cluster, configure, pass_settings, tmp_path,
                                                                      monkeypatch):  # fmt: skip
    """Many series, of which one is short."""
    draw, written, params = np.random.default_rng(0), [], configure({"train.seeds": 2, "train.epochs": 1})
    values = [draw.normal(size=steps) for steps in (120, 150, 180)]
    for spread in (LOKY, cluster):
        (tmp_path / spread.backend).mkdir()
        monkeypatch.chdir(tmp_path / spread.backend)
        ends = np.array([[len(one) - 40, len(one) - 20, len(one)] for one in values])
        settings = {**params.data.model_dump(), "context_length": 24, "prediction_length": 4}
        names = ["a", "b", "c"]
        save_series(Series(Meta(settings, names, 24, Axis()), Panel.of(names, values), ends, {}))
        pass_settings(params)
        train_family("transformer", params.train, spread)
        written.append([paths.weights("transformer", seed).read_bytes() for seed in range(2)])
    assert written[0] == written[1]
