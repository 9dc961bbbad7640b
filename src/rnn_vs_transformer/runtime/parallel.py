"""Independent tasks side by side: the one place that knows where work is done."""

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeVar

import torch
from joblib import Parallel, delayed
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

Task = TypeVar("Task")
Result = TypeVar("Result")


def run_side_by_side(
    function: Callable[[Task], Result],
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
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    run: RunParams,
    reads: Sequence[Path] = (),
    keep: bool = False,
) -> Generator[tuple[int, Result], None, None]:
    """Run `function` on each task in processes of one torch thread, so that no result depends on how many, or where.

    Args:
        function: Can be sent to another process, with all that it holds.
        tasks: Independent of each other.
        run: How many tasks at once, and where.
        reads: Every file that `function` reads, from the working folder. A cluster is sent them, and nothing that a
            task writes comes back.
        keep: Leave the processes to the next call; after the last one, `end_processes`.

    Yields:
        The number of a task and its result, as soon as it is there.

    Raises:
        InputError: The system killed one of the processes, or the cluster cannot be used.
        Exception: Whatever a task raises; the other processes are ended then.
    """
    one_task = partial(_on_one_thread, function)
    try:
        if not tasks:
            return
        if run.backend != "loky":
            yield from run_on_cluster(Work.read(one_task, reads), tasks, run)
        else:
            yield from _run_on_loky(one_task, tasks, run.workers)
    finally:
        if not keep:
            end_processes(run)


def end_processes(run: RunParams) -> None:
    """End the processes that `run_as_finished` has left, and what they are at; leave the cluster."""
    if run.backend != "loky":
        disconnect(run.backend)
    elif run.workers != 1:
        get_reusable_executor(reuse=True).shutdown(wait=True, kill_workers=True)


def _run_on_loky(
    function: Callable[[Task], Result], tasks: Sequence[Task], workers: int
) -> Iterator[tuple[int, Result]]:
    os.environ.setdefault("PYTHONWARNINGS", QUIET)
    count = min(workers or os.cpu_count() or 1, len(tasks))
    try:
        with holding_signals():  # the processes start here
            running = Parallel(
                n_jobs=count, return_as="generator_unordered", initializer=follow_stage, initargs=(os.getpid(),)
            )(delayed(_numbered)(function, number, task) for number, task in enumerate(tasks))
        yield from running
    except TerminatedWorkerError:
        raise InputError(
            f"one of {count} worker processes was killed; the same command goes on where it was. If memory ran out, "
            f"which kills them too, lower run.workers (now {count})"
        ) from None


def _numbered(function: Callable[[Task], Result], number: int, task: Task) -> tuple[int, Result]:
    return number, function(task)


def _on_one_thread(function: Callable[[Task], Result], task: Task) -> Result:
    torch.set_num_threads(1)
    keep_freed_memory()
    return function(task)
