"""Tell the committed results: `python -m benchmarks.figures` draws accuracy.svg and growth.svg and fills the page."""

import json
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter

from benchmarks.page import NAMES, filled
from benchmarks.reach import TABLE, curves, sum_up
from rnn_vs_transformer.plotting.style import LOOKS, SETTINGS
from rnn_vs_transformer.runtime.files import write_bytes

RESULTS: Final = Path("benchmarks/results.json")
PAGE: Final = Path("benchmarks/README.md")
LINES: Final = {"tutorial": ("", "-"), "season_tokens": ("_season_tokens", "-"), "tuned": ("", ":")}
"""Of a recipe: whose colour, and the line."""
COLOURS: Final = {"rnn": LOOKS["rnn"].colour, "transformer": LOOKS["transformer"].colour, "linear": "#555555"}
TITLES: Final = {
    "windows": "training windows",
    "series": "series of 1,000 steps",
    "context": "context (steps)",
    "horizon": "horizon (steps)",
    "seeds": "seeds",
}
SECONDS: Final = {
    "windows": ("epoch_seconds", "seconds an epoch"),
    "series": ("epoch_seconds", "seconds an epoch"),
    "context": ("step_seconds", "seconds a step of 8"),
    "horizon": ("step_seconds", "seconds a step of 64"),
    "seeds": ("seconds", "seconds, all cores"),
}
MEMORY: Final = ("grown_mebibytes", "MiB besides PyTorch")
MEBIBYTES: Final = (10, 1_000)


def main() -> None:
    """Draw and tell what there are results of."""
    with mpl.rc_context({**SETTINGS, "font.size": 10, "svg.fonttype": "none"}):
        if TABLE.exists():
            draw_accuracy(pd.read_csv(TABLE, keep_default_na=False), TABLE.with_suffix(".svg"))
        results = json.loads(RESULTS.read_text(encoding="utf-8"))
        growth = results["growth"]
        if "exponents" in growth:
            draw_growth(growth["points"], growth["exponents"], RESULTS.with_name("growth.svg"))
    write_bytes(PAGE, filled(PAGE.read_text(encoding="utf-8"), results).encode())


def draw_accuracy(table: pd.DataFrame, path: Path) -> None:
    """Test error against seconds of training: a line per run of ours, a point per peer."""
    sheet = Figure(figsize=(9.5, 5.5), layout="constrained")
    axes = sheet.subplots()
    found = sum_up(table)["contenders"]
    peers = {name: row for name, row in found.items() if not row["recipe"]}
    for name in (name for name in found if name not in peers):
        suffix, line = LINES[found[name]["recipe"]]
        look = LOOKS[found[name]["family"] + suffix]
        for number, (seconds, errors) in enumerate(curves(table, name)):
            label = f"{NAMES[name]} (one thread)" if number == 0 else None
            axes.step(seconds, errors, line, where="post", color=look.colour, linewidth=1.6, alpha=0.8, label=label)
            axes.plot(seconds[-1], errors[-1], look.marker, color=look.colour, markersize=5)
    for number, (name, row) in enumerate(sorted(peers.items(), key=lambda one: float(one[1]["test_mse"]))):
        place, colour = (row["end_seconds"], row["test_mse"]), COLOURS[row["family"]]
        axes.plot(*place, "x", color=colour, markersize=8)
        axes.annotate(NAMES[name], place, (1.02, 0.02 + 0.06 * number), textcoords="axes fraction", fontsize=9,
                      color=colour, arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.5})  # fmt: skip
    axes.plot([], [], "x", color="#555555", label="peers at the end of training (all threads)")
    _log(axes, "seconds of training", "test MSE of the epoch that validation chose")
    axes.set_title("Test error against seconds of training")
    axes.legend(loc="upper right", fontsize=9)
    _save(sheet, path)


def draw_growth(points: dict[str, list[dict[str, Any]]], exponents: list[dict[str, Any]], path: Path) -> None:
    """Seconds above memory, by what grows; the exponents over the longest half of the values stand beside."""
    sheet = Figure(figsize=(12.0, 5.6), layout="constrained")
    grid = sheet.subplots(2, len(TITLES))
    for column, axis in enumerate(TITLES):
        for axes, (cost, label) in zip(grid[:, column], (SECONDS[axis], MEMORY), strict=True):
            if cost not in points[axis][0]:
                axes.set_axis_off()
                continue
            for number, family in enumerate(("rnn", "transformer")):
                some = [point for point in points[axis] if point["family"] == family]
                look, told = LOOKS[family], _last_exponent(exponents, axis, family, cost)
                axes.plot([point[axis] for point in some], [point[cost] for point in some], look.marker + "-",
                          color=look.colour, markersize=4, label=look.label)  # fmt: skip
                axes.text(0.04, 0.98 - 0.1 * number, told, transform=axes.transAxes, va="top", color=look.colour)
            if cost == MEMORY[0]:
                axes.set_ylim(*MEBIBYTES)
            axes.set_yscale("log")
            low, high = axes.get_ylim()
            axes.set_ylim(low, high * (high / low) ** 0.3)  # for what stands at the top
            _log(axes, TITLES[axis], label)
    sheet.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    _save(sheet, path)


def _last_exponent(exponents: Sequence[dict[str, Any]], axis: str, family: str, cost: str) -> str:
    """In words, over the longest half."""
    asked = {"axis": axis, "family": family, "cost": cost}
    found = [row for row in exponents if asked.items() <= row.items()]
    return f"power {found[-1]['exponent']:.2f}" if found else ""


def _log(axes: Axes, across: str, up: str) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    plain = FuncFormatter(lambda value, _: f"{value:,.10g}")
    for one in (axes.xaxis, axes.yaxis):
        low, high = one.get_view_interval()
        one.set_major_locator(LogLocator(subs=(1.0,) if high / low > 30 else (1.0, 2.0, 5.0)))  # noqa: PLR2004
        one.set_major_formatter(plain)
        one.set_minor_locator(FixedLocator([]))
        one.set_minor_formatter(NullFormatter())


def _save(sheet: Figure, path: Path) -> None:
    """As SVG; the same drawing gives the same bytes."""
    picture = BytesIO()
    sheet.savefig(picture, format="svg", metadata={"Date": None, "Creator": None})
    write_bytes(path, picture.getvalue())


if __name__ == "__main__":
    main()
