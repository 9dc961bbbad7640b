"""Results belong to the inputs that they were made from: what DVC records when a stage ends, the stage must have seen.

DVC looks at a stage's dependencies once it has ended. A file that changed meanwhile would be recorded with results of
the old one, for good.
"""

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import yaml

from rnn_vs_transformer import paths
from rnn_vs_transformer.errors import InputError
from rnn_vs_transformer.files import fingerprint

PIPELINE = Path("dvc.yaml")


@dataclass(frozen=True)
class Inputs:
    """The declared dependencies of a stage as they were when it started."""

    stage: str
    files: Mapping[Path, str | None]
    """Fingerprint of each file, None where there was none."""
    keys: tuple[str, ...]
    """Of params.yaml, sections or values."""
    settings: str
    """Text of params.yaml."""

    def require_unchanged(self) -> None:
        """Compare with what is there now.

        Raises:
            InputError: A file or a setting is another than at the start.
        """
        changed = [str(path) for path, before in self.files.items() if _fingerprint(path) != before]
        changed += self._changed_keys()
        if changed:
            more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
            raise InputError(
                f"{changed[0]}{more} changed while {self.stage} was running, so its results are not recorded; "
                "run again: dvc repro"
            )

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
    files = [Path(name.replace("${data.file}", series_file)) for name in declared["deps"]]
    return Inputs(
        stage,
        {path: _fingerprint(path) for path in files if not path.is_dir()},
        tuple(declared.get("params", ())),
        paths.PARAMS.read_text(encoding="utf-8"),
    )


def _declaration(pipeline: str, stage: str) -> dict[str, Any]:
    """The entry of one stage; reading all of dvc.yaml would cost each stage a quarter of a second."""
    found = re.search(rf"^  {re.escape(stage)}:\n((?: {{4}}.*\n|\n)+)", pipeline, re.MULTILINE)
    if found is None:
        raise ValueError(f"{PIPELINE} has no stage {stage}")
    content: dict[str, Any] = yaml.safe_load(textwrap.dedent(found[1]))
    return content


def _fingerprint(path: Path) -> str | None:
    return fingerprint(path) if path.is_file() else None


def _value(settings: Any, key: str) -> Any:
    """What stands under a dotted key, None where there is nothing."""
    return reduce(
        lambda section, name: section.get(name) if isinstance(section, dict) else None, key.split("."), settings
    )
