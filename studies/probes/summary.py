"""All findings in one file, and the figure: `python -m studies.probes summary`."""

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
    """Write studies/results/probes.json and probes.png.

    Raises:
        InputError: A part has not been run.
    """
    plan = read_plan()
    tables = {part: _read(part) for part in FINDERS}
    tables["positions"] = pd.concat([tables["positions"], points_with_positions(tables["lengths"])])
    findings = {name: finding for part, find in FINDERS.items() for name, finding in find(tables[part], plan[part])}
    write_json(FINDINGS, {"measured": plan["measured"], "findings": findings})
    draw_steps_needed(tables["memory"], plan["memory"], FIGURE)


def _read(part: str) -> pd.DataFrame:
    path = RUNS / f"{part}.csv"
    if not path.exists():
        raise InputError(f"{path} is missing; run: python -m studies.probes {part}")
    return pd.read_csv(path)
