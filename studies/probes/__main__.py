"""Run one part of the plan: `python -m studies.probes memory`; `summary` after the last. A killed run goes on."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd
from tqdm import tqdm

from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import fingerprint, write_table
from rnn_vs_transformer.runtime.parallel import run_as_finished
from rnn_vs_transformer.runtime.run import RunParams
from studies.probes import divergence, gradients, lengths, memory, positions, short_contexts
from studies.probes.plan import PLAN, RUNS, Plan, Row, read_plan
from studies.probes.summary import summarise

BAR: Final = "{desc}: {percentage:3.0f}% done, {elapsed} spent, {remaining} left"


@dataclass(frozen=True)
class Part:
    """What a part does: its trials, the run of one, and roughly the seconds that one takes."""

    trials: Callable[[Plan], Iterator[Any]]
    run: Callable[[Plan, Any], list[Row]]
    cost: Callable[[Any, Plan], float]


PARTS: Final[Mapping[str, Part]] = {
    "memory": Part(memory.trials_of, memory.run_trial, memory.expected_cost),
    "gradients": Part(gradients.trials_of, gradients.run_trial, gradients.expected_cost),
    "divergence": Part(divergence.trials_of, divergence.run_trial, divergence.expected_cost),
    "lengths": Part(lengths.trials_of, lengths.run_trial, lengths.expected_cost),
    "short_contexts": Part(short_contexts.trials_of, short_contexts.run_trial, short_contexts.expected_cost),
    "positions": Part(positions.trials_of, positions.run_trial, positions.expected_cost),
}


def run_part(name: str) -> None:
    """Write studies/probes/runs/<part>.csv, in the order of the plan."""
    part, plan = PARTS[name], read_plan()[name]
    kept = paths.unfinished() / f"probes-{name}-{fingerprint(PLAN)}.jsonl"
    done = _read(kept)
    trials = [trial for trial in part.trials(plan) if repr(trial) not in done]
    kept.parent.mkdir(parents=True, exist_ok=True)
    spread = RunParams(workers=0, backend="loky", address="local")
    costs = [part.cost(trial, plan) for trial in trials]
    with kept.open("a", encoding="utf-8") as file, tqdm(total=sum(costs), desc=name, bar_format=BAR) as bar:
        for number, rows in run_as_finished(partial(part.run, plan), trials, spread):
            file.write(json.dumps({"trial": repr(trials[number]), "rows": rows}) + "\n")
            file.flush()
            done[repr(trials[number])] = rows
            bar.update(costs[number])
    write_table(RUNS / f"{name}.csv", pd.DataFrame([row for trial in part.trials(plan) for row in done[repr(trial)]]))
    kept.unlink()


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


def main(asked: list[str]) -> None:
    """Run what was asked for.

    Raises:
        InputError: There is no such part.
    """
    if asked == ["summary"]:
        summarise()
    elif len(asked) == 1 and asked[0] in PARTS:
        run_part(asked[0])
    else:
        raise InputError(f"expected one of {', '.join([*PARTS, 'summary'])}, got {' '.join(asked) or 'nothing'}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except InputError as error:
        sys.exit(f"error: {error}")
