"""Write what the map found: `python -m studies.map.summarise`, once all cases have run."""

import sys
from pathlib import Path
from typing import Final

import pandas as pd

from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_json, write_table
from studies.map.picture import draw_map
from studies.map.summary import cells, counts, errors, findings
from studies.map.trials import read_plan

MEASURED: Final = "2026-11-26"
RUNS: Final = Path("studies/map/runs")
RESULTS: Final = Path("studies/results")


def summarise() -> None:
    """Write studies/results/map_cells.csv, map_errors.csv, map.json and map.png.

    Raises:
        InputError: A case has not run.
    """
    plan = read_plan()
    missing = [case for case in plan["cases"] if not (RUNS / f"{case}.csv").exists()]
    if missing:
        raise InputError(f"{', '.join(missing)}: no results in {RUNS}; run: make map")
    runs = pd.concat([pd.read_csv(RUNS / f"{case}.csv") for case in plan["cases"]])
    verdicts, means = cells(runs, plan["margin"]), errors(runs)
    RESULTS.mkdir(exist_ok=True)
    write_table(RESULTS / "map_cells.csv", verdicts)
    write_table(RESULTS / "map_errors.csv", means)
    told = {"measured": MEASURED, "margin": plan["margin"], "draws": len(plan["draws"]),
            "cells": counts(verdicts, plan), "findings": findings(runs, plan)}  # fmt: skip
    write_json(RESULTS / "map.json", told)
    draw_map(verdicts, means, plan, RESULTS / "map.png")


if __name__ == "__main__":
    try:
        summarise()
    except InputError as error:
        sys.exit(f"error: {error}")
