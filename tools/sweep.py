"""A sweep as one table, its winners marked by validation loss: `make sweep`.

It shows the experiments that stand on the newest commit, where their results are their own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rnn_vs_transformer.plotting.style import LABELS
from rnn_vs_transformer.settings.family.families import FAMILIES
from tools.runs import OTHER_DATA, Run, Runs, markdown_table, read_runs


def sweep_table(runs: Runs) -> str:
    """The experiments of the newest commit as a Markdown table.

    Returns:
        A row per run, the commit first: what was changed, and for each family test MSE with interval and validation
        MSE, with a star at the least validation MSE of the runs of the same task.
    """
    if not any(run.metrics for run in runs.shown):
        return "\n".join(("No results yet; run: dvc repro, and commit", *runs.notes()))
    baseline, *_ = runs.shown
    scored = [run for run in runs.shown if run.metrics]
    scores = ("test MSE (95 %)", "validation MSE")
    titles = ("run", "changed", *(f"{LABELS[family]}: {score}" for family in FAMILIES for score in scores))
    rows = [(run.name, _label(run, baseline), *_cells(run, scored)) for run in runs.shown]
    lines = [markdown_table(titles, rows), "", "★ least validation MSE of the family; the test MSE has no say in it."]
    if len({run.task for run in scored}) > 1:
        lines.append("Losses on different series or horizons are not comparable, so each has stars of its own.")
    lines += [OTHER_DATA] if runs.on_other_data else []
    return "\n".join([*lines, *runs.notes()])


def _label(run: Run, baseline: Run) -> str:
    changed = " ".join(f"{key}={value}" for key, value in run.changes(baseline).items())
    return "(the commit)" if run is baseline else changed or "(other code)"


def _cells(run: Run, scored: Sequence[Run]) -> list[str]:
    if not run.metrics:
        return ["-"] * 2 * len(FAMILIES)
    return [cell for family in FAMILIES for cell in _scores(run.metrics[family], run is _best(family, run, scored))]


def _best(family: str, run: Run, scored: Sequence[Run]) -> Run:
    """The best by validation of the runs of the same task as this one."""
    comparable = [other for other in scored if other.task == run.task]
    return min(comparable, key=lambda other: float(other.metrics[family]["validation_mse"]))


def _scores(row: Mapping[str, Any], best: bool) -> tuple[str, str]:
    interval = f"{row['mse']:.3f} ({row['mse_ci_low']:.3f} to {row['mse_ci_high']:.3f})"
    return interval, f"{row['validation_mse']:.4f}{' ★' if best else ''}"


if __name__ == "__main__":
    print(sweep_table(read_runs()))  # noqa: T201
