"""Queue experiments for a stated time and tell whether memory or open files grow: `make soak MINUTES=30`.

Works in a clone of its own, with settings so small that an experiment takes seconds, so that many of them pass through
the same two workers of the queue. Linux and macOS.
"""

import argparse
import csv
import itertools
import re
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import psutil
import yaml

from rnn_vs_transformer.runtime.errors import InputError
from studies.experiments import run_program

SETTINGS = {
    "data": {"context_length": 24, "prediction_length": 6},
    "model": {"rnn_width": 8, "transformer_width": 16, "feedforward_width": 16},
    "train": {"seeds": 2, "epochs": 2},
    "evaluate": {"resamples": 200},
}
WORLD = {"length": 900, "delay": 12}
JOBS = 2
WAITING = 3
"""Experiments that are kept in the queue, so that its workers never end."""
SAMPLE_SECONDS = 2.0
WARM_UP = 0.2
"""Share of the samples that is left out."""
TOLERATED = {"queue_mebibytes": (0.1, 20.0), "all_mebibytes": (0.25, 200.0), "queue_files": (0.1, 5.0),
             "all_files": (0.25, 40.0), "left_in_shared_memory": (0.25, 5.0)}  # fmt: skip
"""Growth that is no growth: a share, and an amount below which the share does not count."""


@dataclass(frozen=True)
class Sample:
    """What all processes of the clone held at one time."""

    seconds: float
    finished: int
    """Experiments."""
    processes: int
    queue_mebibytes: float
    """Resident memory of the queue's workers, which live as long as there is something in the queue."""
    all_mebibytes: float
    queue_files: int
    all_files: int
    left_in_shared_memory: int
    """New entries of /dev/shm whose process has ended."""


def main() -> int:
    """Soak, write every sample, tell the growth; the exit status is 1 where something grows or an experiment fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--output", type=Path, default=Path("soak.csv"))
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # so that the queue is ended as well
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as folder:
        clone = Path(folder) / "clone"
        prepare(clone)
        samples, failed = soak(clone, asked.minutes * 60)
    with asked.output.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, [field.name for field in fields(Sample)], lineterminator="\n")
        table.writeheader()
        table.writerows(asdict(sample) for sample in samples)
    found = growth(samples)
    lines = [f"{samples[-1].finished} experiments in {asked.minutes:g} minutes, {failed} failed; {asked.output}"]
    for name, (before, after) in found.items():
        grows = is_growth(name, before, after)
        lines.append(f"{name:22} {before:9.1f} -> {after:9.1f}  {'GROWS' if grows else 'does not grow'}")
    sys.stdout.write("\n".join(lines) + "\n")
    return int(bool(failed) or any(is_growth(name, *pair) for name, pair in found.items()))


def prepare(clone: Path) -> None:
    """Clone the last commit, make its settings small, and run it once, so that the workers share nothing to do."""
    _run(Path(), "git", "clone", "--quiet", ".", str(clone))
    path = clone / "params.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    for section, values in SETTINGS.items():
        content[section].update(values)
    content["data"]["synthetic"].update(WORLD)
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    _run(clone, "dvc", "repro", "--quiet", "evaluate")
    identity = ("-c", "user.name=soak", "-c", "user.email=soak@example.invalid")
    _run(clone, "git", *identity, "commit", "--quiet", "--all", "--message", "small settings")


def soak(clone: Path, seconds: float) -> tuple[list[Sample], int]:
    """Keep the queue busy; the samples, and how many experiments failed."""
    numbers = itertools.count(1)
    for number in itertools.islice(numbers, WAITING + JOBS):
        _queue(clone, number)
    _run(clone, "dvc", "queue", "start", "--jobs", str(JOBS))
    started, old, samples, failed = time.monotonic(), shared_memory(), list[Sample](), 0
    try:
        while (now := time.monotonic() - started) < seconds:
            status = _run(clone, "dvc", "queue", "status")
            failed = status.count("Failed")
            samples.append(take_sample(clone, now, status.count("Success") + failed, old))
            if status.count("Queued") < WAITING:
                _queue(clone, next(numbers))
            time.sleep(SAMPLE_SECONDS)
    finally:
        _run(clone, "dvc", "queue", "remove", "--queued")
        _run(clone, "dvc", "queue", "stop", "--kill")
        for process in processes_in(clone):
            process.kill()
    return samples, failed


def take_sample(clone: Path, seconds: float, finished: int, old: frozenset[str]) -> Sample:
    """Look at all processes that work in the clone, and at what is in shared memory besides the old entries."""
    memory, files, queue_memory, queue_files, count = 0.0, 0, 0.0, 0, 0
    for process in processes_in(clone):
        try:
            used, opened = process.memory_info().rss / 2**20, process.num_fds()
            is_queue = "queue-worker" in process.cmdline()
        except psutil.Error:  # it has just ended
            continue
        count, memory, files = count + 1, memory + used, files + opened
        if is_queue:
            queue_memory, queue_files = queue_memory + used, queue_files + opened
    left = sum(not psutil.pid_exists(owner) for owner in map(owner_of, shared_memory() - old) if owner)
    return Sample(
        round(seconds, 1), finished, count, round(queue_memory, 1), round(memory, 1), queue_files, files, left
    )


def shared_memory() -> frozenset[str]:
    """Entries of /dev/shm; it is the whole machine's, so that those of other work are among them."""
    folder = Path("/dev/shm")  # noqa: S108 - only listed
    return frozenset(entry.name for entry in folder.iterdir()) if folder.is_dir() else frozenset()


def owner_of(entry: str) -> int:
    """The process that joblib and torch name in what they share (sem.loky-7-x, joblib_memmapping_folder_7_x); or 0."""
    named = re.search(r"[-_](\d+)[-_]", entry)
    return int(named[1]) if named else 0


def processes_in(folder: Path) -> Iterator[psutil.Process]:
    """Processes that work in a folder, copies of the workspace included."""
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(folder):
                yield process
        except psutil.Error:
            continue


def growth(samples: Sequence[Sample]) -> dict[str, tuple[float, float]]:
    """Of each measure, the median over the first and over the last third of the time, warm-up left out."""
    steady = samples[int(WARM_UP * len(samples)) :]
    third = max(len(steady) // 3, 1)
    return {
        name: tuple(  # type: ignore[misc]
            statistics.median(getattr(sample, name) for sample in part) for part in (steady[:third], steady[-third:])
        )
        for name in TOLERATED
    }


def is_growth(name: str, before: float, after: float) -> bool:
    """Whether a measure rose by more than its share and its amount."""
    share, amount = TOLERATED[name]
    return after - before > max(share * before, amount)


def _queue(clone: Path, number: int) -> None:
    _run(clone, "dvc", "exp", "run", "--queue", "--quiet", "-S", f"data.synthetic.seed={number}", "evaluate")


def _run(folder: Path, *words: str) -> str:
    try:
        return run_program(*words, folder=folder)
    except InputError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    sys.exit(main())
