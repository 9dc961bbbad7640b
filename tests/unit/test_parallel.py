"""The seam through which all tasks go: order, processes, and what a cluster's worker is handed."""

import os
import pickle
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from rnn_vs_transformer.runtime import clusters
from rnn_vs_transformer.runtime.clusters import Work
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.parallel import Later, end_processes, run_as_finished, run_side_by_side
from rnn_vs_transformer.runtime.run import RunParams
from studies.map.trials import Trial, expected_cost

LOKY = RunParams(workers=2, backend="loky", address="local", device="cpu")


def wait_and_tell(unit, tasks):
    """Sleep so many units; a function of this file could not be found by the workers."""
    return lambda task: (time.sleep(unit * task), task, os.getpid())[1:] if task in tasks else None


def test_results_come_in_the_order_of_the_tasks_and_as_they_end():
    """Tables are written in the order of the tasks; a search must be able to keep each run when it ends."""
    slow_first = [3, 0, 0]
    one = wait_and_tell(0.5, slow_first)
    assert [task for task, _ in run_side_by_side(one, slow_first, LOKY)] == slow_first
    finished = list(run_as_finished(one, slow_first, LOKY))
    assert sorted(number for number, _ in finished) == [0, 1, 2]
    assert finished[-1][0] == 0


def test_one_worker_is_this_process_and_several_are_others():
    one = wait_and_tell(0, [0, 1])
    alone = LOKY.model_copy(update={"workers": 1})
    assert {process for _, process in run_side_by_side(one, [0, 1], alone)} == {os.getpid()}
    assert os.getpid() not in {process for _, process in run_side_by_side(one, [0, 1], LOKY)}


def test_processes_that_are_kept_serve_the_next_call():
    """Each start imports torch anew, seconds that a search would pay once per batch."""
    one = wait_and_tell(0.2, [0, 1])
    calls = [{process for _, process in run_side_by_side(one, [0, 1], LOKY, keep=True)} for _ in range(2)]
    end_processes(LOKY)
    assert calls[0] & calls[1]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_task_that_makes_way_is_called_again_behind_those_that_wait(tmp_path, workers):
    """Five long tasks on two processes would leave one process idle during the last; in turns they end together."""

    def two_turns(task):
        with (tmp_path / "calls").open("a") as file:
            file.write(f"{task}\n")
        time.sleep(0.2)
        calls = (tmp_path / "calls").read_text().split()
        return 10 * task if calls.count(str(task)) == 2 else Later()

    run = LOKY.model_copy(update={"workers": workers})
    assert list(run_side_by_side(two_turns, [0, 1, 2], run)) == [0, 10, 20]
    calls = (tmp_path / "calls").read_text().split()
    assert sorted(calls) == ["0", "0", "1", "1", "2", "2"]
    assert workers == 1 or "2" in calls[:4]  # not after both turns of the others


def test_what_waits_behind_a_task_that_fails_is_not_run(tmp_path, capfd):
    """More tasks than the processes have in hand; kept or not, no process goes on with them."""

    def fail(task):
        time.sleep(0.2)
        if not task:
            raise ValueError("the first")
        (tmp_path / str(task)).touch()

    for keep in (False, True):
        with pytest.raises(ValueError, match="the first"):
            list(run_side_by_side(fail, range(12), LOKY, keep=keep))
        ended = len(list(tmp_path.iterdir()))
        time.sleep(1)
        assert len(list(tmp_path.iterdir())) == ended < 12
    assert capfd.readouterr().err == ""


def test_a_failure_among_many_short_tasks_leaves_no_thread_broken():
    """Loky's manager fails with a KeyError, which pytest tells, if tasks still wait in its queue at shutdown."""

    def fail(task):
        if task == 30:
            raise ValueError("the thirtieth")

    with pytest.raises(ValueError, match="the thirtieth"):
        list(run_as_finished(fail, range(200), LOKY))


def test_no_tasks_are_no_work():
    assert list(run_side_by_side(abs, [], LOKY)) == []


def test_a_worker_reads_the_files_it_was_sent_in_a_folder_of_its_own(tmp_path, monkeypatch):
    """Neither the pipeline's folder nor that of another task is touched, whatever a task writes."""
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    Path("data/series").write_bytes(b"\x00steps")
    work = Work.read(lambda name: (Path(name).write_bytes(b"new"), Path("data/series").read_bytes(), Path.cwd())[1:],
                     [Path("data/series")])  # fmt: skip
    content, folder = work.do("data/other")
    assert content == b"\x00steps"
    assert folder != tmp_path
    assert not folder.exists()
    assert Path.cwd() == tmp_path
    assert [path.name for path in Path("data").iterdir()] == ["series"]


def test_a_file_that_is_missing_is_named_before_anything_is_sent(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"^data/meta\.json is missing; run: dvc repro$"):
        Work.read(abs, [Path("data/meta.json")])


def test_a_worker_with_other_versions_refuses(monkeypatch):
    """It would give other bytes, silently."""
    work = Work.read(abs, [])
    monkeypatch.setattr(clusters, "versions", lambda _: "code of yesterday")
    with pytest.raises(InputError, match=r"has code of yesterday, but code .* is needed"):
        work.do(-1)


@pytest.mark.parametrize(("backend", "module"), [("ray", "ray"), ("dask", "distributed")])
def test_a_backend_that_is_not_installed_is_told_in_one_line(backend, module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    run = partial(run_side_by_side, abs, [-1], RunParams(workers=0, backend=backend, address="local", device="cpu"))
    with pytest.raises(InputError, match=rf"^run\.backend {backend} is not installed; run: [^\n]+\[{backend}\]'$"):
        list(run())


def test_a_cluster_is_sent_code_with_which_a_study_runs_in_another_folder(tmp_path):
    """A worker's disk is another: neither the studies nor the recipes of this workspace are found there."""
    cost = partial(expected_cost, plan={"updates": 10_000})
    trial = Trial("short_memory", 1000, 96, 0, "rnn", "season_tokens")
    package, studies = clusters.copy_code(tmp_path / "code")
    assert {path.suffix for path in studies.rglob("*") if path.is_file()} == {".py"}
    script = "import pickle, sys\nfunction, task = pickle.load(sys.stdin.buffer)\nprint(repr(function(task)))\n"
    said = [
        subprocess.run(
            [sys.executable, "-P", "-c", script], input=pickle.dumps([cost, trial]), capture_output=True, cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(folder)}, check=False,
        )
        for folder in (package.parent, tmp_path)
    ]  # fmt: skip
    assert float(said[0].stdout) == cost(trial)
    assert b"No module named 'studies'" in said[1].stderr
