"""Words that both answers share: relative differences, lists, and whether a second verdict keeps the first."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from rnn_vs_transformer.claims.claim import Words

Report = Mapping[str, Any]
SEASON_TOKENS: Final = "season_tokens"
BELOW: Final = Words("below", "低")
ABOVE: Final = Words("above", "高")


def change(first: str, second: str) -> str:
    """Whether a second verdict `keeps` the first, `turns` it round, or `changes` it otherwise."""
    if first == second:
        return "keeps"
    return "turns" if {first, second} == {"rnn better", "transformer better"} else "changes"


def listed(words: Sequence[Words], comma: str) -> Words:
    """Texts in a row, with a comma of the language between them."""
    return Words(comma.join(one.en for one in words), "、".join(one.zh for one in words))


def difference(words: Words, estimate: float, low: float, high: float, **others: object) -> Words:
    """A relative difference with its interval put into words, in per cent: `size`, `side`, `low` and `high`."""
    numbers = {"size": 100 * abs(estimate), "low": 100 * low, "high": 100 * high, **others}
    return words.filled(side=BELOW if estimate < 0 else ABOVE, **numbers)
