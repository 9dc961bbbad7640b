"""The figure of direct against autoregressive decoding."""

from typing import Final

import pandas as pd
from matplotlib.ticker import MaxNLocator

from rnn_vs_transformer.plotting.style import COLOURS, DASHES, curve, figure, say
from rnn_vs_transformer.results import LABELS, Results
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.settings.family.families import FAMILIES

LINES: Final = {"direct": "-", "autoregressive": "--"}
"""The dash of each way of decoding; the colour is the family's."""


def draw_decoding(results: Results) -> None:
    """Test MSE of each horizon step, both families and decodings on the same seeds, where that was asked for."""
    report = results.analyses.get("decoding")
    if report is None:
        return
    with figure(paths.FIGURES / "decoding.png", height=4.8) as (axes,):
        axes.set_title("Error per horizon step, all steps at once or step by step")
        if "not_compared" in report:
            say(axes, f"not compared: {report['not_compared']}")
            return
        steps = results.horizon["horizon_step"]
        if "oracle" in results.horizon:
            oracle = results.horizon["oracle"]
            axes.plot(steps, oracle, DASHES["oracle"], color=COLOURS["oracle"], label=LABELS["oracle"], linewidth=1.2)
        for family in FAMILIES:
            if family not in report:
                axes.plot([], [], " ", label=f"{LABELS[family]}: not compared, for direct decoding alone")
                continue
            for mode, line in LINES.items():
                errors = pd.Series(list(report["steps"][f"{family}_{mode}"].values()))
                curve(axes, steps, errors, family, line, f"{LABELS[family]}, {mode}")
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        mean = f"mean of {report['seeds']} seeds" if report["seeds"] > 1 else "one seed"
        axes.set(xlabel="Horizon step (steps after the forecast origin)", ylabel=f"Test MSE (scaled units, {mean})")
        axes.legend()
