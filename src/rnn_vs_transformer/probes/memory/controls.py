"""The probe's controls: results that must come out the other way, or the probe itself is at fault.

A probe that finds memory everywhere, or nowhere, would be worth nothing. So the lag is made one step (everything must
be recalled) and the order of the history is destroyed (nothing may be). Parity stands beside them as a finding: a state
is tracked over rows longer than any trained one, where recurrence should lead (Hahn 2020).

None of them stops a run. Where a control fails, as it does after a few training steps, it is told and written into the
report, and what rests on the probe says nothing then (`Results.probe_faults`).
"""

import logging
from dataclasses import dataclass
from typing import Final

import pandas as pd

from rnn_vs_transformer.evaluation.intervals import paired_lead
from rnn_vs_transformer.models.rnn import CELLS
from rnn_vs_transformer.probes.memory.tasks import order_free_share, parity_lengths
from rnn_vs_transformer.settings.probe import ProbeParams

SHUFFLED_MOST: Final = 0.1
"""Recovered from a shuffled history, beyond what the values tell without their order."""
LAG_ONE_LEAST: Final = 0.9
"""Recovered at lag 1."""
PARITY_MARGIN: Final = 0.1
"""Accuracy by which a recurrent cell must lead."""
FINDINGS: Final = ("parity",)
"""What is reported and no condition of the probe's results."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Control:
    """A control, or a finding, and how it came out; the evidence says what was expected and what was found."""

    name: str
    passed: bool
    evidence: str

    @property
    def kind(self) -> str:
        """`control`, without which the probe's results mean nothing, or `finding`."""
        return "finding" if self.name in FINDINGS else "control"


def check_controls(table: pd.DataFrame, params: ProbeParams) -> list[Control]:
    """The controls and findings of the tasks that were run, from a table of `Score`s."""
    checks = {"recall": _lag_one, "shuffled": _shuffled, "parity": _parity}
    return [check(table[table["task"] == task], params) for task, check in checks.items() if task in params.tasks]


def tell_controls(controls: list[Control]) -> None:
    """Tell in the log what did not come out as it must."""
    failed = [control for control in controls if not control.passed]
    for finding in (control for control in failed if control.kind == "finding"):
        log.warning("memory probe, a finding: %s", finding.evidence)
    if wrong := [f"{control.name}: {control.evidence}" for control in failed if control.kind == "control"]:
        log.warning(
            "the memory probe's controls failed, so its results mean nothing: %s (see reports/memory/probe.csv; raise "
            "probe.steps or change probe.learning_rate)",
            "; ".join(wrong),
        )


def _lag_one(scores: pd.DataFrame, _: ProbeParams) -> Control:
    means = scores[scores["lag"] == 1].groupby("model")["recovered"].mean()
    worst = str(means.idxmin())
    evidence = f"at lag 1 every model must recover more than {LAG_ONE_LEAST}, {worst} recovered {means[worst]:.3f}"
    return Control("lag_1", bool(means[worst] > LAG_ONE_LEAST), evidence)


def _shuffled(scores: pd.DataFrame, params: ProbeParams) -> Control:
    means = scores.groupby("model")["recovered"].mean()
    best = str(means.idxmax())
    most = order_free_share(params.context_length, params.shuffled_lag) + SHUFFLED_MOST
    evidence = f"from a shuffled history no model may recover {most:.3f} or more, {best} recovered {means[best]:.3f}"
    return Control("shuffled", bool(means[best] < most), evidence)


def _parity(scores: pd.DataFrame, params: ProbeParams) -> Control:
    length = parity_lengths(params.context_length)[-1]
    accuracy = scores[scores["lag"] == length].pivot_table(index="seed", columns="model", values="accuracy")
    leads = {cell: paired_lead(accuracy[cell], accuracy["transformer"], len(CELLS)) for cell in CELLS}
    best = max(leads, key=lambda cell: leads[cell][1])
    mean, least = leads[best]
    evidence = (
        f"at length {length} a recurrent cell must lead in accuracy by more than {PARITY_MARGIN}, "
        f"{best} leads by {mean:.3f} (at least {least:.3f})"
    )
    return Control("parity", least > PARITY_MARGIN, evidence)
