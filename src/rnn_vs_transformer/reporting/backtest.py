"""What the rolling-origin backtest found, in words."""

from typing import Any

from rnn_vs_transformer.reporting.style import FAMILIES
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import read_json


def backtest_sentences(texts: dict[str, Any]) -> list[str]:
    """How both families and ridge fare with refits, beside the fixed split; nothing where none were asked for.

    Args:
        texts: The words of the report.
    """
    report, fixed = read_json(paths.BACKTEST), read_json(paths.METRICS)
    if report["refit"] == "none":
        return []
    words, comparison = texts["backtest"], report["comparison"]
    errors = {
        f"{name}_{split}": row["mse"]
        for split, metrics in (("refit", report), ("fixed", fixed))
        for name, row in ((name, metrics[name]) for name in (*FAMILIES, "ridge"))
    }
    difference = 100 * comparison["relative_mse_difference"]
    return [
        words["found"].format(every=report["refit"], refits=report["refits"], **errors),
        words["verdict"].format(
            verdict=texts["verdicts"][comparison["verdict"]],
            size=abs(difference),
            side=texts["below" if difference < 0 else "above"],
            low=100 * comparison["ci_low"],
            high=100 * comparison["ci_high"],
        ),
    ]
