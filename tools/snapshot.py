"""A commit or an experiment as git keeps it, and whether the results in it are its own.

An experiment that ended before a stage carries that stage's results from the commit it started from, and DVC shows them
as its own. What each result was made of stands in dvc.lock, so that here it is compared with what the commit holds.
"""

import hashlib
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache, cached_property, reduce
from pathlib import Path
from typing import Any, Final

import yaml

from rnn_vs_transformer.runtime import paths

PIPELINES: Final = (Path("dvc.yaml"), Path("tuning/dvc.yaml"))
"""The stages that lead to the metrics; the lock beside each has what DVC recorded of them, and of earlier ones."""
EXPONENT: Final = re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+")
"""A number that PyYAML alone takes for a word."""


class Snapshot:
    """The files of one revision that git tracks."""

    def __init__(self, revision: str) -> None:
        """Give the revision as git names it."""
        self._revision = revision

    @cached_property
    def _files(self) -> dict[str, str]:
        """The object of every file, by path."""
        lines = _git("ls-tree", "-r", "-z", "--full-tree", self._revision).decode().split("\0")
        return {path: about.split()[2] for about, _, path in (line.partition("\t") for line in lines if line)}

    def read(self, path: str) -> Any:
        """The content of a YAML file; empty where there is none."""
        return yaml.load(_content(self._files[path]), _Yaml) if path in self._files else {}  # noqa: S506 - a safe one

    def hash(self, path: str) -> str | None:
        """The hash of a file or folder as DVC computes it; None for what git does not track."""
        if path in self._files:
            return _md5(self._files[path])
        if f"{path}.dvc" in self._files:
            return str(self.read(f"{path}.dvc")["outs"][0]["md5"])
        inside = sorted(name.removeprefix(f"{path}/") for name in self._files if name.startswith(f"{path}/"))
        if not inside:
            return None
        entries = [{"md5": _md5(self._files[f"{path}/{name}"]), "relpath": name} for name in inside]
        return f"{_hexdigest(json.dumps(entries, sort_keys=True).encode())}.dir"

    def foreign(self, target: str) -> str:
        """What the results of a stage, with all before it, were not made of though it stands here; empty: nothing.

        Args:
            target: Name of the stage in dvc.lock.
        """
        stages = {name: stage for pipeline in PIPELINES for name, stage in self._recorded(pipeline)}
        if target not in stages:
            return f"{target} did not run"
        made = {out["path"]: (out["md5"], name) for name, stage in stages.items() for out in stage.get("outs", [])}
        params, waiting, seen = self.read(paths.PARAMS.as_posix()), [target], set[str]()
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                stage = stages[name]
                for found in self._differences(stage, made, params):
                    return f"{found} is not what {name} ran with"
                waiting += [one for dep in stage.get("deps", []) for one in _makers(dep["path"], made)]
        return ""

    def _recorded(self, pipeline: Path) -> Iterator[tuple[str, Any]]:
        """What the lock of a pipeline has of the stages that are still in it."""
        known = self.read(pipeline.as_posix()).get("stages", {})
        recorded = self.read(pipeline.with_suffix(".lock").as_posix()).get("stages") or {}
        yield from ((name, stage) for name, stage in recorded.items() if name.split("@")[0] in known)

    def _differences(self, stage: Any, made: Mapping[str, tuple[str, str]], params: Any) -> Iterator[str]:
        for dep in stage.get("deps", []):
            path = dep["path"]
            here = made[path][0] if path in made else None if _makers(path, made) else self.hash(path)
            if here not in {None, dep["md5"]}:
                yield path
        for out in stage.get("outs", []):
            if self.hash(out["path"]) not in {None, out["md5"]}:
                yield out["path"]
        for key, value in stage.get("params", {}).get(paths.PARAMS.as_posix(), {}).items():
            if reduce(_get, key.split("."), params) != value:
                yield f"{paths.PARAMS}: {key}"


def _makers(path: str, made: Mapping[str, tuple[str, str]]) -> list[str]:
    """The stages that make a file or folder, or parts of the folder."""
    return [name for out, (_, name) in made.items() if out == path or out.startswith(f"{path}/")]


class _Yaml(yaml.CSafeLoader):
    """Quick, and with numbers as DVC reads them: `1e-05` is one."""


def _scalar(loader: _Yaml, node: yaml.ScalarNode) -> str | float:
    text = loader.construct_scalar(node)
    return float(text) if EXPONENT.fullmatch(text) and not node.style else text


_Yaml.add_constructor("tag:yaml.org,2002:str", _scalar)


def _get(found: Any, name: str) -> Any:
    return found.get(name) if isinstance(found, dict) else None


def _git(*arguments: str) -> bytes:
    asked = ["git", *arguments]
    return subprocess.run(asked, capture_output=True, check=True).stdout  # noqa: S603 - revisions that DVC told


@cache
def _content(blob: str) -> bytes:
    return _git("cat-file", "blob", blob)


@cache
def _md5(blob: str) -> str:
    return _hexdigest(_content(blob))


def _hexdigest(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
