"""Independent tasks side by side: the one place that knows how work is spread over the machine."""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import torch
from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError

from rnn_vs_transformer.errors import InputError
from rnn_vs_transformer.interrupts import follow_stage, holding_signals

QUIET = ",".join(
    f"ignore::UserWarning:{package}.resource_tracker"
    for package in ("multiprocessing", "joblib.externals.loky.backend")
)
"""Where a task fails, trackers clean up what the ended processes held; a user need not hear of it."""

Task = TypeVar("Task")
Result = TypeVar("Result")


def run_side_by_side(
    function: Callable[[Task], Result], tasks: Sequence[Task], workers: int = 0, keep: bool = False
) -> Iterator[Result]:
    """Run `function` on each task in processes of one torch thread, so that no result depends on how many run.

    Args:
        function: Can be sent to another process, with all that it holds.
        tasks: Independent of each other.
        workers: Processes; 0 is one per core.
        keep: Leave the processes to the next call; after the last one, `end_processes`.

    Yields:
        The results in the order of the tasks, each as soon as it and those before it are there.

    Raises:
        InputError: The system killed one of the processes.
        Exception: Whatever a task raises; the other processes are ended then.
    """
    os.environ.setdefault("PYTHONWARNINGS", QUIET)
    count = min(workers or os.cpu_count() or 1, len(tasks))
    try:
        with holding_signals():  # the processes start here
            results = Parallel(n_jobs=count, return_as="generator", initializer=follow_stage, initargs=(os.getpid(),))(
                delayed(_on_one_thread)(function, task) for task in tasks
            )
        yield from results
    except TerminatedWorkerError:
        raise InputError(
            f"one of {count} worker processes was killed, as the system does when memory runs out; "
            "lower run.workers, then run: dvc repro"
        ) from None
    finally:
        if count > 1 and not keep:
            end_processes()


def end_processes() -> None:
    """End the processes that `run_side_by_side` has left, and what they are at."""
    get_reusable_executor(reuse=True).shutdown(wait=True, kill_workers=True)


def _on_one_thread(function: Callable[[Task], Result], task: Task) -> Result:
    torch.set_num_threads(1)
    return function(task)
