"""From a number and its interval to a verdict on a textbook claim: all rules in one place.

Each claim is put as one number and a threshold. It is supported where the whole 95 % interval lies on the claimed side
of the threshold, refuted where the whole interval lies on the other side, inconclusive where the interval straddles
it, and not measured where there is no number.
"""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["supported", "refuted", "inconclusive", "not measured"]


@dataclass(frozen=True)
class Finding:
    """A measured number with its 95 % interval; without an interval nothing can be concluded from it."""

    number: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Rule:
    """How one claim is judged."""

    claim: str
    measure: str
    """What the number is, with its unit."""
    side: Literal["above", "below"]
    """The side of the threshold on which the claim is true."""
    threshold: float
    figure: str


RULES = {
    "C1": Rule(
        "Gradients of an RNN vanish over long sequences",
        "powers of ten by which the input gradient falls over the context before training, where learning starts",
        "above",
        3.0,
        "reports/figures/gradients.png",
    ),
    "C2": Rule(
        "An RNN loses long-range dependence, attention keeps it",
        "share recovered by the Transformer less that of the RNN at the longest lag",
        "above",
        0.5,
        "reports/figures/recall.png",
    ),
    "C3": Rule(
        "An RNN cannot be parallelised over time, a Transformer can",
        "speed-up of the Transformer by all threads over that of the RNN, at the longest context",
        "above",
        1.1,
        "reports/figures/cost.png",
    ),
    "C4": Rule(
        "Attention costs O(L^2)",
        "exponent of the Transformer's training time over the longer half of the contexts, nearer to 2 than to 1",
        "above",
        1.5,
        "reports/figures/cost.png",
    ),
    "C5": Rule(
        "On short sequences the RNN is the more efficient",
        "training time of the RNN over that of the Transformer at the shortest context",
        "below",
        1.0,
        "reports/figures/cost.png",
    ),
    "C6": Rule(
        "The Transformer converges in fewer epochs",
        "epochs of the Transformer over those of the RNN to 95 % of the way",
        "below",
        1.0,
        "reports/figures/convergence.png",
    ),
    "C7": Rule(
        "The Transformer's first 50 test forecasts are nearer the truth",
        "relative difference of MSE on the first 50 test windows, transformer against rnn",
        "below",
        0.0,
        "reports/figures/forecasts.png",
    ),
    "C8": Rule(
        "The RNN trains faster",
        "training seconds of the RNN over those of the Transformer",
        "below",
        1.0,
        "reports/figures/training_time.png",
    ),
    "C9": Rule(
        "The Transformer has the lower MSE",
        "relative difference of test MSE, transformer against rnn",
        "below",
        0.0,
        "reports/figures/test_error.png",
    ),
    "C10": Rule(
        "Width 64 is best for the RNN; 2 layers and 4 heads for the Transformer",
        "validation MSE on fresh seeds, best trial with the claimed values over best without; the family that decides",
        "below",
        1.0,
        "reports/figures/tuning_values.png",
    ),
}


def judge(rule: Rule, finding: Finding | None) -> Verdict:
    """The verdict of one rule on one finding.

    >>> judge(RULES["C4"], Finding(1.8, 1.7, 1.9)), judge(RULES["C4"], Finding(1.8, 1.4, 2.2))
    ('supported', 'inconclusive')
    """
    if finding is None:
        return "not measured"
    if finding.low is None or finding.high is None:
        return "inconclusive"
    sign = 1 if rule.side == "above" else -1
    ends = sorted((sign * (finding.low - rule.threshold), sign * (finding.high - rule.threshold)))
    if ends[0] > 0:
        return "supported"
    if ends[1] < 0:
        return "refuted"
    return "inconclusive"


def judge_comparison(rule: Rule, finding: Finding, margin: float) -> Verdict:
    """As `judge`, but an interval inside the margin of equivalence refutes a claim of superiority."""
    if finding.low is not None and finding.high is not None and -margin <= finding.low and finding.high <= margin:
        return "refuted"
    return judge(rule, finding)
