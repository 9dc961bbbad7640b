"""The table of the M4 study in Markdown, as docs/results.md shows it."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from rnn_vs_transformer.plotting.style import LABELS


def forecasters_markdown(table: pd.DataFrame) -> str:
    """Of m4.csv, a row per forecaster, the least MASE first."""
    lines = ["| forecaster | sMAPE, % | MASE | OWA |", "|---|---|---|---|"]
    for row in table.sort_values("mase").to_dict("records"):
        name, published = str(row["forecaster"]), row["source"] != "this study"
        told = f"*{name}: {row['source']}*" if published else LABELS.get(name, name)
        errors = " | ".join(_error(row, metric, digits) for metric, digits in (("smape", 2), ("mase", 3)))
        lines.append(f"| {told} | {errors} | {'' if published else format(row['owa'], '.3f')} |")
    return "\n".join(lines)


def _error(row: Mapping[Hashable, Any], metric: str, digits: int) -> str:
    """An error with its interval, where there is one."""
    low, high = row[f"{metric}_low"], row[f"{metric}_high"]
    ends = "" if pd.isna(low) else f" ({low:.{digits}f} to {high:.{digits}f})"
    return f"{row[metric]:.{digits}f}{ends}"
