"""The tables of the M4 study in Markdown, as docs/results.md shows them."""

from collections.abc import Hashable, Mapping
from typing import Any, Final

import pandas as pd

from rnn_vs_transformer.plotting.style import LABELS

FAMILIES: Final = ("rnn", "transformer")


def variants_markdown(variants: pd.DataFrame) -> str:
    """Of m4_variants.csv, a row per variant: errors of both families, and differences from the base with intervals."""
    lines = ["| variant | RNN: sMAPE, MASE | MASE against base | Transformer: sMAPE, MASE | MASE against base |",
             "|---|---|---|---|---|"]  # fmt: skip
    table = variants.set_index(["variant", "family"])
    for variant in variants["variant"].unique():
        cells = []
        for family in FAMILIES:
            row = table.loc[(variant, family)]
            known = pd.notna(row["mase_low"])
            ends = [100 * row[f"mase_{end}"] for end in ("difference", "low", "high")]
            against = f"{ends[0]:+.1f} % ({ends[1]:+.1f} to {ends[2]:+.1f})" if known else ""
            cells += [f"{row['smape']:.2f}, {row['mase']:.3f}", against]
        lines.append(f"| {variant} | {' | '.join(cells)} |")
    return "\n".join(lines)


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
