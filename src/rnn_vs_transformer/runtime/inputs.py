"""Results belong to the inputs that they were made from: what DVC records when a stage ends, the stage must have seen.

DVC looks at a stage's dependencies once it has ended. A file that changed meanwhile would be recorded with results of
the old one, for good.
"""

import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, Final

import yaml

from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import fingerprint

PIPELINE = Path("dvc.yaml")
LARGE_BYTES: Final = 64 * 2**20
"""Of a larger file only its size and time are looked at."""


@dataclass(frozen=True)
class Seen:
    """A file as it was."""

    stamp: tuple[int, int, int]
    """Size, time of the last change, and number on the disk."""
    content: str | None
    """Its fingerprint; None where it is large."""

    def is_as(self, other: "Seen | None") -> bool:
        """Whether the content is the same; a file that was only touched, or put back, is."""
        if other is None:
            return False
        return self.stamp == other.stamp or (self.content is not None and self.content == other.content)


@dataclass(frozen=True)
class Inputs:
    """The declared dependencies of a stage as they were when it started."""

    stage: str
    paths: tuple[Path, ...]
    """Files and folders."""
    files: Mapping[Path, Seen]
    """All that there are."""
    keys: tuple[str, ...]
    """Of params.yaml, sections or values."""
    settings: str
    """Text of params.yaml."""

    def require_unchanged(self) -> None:
        """Compare with what is there now.

        Raises:
            InputError: A file or a setting is another than at the start.
        """
        changed = [*map(str, self._changed_files()), *self._changed_keys()]
        if changed:
            more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
            raise InputError(
                f"{changed[0]}{more} changed while {self.stage} was running, so its results are not recorded; "
                "run again: dvc repro"
            )

    def _changed_files(self) -> list[Path]:
        now = _look(self.paths)
        there = [path for path, seen in self.files.items() if not seen.is_as(now.get(path))]
        return there + [path for path in now if path not in self.files]

    def _changed_keys(self) -> list[str]:
        text = paths.PARAMS.read_text(encoding="utf-8")
        if text == self.settings:
            return []
        before, now = yaml.safe_load(self.settings), yaml.safe_load(text)
        return [f"{paths.PARAMS}: {key}" for key in self.keys if _value(before, key) != _value(now, key)]


def read_inputs(stage: str, series_file: str) -> Inputs:
    """The inputs of a stage as they are now.

    Args:
        stage: Its name in dvc.yaml.
        series_file: What `${data.file}` stands for there.
    """
    declared = _declaration(PIPELINE.read_text(encoding="utf-8"), stage)
    named = tuple(Path(name.replace("${data.file}", series_file)) for name in declared["deps"])
    settings = paths.PARAMS.read_text(encoding="utf-8")
    return Inputs(stage, named, _look(named), tuple(declared.get("params", ())), settings)


def _look(named: Iterable[Path]) -> dict[Path, Seen]:
    """All files that are named, or lie in a folder that is."""
    files = [file for path in named for file in ([path] if path.is_file() else sorted(path.rglob("*")))]
    return {file: _see(file) for file in files if file.is_file()}


def _see(path: Path) -> Seen:
    found = path.stat()
    content = None if found.st_size > LARGE_BYTES else fingerprint(path)
    return Seen((found.st_size, found.st_mtime_ns, found.st_ino), content)


def _declaration(pipeline: str, stage: str) -> dict[str, Any]:
    """The entry of one stage; reading all of dvc.yaml would cost each stage a quarter of a second."""
    found = re.search(rf"^  {re.escape(stage)}:\n((?: {{4}}.*\n|\n)+)", pipeline, re.MULTILINE)
    if found is None:
        raise ValueError(f"{PIPELINE} has no stage {stage}")
    content: dict[str, Any] = yaml.safe_load(textwrap.dedent(found[1]))
    return content


def _value(settings: Any, key: str) -> Any:
    """What stands under a dotted key, None where there is nothing."""
    return reduce(
        lambda section, name: section.get(name) if isinstance(section, dict) else None, key.split("."), settings
    )
