"""The tables of the M4 study in Markdown, as docs/results.md shows them."""

from collections.abc import Hashable, Mapping
from typing import Any, Final

import pandas as pd

from rnn_vs_transformer.plotting.style import LABELS

NAMES: Final = {
    "last": "last value taken off",
    "ridge_start": "and started at ridge",
    "cycle": "learned cycle",
    "without_seasonal_naive": "seasonal naive taken off",
    "averaged": "weights averaged",
    "sharpness_aware": "sharpness-aware, radius 0.05",
    "sharpness_aware_wide": "sharpness-aware, radius 0.5",
    "ensemble": "ensemble",
}


def forecasters_markdown(table: pd.DataFrame) -> str:
    """Of m4.csv, a row per forecaster, the least MASE first."""
    lines = ["| forecaster | sMAPE, % | MASE | OWA |", "|---|---|---|---|"]
    for row in table.sort_values("mase").to_dict("records"):
        name, published = str(row["forecaster"]), row["source"] != "this study"
        told = f"*{name}: {row['source']}*" if published else LABELS.get(name, name)
        errors = " | ".join(_error(row, metric, digits) for metric, digits in (("smape", 2), ("mase", 3)))
        lines.append(f"| {told} | {errors} | {'' if published else format(row['owa'], '.3f')} |")
    return "\n".join(lines)


def options_markdown(table: pd.DataFrame, families: Mapping[str, Mapping[str, Any]]) -> str:
    """Of m4_options.csv, a row per option: what it does to each family's MASE, and the families with it.

    Args:
        table: A row per family and option.
        families: RNN and Transformer compared with each option, `families_by_option` of m4_earlier.json.
    """
    lines = ["| option | against | RNN | Transformer | Transformer against RNN |", "|---|---|---|---|---|"]
    for option, rows in table.groupby("option", sort=False):
        by_family = {row["family"]: row for row in rows.to_dict("records")}
        cells = [_difference(by_family[family], "mase_difference", "mase_") if family in by_family else ""
                 for family in ("rnn", "transformer")]  # fmt: skip
        found = families.get(str(option))
        cells.append("" if found is None else _difference(found, "relative_difference", "ci_"))
        lines.append(f"| {NAMES[str(option)]} | {rows['against'].iloc[0]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _difference(row: Mapping[Any, Any], middle: str, ends: str) -> str:
    """A relative difference with its interval, in percent."""
    return f"{100 * row[middle]:+.1f} % ({100 * row[f'{ends}low']:+.1f} to {100 * row[f'{ends}high']:+.1f})"


def _error(row: Mapping[Hashable, Any], metric: str, digits: int) -> str:
    """An error with its interval, where there is one."""
    low, high = row[f"{metric}_low"], row[f"{metric}_high"]
    ends = "" if pd.isna(low) else f" ({low:.{digits}f} to {high:.{digits}f})"
    return f"{row[metric]:.{digits}f}{ends}"
