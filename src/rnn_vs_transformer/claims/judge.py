"""All claims judged: the table that reports/claims.json holds and the page shows."""

from typing import Any, Final

from rnn_vs_transformer.claims import accuracy, gradients, learning, memory, speed
from rnn_vs_transformer.claims.claim import Claim, Words, judge
from rnn_vs_transformer.evaluation.intervals import interval_entries
from rnn_vs_transformer.results import Results, figure_path

CLAIMS: Final = {
    "C1": gradients.VANISHING_GRADIENTS,
    "C2": memory.LONG_RANGE_DEPENDENCE,
    "C3": speed.PARALLEL_OVER_TIME,
    "C4": speed.QUADRATIC_COST,
    "C5": speed.SHORT_SEQUENCES,
    "C6": learning.FEWER_EPOCHS,
    "C7": accuracy.FIRST_FORECASTS,
    "C8": speed.FASTER_TRAINING,
    "C9": accuracy.LOWER_ERROR,
    "C10": learning.CLAIMED_ARCHITECTURE,
}
TRUE_WHERE: Final = {
    "above": Words("{measure}; true where above {threshold:g}", "{measure};高于 {threshold:g} 时说法成立"),
    "below": Words("{measure}; true where below {threshold:g}", "{measure};低于 {threshold:g} 时说法成立"),
}


def judge_all(results: Results) -> dict[str, dict[str, Any]]:
    """Every claim with its verdict.

    Returns:
        Per claim `claim`, `verdict`, `measure` (what the number is, and where the claim is true), `number` with its
        interval where there is one, `figure`, `sentence`, and under `zh` claim, measure and sentence in Chinese.
    """
    return {name: _judged(claim, results) for name, claim in CLAIMS.items()}


def _judged(claim: Claim, results: Results) -> dict[str, Any]:
    measured = claim.find(results)
    finding, sentence = measured.finding, measured.sentence
    true, told = TRUE_WHERE[claim.side], claim.measure
    english = true.en.format(measure=told.en, threshold=claim.threshold)
    chinese = true.zh.format(measure=told.zh, threshold=claim.threshold)
    numbers = {} if finding is None else interval_entries("number", finding.estimate, finding.low, finding.high)
    return {
        "claim": claim.title.en,
        "verdict": judge(claim, finding, results.margin),
        "measure": english,
        **numbers,
        "figure": "none" if finding is None else figure_path(claim.figure).as_posix(),
        "sentence": sentence.en,
        "zh": {"claim": claim.title.zh, "measure": chinese, "sentence": sentence.zh},
    }
