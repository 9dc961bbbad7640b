"""What can go wrong under a stage: one clear line, a non-zero exit, earlier results intact, and a way back."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Clone, told
from disturb import PROC, require_nothing_left, start

WEIGHTS = "models/rnn/tutorial/seed-0.safetensors"
RESULTS = (
    "models/rnn/tutorial/seed-0.safetensors",
    "models/rnn/tutorial/seed-1.safetensors",
    "reports/history/rnn/tutorial.csv",
)
BACK = "then run: dvc repro (what was there before: dvc checkout)"


def contents(clone: Clone, names: tuple[str, ...] = RESULTS) -> dict[str, bytes]:
    return {name: (clone.folder / name).read_bytes() for name in names}


@contextlib.contextmanager
def mounted(folder: Path, options: str) -> Iterator[None]:
    """A file system in memory over a folder, with what was in it."""
    kept = folder.with_name(f"{folder.name}.kept")
    shutil.copytree(folder, kept)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("this user may not mount a file system; the test of the file size limit shows the same path")
    try:
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        shutil.rmtree(kept)
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path) -> Path:
    """Use up the file system of a folder; the file that does."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1024))
    return ballast


@pytest.mark.slow
def test_a_full_disk(clone: Clone, tmp_path: Path) -> None:
    """The weights of a wider model do not fit; with space again it trains to the bytes of an undisturbed run."""
    before = contents(clone)
    clone.set(model__rnn_width=64)
    clone.run("dvc", "repro", "check")  # else DVC meets the full disk before we do, linking what that stage wrote
    undisturbed = clone.copy(tmp_path / "undisturbed")
    undisturbed.run("dvc", "repro", "train@rnn")
    with mounted(clone.folder / "models", "size=4m"):
        ballast = fill(clone.folder / "models")
        line = told(clone.run("dvc", "repro", "train@rnn", fails=True))
        assert re.search(r"/?models/\S+: No space left on device; free some space, ", line)
        assert line.endswith(BACK)

        ballast.unlink()
        clone.run("git", "stash", "--quiet")
        clone.run("dvc", "checkout", "--force", "train@rnn")
        assert contents(clone) == before, "earlier results are in the cache"
        clone.run("git", "stash", "pop", "--quiet")
        clone.run("dvc", "repro", "train@rnn")
        assert contents(clone) == contents(undisturbed)


def test_a_file_that_may_not_grow(clone: Clone) -> None:
    """The same path as a full disk, for those who may not mount one: half a file is never left in its place."""
    before = contents(clone)
    clone.set(model__rnn_width=64)
    clone.run("dvc", "repro", "check")
    line = told(clone.run("bash", "-c", "ulimit -f 8; exec python -m stages.train_rnn", fails=True))
    assert re.match(r"error: models/unfinished/rnn-seed-\S+: File too large; raise the limit \(ulimit -f\), ", line)
    assert contents(clone) == before
    assert list((clone.folder / "models/unfinished").iterdir()) == []


@pytest.mark.slow
def test_a_read_only_folder(clone: Clone) -> None:
    """Told with the file that could not be written; once it can, the pipeline goes on."""
    before = contents(clone)
    folder = clone.folder / "reports/times"
    clone.set(train__epochs=2)
    if os.geteuid():
        folder.chmod(0o500)
        line = told(clone.run("dvc", "repro", "train@rnn", fails=True))
        folder.chmod(0o700)
    else:  # root may write everywhere but here
        with mounted(folder, "size=1m"):
            subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
            line = told(clone.run("dvc", "repro", "train@rnn", fails=True))
    assert re.match(r"error: reports/times/rnn.csv: (Read-only file system|Permission denied); ", line)
    assert line.endswith(BACK)
    assert "going on after epochs 2, 2" in clone.run("dvc", "repro", "train@rnn")
    clone.run("git", "checkout", "--quiet", "--", ".")
    clone.run("dvc", "checkout", "--force", "train@rnn")
    assert contents(clone) == before


@pytest.mark.skipif(not PROC.is_dir(), reason="looks at processes in /proc")
@pytest.mark.slow
def test_a_worker_that_the_system_kills_for_memory(clone: Clone, tmp_path: Path) -> None:
    """The line names memory and the setting that saves it; what had been trained is not lost."""
    clone.set(train__epochs=30, train__patience=30)
    undisturbed = clone.copy(tmp_path / "undisturbed")
    undisturbed.run("dvc", "repro", "train@rnn")
    run = start(clone, "dvc", "repro", "train@rnn")
    run.wait_for_file("models/unfinished/rnn-*")
    os.kill(run.workers()[0], signal.SIGKILL)
    assert run.end() != 0
    assert "worker processes was killed; the same command goes on where it was. If memory ran out" in told(run.output)
    assert "which kills them too, lower run.workers (now " in told(run.output)
    require_nothing_left(clone)
    assert "rnn: going on after epochs" in clone.run("dvc", "repro", "train@rnn")
    assert contents(clone) == contents(undisturbed)


@pytest.mark.parametrize("damage", ["cut off", "overwritten", "empty", "of another architecture", "missing"])
def test_damaged_weights(clone: Clone, damage: str) -> None:
    """Never loaded as smaller or other weights; the command that the line names, or just `dvc repro`, mends it."""
    before = contents(clone)
    metrics = (clone.folder / "reports/metrics.json").read_bytes()
    path, whole = clone.folder / WEIGHTS, before[WEIGHTS]
    path.unlink()
    other = (clone.folder / "models/transformer/tutorial/seed-0.safetensors").read_bytes()
    content = {"cut off": whole[:-8], "overwritten": bytes(len(whole)), "empty": b"", "of another architecture": other}
    if damage in content:
        path.write_bytes(content[damage])
    line = told(clone.run(sys.executable, "-m", "stages.evaluate", fails=True))
    expected = {"missing": "is missing", "of another architecture": "does not fit the settings beside it"}
    assert f"{WEIGHTS} {expected.get(damage, 'is damaged')}" in line
    assert "run: dvc repro" in line
    assert (clone.folder / "reports/metrics.json").read_bytes() == metrics
    clone.run("dvc", "repro", "evaluate")
    assert contents(clone) == before
    assert (clone.folder / "reports/metrics.json").read_bytes() == metrics


@pytest.mark.slow
@pytest.mark.parametrize("changed", ["series", "setting"])
def test_an_input_that_changes_under_the_run(clone: Clone, tmp_path: Path, changed: str) -> None:
    """DVC would record the new input with the old result; so the stage refuses, and the next run is right."""
    clone.set(train__epochs=30, train__patience=30)
    clone.run("dvc", "repro", "check")
    undisturbed = clone.copy(tmp_path / "undisturbed")
    undisturbed.run("dvc", "repro", "train@rnn")
    series, settings = clone.folder / "data/development.safetensors", clone.folder / "params.yaml"
    run = start(clone, "dvc", "repro", "train@rnn")
    run.wait_for_file("models/unfinished/rnn-*")
    if changed == "series":
        content = bytearray(series.read_bytes())
        content[-1] ^= 1
        series.unlink()  # it may be a link to the cache
        series.write_bytes(content)
        expected = "data/development.safetensors"
    else:
        kept = settings.read_text()
        clone.set(train__settings="tuned", train__seeds=3, run__workers=1)
        expected = "params.yaml: train.settings"
    assert run.end() != 0
    assert f"{expected} changed while train_rnn was running, so its results are not recorded" in told(run.output)
    if changed == "setting":
        settings.write_text(kept)
    clone.run("dvc", "repro", "train@rnn")
    assert contents(clone) == contents(undisturbed)


@pytest.mark.slow
def test_a_missing_cache_entry(clone: Clone) -> None:
    """DVC names it; `dvc repro` makes the same bytes again."""
    before = contents(clone)
    lock = (clone.folder / "dvc.lock").read_bytes()
    shutil.rmtree(clone.folder / "models/rnn")
    shutil.rmtree(clone.folder / ".dvc/cache/files")
    output = clone.run("dvc", "checkout", "--force", "train@rnn", fails=True)
    assert "models/rnn" in output
    assert "Traceback" not in output
    clone.run("dvc", "repro", "train@rnn")
    assert contents(clone) == before
    assert (clone.folder / "dvc.lock").read_bytes() == lock
