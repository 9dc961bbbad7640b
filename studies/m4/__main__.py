"""Run the trials of a part: `python -m studies.m4 choose`, or `final`. A killed run goes on where it was."""

import sys
from functools import partial

from rnn_vs_transformer.runtime.errors import InputError
from studies.m4.trials import CHOSEN, expected_cost, read_plan, run_here, run_trial, trials_of
from studies.resumable import Work


def run_part(part: str) -> None:
    """Write the forecasts of all trials, and studies/m4/runs/<part>.csv with what each cost."""
    plan = read_plan()
    work = Work(list(trials_of(plan, part)), partial(run_trial, plan), partial(expected_cost, plan))
    run_here(part, work, *([] if part == "choose" else [CHOSEN]))


if __name__ == "__main__":
    try:
        run_part(sys.argv[1])
    except InputError as error:
        sys.exit(f"error: {error}")
