"""Patience 8 instead of 4 on worlds never opened before: `python -m studies.patience` (ten minutes).

Patience was changed after a test error of the default world had been seen (docs/decisions.md, "Default world and
budget"). So it is confirmed on draws 10 to 14 of the same case, with the case study's settings and lengths. What was
asked before they were opened: is either family worse with patience 8, and does the verdict change?
"""

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final

import pandas as pd
from tqdm import tqdm

from rnn_vs_transformer.evaluation.across import compare_across
from rnn_vs_transformer.runtime.files import write_table
from rnn_vs_transformer.runtime.parallel import run_as_finished
from rnn_vs_transformer.runtime.run import RunParams
from studies.map.trials import Plan, Trial, run_trial

STEPS: Final = 5_600
"""Train and validation of the default world."""
DRAWS: Final = range(10, 15)
PATIENCE: Final = (4, 8)
MARGIN: Final = 0.02
RUNS: Final = Path("docs/results/patience.csv")
PLAN: Final[Plan] = {
    "validation_share": 2 / 7, "test_steps": 8_000, "prediction_length": 24, "updates": 60 * 61
}  # fmt: skip
"""As in the default world; 60 epochs of 61 batches."""


def run(patience: int, trial: Trial) -> dict[str, Any]:
    """One training with this patience; its errors and epochs."""
    (row,) = run_trial({**PLAN, "patience": patience}, trial)
    return {"patience": patience, **row}


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
    trials = [Trial("long_memory_48", STEPS, 96, draw, model, "tutorial")
              for model in ("transformer", "rnn") for draw in DRAWS]  # fmt: skip
    spread = RunParams(workers=0, backend="loky", address="local")
    rows = []
    for patience in PATIENCE:
        done = run_as_finished(partial(run, patience), trials, spread)
        rows += [row for _, row in tqdm(done, total=len(trials), desc=f"patience {patience}")]
    runs = pd.DataFrame(rows).sort_values(["patience", "model", "draw"])
    write_table(RUNS, runs)
    print(compared(runs).round(3).to_string())  # noqa: T201


if __name__ == "__main__":
    main()
