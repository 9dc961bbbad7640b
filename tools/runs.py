"""The runs that stand on the newest commit, as `dvc exp show` knows them, and which of their metrics are their own."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rnn_vs_transformer.runtime import paths
from tools.snapshot import Snapshot

Settings = Mapping[str, Any]
HIDDEN: Final = ("run.", "report.")
"""Settings that change no result."""
TASK: Final = ("data.prediction_length", "data.transform")
"""Settings that change what an error is, beside the series itself."""
OTHER_DATA: Final = (
    "Not all rows are of the same data: compare errors only where the fingerprint is the same. Across two of them "
    "`dvc metrics diff` compares nothing, though it prints every row."
)


@dataclass(frozen=True)
class Run:
    """The newest commit or an experiment on it."""

    name: str
    settings: Settings
    """By dotted key."""
    metrics: Mapping[str, Any]
    """As in reports/metrics.json; empty where they are not its own."""

    def changes(self, baseline: "Run") -> dict[str, Any]:
        """The settings that differ from the baseline's and may change a result."""
        differing = {key: value for key, value in self.settings.items() if value != baseline.settings.get(key)}
        return {key: value for key, value in differing.items() if not key.startswith(HIDDEN)}

    @property
    def data(self) -> str:
        """The fingerprint of the series, or where a run is too old to have one, what its settings say of it."""
        told = self.metrics.get("data", {}).get("fingerprint")
        return told or str(sorted((key, value) for key, value in self.settings.items() if key.startswith("data.")))

    @property
    def task(self) -> tuple[Any, ...]:
        """What is forecast: losses can be compared only where it is the same."""
        return (self.data, *(self.settings.get(key) for key in TASK))


@dataclass
class Runs:
    """What is to be shown, the newest commit first, and what is not."""

    shown: list[Run] = field(default_factory=list)
    """With metrics of their own, but for the commit, which stands here in any case."""
    foreign: list[str] = field(default_factory=list)
    """Names of the experiments with metrics that they did not make."""
    waiting: int = 0
    """Experiments that failed, still run, or have not run yet."""

    @property
    def on_other_data(self) -> bool:
        """Whether the runs are of several series."""
        return len({run.data for run in self.shown if run.metrics}) > 1

    def notes(self) -> Iterator[str]:
        """What a table must say of the runs that it does not show."""
        if self.shown and not self.shown[0].metrics:
            yield "The commit has metrics of other settings, data or code than its own; run: dvc repro, and commit."
        if self.foreign:
            yield (
                f"Without results of their own: {', '.join(self.foreign)}. Such a run ended before `evaluate`, so DVC "
                "shows the metrics of the run before it; for its own: dvc exp apply NAME, then dvc repro."
            )
        if self.waiting:
            yield f"{self.waiting} experiments have no results: failed, running, or not run yet (dvc queue status)."


def read_runs() -> Runs:
    """Ask DVC for the runs; ends the program where DVC refuses."""
    asked = ["dvc", "exp", "show", "--json"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 - no text from outside
    if done.returncode:
        sys.exit(f"error: dvc exp show failed: {' '.join(done.stderr.split())}")
    return sort_runs(json.loads(done.stdout), lambda revision: Snapshot(revision).foreign("evaluate"))


def sort_runs(listed: Sequence[Mapping[str, Any]], foreign: Callable[[str], str]) -> Runs:
    """Keep the runs whose metrics are their own.

    Args:
        listed: What `dvc exp show --json` prints, read.
        foreign: Why the metrics of a revision are not its own; empty where they are.
    """
    found = Runs()
    commits = [entry for entry in listed if entry["rev"] != "workspace"]
    if not commits or (baseline := _run(commits[0])) is None:
        return found
    if foreign(commits[0]["rev"]):
        baseline = Run(baseline.name, baseline.settings, {})
    found.shown.append(baseline)
    for experiment in commits[0].get("experiments") or []:
        entry = experiment["revs"][0]
        running = (experiment.get("executor") or {}).get("state") in {"running", "queued"}
        run = None if running else _run(entry)
        if run is None:
            found.waiting += 1
        elif foreign(entry["rev"]):
            found.foreign.append(run.name)
        else:
            found.shown.append(run)
    return found


def markdown_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with its columns in line."""
    lines = [list(titles), *(list(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    told = [" | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in lines]
    told.insert(1, " | ".join("-" * width for width in widths))
    return "\n".join(f"| {line} |" for line in told)


def _run(entry: Mapping[str, Any]) -> Run | None:
    data = entry.get("data") or {}
    metrics = (data.get("metrics") or {}).get(paths.METRICS.as_posix(), {}).get("data")
    params = (data.get("params") or {}).get(paths.PARAMS.as_posix(), {}).get("data")
    if entry.get("error") or not metrics or not params:
        return None
    return Run(entry.get("name") or entry["rev"][:7], _flat(params), metrics)


def _flat(section: Settings, prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in section.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat
