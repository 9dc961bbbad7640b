"""A sweep as one table, its winners marked by validation loss: `make sweep`.

It shows the experiments that stand on the current commit, as `dvc exp show` knows them.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from rnn_vs_transformer.plotting.style import LABELS
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.settings.family.families import FAMILIES

Settings = dict[str, Any]
HIDDEN = ("run.", "report.")
"""Settings that change no result."""


@dataclass(frozen=True)
class Run:
    """One commit or experiment with its results."""

    name: str
    settings: Settings
    """By dotted key."""
    metrics: dict[str, Any]

    def changes(self, baseline: "Run") -> str:
        """The settings that differ from the baseline's, as one would write them after -S."""
        differing = {key: value for key, value in self.settings.items() if value != baseline.settings.get(key)}
        return " ".join(f"{key}={value}" for key, value in differing.items() if not key.startswith(HIDDEN))

    def data(self) -> Settings:
        """The settings of the series: losses can be compared only where they are the same."""
        return {key: value for key, value in self.settings.items() if key.startswith("data.")}


def sweep_table(shown: list[dict[str, Any]]) -> str:
    """The experiments of the newest commit as a Markdown table.

    Args:
        shown: What `dvc exp show --json` prints, read.

    Returns:
        A row per run with results, the commit first: what was changed, and for each family test MSE with interval
        and validation MSE, with a star at the least validation MSE of the runs on the same series.
    """
    commits = [entry for entry in shown if entry["rev"] != "workspace"]
    if not commits or (baseline := _run(commits[0])) is None:
        return "The newest commit has no results yet; run: dvc repro, and commit"
    experiments = [_finished(found) for found in commits[0].get("experiments") or []]
    runs = [baseline, *(run for run in experiments if run is not None)]
    scores = ("test MSE (95 %)", "validation MSE")
    titles = ("run", "changed", *(f"{LABELS[family]}: {score}" for family in FAMILIES for score in scores))
    lines = ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    for run in runs:
        cells = [cell for family in FAMILIES for cell in _scores(run.metrics[family], run is _best(family, run, runs))]
        lines.append("| " + " | ".join((run.name, _label(run, baseline), *cells)) + " |")
    lines.append("\n★ least validation MSE of the family; the test MSE has no say in it.")
    if any(run.data() != baseline.data() for run in runs):
        lines.append("Losses on different series are not comparable, so each series has stars of its own.")
    if absent := sum(run is None for run in experiments):
        lines.append(f"{absent} experiments have no results: failed, running, or not run yet (dvc queue status).")
    return "\n".join(lines)


def _label(run: Run, baseline: Run) -> str:
    return "(the commit)" if run is baseline else run.changes(baseline) or "(other code)"


def _finished(found: dict[str, Any]) -> Run | None:
    """An experiment with results; one that still runs shows those of the commit, which are not its own."""
    running = (found.get("executor") or {}).get("state") in {"running", "queued"}
    return None if running else _run(found["revs"][0])


def _run(entry: dict[str, Any]) -> Run | None:
    data = entry.get("data") or {}
    metrics = (data.get("metrics") or {}).get(paths.METRICS.as_posix(), {}).get("data")
    params = (data.get("params") or {}).get(paths.PARAMS.as_posix(), {}).get("data")
    if entry.get("error") or not metrics or not params:
        return None
    return Run(entry.get("name") or entry["rev"][:7], _flat(params), metrics)


def _flat(section: Settings, prefix: str = "") -> Settings:
    flat: Settings = {}
    for key, value in section.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat


def _best(family: str, run: Run, runs: list[Run]) -> Run:
    """The best by validation of the runs on the series of this one."""
    comparable = [other for other in runs if other.data() == run.data()]
    return min(comparable, key=lambda other: other.metrics[family]["validation_mse"])


def _scores(row: dict[str, float], best: bool) -> tuple[str, str]:
    interval = f"{row['mse']:.3f} ({row['mse_ci_low']:.3f} to {row['mse_ci_high']:.3f})"
    return interval, f"{row['validation_mse']:.4f}{' ★' if best else ''}"


def main() -> None:
    """Print the table."""
    asked = ["dvc", "exp", "show", "--json"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 - no text from outside
    if done.returncode:
        sys.exit(f"error: dvc exp show failed: {' '.join(done.stderr.split())}")
    print(sweep_table(json.loads(done.stdout)))  # noqa: T201


if __name__ == "__main__":
    main()
