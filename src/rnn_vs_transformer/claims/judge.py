"""All claims judged, by the same rules: the table that reports/claims.json holds and the page shows.

In a column a claim holds where the whole 95 % interval lies on the claimed side of the threshold, and is refuted where
the whole interval lies on the other side, or, where superiority is claimed, within the margin of equivalence. Two rules
bind every claim: what rests on fewer than four independent blocks, or has no interval, is at most undecided either way;
and a claim for a family that is not shown to beat ridge in that column is at most undecided where it would hold.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from rnn_vs_transformer.claims import accuracy, gradients, learning, memory, speed
from rnn_vs_transformer.claims.claim import COLUMNS, NAMES, Claim, Claimed, Column, Measured, Words, of_recipe
from rnn_vs_transformer.claims.studies import finding_of
from rnn_vs_transformer.data.evidence import FEWEST_BLOCKS
from rnn_vs_transformer.evaluation.intervals import Estimate, interval_entries
from rnn_vs_transformer.results import Results, figure_path

InColumn = Literal["holds", "refuted", "undecided", "not measured"]
Verdict = Literal["holds", "only as set up", "refuted", "undecided", "not measured"]
CLAIMS: Final = {
    "G1": gradients.VANISHING_GRADIENTS,
    "G2": gradients.EXPLODING_GRADIENTS,
    "M1": memory.LONG_RANGE_DEPENDENCE,
    "M2": memory.LEARNT_LATER,
    "M3": memory.GATES_LEARN_LATER,
    "M4": memory.ERROR_ON_LONG_MEMORY,
    "M5": memory.SHORT_DEPENDENCE,
    "M6": memory.SHORT_SERIES,
    "M7": memory.ANY_LENGTH,
    "S1": speed.PARALLEL_OVER_TIME,
    "S2": speed.TRANSFORMER_FASTER,
    "S3": speed.RNN_FASTER,
    "S4": speed.QUADRATIC_COST,
    "S5": speed.SHORT_SEQUENCES,
    "S6": speed.UNSUITED_TO_SHORT,
    "S7": speed.LONG_SEQUENCES,
    "L1": learning.FEWER_EPOCHS,
    "L2": learning.POSITIONS,
    "L3": learning.MUCH_DATA,
    "L4": learning.MORE_DATA,
    "L5": learning.TUNING_IMPROVES,
    "L6": learning.CLAIMED_ARCHITECTURE,
    "A1": accuracy.FIRST_FORECASTS,
    "A2": accuracy.LOWER_ERROR,
    "A3": accuracy.EDGE_WITH_CONTEXT,
    "A4": accuracy.EDGE_WITH_DELAY,
}
TRUE_WHERE: Final = {
    "above": Words("{measure}; true where above {threshold:g}", "{measure}；高于 {threshold:g} 时说法成立"),
    "below": Words("{measure}; true where below {threshold:g}", "{measure}；低于 {threshold:g} 时说法成立"),
}
BLOCKS: Final = Words(
    f" it rests on fewer than {FEWEST_BLOCKS} independent blocks of time, so nothing is decided.",
    f"所依据的独立时间块少于 {FEWEST_BLOCKS} 个，因此不作判定。",
)
RIDGE: Final = Words(
    " the {name} is not shown to beat a linear ridge, so the claim cannot hold.",
    "没有证据表明 {name} 优于线性的岭回归，因此说法不能成立。",
)
OF_A_RUN: Final[tuple[Column, ...]] = ("as_set_up", "season_tokens")
"""The columns that need no committed study."""
COLUMN_WORDS: Final[Mapping[Column, Words]] = {
    "as_set_up": Words("As set up:", "按所给设置："),
    "season_tokens": Words("With season tokens:", "每周期一个 token："),
    "across_worlds": Words("Across worlds:", "跨世界："),
}


def judge_all(results: Results) -> dict[str, dict[str, Any]]:
    """Every claim with its verdict; on a user's own series those that are measured on it, by what this run measured.

    Returns:
        Per claim `claim`, `group`, `verdict`, `applies` (the columns that apply to it), `columns` (of those with a
        number: the number with its interval, `verdict`, where it speaks for a family `beats_ridge`, and `units` of a
        study), `measure` (what the number is, and where the claim is true), `figure`, `sentence`, and under `zh` claim,
        measure and sentence in Chinese.
    """
    if results.meta.source == "synthetic":
        return {name: _judged(claim, results, COLUMNS) for name, claim in CLAIMS.items()}
    some = {name: claim for name, claim in CLAIMS.items() if claim.of_the_series}
    return {name: _judged(claim, results, OF_A_RUN) for name, claim in some.items()}


def judge(claim: Claim, measured: Measured, beats_ridge: bool | None, margin: float) -> InColumn:
    """The verdict on a claim in one column: by its interval, bound by the two rules.

    Args:
        claim: Side, threshold and the family that it speaks for.
        measured: What was found, if anything was.
        beats_ridge: Whether that family is shown to beat ridge in this column.
        margin: Difference from the threshold below which the families count as equivalent.
    """
    if not measured.findings:
        return "not measured"
    finding = weakest(claim, measured.findings)
    by_interval = _by_interval(claim, finding, margin)
    if _too_little_evidence(measured, finding) or _not_below_ridge(claim, by_interval, beats_ridge):
        return "undecided"
    return by_interval


def _too_little_evidence(measured: Measured, finding: Estimate) -> bool:
    """The first rule: fewer than four independent blocks, or no interval over the units."""
    return finding.low is None or (measured.blocks is not None and measured.blocks < FEWEST_BLOCKS)


def _not_below_ridge(claim: Claim, by_interval: InColumn, beats_ridge: bool | None) -> bool:
    """The second rule: what does not beat a linear forecast has no claim to accuracy."""
    return by_interval == "holds" and claim.claimed is not None and not beats_ridge


def _by_interval(claim: Claim, finding: Estimate, margin: float) -> InColumn:
    if finding.low is None or finding.high is None:
        return "undecided"
    low, high = finding.low - claim.threshold, finding.high - claim.threshold
    if claim.superiority and -margin <= low and high <= margin:
        return "refuted"
    if low > 0 or high < 0:
        return "holds" if (low > 0) == (claim.side == "above") else "refuted"
    return "undecided"


def weakest(claim: Claim, findings: Sequence[Estimate]) -> Estimate:
    """Of findings that must all be on the claimed side: the one farthest beyond it, or else the one nearest to it."""
    sign = 1.0 if claim.side == "below" else -1.0

    def against(one: Estimate) -> tuple[bool, float]:
        if one.low is None or one.high is None:
            return False, float("inf")
        low, high = sorted((sign * (one.low - claim.threshold), sign * (one.high - claim.threshold)))
        return low > 0, low if low > 0 else high

    return max(findings, key=against)


def overall(applying: Mapping[Column, InColumn]) -> Verdict:
    """The verdict on a claim from those in the columns that apply to it, of which all must hold."""
    verdicts = set(applying.values())
    if verdicts == {"holds"}:
        return "holds"
    if verdicts == {"not measured"}:
        return "not measured"
    in_general = applying.get("across_worlds", applying.get("season_tokens"))
    if applying.get("as_set_up") == "holds" and in_general in {"refuted", "undecided"}:
        return "only as set up"
    return "refuted" if "refuted" in verdicts and "holds" not in verdicts else "undecided"


def beats_ridge(claimed: Claimed, column: Column, results: Results) -> bool:
    """Whether the claimed family's error is shown to be below ridge's, where a column was measured."""
    if column == "across_worlds":
        report = results.studies.get(claimed.study, {"findings": {}})
        ends = [(finding_of(report, name) or {}).get("high") for name in claimed.findings]
    else:
        rows = of_recipe(results, "tutorial" if column == "as_set_up" else column) or {}
        ends = [rows.get(claimed.family, {}).get("ridge_difference_ci_high")]
    return bool(ends) and all(end is not None and end < 0 for end in ends)


@dataclass(frozen=True)
class JudgedColumn:
    """A column of a claim with its verdict, what the report tells of it, and a sentence."""

    verdict: InColumn
    entries: dict[str, Any]
    """Empty where nothing was measured."""
    sentence: Words
    of_this_run: bool
    """Whether its number comes from this run, and not from a committed study."""


def _judged(claim: Claim, results: Results, columns: Sequence[Column]) -> dict[str, Any]:
    judged = {column: _judge_column(claim, column, results) for column in columns if column in claim.columns}
    true, shown = TRUE_WHERE[claim.side], any(one.of_this_run for one in judged.values())
    sentences = [one.sentence for one in judged.values()]
    return {
        "claim": claim.title.en,
        "group": claim.group,
        "verdict": overall({column: one.verdict for column, one in judged.items()}),
        "applies": list(judged),
        "columns": {column: one.entries for column, one in judged.items() if one.entries},
        "measure": true.en.format(measure=claim.measure.en, threshold=claim.threshold),
        "figure": figure_path(claim.figure).as_posix() if claim.figure and shown else "none",
        "sentence": " ".join(one.en for one in sentences if one.en),
        "zh": {
            "claim": claim.title.zh,
            "measure": true.zh.format(measure=claim.measure.zh, threshold=claim.threshold),
            "sentence": "".join(one.zh for one in sentences),
        },
    }


def _judge_column(claim: Claim, column: Column, results: Results) -> JudgedColumn:
    measured = claim.columns[column](results)
    if not measured.findings:
        return JudgedColumn("not measured", {}, measured.sentence, of_this_run=False)
    better = beats_ridge(claim.claimed, column, results) if claim.claimed else None
    verdict, finding = judge(claim, measured, better, _margin(results, column)), weakest(claim, measured.findings)
    entries = {**interval_entries("number", finding.estimate, finding.low, finding.high), "verdict": verdict}
    entries |= {} if better is None else {"beats_ridge": better}
    entries |= {} if measured.units is None else {"units": measured.units}
    told = [measured.sentence, *_bound_by(claim, measured, better, column)]
    sentence = Words(" ".join(one.en for one in told if one.en), "".join(one.zh for one in told))
    return JudgedColumn(verdict, entries, sentence, of_this_run=measured.units is None)


def _margin(results: Results, column: Column) -> float:
    """What counts as equivalent: on this series as in params.yaml, across worlds as in the map's plan."""
    studied = results.studies.get("map", {}).get("margin")
    return results.margin if column != "across_worlds" or studied is None else float(studied)


def _bound_by(claim: Claim, measured: Measured, better: bool | None, column: Column) -> Iterable[Words]:
    """Why a rule leaves a column undecided, as its number does not show it."""
    if measured.blocks is not None and measured.blocks < FEWEST_BLOCKS:
        yield COLUMN_WORDS[column] + BLOCKS
    if claim.claimed is not None and not better:
        yield COLUMN_WORDS[column] + RIDGE.filled(name=NAMES[claim.claimed.family])
