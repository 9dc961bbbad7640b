"""Writing whole files or none, and reading them back with one clear line where they do not fit."""

import hashlib
import json
import math
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from rnn_vs_transformer.runtime.errors import InputError

Arrays = dict[str, npt.NDArray[Any]]
SETTLED_AFTER_NS: Final = 2_000_000_000
"""A file changed less long ago may change again within the same tick of its clock, which is at most 2 s (FAT)."""


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, never a part, even after a power cut.

    Raises:
        OSError: The system refuses, and says why; the old file is as it was, and nothing else is left.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(path)
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        with suppress(OSError):  # the first refusal is the one to tell
            temporary.unlink()


def _remove_leftovers(path: Path) -> None:
    """Take away what a killed process has left of this file; another that is writing just now is let be."""
    for leftover in path.parent.glob(f".{path.name}.*.tmp"):
        process = leftover.name.split(".")[-2]
        if process.isdigit():
            try:
                os.kill(int(process), 0)
            except ProcessLookupError:
                leftover.unlink(missing_ok=True)
            except PermissionError:  # it runs, as another user
                pass


def _sync_folder(folder: Path) -> None:
    """Have the new name itself on the disk, where the file system can promise it."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON; not-a-number and infinity, which JSON does not know, are our own fault."""
    write_bytes(path, (json.dumps(content, indent=2, allow_nan=False) + "\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """Read JSON that a stage wrote.

    Raises:
        InputError: The file is missing or not JSON.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path} is missing; run: dvc repro") from None
    except ValueError:
        raise InputError(f"{path} is damaged; run: dvc repro") from None
    return content


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write CSV without an index, floats to 9 significant digits (a float32 whole)."""
    write_bytes(path, table.to_csv(index=False, float_format="%.9g", lineterminator="\n").encode())


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write named arrays as safetensors."""
    write_bytes(path, save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))


def read_arrays(path: Path) -> Arrays:
    """Read named arrays.

    Raises:
        InputError: The file is missing or not safetensors.
    """
    try:
        return load_file(path)
    except FileNotFoundError:
        raise InputError(f"{path} is missing; run: dvc repro") from None
    except SafetensorError as error:
        raise InputError(f"{path} is damaged ({error}); run: dvc repro") from None


def fingerprint(path: Path) -> str:
    """A short hash of a file, or of all files in a folder, by which what was made of it is known to belong to it.

    A file that lies as it did is read once in a process.

    Raises:
        InputError: The file is missing.
    """
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
        told = "".join(f"{file.relative_to(path).as_posix()} {fingerprint(file)}\n" for file in files)
        return hashlib.sha256(told.encode()).hexdigest()[:12]
    try:
        found = path.stat()
        stamp = found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
        settled = time.time_ns() - max(found.st_mtime_ns, found.st_ctime_ns) > SETTLED_AFTER_NS
        return _hash_of(path, stamp) if settled else _hash_of.__wrapped__(path, stamp)
    except FileNotFoundError:
        raise InputError(f"{path} is missing; run: dvc repro") from None


@lru_cache(maxsize=4096)
def _hash_of(path: Path, stamp: tuple[int, ...]) -> str:  # noqa: ARG001 - a file with another stamp is hashed anew
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def finite(value: float) -> float:
    """The value as a plain float, for JSON.

    Raises:
        ValueError: It is not finite, so the computation before is at fault.
    """
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"expected a finite number for a report, got {number}")
    return number
