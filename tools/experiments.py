"""The experiments on the newest commit in a few columns: `make experiments`.

As `dvc exp show`, but without numbers that a run did not make, and with the data that they were made of.
"""

import textwrap
from typing import Final

from tools.pages import WIDTH
from tools.runs import OTHER_DATA, Run, Runs, markdown_table, read_runs

METRICS: Final = {"rnn.mse": "rnn.mse", "transformer.mse": "transformer.mse",
                  "comparison.relative_mse_difference": "difference", "comparison.verdict": "verdict"}  # fmt: skip
"""Title of each metric's column."""
TOLD: Final = ("data.source", "data.file")
"""Settings that the column `data` tells."""


def experiments_table(runs: Runs) -> str:
    """A row per run, the commit first: the data, errors, difference and verdict, and the settings that differ.

    Where these would make the table wider than a terminal, they stand in lines below it.
    """
    if not runs.shown:
        return "\n".join(("No results yet; run: dvc repro, and commit", *runs.notes()))
    titles = ("Experiment", "data", *METRICS.values())
    rows = [(run.name, _data(run), *(_metric(run, name) for name in METRICS)) for run in runs.shown]
    settings, below = _changes(runs), list[str]()
    wide = [(*row, *cells) for row, *cells in zip(rows, *settings.values(), strict=True)]
    table = markdown_table((*titles, *settings), wide)
    if len(table.partition("\n")[0]) > WIDTH:
        table = markdown_table(titles, rows)
        for number, run in enumerate(runs.shown):
            told = ", ".join(f"{key} {cells[number]}" for key, cells in settings.items())
            below += textwrap.wrap(f"{run.name}: {told}", WIDTH, subsequent_indent="  ")
    lines = [table, *below, "", "data: where the series comes from, and its fingerprint."]
    return "\n".join([*lines, *([OTHER_DATA] if runs.on_other_data else []), *runs.notes()])


def _changes(runs: Runs) -> dict[str, list[str]]:
    """By setting that differs from the commit's in some run: its value in each run."""
    baseline, *_ = runs.shown
    changed = {key: None for run in runs.shown for key in run.changes(baseline) if key not in TOLD}
    return {key: [str(run.settings.get(key, "-")) for run in runs.shown] for key in changed}


def _data(run: Run) -> str:
    settings = run.settings
    source = settings.get("data.source")
    told = [str(settings.get("data.file") if source == "csv" else source)]
    return " ".join([*told, run.metrics.get("data", {}).get("fingerprint", "-")])


def _metric(run: Run, name: str) -> str:
    section, _, key = name.partition(".")
    value = run.metrics.get(section, {}).get(key, "-")
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    print(experiments_table(read_runs()))  # noqa: T201
