"""Tasks on a Ray or Dask cluster, whose workers share neither folder nor code with this process.

Each task takes its function, its files and the project's code along. A worker that dies costs the task that it was at:
the cluster gives it to another worker.
"""

import hashlib
import os
import platform
import shutil
import socket
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import chdir, suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import torch

from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.run import RunParams

PACKAGE: Final = Path(str(files("rnn_vs_transformer")))
STUDIES: Final = "studies"
"""Sent along where this process has imported them."""
RETRIES: Final = 3
"""Workers that may die under one task before it is given up."""
PATIENCE_SECONDS: Final = 20
"""For a cluster to answer."""
Submit = Callable[[Any], Future[Any]]


@dataclass(frozen=True)
class Work:
    """What the tasks have in common."""

    function: Callable[[Any], Any]
    files: dict[str, bytes]
    """What the function reads, by path from the working folder."""
    packages: tuple[str, ...]
    """Whose code the function may need."""
    versions: str
    """See `versions`."""

    @classmethod
    def read(cls, function: Callable[[Any], Any], reads: Sequence[Path]) -> Self:
        """Take the files along as they are now.

        Raises:
            InputError: A file is missing.
        """
        packages = (PACKAGE.name, *([STUDIES] if STUDIES in sys.modules else []))
        try:
            return cls(function, {path.as_posix(): path.read_bytes() for path in reads}, packages, versions(packages))
        except FileNotFoundError as error:
            raise InputError(f"{error.filename} is missing; run: dvc repro") from None

    def do(self, task: Any) -> Any:
        """Run the function on a task, in a folder of its own that holds the files.

        Raises:
            InputError: This process has other code, or another PyTorch, than the one that read the files.
        """
        if (here := versions(self.packages)) != self.versions:
            raise InputError(
                f"a worker on {platform.node()} has {here}, but {self.versions} is needed; install the same "
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
def versions(packages: tuple[str, ...]) -> str:
    """What decides the bytes of a result, besides the processor: the code of some packages, PyTorch and NumPy."""
    code = hashlib.sha256()
    for package in packages:
        for name, content in sorted(_sources(files(package), "")):
            code.update(name.encode() + content)
    return f"code {code.hexdigest()[:12]}, torch {torch.__version__}, numpy {np.__version__}"


def run_on_cluster(work: Work, tasks: Sequence[Any], run: RunParams) -> Iterator[tuple[int, Any]]:
    """Yield number and result of each task as soon as it is there.

    Raises:
        InputError: Ray or Dask is not installed, the cluster does not answer, or a task's workers died again and again.
    """
    try:
        submit, died = _use_ray(work, run) if run.backend == "ray" else _use_dask(work, run)
    except InputError:
        raise
    except (OSError, RuntimeError, ValueError) as error:
        reason = _first_line(error)
        raise InputError(f"run.address: the {run.backend} cluster at {run.address} cannot be used: {reason}") from None
    waiting = enumerate(tasks)
    running: dict[Future[Any], int] = {}
    while True:
        while len(running) < (run.workers or len(tasks)) and (following := next(waiting, None)):
            running[submit(following[1])] = following[0]
        if not running:
            return
        yield _first_result(running, died)


def _first_result(running: dict[Future[Any], int], died: type[Exception]) -> tuple[int, Any]:
    """Wait for a task, and forget it, lest the cluster keeps its result and makes it anew where a worker dies."""
    done = wait(running, return_when=FIRST_COMPLETED).done.pop()
    number = running.pop(done)
    try:
        return number, done.result()
    except died as error:
        told = f"the workers of task {number} died again and again, perhaps for want of memory: {_first_line(error)}"
        raise getattr(error, "cause", None) or InputError(told) from None  # Ray names what the task raised as the cause


def disconnect(backend: str) -> None:
    """Leave the cluster, if there is a connection; what was started on this machine for it ends."""
    module = _import(backend)
    if backend == "ray":
        module.shutdown()
    elif client := _dask_client(module):
        client.close()
        if client.cluster is not None:
            client.cluster.close()


def _use_ray(work: Work, run: RunParams) -> tuple[Submit, type[Exception]]:
    """What submits a task, and the error that says that its workers died."""
    ray = _import("ray")
    if not ray.is_initialized():
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        if run.address not in {"local", "auto"}:  # knock before Ray does, which would wait for many minutes
            host, _, port = run.address.removeprefix("ray://").rpartition(":")
            socket.create_connection((host, int(port)), PATIENCE_SECONDS).close()
        here = {"num_cpus": run.workers or os.cpu_count(), "include_dashboard": False} if run.address == "local" else {}
        with tempfile.TemporaryDirectory() as folder:
            modules = [str(package) for package in copy_code(Path(folder))]
            ray.init(run.address, runtime_env={"py_modules": modules}, log_to_driver=False, **here)
    do, shared = ray.remote(num_cpus=1, max_retries=RETRIES)(Work.do), ray.put(work)
    return lambda task: do.remote(shared, task).future(), ray.exceptions.RayError


def _use_dask(work: Work, run: RunParams) -> tuple[Submit, type[Exception]]:
    """As `_use_ray`."""
    distributed = _import("dask")
    client = _dask_client(distributed) or _connect_to_dask(distributed, run)
    executor = client.get_executor(pure=False)  # fetches a result at once, lest its worker dies
    shared = client.submit(_same, work, pure=False)
    return lambda task: executor.submit(Work.do, shared, task), distributed.KilledWorker


def _same(work: Work) -> Work:
    """A task that gives the work itself, so that the cluster can make it anew where the worker that held it died."""
    return work


def _dask_client(distributed: Any) -> Any:
    """The client there is, or None."""
    with suppress(ValueError):
        return distributed.default_client()
    return None


def _connect_to_dask(distributed: Any, run: RunParams) -> Any:
    """A new client, whose workers have the project's code."""
    here = {"n_workers": run.workers or os.cpu_count(), "threads_per_worker": 1, "dashboard_address": None}
    there = {"address": run.address, "timeout": PATIENCE_SECONDS}
    client = distributed.Client(**(here if run.address == "local" else there))
    threads = max(client.nthreads().values(), default=1)
    if threads > 1:
        client.close()
        raise InputError(
            f"Dask workers of one thread each are needed, got {threads}; start them with: "
            "dask worker ADDRESS --nthreads 1 --nworkers N"
        )
    with tempfile.TemporaryDirectory() as folder:
        for package in copy_code(Path(folder, "code")):
            name = f"{package.name}-{uuid.uuid4().hex}"  # to write over an archive in use can break a worker's imports
            client.upload_file(shutil.make_archive(str(Path(folder, name)), "zip", package.parent, package.name))
    return client


def copy_code(folder: Path) -> list[Path]:
    """Copy the package and, where this process has imported them, the Python files of the studies; give the copies."""
    shutil.copytree(PACKAGE, folder / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    if STUDIES not in sys.modules:
        return [folder / PACKAGE.name]
    source = PACKAGE.parents[1] / STUDIES  # not the module's path: Dask may have put an uploaded archive in its place
    for file in source.rglob("*.py"):
        target = folder / STUDIES / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    return [folder / PACKAGE.name, folder / STUDIES]


def _import(backend: str) -> Any:
    try:
        return import_module({"ray": "ray", "dask": "distributed"}[backend])
    except ImportError:
        remedy = f"python -m pip install --editable '.[{backend}]'"
        raise InputError(f"run.backend {backend} is not installed; run: {remedy}") from None


def _sources(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _sources(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(".py"):
            yield prefix + entry.name, entry.read_bytes()


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
