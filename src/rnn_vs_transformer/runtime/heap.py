"""Memory that is freed stays with the process, for the next step of a training or of a measurement."""

import ctypes
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
