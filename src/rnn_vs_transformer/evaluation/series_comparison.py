"""Is one family better over the series of a panel? The series are the independent units."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.evaluation.across import compare_across
from rnn_vs_transformer.evaluation.comparison import Comparison, minimum_detectable_effect, verdict
from rnn_vs_transformer.evaluation.intervals import Interval
from rnn_vs_transformer.settings.evaluate import EvaluateParams

VERDICTS: Final = {"first better": "rnn better", "second better": "transformer better"}


@dataclass(frozen=True)
class SeriesComparison(Comparison):
    """The same over series: the geometric mean of their ratios less 1, with Student's interval."""

    series: int
    """How many were compared: those on which both have an error."""
    student_p: float
    wilcoxon_p: float
    rnn_better_in: float
    """Share of the series."""
    probability_rnn_better: float
    """Of the Bayesian signed-rank test, see `AcrossUnits`."""
    probability_equivalent: float
    probability_transformer_better: float


def compare_series(rnn: FloatArray, transformer: FloatArray, params: EvaluateParams) -> SeriesComparison:
    """Compare the families' errors on each series (S,), means over seeds.

    Series do not share a level of difficulty, so each counts by its ratio; they may share shocks in time, which no
    interval over series knows of.
    """
    some = (rnn > 0) & (transformer > 0)
    found = compare_across(rnn[some], transformer[some], params.margin, params.seed)
    interval = Interval(1 + found.ci_low, 1 + found.ci_high, found.units - 1)
    return SeriesComparison(
        relative_mse_difference=found.relative_difference,
        ci_low=found.ci_low,
        ci_high=found.ci_high,
        diebold_mariano=None,
        verdict=VERDICTS.get(found.verdict, found.verdict),
        minimum_detectable_effect=minimum_detectable_effect(interval),
        series=found.units,
        student_p=found.student_p,
        wilcoxon_p=found.wilcoxon_p,
        rnn_better_in=float(np.mean(rnn[some] < transformer[some])),
        probability_rnn_better=found.probability_first,
        probability_equivalent=found.probability_equivalent,
        probability_transformer_better=found.probability_second,
    )


def widened(over_series: SeriesComparison, over_time: Comparison, params: EvaluateParams) -> SeriesComparison:
    """The comparison over series, as unsure as that over time: series that share shocks are fewer than they seem.

    The interval is the hull of both, and the verdict what it allows.
    """
    low = min(over_series.ci_low, over_time.ci_low)
    high = max(over_series.ci_high, over_time.ci_high)
    said = verdict(low, high, params.margin) if over_time.verdict != "inconclusive" else "inconclusive"
    return replace(
        over_series,
        ci_low=low,
        ci_high=high,
        verdict=said,
        diebold_mariano=over_time.diebold_mariano,
        minimum_detectable_effect=max(over_series.minimum_detectable_effect, over_time.minimum_detectable_effect),
    )
