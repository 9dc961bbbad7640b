"""All findings in one file, and the figure: `python -m studies.probes summary`."""

import sys
from pathlib import Path
from typing import Final

import pandas as pd

from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_json
from studies.probes.figure import draw_steps_needed
from studies.probes.findings import FINDERS, points_with_positions
from studies.probes.plan import RUNS, read_plan

FINDINGS: Final = Path("studies/results/probes.json")
FIGURE: Final = Path("studies/results/probes.png")


def summarise() -> None:
    """Write studies/results/probes.json and probes.png of the parts that have been run, and tell which have not.

    Raises:
        InputError: None has.
    """
    plan = read_plan()
    tables = {part: pd.read_csv(RUNS / f"{part}.csv") for part in FINDERS if (RUNS / f"{part}.csv").exists()}
    if not tables:
        raise InputError("no part has been run; run: python -m studies.probes memory")
    if missing := [part for part in FINDERS if part not in tables]:
        sys.stderr.write(f"not run yet, and left out: {', '.join(missing)}\n")
    if {"positions", "lengths"} <= set(tables):
        tables["positions"] = pd.concat([tables["positions"], points_with_positions(tables["lengths"])])
    findings = {name: found for part, table in tables.items() for name, found in FINDERS[part](table, plan[part])}
    write_json(FINDINGS, {"measured": plan["measured"], "findings": findings})
    if "memory" in tables:
        draw_steps_needed(tables["memory"], plan["memory"], FIGURE)
