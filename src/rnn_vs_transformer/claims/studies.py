"""Numbers from the committed studies: what does not come from this run, and says from when it is."""

import re
from typing import Any, Final

from rnn_vs_transformer.claims.claim import Finder, Measured, Words
from rnn_vs_transformer.evaluation.intervals import Estimate
from rnn_vs_transformer.results import Report, Results

AT_ITS_BEST: Final = "at_its_best"
"""Across worlds each family has the recipe with the lower validation loss, so that no answer rests on one recipe."""
COMMANDS: Final = {"tuning": "python -m studies.tuning"}
"""What measures a study; `make <study>` where none is named."""
SOURCE: Final = Words(
    "From the study of {date} ({command}), over {units} independent units.",
    "取自 {date} 的研究（{command}），共 {units} 个独立单位。",
)
EACH: Final = Words(" Each: {values}.", "各项：{values}。")
"""Of several findings, by the names that they have in the study."""
NOT_RUN: Final = Words(
    "The study is not there; to measure it, run: {command}.", "尚无该研究；如需测量，请运行：{command}。"
)
LACKING: Final = Words(
    "The study of {date} did not measure it; to measure it, run: {command}.",
    "{date} 的研究没有测量它；如需测量，请运行：{command}。",
)


def from_study(study: str, *names: str, source: Words = SOURCE) -> Finder:
    """How to measure a column by findings of a study, all of which the claim speaks of."""

    def find(results: Results) -> Measured:
        return read_findings(results, study, names, source)

    return find


def at_longest_lag(*models: str) -> Finder:
    """How to measure a column by `recall_ratio_<lag>` of some models, at the longest lag that the study has."""

    def find(results: Results) -> Measured:
        lags = re.findall(r"recall_ratio_(\d+)\.", " ".join(results.studies.get("probes", {}).get("findings", {})))
        longest = max(map(int, lags), default=0)
        return read_findings(results, "probes", [f"recall_ratio_{longest}.{model}" for model in models], SOURCE)

    return find


def read_findings(results: Results, study: str, names: list[str] | tuple[str, ...], source: Words) -> Measured:
    """Findings of a study by their names; none where the study or one of them is missing."""
    report, command = results.studies.get(study), COMMANDS.get(study, f"make {study}")
    if report is None:
        return Measured(sentence=NOT_RUN.filled(command=command))
    found = [one for one in (finding_of(report, name) for name in names) if one is not None]
    told = {"command": command, "date": report["measured"]}
    if len(found) < len(names):
        return Measured(sentence=LACKING.filled(**told))
    units = min(int(one["units"]) for one in found)
    estimates = [Estimate(one["estimate"], one["low"], one["high"]) for one in found]
    sentence = source.filled(**told, units=units)
    if len(names) > 1:
        each = (f"{name} {one.estimate:.3g}" for name, one in zip(names, estimates, strict=True))
        sentence += EACH.filled(values=", ".join(each))
    return Measured(estimates, sentence, units=units)


def finding_of(report: Report, name: str) -> dict[str, Any] | None:
    """A finding with its estimate, ends of the interval and units; None where there is none or it has no number."""
    found: dict[str, Any] | None = report["findings"].get(name)
    return None if found is None or found["estimate"] is None else found
