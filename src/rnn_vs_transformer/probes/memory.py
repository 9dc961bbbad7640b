"""Peak memory of a piece of work, as torch allocates it.

On a GPU torch counts for itself. On a CPU the profiler tells of every allocation and release, and the peak of their
running sum is the answer: exact to the byte, the same in every run, and of tensors alone. The resident set of a fresh
process (`ru_maxrss` before and after) was tried beside it, on two training steps of the default models with 8 windows:

    context length            128    512   2048
    rnn, profiler (MiB)       1.4    5.1   20.2
    rnn, resident set         1.4    9.3   35.3
    transformer, profiler     4.5   16.8   65.7
    transformer, resident     7.0   26.1  109.9

The resident set is about 1.7 times as large, with the same growth: it also holds the nodes of the autograd graph, and
heap that was freed but not given back. It is coarse on short lengths, differs from run to run, and needs a process
and an import of torch per value.
"""

import gc
import os
from collections.abc import Callable, Iterable

import torch
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

MEBIBYTE = 2**20


def peak_mebibytes(work: Callable[[], None], device: torch.device) -> float:
    """Peak of the memory allocated during `work` above what was allocated before.

    Args:
        work: Run once.
        device: Where its tensors live, `cpu` or `cuda`.

    Returns:
        The peak, in MiB.
    """
    if device.type == "cuda":
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        work()
        return (torch.cuda.max_memory_allocated(device) - before) / MEBIBYTE
    allocated = peak = 0
    for change in _changes(work):
        allocated += change
        peak = max(peak, allocated)
    return peak / MEBIBYTE


def resident_mebibytes(tensors: Iterable[Tensor]) -> float:
    """Size of the given tensors, in MiB."""
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors) / MEBIBYTE


def _changes(work: Callable[[], None]) -> list[int]:
    """Bytes of each allocation (positive) and release (negative) on the CPU, in order of time."""
    gc.collect()  # so that no garbage from before is released meanwhile
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # the profiler otherwise reports its own start and stop
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        work()
    if profiler.profiler is None or profiler.profiler.kineto_results is None:
        raise RuntimeError("torch's profiler gave no results")
    events = [event for event in profiler.profiler.kineto_results.events() if event.name() == "[memory]"]
    return [event.nbytes() for event in sorted(events, key=lambda event: event.start_ns())]
