"""Run the trials of one case: `python -m studies.map short_memory`. A killed run goes on where it was."""

import sys
from functools import partial
from pathlib import Path

from rnn_vs_transformer.runtime.errors import InputError
from studies.map.trials import PLAN, expected_cost, read_plan, run_trial, trials_of
from studies.resumable import Work, kept_file, run_to_table


def run_case(case: str) -> None:
    """Write studies/map/runs/<case>.csv, a row per draw and forecaster."""
    plan = read_plan()
    work = Work(list(trials_of(plan, case)), partial(run_trial, plan), partial(expected_cost, plan=plan))
    run_to_table(work, Path(f"studies/map/runs/{case}.csv"), kept_file(f"map-{case}", PLAN))


if __name__ == "__main__":
    try:
        run_case(sys.argv[1])
    except InputError as error:
        sys.exit(f"error: {error}")
