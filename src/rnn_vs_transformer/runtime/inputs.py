"""Results belong to the inputs that they were made from: what DVC records when a stage ends, the stage must have seen.

A file that changed meanwhile would be recorded with results of the old one, for good.
"""

import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, Final

from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import fingerprint
from rnn_vs_transformer.runtime.yaml import read_yaml

OURS: Final = ("rnn_vs_transformer", "stages")
LARGE_BYTES: Final = 64 * 2**20
"""Of a larger file only its size and time are looked at."""


@dataclass(frozen=True)
class Inputs:
    """What a stage reads, as it was when the stage started."""

    stage: str
    files: dict[Path, str]
    params: dict[str, Any]
    """Of params.yaml, by dotted key; the empty key is the whole file."""

    def require_unchanged(self) -> None:
        """Compare with what is there now; what was only touched, or put back, is as it was.

        Raises:
            InputError: A file or a setting is another than at the start.
        """
        files = [path for path, seen in self.files.items() if not path.exists() or _look(path) != seen]
        here = Path.cwd()
        changed = [str(path.relative_to(here) if path.is_relative_to(here) else path) for path in files]
        now = _read(self.params)
        changed += [f"{paths.PARAMS}: {key}".rstrip(": ") for key in self.params if now[key] != self.params[key]]
        if changed:
            more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
            raise InputError(
                f"{changed[0]}{more} changed while {self.stage} was running, so its results are not recorded; "
                "run again: dvc repro"
            )


def read_inputs(stage: str, keys: Sequence[str], files: Sequence[Path] = ()) -> Inputs:
    """The inputs of a stage as they are now: its settings, given files, and the modules of ours that are loaded."""
    ours = [module for name, module in sorted(sys.modules.items()) if name.split(".")[0] in OURS]
    code = [Path(str(module.__file__)) for module in ours if getattr(module, "__file__", None)]
    seen = {path: _look(path) for path in (*files, *code) if path.exists()}
    return Inputs(stage, seen, _read(keys))


def _read(keys: Collection[str]) -> dict[str, Any]:
    content = read_yaml(paths.PARAMS) if keys else {}
    return {key: reduce(_get, key.split("."), content) if key else content for key in keys}


def _get(found: Any, name: str) -> Any:
    return found.get(name) if isinstance(found, dict) else None


def _look(path: Path) -> str:
    found = path.stat()
    return f"{found.st_size} {found.st_mtime_ns}" if found.st_size > LARGE_BYTES else fingerprint(path)
