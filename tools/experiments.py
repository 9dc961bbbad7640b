"""The experiments on the newest commit in a few columns: `make experiments`.

As `dvc exp show`, but without numbers that a run did not make, and with the data that they were made of.
"""

from typing import Final

from tools.runs import OTHER_DATA, Run, Runs, markdown_table, read_runs

METRICS: Final = ("rnn.mse", "transformer.mse", "comparison.relative_mse_difference", "comparison.verdict")


def experiments_table(runs: Runs) -> str:
    """A row per run, the commit first: the data, errors, difference and verdict, and the settings that differ."""
    if not runs.shown:
        return "\n".join(("No results yet; run: dvc repro, and commit", *runs.notes()))
    baseline, *_ = runs.shown
    changed = {key: None for run in runs.shown for key in run.changes(baseline)}
    titles = ("Experiment", "data", *METRICS, *changed)
    rows = [
        (run.name, _data(run), *(_metric(run, name) for name in METRICS),
         *(str(run.settings.get(key, "-")) for key in changed))
        for run in runs.shown
    ]  # fmt: skip
    lines = [markdown_table(titles, rows), "", "data: where the series comes from, and its fingerprint."]
    return "\n".join([*lines, *([OTHER_DATA] if runs.on_other_data else []), *runs.notes()])


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
