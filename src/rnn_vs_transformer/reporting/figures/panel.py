"""What many series show together: mean ranks, and for which kinds of series which family is better."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from rnn_vs_transformer.reporting.charts import axis
from rnn_vs_transformer.reporting.charts.intervals import Intervals, Row
from rnn_vs_transformer.reporting.charts.lines import Curve, Lines
from rnn_vs_transformer.reporting.figures.words import Texts, axis_word, name_of, titled
from rnn_vs_transformer.reporting.over_series import rank_rows
from rnn_vs_transformer.reporting.tables import Table
from rnn_vs_transformer.results import Results

KINDS: Final = ("length", "season_strength", "trend_strength")
SHOWN: Final = 0.98
"""Share of the ratios that the axis reaches over; the others stand at its ends."""


def ranks(texts: Texts, results: Results) -> Iterator[Intervals]:
    """The mean rank of each forecaster, and half the critical difference to either side: apart where bars are."""
    if results.ranks.empty:
        return
    half = results.metrics["over_series"]["critical_difference"] / 2
    found = [results.ranks[column].tolist() for column in ("forecaster", "mean_rank", "group")]
    rows = [Row(name_of(texts, name), name, rank, f"{rank:.2f}  {group}", rank - half, rank + half,
                hollow=name.endswith("tokens"))
            for name, rank, group in zip(*found, strict=True)]  # fmt: skip
    words = texts["over_series"]
    yield Intervals(
        **titled(texts, "ranks"),
        x=axis.steps(axis_word(texts, "rank"), [1, len(rows)]),
        rows=rows,
        table=Table(words["columns"], rank_rows(texts, results), words=(0, 2)),
    )


def kinds(texts: Texts, results: Results) -> Iterator[Lines]:
    """A dot per series: the ratio of the families' errors against what the series is made of."""
    if results.kinds.empty:
        return
    ratios = np.exp(results.kinds["log_ratio"].to_numpy())
    reach = max(1.1, float(np.exp(np.quantile(np.abs(np.log(ratios)), SHOWN))))
    ticks = [round(float(reach**share), 2) for share in (-1, -0.5, 0, 0.5, 1)]
    scale = axis.Axis(axis_word(texts, "ratio"), 1 / reach, reach, ticks, log=True)
    for kind in (kind for kind in KINDS if kind in results.metrics["over_series"]["kinds"]):
        known = results.kinds[kind].notna().to_numpy()
        values = results.kinds[kind].to_numpy()
        curves = [
            Curve(texts["better"][family], family, values[side].tolist(), ratios[side].tolist())
            for family, side in (("rnn", known & (ratios > 1)), ("transformer", known & (ratios <= 1)))
        ]  # fmt: skip
        told = titled(texts, "kinds", kind=texts["over_series"]["kinds"][kind])
        x = axis.linear(texts["over_series"]["kinds"][kind], values[known].tolist())
        yield Lines(**{**told, "name": f"kinds_{kind}"}, x=x, y=scale, curves=curves, dots=True, references=[1.0])
