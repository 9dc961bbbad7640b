"""Run all trials: `python -m studies.mixers`. A killed run goes on where it was."""

import sys
from functools import partial
from pathlib import Path
from typing import Final

from rnn_vs_transformer.runtime.errors import InputError
from studies.mixers.trials import PLAN, expected_cost, read_plan, run_trial, trials_of
from studies.resumable import Work, kept_file, run_to_table

RUNS: Final = Path("studies/mixers/runs.csv")


def main() -> None:
    """Write studies/mixers/runs.csv, a row per trial."""
    plan = read_plan()
    work = Work(list(trials_of(plan)), partial(run_trial, plan), partial(expected_cost, plan=plan))
    run_to_table(work, RUNS, kept_file("mixers", PLAN))


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
