"""What the kernels of the Transformer's training step take on one core, and what they would at the core's peaks."""

import json
import statistics
import time
from collections import defaultdict
from functools import partial
from itertools import pairwise
from typing import Any, Final

import torch
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.case import Case
from benchmarks.enough import Enough
from benchmarks.kernels import ATTENTION, ATTENTION_BACKWARD, PRODUCTS, Shapes, Work, optimiser_work, work_of
from benchmarks.machine import matmul_gflops, median_seconds
from benchmarks.ours import WARM_UP, run_fit, step_ends
from rnn_vs_transformer.models.size import multiply_adds_per_window, parameter_count
from rnn_vs_transformer.runtime.heap import keep_freed_memory

STEPS: Final = 40
NEAR, FAR = 393_216, 33_554_432
"""Numbers in an array: as many as an activation of the default step has (in the cache), and far more than fit there."""
REPEATS: Final = 30
TOLD: Final = 14
"""Kernels that are told one by one."""

Row = dict[str, Any]


def measure_roofline(case: Case, family: str = "transformer") -> dict[str, Any]:
    """Operations, bytes, seconds and least seconds of a training step, by kind of kernel and for the largest kernels.

    `least_ms` is the roofline, and `alone_ms` what a product, an attention or a norm takes when it is repeated alone.
    """
    torch.set_num_threads(1)
    keep_freed_memory()  # as in the processes that train
    model = case.build(family)
    rates = [_gigabytes_per_second(NEAR), _gigabytes_per_second(FAR)]
    peak, bandwidth = matmul_gflops() * 1e9, max(rates) * 1e9
    step, rows = _step_seconds(case, family), _kernels(case, family)
    for row in rows:
        row["least_ms"] = 1e3 * row["calls"] * row["work"].least_seconds(peak, bandwidth)
        row["alone_ms"] = 1e3 * row["calls"] * alone if (alone := _alone(row["name"], row["shapes"])) else None
    optimiser = 1e3 * optimiser_work(parameter_count(model)).least_seconds(peak, bandwidth)
    counted = 6 * multiply_adds_per_window(model, case.lengths[0]) * case.params.train.batch_size
    return {
        "matmul_gflops": round(peak / 1e9, 1),
        "gigabytes_per_second": {"in_cache": round(rates[0], 1), "in_memory": round(rates[1], 1)},
        "kinds": by_kind(rows, optimiser),
        "kernels": [_told(row) for row in sorted(rows, key=lambda row: -row["ms"])[:TOLD]],
        **shares(rows, optimiser, 1e3 * step, 1e3 * counted / peak),
    }


def shares(rows: list[Row], optimiser: float, step: float, products: float) -> dict[str, float]:
    """What is reached of what is attainable; all times in milliseconds.

    Args:
        rows: Kernels, each with `ms`, `least_ms` and `alone_ms` (None where it was not repeated alone).
        optimiser: The least time of clipping and AdamW.
        step: The measured time of a step.
        products: What the model's counted multiply-adds would take at the matmul peak.
    """
    least = optimiser + sum(row["least_ms"] for row in rows)
    alone = optimiser + sum(row["least_ms"] if row["alone_ms"] is None else row["alone_ms"] for row in rows)
    return {
        "step_ms": round(step, 2),
        "kernels_ms": round(sum(row["ms"] for row in rows), 2),
        "least_ms": round(least, 2),
        "alone_ms": round(alone, 2),
        "share_of_attainable": round(least / step, 3),
        "share_of_matmul_peak": round(products / step, 3),
        "share_of_matmul_peak_at_the_roofline": round(products / least, 3),
        "share_of_matmul_peak_with_these_kernels": round(products / alone, 3),
    }


def by_kind(rows: list[Row], optimiser: float) -> list[Row]:
    """Sums over the kernels of each kind, the slowest kind first; the optimiser's least time is counted as a whole."""
    found = []
    for kind in {row["work"].kind for row in rows}:
        some = [row for row in rows if row["work"].kind == kind]
        found.append({
            "kind": kind,
            "calls": round(sum(row["calls"] for row in some)),
            "gigaflop": round(sum(row["calls"] * row["work"].operations for row in some) / 1e9, 4),
            "megabytes": round(sum(row["calls"] * row["work"].bytes for row in some) / 1e6, 2),
            "ms": round(sum(row["ms"] for row in some), 3),
            "least_ms": round(sum(row["least_ms"] for row in some) + optimiser * (kind == "optimiser"), 3),
        })  # fmt: skip
    return sorted(found, key=lambda row: -row["ms"])


def _told(row: Row) -> Row:
    work: Work = row["work"]
    shapes = " x ".join(str(list(shape)) for shape in row["shapes"] if len(shape))
    times = {name: None if row[name] is None else round(row[name], 3) for name in ("ms", "least_ms", "alone_ms")}
    return {"kernel": row["name"].removeprefix("aten::"), "shapes": shapes, "calls": round(row["calls"]),
            "gigaflop": round(row["calls"] * work.operations / 1e9, 4),
            "megabytes": round(row["calls"] * work.bytes / 1e6, 2), **times}  # fmt: skip


def _step_seconds(case: Case, family: str) -> float:
    """Median over steps, without the profiler."""
    ends = step_ends(case, family, STEPS)
    return statistics.median(after - before for before, after in pairwise(ends))


class Timed(TorchDispatchMode):
    """Times each kernel of the steps that count, by name and shapes.

    PyTorch's profiler keeps a record of each call, and the steps then take three times as long: the records lie between
    the tensors, whose memory must be fetched anew.
    """

    def __init__(self) -> None:
        """Nothing counts yet."""
        super().__init__()  # type: ignore[no-untyped-call]
        self.steps = 0
        self.seconds: defaultdict[tuple[str, str], list[float]] = defaultdict(list)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Do it, and note how long it took."""
        began = time.perf_counter()
        found = func(*args, **(kwargs or {}))
        seconds = time.perf_counter() - began
        if self.steps >= WARM_UP:
            shapes = [list(one.shape) for one in args if isinstance(one, torch.Tensor)]
            key = func.name().partition(".")[0], json.dumps(shapes)
            self.seconds[key].append(seconds)
        return found

    def note(self, _: str) -> None:
        """A step has ended."""
        self.steps += 1
        if self.steps == WARM_UP + STEPS:
            raise Enough


def _kernels(case: Case, family: str) -> list[Row]:
    """Calls and milliseconds per step of each kernel and shape."""
    with Timed() as timed:
        run_fit(case, family, timed.note)
    return [
        {"name": name, "shapes": json.loads(shapes), "work": work_of(name, json.loads(shapes)),
         "calls": len(seconds) / STEPS, "ms": 1e3 * sum(seconds) / STEPS}
        for (name, shapes), seconds in timed.seconds.items()
    ]  # fmt: skip


def _gigabytes_per_second(numbers: int) -> float:
    """Rate at which a core adds two arrays into a third, which moves three numbers an addition."""
    left, right, out = (torch.ones(numbers) for _ in range(3))
    return 3 * 4 * numbers / median_seconds(lambda: torch.add(left, right, out=out), REPEATS) / 1e9


def _alone(name: str, shapes: Shapes) -> float | None:
    """Seconds of one call, repeated alone on random numbers of these shapes; None where that is not tried."""
    given = [torch.randn(*shape) for shape in shapes if len(shape)]
    if name in PRODUCTS and len(given) > 1:
        left, right = given[-2:]
        turned = left.transpose(-1, -2).contiguous().transpose(-1, -2)  # as the gradient of weights has it
        return min(median_seconds(partial(torch.matmul, one, right), REPEATS) for one in (left, turned))
    if name == ATTENTION:
        query, key, value = given[:3]
        return median_seconds(partial(functional.scaled_dot_product_attention, query, key, value), REPEATS)
    if name == ATTENTION_BACKWARD:
        query, key, value = (tensor.requires_grad_() for tensor in given[1:4])
        mixed = functional.scaled_dot_product_attention(query, key, value)
        gradients = partial(torch.autograd.grad, mixed, (query, key, value), given[0], retain_graph=True)
        return median_seconds(gradients, REPEATS)
    if name == "aten::native_layer_norm":
        norm = partial(functional.layer_norm, given[0], given[0].shape[-1:], given[1], given[2])
        return median_seconds(norm, REPEATS)
    return None
