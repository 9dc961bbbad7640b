"""Direct against autoregressive decoding: the figure, and what was found, in words."""

from typing import Any, Final

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from rnn_vs_transformer.params import NO_OTHER_DECODING
from rnn_vs_transformer.reporting.style import COLOURS, DASHES, FAMILIES, LABELS, MARKERS, figure
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import read_json

LINES: Final = {"direct": "-", "autoregressive": "--"}
"""The dash of each way of decoding; the colour is the family's."""


def draw_decoding() -> None:
    """Test MSE of each horizon step, both families and decodings on the same seeds, into reports/figures/."""
    report = read_json(paths.DECODING)
    with figure(paths.FIGURES / "decoding.png", height=4.8) as (axes,):
        axes.set_title("Error per horizon step, all steps at once or step by step")
        if "not_compared" in report:
            axes.text(0.5, 0.5, f"not compared: {report['not_compared']}", transform=axes.transAxes, ha="center")
            axes.set_axis_off()
        else:
            _draw_curves(axes, report)


def _draw_curves(axes: Axes, report: dict[str, Any]) -> None:
    table = pd.read_csv(paths.DECODING_HORIZON)
    steps, every = table["horizon_step"], max(1, len(table) // 12)
    oracle = pd.read_csv(paths.HORIZON).get("oracle")
    if oracle is not None:
        axes.plot(steps, oracle, DASHES["oracle"], color=COLOURS["oracle"], label=LABELS["oracle"], linewidth=1.2)
    for family in FAMILIES:
        if family not in report:
            axes.plot([], [], " ", label=f"{LABELS[family]}: not compared, for direct decoding alone")
            continue
        for mode, line in LINES.items():
            axes.plot(steps, table[f"{family}_{mode}"], line, color=COLOURS[family], marker=MARKERS[family],
                      markevery=every, markersize=5, label=f"{LABELS[family]}, {mode}")  # fmt: skip
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    mean = f"mean of {report['seeds']} seeds" if report["seeds"] > 1 else "one seed"
    axes.set(xlabel="Horizon step (steps after the forecast origin)", ylabel=f"Test MSE (scaled units, {mean})")
    axes.legend()


def decoding_sentences(texts: dict[str, Any]) -> list[str]:
    """What was found, a sentence per family, or why nothing was compared.

    Args:
        texts: The words of the report.
    """
    words, report = texts["decoding"], read_json(paths.DECODING)
    if "not_compared" in report:
        return [words["no_other" if report["not_compared"] == NO_OTHER_DECODING else "switched_off"]]
    table = pd.read_csv(paths.DECODING_HORIZON)
    return [
        _sentence(texts, family, report[family], report["seeds"], table)
        if family in report
        else words["left_out"].format(family=texts["names"][family])
        for family in FAMILIES
    ]


def _sentence(texts: dict[str, Any], family: str, found: dict[str, Any], seeds: int, table: pd.DataFrame) -> str:
    words, difference = texts["decoding"], 100 * found["relative_mse_difference"]
    return str(words["found"]).format(
        family=texts["names"][family],
        verdict=words["verdicts"][found["verdict"]],
        size=abs(difference),
        side=texts["below" if difference < 0 else "above"],
        low=100 * found["ci_low"],
        high=100 * found["ci_high"],
        seeds=seeds,
        direct=found["direct"]["mse"],
        autoregressive=found["autoregressive"]["mse"],
        last=int(table["horizon_step"].iloc[-1]),
        direct_first=table[f"{family}_direct"].iloc[0],
        direct_last=table[f"{family}_direct"].iloc[-1],
        autoregressive_first=table[f"{family}_autoregressive"].iloc[0],
        autoregressive_last=table[f"{family}_autoregressive"].iloc[-1],
        work=found["autoregressive"]["multiply_adds_per_window"] / found["direct"]["multiply_adds_per_window"],
    )
