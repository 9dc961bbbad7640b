"""From a number and its interval to a verdict on a claim.

Each claim is put as one number and a threshold. It is supported where the whole 95 % interval lies on the claimed side
of the threshold, refuted where the whole interval lies on the other side, inconclusive where the interval straddles
it, and not measured where there is no number.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from rnn_vs_transformer.evaluation.intervals import MeanInterval
from rnn_vs_transformer.results import Results

Verdict = Literal["supported", "refuted", "inconclusive", "not measured"]


@dataclass(frozen=True)
class Words:
    """A text in both languages, with room for the same values."""

    en: str
    zh: str

    def tell(self, language: str, values: Mapping[str, float]) -> str:
        """The text in a language, `en` or `zh`."""
        return {"en": self.en, "zh": self.zh}[language].format(**values)


@dataclass(frozen=True)
class Said:
    """Words with their values."""

    words: Words
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """A number with its interval and the sentence that tells it; without a number, why there is none."""

    found: MeanInterval | None
    said: tuple[Said, ...]

    def sentence(self, language: str) -> str:
        """What was measured, in a language."""
        return "".join(one.words.tell(language, one.values) for one in self.said)


@dataclass(frozen=True)
class Claim:
    """How one claim is judged, found and told."""

    name: str
    title: Words
    measure: Words
    """What the number is, with its unit."""
    side: Literal["above", "below"]
    """The side of the threshold on which the claim is true."""
    threshold: float
    figure: str
    find: Callable[[Results], Measured]
    superiority: bool = False
    """Whether an interval inside the margin of equivalence refutes it."""


@dataclass(frozen=True)
class Judged:
    """A claim with what was measured and the verdict."""

    claim: Claim
    measured: Measured
    verdict: Verdict


TRUE_WHERE = {
    "above": Words("{measure}; true where above {threshold:g}", "{measure};高于 {threshold:g} 时说法成立"),
    "below": Words("{measure}; true where below {threshold:g}", "{measure};低于 {threshold:g} 时说法成立"),
}


def measured(found: MeanInterval | None, *said: Said) -> Measured:
    """A number with the pieces of its sentence."""
    return Measured(found, said)


def say(words: Words, **values: float) -> Said:
    """Words with their values."""
    return Said(words, values)


def judge(claim: Claim, found: MeanInterval | None, margin: float) -> Verdict:
    """The verdict on a claim.

    Args:
        claim: Its side and threshold.
        found: The number that was measured; without an interval nothing can be concluded from it.
        margin: Relative difference below which the families count as equivalent.
    """
    if found is None:
        return "not measured"
    if found.low is None or found.high is None:
        return "inconclusive"
    if claim.superiority and -margin <= found.low and found.high <= margin:
        return "refuted"
    sign = 1 if claim.side == "above" else -1
    ends = sorted((sign * (found.low - claim.threshold), sign * (found.high - claim.threshold)))
    if ends[0] > 0:
        return "supported"
    return "refuted" if ends[1] < 0 else "inconclusive"


def rule_of(claim: Claim, language: str) -> str:
    """What the number of a claim is, and where the claim is true."""
    words = TRUE_WHERE[claim.side]
    text = words.en if language == "en" else words.zh
    return text.format(measure=claim.measure.tell(language, {}), threshold=claim.threshold)
