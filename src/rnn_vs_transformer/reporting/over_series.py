"""What the series of a panel tell together: the families, all forecasters by rank, and the kinds of series."""

from collections.abc import Iterator
from typing import Any, Final

from rnn_vs_transformer.reporting.general import LEVEL
from rnn_vs_transformer.reporting.sections import Texts, difference_words
from rnn_vs_transformer.reporting.tables import Cell, cell, number
from rnn_vs_transformer.reporting.this_series import SETTINGS
from rnn_vs_transformer.results import Results, rows_of, told_p

SCORES: Final = {"smape": ".2f", "mase": ".3f", "owa": ".3f"}
"""What is told of each forecaster beside its rank, by key of its row in the metrics, and how."""


def over_series_sentences(texts: Texts, results: Results) -> list[str]:
    """The families with each recipe, all forecasters together, and what the families' ratio goes with."""
    found = results.metrics["over_series"]
    return [
        *_families(texts, found["families"], results.margin),
        *_forecasters(texts, found),
        *_kinds(texts, found["kinds"]),
    ]


def _families(texts: Texts, families: dict[str, dict[str, Any]], margin: float) -> Iterator[str]:
    """One sentence per recipe; that of each at its best where there is a choice."""
    for name, found in families.items():
        if name in SETTINGS and not (name == "each_at_its_best" and len(families) <= len(("tutorial", name))):
            yield texts["over_series"]["families"].format(
                recipe=SETTINGS[name].told(texts["lang"]),
                **difference_words(texts, found),
                series=found["series"],
                share=100 * found["rnn_better_in"],
                student=told_p(found["student_p"]),
                wilcoxon=told_p(found["wilcoxon_p"]),
                margin=100 * margin,
                rnn=100 * found["probability_rnn_better"],
                equivalent=100 * found["probability_equivalent"],
                transformer=100 * found["probability_transformer_better"],
            )
            alike = found["neighbours"]
            if alike["p"] < LEVEL:
                low, high = 100 * alike["ci_low"], 100 * alike["ci_high"]
                yield texts["over_series"]["neighbours"].format(block=alike["block"], low=low, high=high)


def _forecasters(texts: Texts, found: dict[str, Any]) -> Iterator[str]:
    """Friedman's test and the pairs; where no pair could be told apart, that too."""
    pairs = [p for others in found["wilcoxon_holm_p"].values() for p in others.values()]
    names = texts["names"]
    for name, other in found["same_as"].items():
        yield texts["over_series"]["same_as"].format(name=names.get(name, name), other=names.get(other, other))
    yield texts["over_series"]["forecasters"].format(
        forecasters=len(found["mean_ranks"]),
        statistic=found["friedman"]["statistic"],
        p=told_p(found["friedman"]["p"]),
        pairs=len(pairs),
        apart=sum(p < LEVEL for p in pairs),
    )
    if (least := 2.0 ** (1 - found["series"])) * len(pairs) > LEVEL:  # Wilcoxon's exact p is never less
        yield texts["over_series"]["too_few"].format(series=found["series"], least=least, pairs=len(pairs))


def _kinds(texts: Texts, kinds: dict[str, dict[str, float]]) -> Iterator[str]:
    words = texts["over_series"]
    for kind, found in kinds.items():
        better = "transformer" if found["spearman"] < 0 else "rnn"
        said = words["said"][better if found["holm_p"] < LEVEL else "none"]
        yield words["kind"].format(
            kind=words["kinds"][kind], spearman=found["spearman"], p=told_p(found["holm_p"]), said=said
        )


def rank_rows(texts: Texts, results: Results) -> list[list[Cell]]:
    """A row per forecaster, the best first: mean rank, groups, and scores that are means over series."""
    rows = rows_of(results.metrics)
    ranked = (results.ranks[column].tolist() for column in ("forecaster", "mean_rank", "group"))
    return [
        [
            cell(texts["names"].get(name, name)),
            number(rank, ".2f"),
            cell(group),
            *(number(rows.get(name, {}).get(key), form) for key, form in SCORES.items()),
        ]
        for name, rank, group in zip(*ranked, strict=True)
    ]
