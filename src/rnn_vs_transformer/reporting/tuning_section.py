"""The report's section on tuning: what was tried on which budget, and what was chosen."""

from collections.abc import Mapping
from typing import Any

from rnn_vs_transformer.reporting.cells import Cell, number

Texts = dict[str, Any]


def tuning_section(texts: Texts, report: Mapping[str, Any]) -> dict[str, Any] | None:
    """Introduction and rows of the section; None where nothing was tuned."""
    if not report["families"]:
        return None
    words = texts["tuning"]
    counts = {family: found["trials"] for family, found in report["families"].items()}
    budget = words["budgets"][report["plan"]["budget"]]
    return {
        "intro": words["intro"].format(**counts, epochs=report["epochs"], budget=budget),
        "rows": tuning_rows(texts, report),
    }


def tuning_rows(texts: Texts, report: Mapping[str, Any]) -> list[list[Cell]]:
    """What tuning gave each family, one row each."""
    rows = []
    for family, found in report["families"].items():
        changed = {key: value for key, value in found["chosen"].items() if value != found["current"][key]}
        said = ", ".join(f"{key} = {_short(value)}" for key, value in changed.items()) or texts["tuning"]["unchanged"]
        counts = [number(found[key], "d") for key in ("trials", "pruned")]
        keys = ("current_validation_mse", "best_validation_mse", "chosen_on_fresh_seeds")
        losses = [number(found[key], ".4f") for key in keys]
        name = texts["names"][family]
        rows.append([Cell(name, name), *counts, *losses, Cell(said, said)])
    return rows


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
