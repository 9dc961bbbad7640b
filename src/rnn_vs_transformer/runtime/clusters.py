"""Tasks on a Ray or Dask cluster, whose workers share neither folder nor code with this process.

Each task takes its function, its files and the project's code along. A worker that dies costs the task that it was at:
the cluster gives it to another worker.
"""

import hashlib
import os
import platform
import shutil
import socket
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import torch

from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.run import RunParams

PACKAGE: Final = Path(__file__).resolve().parents[1]
RETRIES: Final = 3
"""Workers that may die under one task before it is given up."""
PATIENCE_SECONDS: Final = 20
"""For a cluster to answer."""


@dataclass(frozen=True)
class Work:
    """What the tasks have in common."""

    function: Callable[[Any], Any]
    files: dict[str, bytes]
    """What the function reads, by path from the working folder."""
    versions: str

    @classmethod
    def read(cls, function: Callable[[Any], Any], reads: Sequence[Path]) -> Self:
        """Take the files along as they are now.

        Raises:
            InputError: A file is missing.
        """
        try:
            return cls(function, {path.as_posix(): path.read_bytes() for path in reads}, versions())
        except FileNotFoundError as error:
            raise InputError(f"{error.filename} is missing; run: dvc repro") from None

    def do(self, task: Any) -> Any:
        """Run the function on a task, in a folder of its own that holds the files.

        Raises:
            InputError: This process has other code, or another PyTorch, than the one that read the files.
        """
        if versions() != self.versions:
            raise InputError(
                f"a worker on {platform.node()} has {versions()}, but {self.versions} is needed; install the same "
                "versions there, and restart the workers after a change of the code"
            )
        with tempfile.TemporaryDirectory(prefix="task-") as folder:
            for name, content in self.files.items():
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            with chdir(folder):
                return self.function(task)


@cache
def versions() -> str:
    """What decides the bytes of a result, besides the processor: the project's code, PyTorch and NumPy."""
    code = hashlib.sha256()
    for name, content in sorted(_sources(files("rnn_vs_transformer"), "")):
        code.update(name.encode() + content)
    return f"code {code.hexdigest()[:12]}, torch {torch.__version__}, numpy {np.__version__}"


def run_on_ray(work: Work, tasks: Sequence[Any], run: RunParams) -> Iterator[tuple[int, Any]]:
    """Yield number and result of each task as soon as it is there.

    Raises:
        InputError: Ray is not installed, the cluster does not answer, or the workers of a task died again and again.
    """
    ray = _ray()
    if not ray.is_initialized():
        _connect_to_ray(ray, run)
    do = ray.remote(num_cpus=1, max_retries=RETRIES)(Work.do)
    shared, waiting = ray.put(work), enumerate(tasks)
    running: dict[Any, int] = {}
    while True:
        while len(running) < (run.workers or len(tasks)) and (following := next(waiting, None)):
            running[do.remote(shared, following[1])] = following[0]
        if not running:
            return
        [done], _ = ray.wait(list(running), num_returns=1)
        number = running.pop(done)
        try:
            yield number, ray.get(done)
        except ray.exceptions.RayTaskError as error:
            raise error.cause from None
        except ray.exceptions.RayError as error:
            raise InputError(_gave_up(number, error)) from None


def run_on_dask(work: Work, tasks: Sequence[Any], run: RunParams) -> Iterator[tuple[int, Any]]:
    """As `run_on_ray`, on a Dask cluster."""
    distributed = _distributed()
    client = _dask_client(distributed, run)
    shared, waiting = client.submit(_same, work, pure=False), enumerate(tasks)
    running: dict[Any, int] = {}
    finished = distributed.as_completed(with_results=True, raise_errors=False)  # fetched at once, lest a worker dies
    while True:
        while len(running) < (run.workers or len(tasks)) and (following := next(waiting, None)):
            future = client.submit(Work.do, shared, following[1], pure=False)
            running[future] = following[0]
            finished.add(future)
        if not running:
            return
        done, result = next(finished)
        number = running.pop(done)
        if done.status != "finished":
            fault = result[1]
            raise InputError(_gave_up(number, fault)) if isinstance(fault, distributed.KilledWorker) else fault
        yield number, result


def disconnect(backend: str) -> None:
    """Leave the cluster, if there is a connection; what was started on this machine for it ends."""
    if backend == "ray":
        _ray().shutdown()
        return
    distributed = _distributed()
    try:
        client = distributed.default_client()
    except ValueError:
        return
    client.close()
    if client.cluster is not None:
        client.cluster.close()


def _connect_to_ray(ray: Any, run: RunParams) -> None:
    of_this_machine = {"num_cpus": run.workers or os.cpu_count(), "include_dashboard": False}
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        _require_answer(run.address)
        ray.init(
            run.address,
            runtime_env={"py_modules": [str(PACKAGE)]},
            log_to_driver=False,
            **(of_this_machine if run.address == "local" else {}),
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(_no_answer(run, error)) from None


def _require_answer(address: str) -> None:
    """Knock before Ray does, which would wait for many minutes."""
    if address not in {"local", "auto"}:
        host, _, port = address.removeprefix("ray://").rpartition(":")
        socket.create_connection((host, int(port)), PATIENCE_SECONDS).close()


def _dask_client(distributed: Any, run: RunParams) -> Any:
    """The client there is, or a new one whose workers have the project's code."""
    try:
        return distributed.default_client()
    except ValueError:
        pass
    try:
        if run.address == "local":
            client = distributed.Client(
                n_workers=run.workers or os.cpu_count(), threads_per_worker=1, dashboard_address=None
            )
        else:
            client = distributed.Client(run.address, timeout=PATIENCE_SECONDS)
    except (OSError, ValueError) as error:
        raise InputError(_no_answer(run, error)) from None
    threads = client.nthreads().values()
    if any(count > 1 for count in threads):
        client.close()
        raise InputError(
            f"Dask workers of one thread each are needed, got {max(threads)}; start them with: "
            "dask worker ADDRESS --nthreads 1 --nworkers N"
        )
    with tempfile.TemporaryDirectory() as folder:
        name = f"{PACKAGE.name}-{uuid.uuid4().hex}"  # to write over an archive that a worker imports from can break it
        client.upload_file(shutil.make_archive(str(Path(folder, name)), "zip", PACKAGE.parent, PACKAGE.name))
    return client


def _ray() -> Any:
    try:
        import ray  # noqa: PLC0415 - an extra
    except ImportError:
        raise InputError(_not_installed("ray")) from None
    return ray


def _distributed() -> Any:
    try:
        import distributed  # noqa: PLC0415 - an extra
    except ImportError:
        raise InputError(_not_installed("dask")) from None
    return distributed


def _same(work: Work) -> Work:
    """A task that gives the work itself, so that the cluster can make it anew where the worker that held it died."""
    return work


def _sources(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _sources(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".py"):
            yield prefix + entry.name, entry.read_bytes()


def _not_installed(backend: str) -> str:
    return f"run.backend {backend} is not installed; run: python -m pip install --editable '.[{backend}]'"


def _no_answer(run: RunParams, error: Exception) -> str:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return f"run.address: the {run.backend} cluster at {run.address} cannot be used: {reason}"


def _gave_up(number: int, error: Exception) -> str:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return f"the workers of task {number} died again and again, perhaps for want of memory: {reason}"
