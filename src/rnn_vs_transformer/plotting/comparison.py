"""The figures of the comparison, one function each."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from rnn_vs_transformer.plotting.style import LOOKS, REFERENCES, Look, figure, legend_below, whole_steps
from rnn_vs_transformer.results import Results, in_seconds, rows_of
from rnn_vs_transformer.runtime.machine import device_behind
from rnn_vs_transformer.runtime.paths import forecaster
from rnn_vs_transformer.settings.family.families import FAMILIES
from rnn_vs_transformer.settings.family.train import RECIPES, Recipe

RECIPE_TITLES: Final[Mapping[Recipe, str]] = {
    "tutorial": "settings as given",
    "season_tokens": "one season per token",
}
TRAINED: Final = (*(forecaster(family, recipe) for recipe in RECIPES for family in FAMILIES), "mlp")
"""Those with seeds and an interval, in the order in which the errors are drawn."""

EXTREMES: Final = 2
"""So many of the series with the lowest and with the highest error are drawn."""
DECODINGS: Final = {"direct": "-", "autoregressive": "--"}
"""The line of each way of decoding; the colour is the family's."""


def draw_loss_curves(results: Results) -> None:
    """Train and validation loss per epoch of each recipe: mean over the seeds still running, and the seeds' range."""
    recipes = _recipes(results.histories)
    with figure("loss_curves", panels=len(recipes), height=1.0 + 3.6 * len(recipes)) as panels:
        for axes, recipe in zip(panels, recipes, strict=True):
            for family in FAMILIES:
                _draw_losses(axes, results.histories[forecaster(family, recipe)], LOOKS[family])
            axes.set_yscale("log")
            axes.yaxis.set_minor_formatter(lambda value, _: f"{value:g}" if str(value)[-1] in "2357" else "")
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
            whole_steps(axes)
            axes.set(xlabel="Epoch", ylabel="MSE (scaled units, log scale)")
            axes.set_title(f"Loss while training: {RECIPE_TITLES[recipe]} (band: range of the seeds)")
        panels[0].legend(ncols=2)


def _draw_losses(axes: Axes, history: pd.DataFrame, look: Look) -> None:
    for kind, line in (("validation", "-"), ("train", ":")):
        losses = history.groupby("epoch")[f"{kind}_loss"].agg(["mean", "min", "max"])
        axes.plot(losses.index, losses["mean"], line, color=look.colour, label=f"{look.label}, {kind}")
        if kind == "validation":
            axes.fill_between(losses.index, losses["min"], losses["max"], color=look.colour, alpha=0.18)


def _recipes(lying: Iterable[str]) -> list[Recipe]:
    """Those with forecasters of both families among the names that lie here."""
    names = set(lying)
    return [recipe for recipe in RECIPES if {forecaster(family, recipe) for family in FAMILIES} <= names]


def draw_test_error(results: Results) -> None:
    """Test MSE of the families with each recipe and of the control, with 95 % intervals; the others as lines."""
    rows = rows_of(results.metrics)
    trained = {name: rows[name] for name in TRAINED if name in rows}
    with figure("test_error", height=2.2 + 0.6 * len(trained)) as (axes,):
        for row, (name, found) in enumerate(trained.items()):
            look, mse = LOOKS[name], found["mse"]
            low, high = (found.get(f"mse_ci_{end}", mse) for end in ("low", "high"))  # none where data are too few
            ends = [[max(0.0, mse - low)], [max(0.0, high - mse)]]
            axes.errorbar(mse, row, xerr=ends, fmt=look.marker, color=look.colour, markersize=9, capsize=6,
                          linewidth=2.2)  # fmt: skip
            single = results.seeds.loc[results.seeds["forecaster"] == name, "mse"]
            axes.plot(single, np.full(len(single), row + 0.25), "|", color=look.colour, markersize=10)
        references = {name: row for name, row in rows.items() if name not in trained}
        highest = max(found.get("mse_ci_high", found["mse"]) for found in trained.values())
        _draw_references(axes, references, most=1.6 * highest)
        axes.set_yticks(range(len(trained)), [LOOKS[name].label.replace(", ", ",\n") for name in trained])
        axes.set_ylim(len(trained) - 0.4, -0.7)
        axes.set_xlim(left=0)
        axes.set_xlabel("Test MSE (scaled units); dot: mean, bar: 95 % interval, ticks: single seeds")
        axes.set_title("Error on the test split")


def _draw_references(axes: Axes, metrics: Mapping[str, Any], most: float) -> None:
    """Vertical lines of the references; those far off the scale are told in words."""
    beyond = []
    for name in REFERENCES:
        mse, look = metrics.get(name, {}).get("mse"), LOOKS[name]
        if mse is None:
            continue
        if mse <= most:
            axes.axvline(mse, linestyle=look.line, color=look.colour, label=f"{look.label} {mse:.3f}", zorder=0)
        else:
            beyond.append(f"{look.label} {mse:.3f}")
    if beyond:
        axes.plot([], [], " ", label="off the scale: " + ", ".join(beyond))
    legend_below(axes, columns=2)


def draw_horizon(results: Results) -> None:
    """Test MSE of each horizon step with each recipe, with the range of the seeds."""
    table = results.horizon
    recipes = _recipes(table.columns)
    top = 1.6 * max(table[forecaster(family, recipe)].max() for family in FAMILIES for recipe in recipes)
    with figure("horizon", panels=len(recipes), height=1.2 + 3.4 * len(recipes)) as panels:
        for axes, recipe in zip(panels, recipes, strict=True):
            for name in REFERENCES:
                if name in table and table[name].median() <= top:
                    look = LOOKS[name]
                    axes.plot(table["horizon_step"], table[name], linestyle=look.line, color=look.colour,
                              label=look.label)  # fmt: skip
            for family in FAMILIES:
                _draw_steps(axes, table, forecaster(family, recipe), LOOKS[family])
            axes.set_ylim(0, top)
            whole_steps(axes)
            axes.set(xlabel="Horizon step (steps after the forecast origin)", ylabel="Test MSE (scaled units)")
            axes.set_title(f"Error per horizon step: {RECIPE_TITLES[recipe]} (band: range of the seeds)")
        panels[0].legend(ncols=2, fontsize=10)


def _draw_steps(axes: Axes, table: pd.DataFrame, name: str, look: Look) -> None:
    steps = table["horizon_step"]
    axes.plot(steps, table[name], color=look.colour, label=look.label, marker=look.marker,
              markevery=max(1, len(steps) // 12), markersize=5)  # fmt: skip
    if f"{name}_low" in table:
        axes.fill_between(steps, table[f"{name}_low"], table[f"{name}_high"], color=look.colour, alpha=0.18)


def draw_forecasts(results: Results) -> None:
    """Forecasts of the first test windows against the truth, one step ahead and the whole horizon ahead."""
    table = results.forecasts
    name = table["series"].iloc[0]
    table = table[table["series"] == name]
    last = int(table["horizon_step"].max())
    steps = sorted({1, last})
    with figure("forecasts", panels=len(steps), height=3.2 * len(steps)) as panels:
        for axes, step in zip(panels, steps, strict=True):
            some = table[table["horizon_step"] == step]
            target = some["forecast_origin"] + step
            axes.plot(target, some["truth"], color=LOOKS["truth"].colour, label=LOOKS["truth"].label, linewidth=2.4)
            for told in ("oracle", *FAMILIES):
                if told in some:
                    line, look = "--" if told == "oracle" else "-", LOOKS[told]
                    axes.plot(target, some[told], line, color=look.colour, label=look.label, linewidth=1.5)
            ahead = "one step" if step == 1 else f"{step} steps"
            axes.set_title(f"The first {len(some)} test windows, {ahead} ahead (settings as given)")
            axes.set(xlabel="Step of the series", ylabel=f"{_plain(name)} (own units)")
        legend_below(panels[0], columns=4)


def _plain(name: object) -> str:
    """A user's name of a series, in which a dollar begins no formula."""
    return str(name).replace("$", r"\$")


def draw_series(results: Results) -> None:
    """Forecasts of the series with the lowest and the highest error, the whole horizon ahead."""
    errors = results.series[results.series["forecaster"].isin(FAMILIES)].groupby("series", sort=False)["mase"].mean()
    drawn = errors[errors.index.isin(results.forecasts["series"])].sort_values(kind="stable")
    some = drawn if len(drawn) <= 2 * EXTREMES else pd.concat([drawn[:EXTREMES], drawn[-EXTREMES:]])
    table = results.forecasts[results.forecasts["horizon_step"] == results.forecasts["horizon_step"].max()]
    with figure("series", panels=len(some), height=0.8 + 2.4 * len(some)) as panels:
        for axes, (name, error) in zip(panels, some.items(), strict=True):
            of_series = table[table["series"] == name]
            steps = of_series["forecast_origin"] + of_series["horizon_step"]
            for forecaster_name in ("truth", "ridge", *FAMILIES):
                look = LOOKS[forecaster_name]
                axes.plot(steps, of_series[forecaster_name], look.line, color=look.colour, label=look.label,
                          linewidth=2.4 if forecaster_name == "truth" else 1.5)  # fmt: skip
            axes.set_title(f"{_plain(name)}: MASE {error:.2f}, mean of both families")
            axes.set_ylabel("own units")
        panels[-1].set_xlabel(f"Step of the series, forecast {int(table['horizon_step'].iloc[0])} steps ahead")
        legend_below(panels[0], columns=4)


def draw_training_time(results: Results) -> None:
    """Training seconds and size of both families, as far as they were measured on this very run."""
    with figure("training_time", height=3.0) as (axes,):
        for row, family in enumerate(FAMILIES):
            found = results.times.get(family)
            if found is None:
                told = "  not measured in this run (restored from DVC's cache, or another machine's)"
                axes.text(0, row, told, va="center")
                continue
            seconds, epochs = found["train_seconds"], found["epochs"]
            axes.barh(row, seconds, color=LOOKS[family].colour, height=0.55)
            size = f"{found['parameters']:,} parameters, {found['multiply_adds_per_window'] / 1e6:.2f} M multiply-adds"
            axes.text(
                seconds, row, f"  {in_seconds(seconds)} s, {epochs:.0f} epochs\n  {size}", va="center", fontsize=10
            )
        axes.set_yticks(range(len(FAMILIES)), [LOOKS[family].label for family in FAMILIES])
        axes.set_ylim(len(FAMILIES) - 0.5, -0.5)
        axes.set_xlim(0, 1.9 * max([1.0, *(found["train_seconds"] for found in results.times.values())]))
        device = device_behind(results.machine) or "one thread"
        axes.set_xlabel(f"Training time of one seed (seconds on {device}, mean over seeds)")
        axes.set_title("Training time")


def draw_decoding(results: Results) -> None:
    """Test MSE of each horizon step with both ways of decoding, on the same seeds."""
    report = results.analyses["decoding"]
    with figure("decoding", height=4.8) as (axes,):
        axes.set_title("Error per horizon step, all steps at once or step by step")
        oracle, look = results.horizon.get("oracle"), LOOKS["oracle"]
        if oracle is not None:
            steps = results.horizon["horizon_step"]
            axes.plot(steps, oracle, look.line, color=look.colour, label=look.label, linewidth=1.2)
        for family, mode in ((family, mode) for family in FAMILIES for mode in DECODINGS):
            look, errors = LOOKS[family], list(report["steps"].get(f"{family}_{mode}", {}).values())
            label = f"{look.label}, {mode}" + ("" if errors else ": not compared, as its settings are for direct alone")
            axes.plot(range(1, len(errors) + 1), errors, DECODINGS[mode], color=look.colour, marker=look.marker,
                      markevery=max(1, len(errors) // 12), markersize=5, label=label)  # fmt: skip
        axes.set_ylim(bottom=0)
        whole_steps(axes)
        mean = f"mean of {report['seeds']} seeds" if report["seeds"] > 1 else "one seed"
        axes.set(xlabel="Horizon step (steps after the forecast origin)", ylabel=f"Test MSE (scaled units, {mean})")
        axes.legend()
