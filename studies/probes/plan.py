"""The plan as it was committed, and what every part of it is made of."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rnn_vs_transformer.runtime.yaml import read_yaml

PLAN: Final = Path("studies/probes/plan.yaml")
RUNS: Final = Path("studies/probes/runs")
"""A table per part, a row per run."""
Plan = Mapping[str, Any]
"""One part of the plan, or all of it."""
Row = dict[str, Any]


def read_plan() -> Plan:
    """All parts."""
    plan: Plan = read_yaml(PLAN)
    return plan
