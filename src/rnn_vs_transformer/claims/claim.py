"""What a claim is made of, and how a number with its interval becomes a verdict on it.

Each claim is put as one number and a threshold. It is supported where the whole 95 % interval lies on the claimed side
of the threshold, refuted where the whole interval lies on the other side, inconclusive where the interval straddles
it, and not measured where there is no number.
"""

import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from rnn_vs_transformer.evaluation.intervals import Estimate
from rnn_vs_transformer.results import Results

NAMES: Final = {"rnn": "RNN", "transformer": "Transformer"}
"""What the sentences call the families, in both languages."""
Verdict = Literal["supported", "refuted", "inconclusive", "not measured"]


@dataclass(frozen=True)
class Words:
    """A text in English and in Chinese, with room for the same values.

    >>> (Words("{n} seeds", "{n} 个种子") + Words(".", "。")).filled(n=5)
    Words(en='5 seeds.', zh='5 个种子。')
    """

    en: str
    zh: str

    def __post_init__(self) -> None:
        """Refuse texts of which one would leave a value out."""
        if self.places(self.en) != self.places(self.zh):
            raise ValueError(f"expected the same values in both languages, got {self.en!r} and {self.zh!r}")

    @staticmethod
    def places(text: str) -> set[str]:
        """The names of the values that a text has room for."""
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    def filled(self, **values: object) -> "Words":
        """The texts with their values."""
        return Words(self.en.format(**values), self.zh.format(**values))

    def told(self, language: str) -> str:
        """The text in a language, `en` or `zh`."""
        return self.zh if language == "zh" else self.en

    def __add__(self, other: "Words") -> "Words":
        return Words(self.en + other.en, self.zh + other.zh)


@dataclass(frozen=True)
class Measured:
    """A number with its 95 % interval and the sentence that tells it to a newcomer."""

    finding: Estimate | None
    """Without an interval nothing can be concluded from it; where it is None, the sentence tells why."""
    sentence: Words


@dataclass(frozen=True)
class Claim:
    """How one claim is told, measured and judged."""

    title: Words
    measure: Words
    """What the number is, with its unit."""
    side: Literal["above", "below"]
    """The side of the threshold on which the claim is true."""
    threshold: float
    figure: str
    """Name of the figure that shows it."""
    find: Callable[[Results], Measured]
    superiority: bool = False
    """Whether an interval inside the margin of equivalence refutes it."""


def judge(claim: Claim, finding: Estimate | None, margin: float) -> Verdict:
    """The verdict on a claim.

    Args:
        claim: Side and threshold.
        finding: What was measured, if it was.
        margin: Difference from the threshold below which the families count as equivalent.
    """
    if finding is None:
        return "not measured"
    if finding.low is None or finding.high is None:
        return "inconclusive"
    low, high = finding.low - claim.threshold, finding.high - claim.threshold
    if claim.superiority and -margin <= low and high <= margin:
        return "refuted"
    if low > 0 or high < 0:
        return "supported" if (low > 0) == (claim.side == "above") else "refuted"
    return "inconclusive"
