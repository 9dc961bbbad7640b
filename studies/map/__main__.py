"""Run the trials of one case: `python -m studies.map short_memory`. A killed run goes on where it was."""

import json
import sys
from functools import partial
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import fingerprint, write_table
from rnn_vs_transformer.runtime.parallel import run_as_finished
from rnn_vs_transformer.runtime.run import RunParams
from studies.map.trials import PLAN, Row, expected_cost, read_plan, run_trial, trials_of


def run_case(case: str) -> None:
    """Write studies/map/runs/<case>.csv, a row per draw and forecaster."""
    plan = read_plan()
    kept = paths.unfinished() / f"map-{case}-{fingerprint(PLAN)}.jsonl"
    done = _read(kept)
    trials = [trial for trial in trials_of(plan, case) if repr(trial) not in done]
    trials.sort(key=lambda trial: -expected_cost(trial, plan))
    kept.parent.mkdir(parents=True, exist_ok=True)
    spread = RunParams(workers=0, backend="loky", address="local")
    total = sum(expected_cost(trial, plan) for trial in trials)
    with kept.open("a", encoding="utf-8") as file, tqdm(total=total, desc=case, bar_format=BAR) as bar:
        for number, rows in run_as_finished(partial(run_trial, plan), trials, spread):
            file.write(json.dumps({"trial": repr(trials[number]), "rows": rows}) + "\n")
            file.flush()
            done[repr(trials[number])] = rows
            bar.update(expected_cost(trials[number], plan))
    table = pd.DataFrame([row for trial in trials_of(plan, case) for row in done[repr(trial)]])
    write_table(Path(f"studies/map/runs/{case}.csv"), table)
    kept.unlink()


BAR = "{desc}: {percentage:3.0f}% done, {elapsed} spent, {remaining} left"


def _read(path: Path) -> dict[str, list[Row]]:
    """What is done already; a line that was cut off is not."""
    if not path.exists():
        return {}
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        found[entry["trial"]] = entry["rows"]
    return found


if __name__ == "__main__":
    try:
        run_case(sys.argv[1])
    except InputError as error:
        sys.exit(f"error: {error}")
