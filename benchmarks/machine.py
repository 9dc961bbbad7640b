"""What was measured on: versions, processor, its matmul peak, and whether other work was in the way."""

import importlib.metadata
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import joblib
import torch

from rnn_vs_transformer.probes.cost.measure import free_share

PACKAGES: Final = ("torch", "numpy", "joblib", "neuralforecast", "darts", "pytorch-lightning", "ray", "distributed")
SIZE: Final = 1024
REPEATS: Final = 20


def matmul_gflops() -> float:
    """Median rate of a float32 product of square matrices, on torch's current number of threads."""
    left, right = torch.randn(SIZE, SIZE), torch.randn(SIZE, SIZE)
    torch.mm(left, right)
    return 2 * SIZE**3 / median_seconds(lambda: torch.mm(left, right), REPEATS) / 1e9


def describe_machine() -> dict[str, Any]:
    """Versions and processor; `free_share` is 1 where nothing else ran."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    peak = matmul_gflops()
    free = free_share()
    torch.set_num_threads(threads)
    return {
        "processor": _processor(),
        "cores": joblib.cpu_count(),
        "load_average": round(os.getloadavg()[0], 2),
        "free_share": round(free, 2),
        "matmul_gflops_of_one_core": round(peak, 1),
        "python": platform.python_version(),
        "versions": {name: version for name in PACKAGES if (version := _version(name))},
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def median_seconds(work: Callable[[], object], repeats: int) -> float:
    """Of so many calls."""
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)
