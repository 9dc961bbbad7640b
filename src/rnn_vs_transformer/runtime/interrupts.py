"""What ends a stage from outside ends all of it: signals, and a parent that is gone.

`dvc repro` starts a stage, which starts workers. Ctrl-C reaches all of them, SIGTERM perhaps only one, and SIGKILL
leaves nobody to tell the others. So the stage alone answers to signals, and each watches whether its parent still runs.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final, NoReturn

FROM_THE_START: Final = "interrupted; `dvc repro` goes on with this stage"
FROM_CHECKPOINTS: Final = "interrupted; `dvc repro` goes on from the last epoch that each training run had finished"
"""What a stage says when a signal ends it."""
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
WATCH_SECONDS: Final = 0.2
STDERR: Final = 2


class Interrupted(KeyboardInterrupt):
    """SIGINT or SIGTERM arrived while a stage ran."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def end_on_signals(line: str) -> None:
    """From now on a signal prints the line and ends the process at once, for where nothing needs an orderly end."""

    def end(number: int, _: FrameType | None) -> NoReturn:
        end_process(line, number)

    for number in SIGNALS:
        signal.signal(number, end)


@contextmanager
def raising_on_signals(line: str) -> Iterator[None]:
    """Within, the first signal raises `Interrupted`, so that work ends in order; one more ends the process at once."""

    def interrupt(number: int, _: FrameType | None) -> NoReturn:
        end_on_signals(line)
        raise Interrupted(number)

    for number in SIGNALS:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        end_on_signals(line)


def end_process(line: str, number: int) -> NoReturn:
    """Print a line and end as a process ends by a signal, without waiting for threads or children: they follow."""
    with suppress(OSError):  # whoever read the output may be gone
        os.write(STDERR, f"\n{line}\n".encode())  # not through sys.stderr, which a signal may have stopped in mid-write
    os._exit(128 + number)


@contextmanager
def holding_signals() -> Iterator[None]:
    """Put signals off until the block is done, and let processes that start in it be born deaf to them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []
    before = {number: signal.signal(number, lambda number, _: arrived.append(number)) for number in SIGNALS}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in before.items():
            signal.signal(number, handler)
        if arrived:
            signal.raise_signal(arrived[0])


def follow_stage(stage: int) -> None:
    """In a worker process: leave signals to the stage, the process that started this one, and end when it has ended."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    _watch(stage, lambda: os._exit(1))


def follow_dvc() -> None:
    """In a stage: end when the DVC that started it has ended, lest two write to one workspace."""
    if "DVC_STAGE" in os.environ:
        _watch(os.getppid(), lambda: os.kill(os.getpid(), signal.SIGTERM))


def _watch(parent: int, end: Callable[[], object]) -> None:
    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(WATCH_SECONDS)
        end()

    threading.Thread(target=watch, name="watch", daemon=True).start()
