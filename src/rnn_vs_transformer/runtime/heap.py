"""What a process takes of memory: freed memory stays with it, for the next step of a training or a measurement."""

import ctypes
import resource
import sys
from pathlib import Path
from typing import Final

M_TRIM_THRESHOLD: Final = -1
M_MMAP_THRESHOLD: Final = -3
"""Names and numbers of glibc's malloc.h."""
LARGEST_KEPT: Final = 32 * 2**20
"""Bytes; the largest threshold that glibc takes. Larger blocks are mapped and unmapped one by one."""
MOST_KEPT: Final = 512 * 2**20
"""Bytes that may lie free at the end of the heap."""


def keep_freed_memory() -> None:
    """Let glibc keep what a step frees: a training step frees all it took, and to fetch that anew is many page faults.

    Elsewhere (macOS, musl) there is no such switch, and nothing is changed. Only time depends on it, never a result.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGEST_KEPT)
        mallopt(M_TRIM_THRESHOLD, MOST_KEPT)


def peak_mebibytes() -> float:
    """Largest resident memory of this process so far; what `resource` tells on Linux may be its parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        kibibytes = status.read_text(encoding="utf-8").partition("VmHWM:")[2].split()[0]
        return int(kibibytes) / 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2 ** (20 if sys.platform == "darwin" else 10)
