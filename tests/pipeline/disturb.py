"""Real runs of DVC that are disturbed from outside: signals at any moment, and what they leave behind."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from conftest import Clone

PROC = Path("/proc")
DEADLINE_SECONDS = 300
GONE_WITHIN_SECONDS = 20
LINE = "interrupted; `dvc repro` goes on"


@dataclass
class Disturbed:
    """A command under way in a clone, in a process group of its own as a terminal would have it."""

    clone: Clone
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, text: str) -> None:
        """Until the text is printed, or the command has ended."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while text not in self.output and self.process.poll() is None:
            assert time.monotonic() < deadline, self.output
            time.sleep(0.02)

    def wait_for_file(self, pattern: str) -> None:
        """Until a file is there, or the command has ended."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not any(self.clone.folder.glob(pattern)) and self.process.poll() is None:
            assert time.monotonic() < deadline, self.output
            time.sleep(0.005)

    def wait_for_workers(self, count: int) -> None:
        """Until the stage has started its workers, or the command has ended."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while len(self.workers()) < count and self.process.poll() is None:
            assert time.monotonic() < deadline, self.output
            time.sleep(0.02)

    def stage(self) -> int | None:
        """Process of the stage that runs."""
        return next((pid for pid in processes_in(self.clone.folder) if b"-m\0stages." in command_of(pid)), None)

    def workers(self) -> list[int]:
        """Processes that the stage has started for its tasks."""
        return [pid for pid in processes_in(self.clone.folder) if b"LokyProcess" in command_of(pid)]

    def send(self, number: signal.Signals, target: str) -> bool:
        """Send a signal; tell whether a stage was there that answers to signals.

        Args:
            number: The signal.
            target: `group` for all processes at once, as Ctrl-C does, `dvc` or `stage` for that one alone.
        """
        stage = self.stage()
        listens = stage is not None and answers(stage, number)
        try:
            if target == "group":
                os.killpg(self.process.pid, number)
            else:
                os.kill(self.process.pid if target == "dvc" or stage is None else stage, number)
        except ProcessLookupError:
            return False
        return listens

    def end(self) -> int:
        """Wait for DVC to end; its exit status."""
        return self.process.wait(DEADLINE_SECONDS)


def start(clone: Clone, *command: str) -> Disturbed:
    """Start a command in the clone."""
    log = clone.folder.parent / f"{clone.folder.name}-{time.monotonic_ns()}.log"
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=clone.folder, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    return Disturbed(clone, process, log)


def processes_in(folder: Path) -> list[int]:
    """Processes that work in a folder."""
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit() and _works_in(entry, folder)]


def _works_in(entry: Path, folder: Path) -> bool:
    try:
        return (entry / "cwd").readlink().is_relative_to(folder)
    except OSError:
        return False


def command_of(pid: int) -> bytes:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return b""


def answers(pid: int, number: signal.Signals) -> bool:
    """Whether a process has set up what it does on SIGTERM, which Python does not do by itself."""
    try:
        status = (PROC / str(pid) / "status").read_text()
    except OSError:
        return False
    caught = int(next(line for line in status.splitlines() if line.startswith("SigCgt")).split()[1], 16)
    return number != signal.SIGKILL and bool(caught >> (signal.SIGTERM - 1) & 1)


def require_nothing_left(clone: Clone) -> None:
    """No process of the clone is left a short while later."""
    deadline = time.monotonic() + GONE_WITHIN_SECONDS
    while left := processes_in(clone.folder):
        assert time.monotonic() < deadline, [command_of(pid) for pid in left]
        time.sleep(0.1)


def half_written(clone: Clone) -> list[Path]:
    """Temporary files that a writer has left."""
    return [path for path in clone.folder.rglob(".*.tmp") if ".dvc" not in path.parts]
