"""Run the trials of a part: `python -m studies.m4 choose`, or `final`. A killed run goes on where it was."""

import sys
from functools import partial
from pathlib import Path

from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.settings.whole import load_params
from studies.m4.series import TRAIN, read_series
from studies.m4.trials import CHOSEN, PLAN, expected_cost, read_plan, run_trial, trials_of
from studies.resumable import Work, kept_file, run_to_table


def run_part(part: str) -> None:
    """Write the forecasts of all trials, and studies/m4/runs/<part>.csv with what each cost."""
    plan = read_plan()
    if load_params().run.backend != "loky":
        raise InputError("trials of this study write their forecasts here: run.backend must be loky")
    read_series()  # that a missing file is told before anything is trained
    work = Work(list(trials_of(plan, part)), partial(run_trial, plan), partial(expected_cost, plan))
    read = [PLAN, TRAIN] if part == "choose" else [PLAN, TRAIN, CHOSEN]
    run_to_table(work, Path(f"studies/m4/runs/{part}.csv"), kept_file(f"m4-{part}", *read))


if __name__ == "__main__":
    try:
        run_part(sys.argv[1])
    except InputError as error:
        sys.exit(f"error: {error}")
