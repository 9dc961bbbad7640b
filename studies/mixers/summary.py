"""Tell what the runs say: `python -m studies.mixers.summary` writes tables, findings and figure to studies/results/."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.evaluation.intervals import significant
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_json, write_table
from studies.mixers.drawing import draw
from studies.mixers.effects import (
    READOUTS,
    SHARES,
    TOKENS,
    Effect,
    Errors,
    FloatArray,
    effects,
    held_out_range,
    mean_by_case,
    read_errors,
    shares,
)
from studies.mixers.trials import read_plan

RUNS: Final = Path("studies/mixers/runs.csv")
RESULTS: Final = Path("studies/results")
RANGE: Final = "range_of_mixers"


def main() -> None:
    """Write mixers.csv, mixers.json, mixers.png and mixers_effects.csv."""
    if not RUNS.exists():
        raise InputError(f"{RUNS} is missing; run: python -m studies.mixers")
    runs = pd.read_csv(RUNS)
    errors = read_errors(runs)
    told = effects_told(errors)
    RESULTS.mkdir(exist_ok=True)
    write_table(RESULTS / "mixers.csv", cell_table(errors, runs))
    write_table(RESULTS / "mixers_effects.csv", pd.DataFrame(map(asdict, told)))
    write_json(RESULTS / "mixers.json", {"measured": read_plan()["measured"], "findings": findings(told)})
    draw(errors, told, RESULTS / "mixers.png")


def cell_table(errors: Errors, runs: pd.DataFrame) -> pd.DataFrame:
    """A row per mixer, tokens and readout: its geometric-mean MSE as a multiple of the mean of all, and its size."""
    relative = errors.logs - errors.logs.mean(axis=(1, 2, 3), keepdims=True)
    rows = []
    for mixer, tokens, readout in np.ndindex(relative.shape[1:]):
        cell = {"mixer": errors.mixers[mixer], "tokens": TOKENS[tokens], "readout": READOUTS[readout]}
        found = Effect.of("", "worlds", np.exp, relative[:, mixer, tokens, readout])
        rows.append(
            {**cell, "relative_error": found.estimate, "low": found.low, "high": found.high, "units": found.units}
        )
    sizes = runs.drop_duplicates(["mixer", "tokens", "readout"])
    return pd.DataFrame(rows).merge(sizes[["mixer", "tokens", "readout", "parameters", "multiply_adds_per_window"]])


def effects_told(errors: Errors) -> list[Effect]:
    """All effects as relative differences of MSE, and the shares, over worlds, over cases, and within each case."""
    told = []
    for name, by_world in effects(errors).items():
        told += [Effect.of(name, over, np.expm1, values) for over, values in _groups(by_world, errors.cases)]
    for name, part in _ranges(errors):
        told += [Effect.of(name, over, np.expm1, values) for over, values in _range_groups(part)]
    for name, by_world in shares(errors.without_control()).items():
        groups = _groups(by_world, errors.cases)
        told += [Effect.of(f"share_of_{name}", over, np.positive, values) for over, values in groups]
    return told


def findings(told: Sequence[Effect]) -> dict[str, dict[str, float]]:
    """What is told over worlds, by the name of the effect; of the variants of main effects only those of the range."""
    names = ["season_tokens", "flatten_readout", RANGE, *(f"{RANGE}.{tokens}" for tokens in TOKENS)]
    names += [one.effect for one in told if "_against_" in one.effect]
    names += [f"share_of_{name}" for name in SHARES]
    over_worlds = {one.effect: one for one in told if one.over == "worlds"}
    return {name: _entry(over_worlds[name]) for name in names}


def _entry(one: Effect) -> dict[str, float]:
    ends = {"estimate": significant(one.estimate), "low": significant(one.low), "high": significant(one.high)}
    return {**ends, "units": one.units}


def _groups(by_world: FloatArray, cases: Sequence[str]) -> Iterator[tuple[str, FloatArray]]:
    yield "worlds", by_world
    yield "cases", mean_by_case(by_world, cases)
    for case in dict.fromkeys(cases):
        yield case, by_world[np.asarray(cases) == case]


def _ranges(errors: Errors) -> Iterator[tuple[str, Errors]]:
    mixing = errors.without_control()
    yield RANGE, mixing
    for tokens in TOKENS:
        yield f"{RANGE}.{tokens}", mixing.of(tokens)
    yield f"{RANGE}.control_included", errors


def _range_groups(errors: Errors) -> Iterator[tuple[str, FloatArray]]:
    """Best and worst are chosen on other worlds; over cases on other cases; within a case on its other worlds."""
    means, worlds = errors.by_mixer(), [str(number) for number in range(len(errors.cases))]
    yield "worlds", held_out_range(means, worlds)
    yield "cases", mean_by_case(held_out_range(means, errors.cases), errors.cases)
    for case in dict.fromkeys(errors.cases):
        inside = np.asarray(errors.cases) == case
        yield case, held_out_range(means[inside], worlds[: inside.sum()])


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
