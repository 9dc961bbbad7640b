"""The tables of the M4 study in Markdown, as docs/results.md shows them."""

from collections.abc import Hashable, Mapping
from typing import Any, Final

import pandas as pd

from rnn_vs_transformer.plotting.style import LABELS
from studies.m4.trials import BASE

NAMES: Final = {
    "last": "last value taken off",
    "ridge_start": "the same, started at ridge",
    "cycle": "learned cycle",
    "seasonal_naive": "seasonal naive taken off",
    "averaged": "weights averaged",
    "both": "the same, weights averaged",
    "sharpness_aware": "sharpness-aware, 0.05",
    "sharpness_aware_wide": "sharpness-aware, 0.5",
    "ensemble": "ensemble",
}


def forecasters_markdown(table: pd.DataFrame) -> str:
    """Of m4.csv, a row per forecaster, the least MASE first."""
    lines = ["| forecaster | sMAPE, % | MASE | OWA |", "|---|---|---|---|"]
    for row in table.sort_values("mase").to_dict("records"):
        name, published = str(row["forecaster"]), row["source"] != "this study"
        told = f"*{name}: {row['source']}*" if published else LABELS.get(name, name)
        errors = " | ".join(_error(row, metric, digits) for metric, digits in (("smape", 2), ("mase", 3)))
        lines.append(f"| {told} | {errors} | {row['owa']:.3f} |")
    return "\n".join(lines)


def options_markdown(
    options: pd.DataFrame, whole: pd.DataFrame, short: Mapping[str, Any], long: Mapping[str, Any]
) -> str:
    """What each option does to each family's MASE, and the families with it; in bold what had the whole budget.

    A dagger stands where the families differ over blocks of neighbours too.

    Args:
        options: m4_options.csv, a row per family and option.
        whole: m4_whole_budget.csv, the same.
        short: The families by option, of m4_earlier.json.
        long: The same of m4_whole_budget.json.
    """
    lines = ["| option | RNN | Transformer | Transformer against RNN |", "|---|---|---|---|"]
    lines += [f"| none | | | {_between(short, BASE)} |", *_option_lines(options, short, "")]
    return "\n".join([*lines, f"| **none** | | | {_between(long, BASE)} |", *_option_lines(whole, long, "**")])


def _option_lines(table: pd.DataFrame, families: Mapping[str, Any], mark: str) -> list[str]:
    lines = []
    for option, rows in table.groupby("option", sort=False):
        of = {
            row["family"]: _difference(row, "mase_difference", "mase_", "mase_seeds_ci_")
            for row in rows.to_dict("records")
        }
        cells = [of.get(family, "") for family in ("rnn", "transformer")]
        lines.append(f"| {mark}{NAMES[str(option)]}{mark} | {' | '.join(cells)} | {_between(families, str(option))} |")
    return lines


def _between(families: Mapping[str, Any], option: str) -> str:
    if option not in families:
        return ""
    found = families[option]
    flat = {**found, **{f"seeds_{name}": end for name, end in found["over_seeds"].items()}}
    both = all(_excludes_zero(one["ci_low"], one["ci_high"]) for one in (found, found["neighbours"]))
    return _difference(flat, "relative_difference", "ci_", "seeds_ci_") + "†" * both


def _difference(row: Mapping[Any, Any], middle: str, ends: str, seeds: str) -> str:
    """A relative difference with its interval over series, in percent; starred where it holds over seeds too."""
    star = "\\*" if _excludes_zero(*(row.get(f"{seeds}{end}") for end in ("low", "high"))) else ""
    return f"{100 * row[middle]:+.1f} % ({100 * row[f'{ends}low']:+.1f} to {100 * row[f'{ends}high']:+.1f}){star}"


def _excludes_zero(low: float | None, high: float | None) -> bool:
    return low is not None and high is not None and (low > 0 or high < 0)


def _error(row: Mapping[Hashable, Any], metric: str, digits: int) -> str:
    """An error with its interval, where there is one."""
    low, high = row[f"{metric}_low"], row[f"{metric}_high"]
    ends = "" if pd.isna(low) else f" ({low:.{digits}f} to {high:.{digits}f})"
    return f"{row[metric]:.{digits}f}{ends}"
