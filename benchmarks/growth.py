"""How the cost of training grows: one thing is changed at a time, and each point has a process of its own."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import chdir
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import joblib
import numpy as np
from tqdm import tqdm

from benchmarks.case import Case
from benchmarks.growth_point import Point
from benchmarks.ours import fit_windows_per_second
from benchmarks.pipeline import ROOT, own_code
from rnn_vs_transformer.probes.cost.scaling import FEWEST_LENGTHS, fit_exponent
from rnn_vs_transformer.runtime.parallel import end_processes, run_side_by_side
from rnn_vs_transformer.runtime.run import RunParams

Row = dict[str, Any]
POINTS: Final[Mapping[str, Mapping[int, Point]]] = {
    "windows": {count: Point.of_windows(count) for count in (1_000, 10_000, 100_000, 1_000_000)},
    "series": {count: Point(series=count, steps=1_000) for count in (1, 10, 100, 1_000, 10_000)},
    "context": {
        length: Point(context_length=length, batch_size=8) for length in (48, 96, 256, 512, 1024, 2048, 4096, 8192)
    },
    "horizon": {length: Point(prediction_length=length) for length in (12, 24, 96, 384, 768)},
}
"""By what is changed, and to what."""
SEEDS: Final = (1, 2, 4, 8, 16)
STEPS: Final = {"rnn": 200, "transformer": 40}
"""Training steps of each seed."""
COSTS: Final[Mapping[str, Sequence[str]]] = {
    "windows": ("epoch_seconds", "grown_mebibytes"),
    "series": ("epoch_seconds", "ready_seconds", "grown_mebibytes"),
    "context": ("step_seconds", "grown_mebibytes"),
    "horizon": ("step_seconds", "grown_mebibytes"),
    "seeds": ("seconds",),
}
"""What an exponent is fitted to."""


def measure_growth(case: Case, families: tuple[str, ...]) -> dict[str, Any]:
    """Seconds and memory at every point, and the exponents that were fitted to them."""
    found: dict[str, list[Row]] = {}
    with tqdm(total=sum(map(len, POINTS.values())) * len(families), desc="growth", unit="point") as bar:
        for axis, points in POINTS.items():
            for value, point in points.items():
                for row in _costs(point, families, case.params.data.model_dump()):
                    found.setdefault(axis, []).append({axis: value, **row})
                    bar.update()
    found["seeds"] = [
        {"seeds": seeds, "family": family, "seconds": _seconds_of_seeds(case, family, seeds)}
        for family in families
        for seeds in SEEDS
    ]
    end_processes(_all_cores())
    return {"points": found, "exponents": exponents(found)}


def exponents(found: Mapping[str, Sequence[Row]]) -> list[Row]:
    """The slope of log cost against log value, over all values and over the longest half, with 95 % intervals.

    Args:
        found: The points of each thing that was changed; costs of 0 have no logarithm and are left out.
    """
    rows = []
    for axis, points in found.items():
        for family in dict.fromkeys(point["family"] for point in points):
            for cost in COSTS[axis]:
                some = [point for point in points if point["family"] == family and point[cost] > 0]
                for over in dict.fromkeys((len(some), max(FEWEST_LENGTHS, -(-len(some) // 2)))):
                    rows += _exponent(axis, family, cost, some[-over:])
    return rows


def _exponent(axis: str, family: str, cost: str, points: Sequence[Row]) -> list[Row]:
    """One row, or none where there are too few points."""
    if len(points) < FEWEST_LENGTHS:
        return []
    values, costs = (np.array([point[name] for point in points], dtype=np.float64) for name in (axis, cost))
    slope = fit_exponent(values, costs)
    told = {"exponent": slope.estimate, "low": slope.low, "high": slope.high}
    return [{
        "axis": axis, "family": family, "cost": cost, "from": points[0][axis], "to": points[-1][axis],
        **{name: round(float(number), 3) for name, number in told.items() if number is not None},
    }]  # fmt: skip


def _costs(point: Point, families: tuple[str, ...], settings: dict[str, Any]) -> list[Row]:
    """Of each family, in processes that find the series in a folder."""
    with tempfile.TemporaryDirectory() as folder:
        with chdir(folder):
            Path("data").mkdir()
            point.save_series(settings)
        return [_cost(replace(point, family=family), folder) for family in families]


def _cost(point: Point, folder: str) -> Row:
    told = [json.dumps(asdict(point)), str(ROOT / "params.yaml")]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "benchmarks.growth_point", *told],
        cwd=folder, env=own_code(ROOT), check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    row: Row = json.loads(done.stdout)
    return row


def _seconds_of_seeds(case: Case, family: str, seeds: int) -> float:
    """Wall-clock seconds of so many seeds of equal length on all cores, in processes that are warm."""
    spread, one = _all_cores(), partial(_train_steps, case, family)
    case.train  # noqa: B018 - made here once, and sent along
    for _ in range(2):
        began = time.perf_counter()
        list(run_side_by_side(one, range(seeds), spread, keep=True))
        seconds = time.perf_counter() - began
    return round(seconds, 3)


def _train_steps(case: Case, family: str, _: int) -> float:
    return fit_windows_per_second(case, family, STEPS[family])


def _all_cores() -> RunParams:
    return RunParams(workers=joblib.cpu_count(), backend="loky", address="local", device="cpu")
