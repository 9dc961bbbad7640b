"""Killed at any moment, in any way, the pipeline goes on to the bytes of an undisturbed run."""

import contextlib
import random
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from conftest import Clone, stage_names
from disturb import LINE, PROC, Disturbed, half_written, require_nothing_left, start

pytestmark = pytest.mark.skipif(not PROC.is_dir(), reason="looks at processes in /proc")

WAYS = [
    (signal.SIGINT, "group"),  # Ctrl-C in a terminal
    (signal.SIGTERM, "group"),  # a container or a batch system that ends a job
    (signal.SIGKILL, "group"),  # the power is gone
    (signal.SIGTERM, "dvc"),
    (signal.SIGKILL, "dvc"),
    (signal.SIGTERM, "stage"),
    (signal.SIGKILL, "stage"),
]
TRAINING = ("train@rnn", "train@transformer", "train_mlp")
LONGEST_SECONDS = 4.0
TRIES = 6


def require_orderly_end(run: Disturbed, number: signal.Signals, target: str, listened: bool) -> None:
    """What is promised to whoever interrupts: one line, a non-zero exit, no process and no half of a file left."""
    require_nothing_left(run.clone)
    output = run.output  # not earlier: DVC may be gone before the stage has said its line
    assert run.process.returncode != 0
    if number != signal.SIGKILL:
        assert "Traceback" not in output, output
        assert "leaked" not in output, output
        assert half_written(run.clone) == []
    if listened and target in {"group", "stage"}:
        assert output.count(LINE) == 1, output


@pytest.mark.slow
def test_a_killed_training_goes_on_from_its_checkpoint(clone: Clone, tmp_path: Path) -> None:
    """Ctrl-C, SIGTERM and SIGKILL, each while both seeds are under way; then the same bytes as without."""
    clone.set(train__epochs=30, train__patience=30, model__dropout=0.2, train__schedule="cosine")
    undisturbed = clone.copy(tmp_path / "undisturbed")
    undisturbed.run("dvc", "repro", "train@rnn")
    kills = [(signal.SIGINT, "group"), (signal.SIGTERM, "group"), (signal.SIGKILL, "stage")]
    for place, (number, target) in enumerate(kills):
        run = start(clone, "dvc", "repro", "train@rnn")
        run.wait_for("Running stage 'train@rnn'")
        run.wait_for("going on after epochs") if place else run.wait_for_file("models/unfinished/rnn-*")
        run.wait_for_workers(2)
        listened = run.send(number, target)
        run.end()
        require_orderly_end(run, number, target, listened)
    output = clone.run("dvc", "repro", "train@rnn")
    assert "rnn: going on after epochs" in output
    for name in (
        "models/rnn/tutorial/seed-0.safetensors",
        "models/rnn/tutorial/seed-1.safetensors",
        "reports/history/rnn/tutorial.csv",
    ):
        assert (clone.folder / name).read_bytes() == (undisturbed.folder / name).read_bytes(), name
    assert list((clone.folder / "models/unfinished").iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0])
def test_every_stage_survives_signals_at_random_moments(finished: Clone, tmp_path: Path, seed: int) -> None:
    """All stages once, the training stages in every way; dvc.lock, with its hashes of all outputs, is as committed."""
    draw = random.Random(seed)
    clone = Clone(tmp_path / "other")
    finished.run("git", "clone", "--quiet", str(finished.folder), str(clone.folder))
    ways = list(WAYS)
    draw.shuffle(ways)
    kills = 0
    for place, stage in enumerate(stage_names(clone.folder)):
        for number, target in WAYS if stage in TRAINING else [ways[place % len(ways)]]:
            _kill(clone, stage, number, target, draw)
            kills += 1
        clone.run("dvc", "repro", stage)
    clone.run("dvc", "repro")
    clone.run("git", "diff", "--exit-code", "--stat", "dvc.lock", "reports/metrics.json")
    assert list((clone.folder / "models/unfinished").glob("*")) == []
    assert half_written(clone) == []
    assert kills >= 20


def _kill(clone: Clone, stage: str, number: signal.Signals, target: str, draw: random.Random) -> None:
    """Start one stage and kill it at a random moment; where it was done before, again, and earlier."""
    longest = LONGEST_SECONDS
    for _ in range(TRIES):
        shutil.rmtree(clone.folder / ".dvc/cache/runs", ignore_errors=True)  # else DVC need not run it again
        run = start(clone, "dvc", "repro", "--force", "--single-item", stage)
        run.wait_for(f"Running stage '{stage}'")
        _pause(run, draw.uniform(0, longest))
        listened = run.send(number, target)
        if run.end() != 0:
            require_orderly_end(run, number, target, listened)
            _mend_lock(clone)
            return
        longest /= 2
    raise AssertionError(f"{stage} always ended before its signal came")


def _mend_lock(clone: Clone) -> None:
    """Do what docs/reliability.md says where DVC was stopped while it wrote dvc.lock, which it does in place."""
    text = (clone.folder / "dvc.lock").read_text()
    committed = clone.run("git", "show", "HEAD:dvc.lock")
    if len(text) < len(committed):
        clone.run("git", "checkout", "--quiet", "--", "dvc.lock")


def _pause(run: Disturbed, seconds: float) -> None:
    """Let a run go on for a while, or to its end."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        run.process.wait(seconds)
