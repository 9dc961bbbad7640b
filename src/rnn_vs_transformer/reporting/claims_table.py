"""The claims as a compact table: what is claimed, the verdict, one sentence; numbers and rule unfold."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rnn_vs_transformer.reporting.sections import Texts
from rnn_vs_transformer.reporting.tables import per_cent

MARKS: Final = {"holds": "✔", "refuted": "✘", "only as set up": "◐", "undecided": "?"}
"""What stands before a verdict on a claim."""
RELATIVE: Final = frozenset(["M4", "M5", "M6", "M7", "S6", "L2", "L3", "L5", "A1", "A2"])
"""Claims whose number is a relative difference."""
SHARES: Final = frozenset(["G2", "M1"])


@dataclass(frozen=True)
class ToldColumn:
    """One way of measuring a claim: by the tutorial, with season tokens, or across worlds."""

    name: str
    number: str
    interval: str
    verdict: str
    said: str
    """The verdict in words."""


@dataclass(frozen=True)
class ToldClaim:
    """A row of the table."""

    name: str
    group: str
    title: str
    verdict: str
    said: str
    """The verdict in words, with its mark."""
    sentence: str
    columns: Sequence[ToldColumn]
    rule: str
    more: str


def told_claims(texts: Texts, claims: Mapping[str, Any]) -> list[ToldClaim]:
    """Every claim in the language of the page."""
    return [_told(texts, name, claim) for name, claim in claims.items()]


def tally(texts: Texts, claims: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """How many claims have each verdict: verdict, words, number."""
    counts = Counter(claim["verdict"] for claim in claims.values())
    return [
        (verdict, marked(texts, verdict), counts[verdict]) for verdict in texts["claim_verdicts"] if counts[verdict]
    ]


def _told(texts: Texts, name: str, claim: Mapping[str, Any]) -> ToldClaim:
    words = {**claim, **claim.get(texts["lang"], {})}
    columns = [_column(texts, name, claim, column) for column in claim["applies"]]
    return ToldClaim(
        name=name,
        group=texts["claim_groups"][claim["group"]],
        title=words["claim"],
        verdict=claim["verdict"].replace(" ", "-"),
        said=marked(texts, claim["verdict"]),
        sentence=_sentence(texts, name, columns),
        columns=columns,
        rule=words["measure"],
        more=words["sentence"],
    )


def _column(texts: Texts, name: str, claim: Mapping[str, Any], column: str) -> ToldColumn:
    heading, found = texts["claim_columns"][column], claim["columns"].get(column)
    if found is None:
        return ToldColumn(heading, "", "", "not-measured", texts["claim_verdicts"]["not measured"])
    number, *ends = (_number(name, found.get(key)) for key in ("number", "number_ci_low", "number_ci_high"))
    interval = texts["to"].join(ends) if all(ends) else ""
    return ToldColumn(heading, number, interval, found["verdict"].replace(" ", "-"), marked(texts, found["verdict"]))


def _sentence(texts: Texts, name: str, columns: Sequence[ToldColumn]) -> str:
    """What was measured, with the number of each column that has one."""
    known = [column for column in columns if column.number]
    if not known:
        return str(texts["claim_verdicts"]["not measured"])
    words = texts["claim_number"] if len(columns) > 1 else "{number}"
    numbers = [words.format(number=column.number, column=column.name.lower()) for column in known]
    said = str(texts["claim_measures"][name]).format(n=texts["list_comma"].join(numbers))
    return said.replace("） ", "）")  # a full-width bracket brings its own space


def _number(name: str, value: float | None) -> str:
    """A number as its claim is told: in per cent with its sign, as a share, or as it is."""
    if value is None:
        return ""
    if name in RELATIVE:
        return per_cent(value)
    return f"{100 * value:.0f} %" if name in SHARES else f"{value:.3g}"


def marked(texts: Texts, verdict: str) -> str:
    """A verdict in words with its mark, so that it is not told by its colour alone."""
    return f"{MARKS.get(verdict, '-')} {texts['claim_verdicts'][verdict]}"
