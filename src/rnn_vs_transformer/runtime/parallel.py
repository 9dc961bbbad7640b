"""Independent tasks side by side: the one place that knows where work is done."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from time import sleep
from typing import Any, Final, TypeVar

import torch
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError

from rnn_vs_transformer.runtime.clusters import Work, disconnect, run_on_cluster
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.heap import keep_freed_memory
from rnn_vs_transformer.runtime.interrupts import follow_stage, holding_signals
from rnn_vs_transformer.runtime.run import RunParams

QUIET = ",".join(
    f"ignore::UserWarning:{package}.resource_tracker"
    for package in ("multiprocessing", "joblib.externals.loky.backend")
)
"""Where a task fails, trackers clean up what the ended processes held; a user need not hear of it."""

LIBRARIES: Final = ("OMP_NUM", "OPENBLAS_NUM", "MKL_NUM", "BLIS_NUM", "VECLIB_MAXIMUM", "NUMBA_NUM", "NUMEXPR_NUM")
"""What reads its number of threads when a process starts, from a variable of this name; torch is told in each task."""
IDLE_SECONDS: Final = 300
"""After which a process without a task ends."""

Task = TypeVar("Task")
Result = TypeVar("Result")


class Later:
    """What a task gives back that makes way for others: it is called again, after those that wait for a process."""


def run_side_by_side(
    function: Callable[[Task], Result | Later],
    tasks: Sequence[Task],
    run: RunParams,
    reads: Sequence[Path] = (),
    keep: bool = False,
) -> Iterator[Result]:
    """As `run_as_finished`, but yield the results alone, in the order of the tasks."""
    early: dict[int, Result] = {}
    following = 0
    with closing(run_as_finished(function, tasks, run, reads, keep)) as finished:
        for number, result in finished:
            early[number] = result
            while following in early:
                yield early.pop(following)
                following += 1


def run_as_finished(
    function: Callable[[Task], Result | Later],
    tasks: Sequence[Task],
    run: RunParams,
    reads: Sequence[Path] = (),
    keep: bool = False,
) -> Generator[tuple[int, Result], None, None]:
    """Run `function` on each task in processes of one torch thread, so that no result depends on how many, or where.

    Args:
        function: Can be sent to another process, with all that it holds. Where it gives `Later` it is called again on
            this machine, and goes on from what it has stored. Not on a cluster.
        tasks: Independent of each other.
        run: How many tasks at once, and where.
        reads: Every file that `function` reads, from the working folder. A cluster is sent them, and nothing that a
            task writes comes back.
        keep: Leave the processes to the next call; after the last one, `end_processes`.

    Yields:
        The number of a task and its result, as soon as it is there; close the generator where it may be left early.

    Raises:
        InputError: The system killed one of the processes, or the cluster cannot be used.
        Exception: Whatever a task raises; the other processes are ended then.
    """
    one_task, whole = partial(_on_one_thread, function), False
    try:
        if not tasks:
            return
        if run.backend != "loky":
            yield from run_on_cluster(Work.read(one_task, reads), tasks, run)
        else:
            yield from _run_on_loky(one_task, tasks, process_count(run, len(tasks)))
        whole = True
    finally:
        if not (keep and whole):  # else what was not waited for would run on
            end_processes(run)


def process_count(run: RunParams, tasks: int) -> int:
    """Processes that work on so many tasks on this machine; one is this process itself."""
    return min(run.workers or os.cpu_count() or 1, tasks)


def end_processes(run: RunParams) -> None:
    """End the processes that `run_as_finished` has left, and what they are at; leave the cluster."""
    if run.backend != "loky":
        disconnect(run.backend)
    elif run.workers != 1:
        get_reusable_executor(reuse=True).shutdown(wait=True, kill_workers=True)


def _run_on_loky(
    function: Callable[[Task], Result | Later], tasks: Sequence[Task], count: int
) -> Iterator[tuple[int, Result]]:
    if count == 1:
        for number, task in enumerate(tasks):
            while isinstance(result := function(task), Later):
                pass
            yield number, result
        return
    try:
        yield from _run_in_processes(function, tasks, count)
    except TerminatedWorkerError:
        raise InputError(
            f"one of {count} worker processes was killed; the same command goes on where it was. If memory ran out, "
            f"which kills them too, lower run.workers (now {count})"
        ) from None


def _run_in_processes(
    function: Callable[[Task], Result | Later], tasks: Sequence[Task], count: int
) -> Iterator[tuple[int, Result]]:
    os.environ.setdefault("PYTHONWARNINGS", QUIET)
    threads = dict.fromkeys((f"{name}_THREADS" for name in LIBRARIES), "1")
    ended: SimpleQueue[int] = SimpleQueue()
    submitted: dict[int, Any] = {}
    with holding_signals():
        pool = get_reusable_executor(
            count, timeout=IDLE_SECONDS, initializer=follow_stage, initargs=(os.getpid(),), env=threads
        )

    def submit(number: int) -> None:
        with holding_signals():  # processes may start here, to be born deaf to signals
            submitted[number] = pool.submit(function, tasks[number])
            submitted[number].add_done_callback(lambda _: ended.put(number))

    waiting = deque(range(len(tasks)))
    try:
        while waiting or submitted:
            while waiting and len(submitted) < min(2 * count, pool.queue_size):
                submit(waiting.popleft())
            number = ended.get()
            if isinstance(result := submitted.pop(number).result(), Later):
                waiting.append(number)
            else:
                yield number, result
    finally:  # loky's manager breaks at shutdown over a task that it has not taken up
        while not all(future.running() or future.done() for future in submitted.values()):
            sleep(0.001)


def _on_one_thread(function: Callable[[Task], Result], task: Task) -> Result:
    torch.set_num_threads(1)
    keep_freed_memory()
    return function(task)
