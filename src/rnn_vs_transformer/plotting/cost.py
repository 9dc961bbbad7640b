"""The figure of the cost probe: time and memory against the context length, and what more cores are worth."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from rnn_vs_transformer.evaluation.intervals import mean_interval
from rnn_vs_transformer.plotting.style import LOOKS, figure, label_log_axis, say
from rnn_vs_transformer.results import Results

KINDS: Final = {
    "train_step_ms": "Training step (ms)",
    "inference_ms": "Forecast (ms)",
    "peak_mebibytes": "Memory (MiB)",
}
"""Columns drawn against the context length."""
TANH: Final = "rnn"
"""What the others' times are set against."""


@dataclass(frozen=True)
class Measured:
    """How a workload of the cost probe appears."""

    label: str
    look: str
    line: str = "-"


WORKLOADS: Final = {
    "rnn": Measured("RNN ({cell})", "rnn"),
    "gru": Measured("GRU", "gru"),
    "min_gru": Measured("minGRU, scan", "min_gru"),
    "min_gru_loop": Measured("minGRU, step by step", "min_gru", "--"),
    "transformer": Measured("Transformer", "transformer"),
    "transformer_all_queries": Measured("Transformer, all queries", "transformer", "--"),
}
"""In the order of the legend; a dashed line is the same model by another way."""


def draw_cost(results: Results) -> None:
    """Time and memory on one thread, the longest context's times side by side, and the speed-up by all threads."""
    if results.cost is None:
        with figure("cost", height=2.7) as (axes,):
            say(axes, "not measured: the times are missing or from another machine")
        return
    table = results.cost.rounds[results.cost.rounds["device"] == "cpu"]
    one, labels = table[table["threads"] == 1], _labels(results)
    with figure("cost", panels=len(KINDS) + 2, height=2.6 * (len(KINDS) + 2)) as panels:
        for axes, (column, label) in zip(panels, KINDS.items(), strict=False):
            for model, name in labels.items():
                medians = one[one["model"] == model].groupby("context_length")[column].median()
                _line(axes, model, medians, name)
            axes.set_yscale("log")
            _label_lengths(axes, table, label)
        panels[0].set_title("Cost against context length (one thread, equal width, medians)")
        panels[0].legend(fontsize=10, ncols=2)
        _draw_longest(panels[-2], one, labels)
        _draw_speed_up(panels[-1], table, labels)


def _labels(results: Results) -> dict[str, str]:
    """Names of the workloads that were measured; the RNN has the cell of cost.cell."""
    if results.cost is None:
        return {}
    cell = results.cost.report["measured"].get("cell", "rnn")
    known = {"rnn": "tanh"} | {name: LOOKS[name].label for name in ("gru", "lstm", "min_gru")}
    measured = set(results.cost.rounds["model"])
    return {model: one.label.format(cell=known[cell]) for model, one in WORKLOADS.items() if model in measured}


def _line(axes: Axes, model: str, values: "pd.Series[float]", label: str) -> None:
    look = LOOKS[WORKLOADS[model].look]
    axes.plot(values.index, values, WORKLOADS[model].line, marker=look.marker, color=look.colour, label=label,
              markersize=5)  # fmt: skip


def _label_lengths(axes: Axes, table: pd.DataFrame, label: str) -> None:
    label_log_axis(axes, sorted(table["context_length"].unique()))
    axes.set(xlabel="Context length L (steps, log scale)", ylabel=label)


def _draw_longest(axes: Axes, one: pd.DataFrame, labels: dict[str, str]) -> None:
    """Bars: a training step at the longest context in units of the RNN's, median over rounds of the ratio."""
    longest = one["context_length"].max()
    steps = one[one["context_length"] == longest].pivot_table(index="round", columns="model", values="train_step_ms")
    for row, model in enumerate(labels):
        look, ratio = LOOKS[WORKLOADS[model].look], float((steps[model] / steps[TANH]).median())
        axes.barh(row, ratio, color=look.colour, height=0.6, alpha=1.0 if WORKLOADS[model].line == "-" else 0.5)
        axes.text(ratio, row, f" {float(f'{ratio:.2g}'):g}  {labels[model]}", va="center", fontsize=10)
    axes.set_yticks([])
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.margins(x=0.4)  # for the names behind the bars
    axes.set_xlim(left=0)
    axes.set_xlabel(f"Training step in units of the {labels[TANH]}'s, one thread")
    axes.set_title(f"Time of a training step at the longest context, L = {longest:,}")


def _draw_speed_up(axes: Axes, table: pd.DataFrame, labels: dict[str, str]) -> None:
    """Lines: a training step's time on one thread over that on all, mean over rounds with 95 % intervals."""
    most = table["threads"].max()
    axes.set_title(f"Speed-up of a training step by {most} threads (bar: 95 % interval)")
    if most == 1:
        say(axes, "not measured: this machine has one core")
        return
    for model in (model for model in labels if (table["threads"][table["model"] == model] > 1).any()):
        some = table[table["model"] == model]
        steps = some.pivot_table(index="round", columns=["threads", "context_length"], values="train_step_ms")
        ratios = np.log(steps[1] / steps[most])
        found = [mean_interval(ratios[length].to_numpy()) for length in ratios]
        bounds = np.exp(np.array([(one.estimate, one.low, one.high) for one in found], dtype=float))
        _line(axes, model, pd.Series(bounds[:, 0], index=ratios.columns), labels[model])
        axes.vlines(ratios.columns, bounds[:, 1], bounds[:, 2], color=LOOKS[WORKLOADS[model].look].colour, alpha=0.5)
    axes.axhline(1.0, color="#555555", linestyle=":", linewidth=1.2)
    axes.set_ylim(bottom=0)
    _label_lengths(axes, table, "Times as fast")
    axes.legend(fontsize=10, ncols=2)
