"""Several runs at once, and a workspace that changes under a run: right results, or a clear refusal."""

import json
import re
import shutil
import signal
import time
from pathlib import Path

import pytest
from conftest import Clone, stages_run
from disturb import PROC, Disturbed, require_nothing_left, start

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not PROC.is_dir(), reason="looks at processes in /proc")]

RESULTS = (
    "models/rnn/tutorial/seed-0.safetensors",
    "models/rnn/tutorial/seed-1.safetensors",
    "reports/history/rnn/tutorial.csv",
)
REFUSAL = re.compile(r"is busy, it is being blocked by|Unable to acquire lock|has been locked")


def contents(clone: Clone) -> dict[str, bytes]:
    return {name: (clone.folder / name).read_bytes() for name in RESULTS}


def metrics_of(clone: Clone, experiment: str) -> object:
    """The metrics of a finished experiment."""
    for baseline in json.loads(clone.run("dvc", "exp", "show", "--json")):
        for entry in baseline.get("experiments") or []:
            if entry["name"] == experiment:
                return entry["revs"][0]["data"]["metrics"]["reports/metrics.json"]["data"]
    raise AssertionError(f"no experiment {experiment}")


def test_two_repros_at_once(clone: Clone, tmp_path: Path) -> None:
    """The second is refused by name of what is busy, or waits; the first is not disturbed."""
    clone.set(train__epochs=20, train__patience=20)
    undisturbed = clone.copy(tmp_path / "undisturbed")
    undisturbed.run("dvc", "repro", "train@rnn")
    first = start(clone, "dvc", "repro", "train@rnn")
    first.wait_for_file("models/unfinished/rnn-*")
    second = start(clone, "dvc", "repro", "train@rnn")
    statuses = [first.end(), second.end()]
    assert statuses[0] == 0, first.output
    if statuses[1]:
        assert REFUSAL.search(second.output), second.output
    assert "Traceback" not in second.output
    assert contents(clone) == contents(undisturbed)
    require_nothing_left(clone)
    clone.run("dvc", "repro", "train@rnn")
    assert contents(clone) == contents(undisturbed)


def test_both_families_in_two_repros_at_once(clone: Clone, tmp_path: Path) -> None:
    """As docs/reliability.md has it: `dvc repro -s train@rnn & dvc repro -s train@transformer`."""
    clone.set(train__epochs=3)
    undisturbed = clone.copy(tmp_path / "undisturbed")
    undisturbed.run("dvc", "repro", "evaluate")
    clone.run("dvc", "repro", "generate")
    runs = [start(clone, "dvc", "repro", "--single-item", f"train@{family}") for family in ("rnn", "transformer")]
    for run in runs:
        assert run.end() == 0 or REFUSAL.search(run.output), run.output
    clone.run("dvc", "repro", "evaluate")
    assert contents(clone) == contents(undisturbed)
    assert all((clone.folder / f"reports/times/{family}.json").exists() for family in ("rnn", "transformer"))
    for name in ("reports/metrics.json", "models/transformer/tutorial/seed-0.safetensors"):
        assert (clone.folder / name).read_bytes() == (undisturbed.folder / name).read_bytes(), name


def test_an_experiment_in_a_copy_while_the_workspace_changes(clone: Clone, tmp_path: Path) -> None:
    """Settings, code and series of the workspace are changed once the copy is made; the experiment has the old ones."""
    undisturbed = clone.copy(tmp_path / "undisturbed")
    asked = ("dvc", "exp", "run", "--temp", "--name", "more", "-S", "train.epochs=12", "-S", "train.patience=12")
    undisturbed.run(*asked, "evaluate")
    run = start(clone, *asked, "evaluate")
    run.wait_for_file("models/unfinished/rnn-*")  # of the copy, which keeps it in the workspace
    clone.set(train__epochs=1, train__seeds=1, data__synthetic__seed=5)
    fit = clone.folder / "src/rnn_vs_transformer/training/fit.py"
    fit.write_text(fit.read_text().replace("loss_of(forecast", "0 * loss_of(forecast"))
    (clone.folder / "data/development.safetensors").unlink()
    assert run.end() == 0, run.output
    assert metrics_of(clone, "more") == metrics_of(undisturbed, "more")


def test_a_killed_experiment_in_a_copy_goes_on_in_the_next_copy(clone: Clone) -> None:
    """The copy is another folder each time; the checkpoints lie in the workspace."""
    asked = ("dvc", "exp", "run", "--temp", "-S", "train.epochs=30", "-S", "train.patience=30", "train@rnn")
    first = start(clone, *asked)
    first.wait_for_file("models/unfinished/rnn-*")
    _kill(first)
    assert "rnn: going on after epochs" in clone.run(*asked)
    assert list((clone.folder / "models/unfinished").iterdir()) == []


def _kill(run: Disturbed) -> None:
    run.send(signal.SIGKILL, "group")
    run.end()
    require_nothing_left(run.clone)


def test_two_workers_of_the_queue_give_what_one_run_gives(clone: Clone, tmp_path: Path) -> None:
    """Side by side in copies of their own, with the same stages to run first: each as if it were alone."""
    alone = clone.copy(tmp_path / "alone")
    expected = {}
    for epochs in (3, 4):
        asked = ("--name", f"epochs-{epochs}", "-S", f"train.epochs={epochs}", "evaluate")
        alone.run("dvc", "exp", "run", *asked)
        expected[epochs] = (alone.folder / "reports/metrics.json").read_text()
        clone.run("dvc", "exp", "run", "--queue", *asked)
    clone.run("dvc", "queue", "start", "--jobs", "2")
    deadline = time.monotonic() + 400
    while (status := clone.run("dvc", "queue", "status")).count("Success") < len(expected):
        assert "Failed" not in status, status
        assert time.monotonic() < deadline, status
        time.sleep(3)
    for epochs, metrics in expected.items():
        assert metrics_of(clone, f"epochs-{epochs}") == json.loads(metrics)


def test_workspace_temporary_copy_and_queue_give_the_same_bytes(finished: Clone, tmp_path: Path) -> None:
    """Where an experiment runs is a matter of convenience; none may take a result from another's cache here."""
    found = {}
    for name in ("workspace", "temp", "queue"):
        clone = finished.copy(tmp_path / name)
        shutil.rmtree(clone.folder / ".dvc/cache/runs", ignore_errors=True)
        clone.set(train__batch_size=48)
        clone.commit("another batch size")
        options = {"workspace": (), "temp": ("--temp",), "queue": ("--queue",)}[name]
        output = clone.run("dvc", "exp", "run", "--name", name, *options, "-S", "train.seeds=1", "evaluate")
        if name == "queue":
            clone.run("dvc", "exp", "run", "--run-all")
        else:
            assert {"train@rnn", "train@transformer", "evaluate"} <= stages_run(output)
        clone.run("dvc", "exp", "branch", name, "result")
        found[name] = (
            clone.run("git", "show", "result:dvc.lock"),
            clone.run("git", "show", "result:reports/metrics.json"),
        )
    assert found["workspace"] == found["temp"] == found["queue"]
