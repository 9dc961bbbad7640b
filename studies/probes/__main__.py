"""Run one part of the plan: `python -m studies.probes memory`; `summary` after the last. A killed run goes on."""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from rnn_vs_transformer.runtime.errors import InputError
from studies.probes import divergence, gradients, lengths, memory, positions, short_contexts
from studies.probes.plan import PLAN, RUNS, Plan, read_plan
from studies.probes.summary import summarise
from studies.resumable import Row, Work, kept_file, run_to_table


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
    work = Work(list(part.trials(plan)), partial(part.run, plan), lambda trial: part.cost(trial, plan))
    run_to_table(work, RUNS / f"{name}.csv", kept_file(f"probes-{name}", PLAN))


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
