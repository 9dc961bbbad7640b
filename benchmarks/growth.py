"""How the cost of training grows with windows, series, context length and seeds."""

import time
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import joblib
import torch

from benchmarks.case import Case
from benchmarks.ours import fit_windows_per_second
from rnn_vs_transformer.probes.cost.workload import peak_mebibytes
from rnn_vs_transformer.runtime.parallel import end_processes, run_side_by_side
from rnn_vs_transformer.runtime.run import RunParams

SERIES_LENGTHS: Final = (4_000, 16_000, 64_000)
SERIES: Final = (1, 8, 64)
CONTEXT_LENGTHS: Final = (96, 192, 384, 768)
SEEDS: Final = (1, 2, 4)
STEPS: Final = 20
CPU: Final = torch.device("cpu")

Row = dict[str, Any]


def measure_growth(case: Case, families: tuple[str, ...]) -> dict[str, list[Row]]:
    """Rate and peak memory of training on one core, with one thing changed at a time; seconds against seeds on all."""
    torch.set_num_threads(1)
    found: dict[str, list[Row]] = {}
    for what, value, changed in _cases(case):
        for family in families:
            row = {what: value, "family": family, "windows": len(changed.train), **_cost(changed, family)}
            found.setdefault(what, []).append(row)
    found["seeds"] = [{"seeds": seeds, "family": family, "seconds": _seconds_of_seeds(case, family, seeds)}
                      for family in families for seeds in SEEDS]  # fmt: skip
    end_processes(_all_cores())
    return found


def _cases(case: Case) -> Iterator[tuple[str, int, Case]]:
    for length in SERIES_LENGTHS:
        synthetic = case.params.data.synthetic.model_copy(update={"length": length})
        yield "series_length", length, _with_data(case, {"synthetic": synthetic})
    for series in SERIES:
        yield "series", series, Case(case.params, series)
    for length in CONTEXT_LENGTHS:
        yield "context_length", length, _with_data(case, {"context_length": length})


def _with_data(case: Case, changes: dict[str, Any]) -> Case:
    data = case.params.data.model_copy(update=changes)
    return Case(case.params.model_copy(update={"data": data}))


def _cost(case: Case, family: str) -> Row:
    """Windows per second, and the tensors that training holds at most, beside the series itself."""
    peak = peak_mebibytes(partial(_train, case, family), CPU)
    return {
        "windows_per_second": round(fit_windows_per_second(case, family, STEPS), 1),
        "peak_tensor_mebibytes": round(peak, 2),
    }


def _train(case: Case, family: str) -> None:
    fit_windows_per_second(case, family, 1)


def _seconds_of_seeds(case: Case, family: str, seeds: int) -> float:
    """Wall-clock seconds of so many seeds of equal length on all cores, in processes that are warm."""
    spread, one = _all_cores(), partial(_train_steps, case, family)
    for _ in range(2):
        began = time.perf_counter()
        list(run_side_by_side(one, range(seeds), spread, keep=True))
        seconds = time.perf_counter() - began
    return round(seconds, 2)


def _train_steps(case: Case, family: str, _: int) -> float:
    return fit_windows_per_second(case, family, 5 * STEPS)


def _all_cores() -> RunParams:
    return RunParams(workers=joblib.cpu_count(), backend="loky", address="local", device="cpu")
