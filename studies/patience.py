"""Patience 8 instead of 4 on worlds never opened before: `python -m studies.patience` (ten minutes).

Patience was changed after a test error of the default world had been seen (docs/decisions.md, "Default world and
budget"). So it is confirmed on draws 15 to 19 of the same case, with the case study's settings and lengths. What was
asked before they were opened: is either family worse with patience 8, and does the verdict change?
"""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Final

import pandas as pd

from rnn_vs_transformer.evaluation.across import compare_across
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.sources.cases import draw_world
from studies.resumable import CASE_STUDY, Row, Work, kept_file, run_to_table
from studies.training import case_study_settings, split_world, train_and_score

CASE: Final = "long_memory_48"
"""The default world's."""
STEPS: Final = (4_000, 5_600, 13_600)
"""Where train, validation and test end; the first two as in the default world."""
LENGTHS: Final = (96, 24)
DRAWS: Final = range(15, 20)
PATIENCE: Final = (4, 8)
MARGIN: Final = 0.02
RUNS: Final = Path("docs/results/patience.csv")
Trial = tuple[str, int, int]
"""Family, patience and draw."""


def expected_cost(trial: Trial) -> float:
    """Roughly the seconds that a trial takes."""
    return {"rnn": 15.0, "transformer": 60.0}[trial[0]]


def run(trial: Trial) -> list[Row]:
    """One training of the case study on one draw; its errors, epochs and seconds."""
    family, patience, draw = trial
    train_end, steps, end = STEPS
    splits = split_world(draw_world(CASE, end, draw), train_end, steps, LENGTHS)
    settings = case_study_settings(family, {"train.patience": patience})
    build = partial(BUILDERS[family], settings.model, *LENGTHS)
    scores = train_and_score(build, settings.train, splits, draw)
    return [{"model": family, "patience": patience, "draw": draw, **scores}]


def compared(runs: pd.DataFrame) -> pd.DataFrame:
    """Per family patience 8 against 4, and per patience the Transformer against the RNN."""
    errors = runs.pivot_table(index="draw", columns=["model", "patience"], values="mse")
    sides = {f"{family}, patience 8 against 4": ((family, 4), (family, 8)) for family in ("rnn", "transformer")}
    sides |= {f"transformer against rnn, patience {some}": (("rnn", some), ("transformer", some)) for some in PATIENCE}
    rows = {
        name: asdict(compare_across(errors[first], errors[second], MARGIN)) for name, (first, second) in sides.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")[["relative_difference", "ci_low", "ci_high", "verdict"]]


def main() -> None:
    """Write docs/results/patience.csv and print the comparisons."""
    trials = [(family, patience, draw) for family in ("rnn", "transformer") for patience in PATIENCE for draw in DRAWS]
    run_to_table(Work(trials, run, expected_cost), RUNS, kept_file("patience", CASE_STUDY))
    print(compared(pd.read_csv(RUNS)).round(3).to_string())  # noqa: T201


if __name__ == "__main__":
    main()
