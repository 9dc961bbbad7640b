"""All claims, judged from the results of one run."""

from typing import Any

from rnn_vs_transformer.claims import accuracy, gradients, learning, memory, speed
from rnn_vs_transformer.claims.judge import Judged, judge, rule_of
from rnn_vs_transformer.evaluation.intervals import interval_entries
from rnn_vs_transformer.results import Results

CLAIMS = tuple(
    sorted(
        (claim for group in (gradients, memory, speed, learning, accuracy) for claim in group.CLAIMS),
        key=lambda claim: int(claim.name[1:]),
    )
)


def judge_claims(results: Results) -> list[Judged]:
    """Measure and judge every claim."""
    margin, judged = results.params["evaluate"]["margin"], []
    for claim in CLAIMS:
        measured = claim.find(results)
        judged.append(Judged(claim, measured, judge(claim, measured.found, margin)))
    return judged


def claims_report(judged: list[Judged]) -> dict[str, Any]:
    """What reports/claims.json holds: per claim the verdict, number, interval, figure and sentence, in English."""
    report: dict[str, Any] = {}
    for one in judged:
        claim, found = one.claim, one.measured.found
        report[claim.name] = {
            "claim": claim.title.en,
            "verdict": one.verdict,
            "measure": rule_of(claim, "en"),
            **({} if found is None else interval_entries("number", found.mean, found.low, found.high)),
            "figure": "none" if found is None else claim.figure,
            "sentence": one.measured.sentence("en"),
        }
    return report
