"""What a claim is made of: its words, the side of a threshold on which it is true, and how each column is measured.

A claim is put as one number. The number is looked for in up to three columns: as the tutorial set it up, with season
tokens, and across worlds. A claim names the columns that apply to it; judge.py has the rules by which they are judged.
"""

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

from rnn_vs_transformer.evaluation.intervals import Estimate
from rnn_vs_transformer.results import Report, Results
from rnn_vs_transformer.settings.family.train import Recipe

NAMES: Final = {"rnn": "RNN", "transformer": "Transformer"}
"""What the sentences call the families, in both languages."""
Group = Literal["gradients", "memory", "speed", "learning", "accuracy"]
Column = Literal["as_set_up", "season_tokens", "across_worlds"]
COLUMNS: Final[tuple[Column, ...]] = get_args(Column)


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
        """The texts with their values; a value that is words itself is told in the language of each."""
        en, zh = (
            {name: value.told(language) if isinstance(value, Words) else value for name, value in values.items()}
            for language in ("en", "zh")
        )
        return Words(self.en.format(**en), self.zh.format(**zh))

    def told(self, language: str) -> str:
        """The text in a language, `en` or `zh`."""
        return self.zh if language == "zh" else self.en

    def __add__(self, other: "Words") -> "Words":
        return Words(self.en + other.en, self.zh + other.zh)


NOTHING: Final = Words("", "")
NOT_TRAINED: Final = Words(
    "Season tokens were not trained: they are not in train.recipes.",
    "未训练每周期一个 token：它不在 train.recipes 中。",
)


@dataclass(frozen=True)
class Measured:
    """What was found for one column of a claim, and a sentence that tells it to a newcomer or says why there is none.

    A claim that speaks of several models has a finding for each, and is true in the column where it is true for all.
    """

    findings: Sequence[Estimate] = ()
    sentence: Words = NOTHING
    blocks: int | None = None
    """Independent blocks of time that it rests on; None where its units are seeds, rounds, cases or worlds."""
    units: int | None = None
    """How many units a study had."""


Finder = Callable[[Results], Measured]


@dataclass(frozen=True)
class Claimed:
    """The family that a claim on accuracy speaks for, which must beat ridge for the claim to hold."""

    family: str
    findings: Sequence[str]
    """Its relative differences from ridge across worlds, by their names in a study; all must be below zero."""
    study: str = "map"


@dataclass(frozen=True)
class Claim:
    """How one claim is told, measured and judged."""

    group: Group
    title: Words
    measure: Words
    """What the number is, with its unit."""
    side: Literal["above", "below"]
    """The side of the threshold on which the claim is true."""
    threshold: float
    columns: Mapping[Column, Finder]
    """Those that apply, each with how it is measured."""
    figure: str | None = None
    """Name of the figure that shows it."""
    claimed: Claimed | None = None
    of_the_series: bool = False
    """Whether what a run measures is of its own series, and not of an artificial task."""
    superiority: bool = False
    """Whether an interval inside the margin of equivalence refutes it."""


def of_recipe(results: Results, recipe: Recipe) -> Report | None:
    """The rows and the comparison of a recipe in the metrics; None where it was not trained."""
    found: Report | None = results.metrics if recipe == "tutorial" else results.metrics.get(recipe)
    return found
