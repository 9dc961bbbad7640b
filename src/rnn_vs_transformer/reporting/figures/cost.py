"""What the forecasters cost: seconds of a training, and time and memory against the context length."""

from collections.abc import Iterator, Mapping
from typing import Final

from rnn_vs_transformer.reporting.charts import axis
from rnn_vs_transformer.reporting.charts.intervals import Intervals, Row
from rnn_vs_transformer.reporting.charts.lines import Curve, Lines
from rnn_vs_transformer.reporting.figures.words import Texts, axis_word, name_of, titled
from rnn_vs_transformer.reporting.tables import Cell, Table, cell, number
from rnn_vs_transformer.results import Results, in_seconds

KINDS: Final[Mapping[str, str]] = {"step_time": "train_step_ms", "memory": "peak_mebibytes"}
WORKLOADS: Final[Mapping[str, tuple[str, bool]]] = {
    "rnn": ("rnn", False), "gru": ("gru", False), "min_gru": ("min_gru", False), "min_gru_loop": ("min_gru", True),
    "transformer": ("transformer", False), "transformer_all_queries": ("transformer", True),
}  # fmt: skip
"""Look of each workload of the probe, and whether it is the same model by another way, which is dashed."""
SIZES: Final = {"epochs": ".0f", "parameters": ",.0f", "multiply_adds_per_window": ",.0f"}


def training(texts: Texts, results: Results) -> Iterator[Intervals]:
    """Seconds of one training on one thread, of those that were timed here."""
    timed = {name: results.times[name] for name in texts["names"] if name in results.times}
    if not timed:
        return
    rows = [
        Row(name_of(texts, name), name, found["train_seconds"], f"{in_seconds(found['train_seconds'])} s",
            hollow=name.endswith("tokens"), of=f"seconds {name}")
        for name, found in timed.items()
    ]  # fmt: skip
    told = [
        [cell(name_of(texts, name)),
         Cell(in_seconds(found["train_seconds"]), found["train_seconds"], f"seconds {name}"),
         *(number(found.get(key), form, f"{key} {name}") for key, form in SIZES.items())]
        for name, found in timed.items()
    ]  # fmt: skip
    yield Intervals(
        **titled(texts, "training"),
        x=axis.linear(axis_word(texts, "seconds"), [row.value for row in rows], zero=True),
        rows=rows,
        bars=True,
        table=Table(texts["cost_columns"], told),
    )


def by_length(texts: Texts, results: Results) -> Iterator[Lines]:
    """A training step's time and memory against the context length, both on logarithmic scales, on one thread."""
    if results.cost is None or results.meta.source != "synthetic":
        return
    rounds = results.cost.rounds
    one = rounds[(rounds["device"] == "cpu") & (rounds["threads"] == 1)]
    lengths = sorted(int(length) for length in one["context_length"].unique())
    for kind, column in KINDS.items():
        medians = one.pivot_table(index="model", columns="context_length", values=column, aggfunc="median")
        curves = [
            Curve(texts["cells"][model], look, lengths, medians.T[model].tolist(), dashed=dashed)
            for model, (look, dashed) in WORKLOADS.items() if model in medians.index
        ]  # fmt: skip
        yield Lines(
            **titled(texts, kind),
            x=axis.logarithmic(axis_word(texts, "context_length"), lengths, lengths),
            y=axis.logarithmic(axis_word(texts, kind), [y for curve in curves for y in curve.y if y == y]),  # noqa: PLR0124
            curves=curves,
        )
