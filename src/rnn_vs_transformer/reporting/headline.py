"""The answer in a few sentences, most general first: in general, on this series, and at what cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rnn_vs_transformer.claims.claim import Words
from rnn_vs_transformer.reporting.general import general
from rnn_vs_transformer.reporting.this_series import cost, on_this_series
from rnn_vs_transformer.reporting.wording import Report

IN_GENERAL: Final = Words("In general (a study of simulated series):", "总体而言（对模拟序列的研究）：")
THIS_SERIES: Final = Words("The series of this run:", "本次运行的序列：")


@dataclass(frozen=True)
class Headline:
    """The answer, most general first."""

    lead: Words
    """In one sentence."""
    general: Sequence[Words]
    """What the map says."""
    series: Sequence[Words]
    """What this run says, and what it cost."""


def headline(
    studies: Mapping[str, Report], metrics: Report, times: Mapping[str, Report], *, ahead: bool = False
) -> Headline:
    """The answer from the map and from this run.

    Args:
        studies: `map` as in studies/results/map.json, where it lies.
        metrics: As in reports/metrics.json.
        times: Per forecaster `train_seconds`, of those that were timed here.
        ahead: Whether a forecast needs columns of the steps ahead.
    """
    lead, *others = general(studies.get("map"))
    return Headline(lead, others, [*on_this_series(metrics, ahead=ahead), *cost(times)])


def markdown(told: Headline, language: str, *, own: bool = False) -> str:
    """The answer as Markdown: the lead in bold, then two lists; what was found on a user's own series comes first."""
    lead, parts = told.lead, [(IN_GENERAL, told.general), (THIS_SERIES, told.series)]
    if own:
        lead, parts = told.series[0], [(THIS_SERIES, told.series[1:]), (IN_GENERAL, [told.lead, *told.general])]
    lines = [f"**{lead.told(language)}**"]
    for title, sentences in parts:
        if sentences:  # too few data leave a user's own series with the lead alone
            lines += ["", title.told(language), "", *(f"- {sentence.told(language)}" for sentence in sentences)]
    return "\n".join(lines)
