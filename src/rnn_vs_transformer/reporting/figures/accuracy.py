"""Error on the test split: of every forecaster, by horizon step, while training, and by decoding."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from rnn_vs_transformer.reporting.charts import axis
from rnn_vs_transformer.reporting.charts.intervals import Intervals, Row
from rnn_vs_transformer.reporting.charts.lines import Curve, Lines
from rnn_vs_transformer.reporting.figures.words import Texts, axis_word, name_of, titled
from rnn_vs_transformer.reporting.sections import comparison_table
from rnn_vs_transformer.reporting.wording import SEASON_TOKENS
from rnn_vs_transformer.results import Results, rows_of
from rnn_vs_transformer.runtime.paths import forecaster
from rnn_vs_transformer.settings.family.families import FAMILIES
from rnn_vs_transformer.settings.family.train import RECIPES, Recipe

TRAINED: Final = tuple(forecaster(family, recipe) for recipe in RECIPES for family in FAMILIES)
"""The rows of the first figure, from above."""
LINES: Final = ("mlp", "ridge", "context_floor", "oracle")
"""What the families are judged by; of two floors the one that a context of L steps allows."""
ASIDE: Final = ("ensemble", "last_value", "seasonal_naive", "naive2")
"""Told below the figure."""
CHOSEN: Final = "✓"
BEYOND: Final = 1.7
"""A line further right than so many times the highest interval is told in words instead."""


def errors(texts: Texts, results: Results) -> Intervals:
    """Test MSE of both families with each recipe and its interval; MLP, ridge and the floor as lines."""
    found = rows_of(results.metrics)
    shown = [_row(texts, results, name, found[name]) for name in TRAINED if name in found]
    most = BEYOND * max(row.value if row.high is None else row.high for row in shown)
    known = [name for name in LINES if name in found and not (name == "oracle" and "context_floor" in found)]
    lines = [_line(texts, name, found[name]) for name in known]
    inside = [line for line in lines if line.value <= most]
    beyond = [line for line in lines if line.value > most]
    others = [*beyond, *(_line(texts, name, found[name]) for name in ASIDE if name in found)]
    ends = [end for row in shown for end in (row.high, *row.singles) if end is not None]
    return Intervals(
        **_told(texts, results, {"context_floor", "oracle"} & set(known)),
        x=axis.linear(axis_word(texts, "test_mse"), [*ends, *(row.value for row in (*shown, *inside))], zero=True),
        rows=shown,
        references=sorted(inside, key=lambda row: row.value),
        note=texts["list_comma"].join(f"{row.name} {row.text}" for row in others),
        table=comparison_table(texts, results),
    )


def _told(texts: Texts, results: Results, floors: set[str]) -> dict[str, Any]:
    """Title and caption; where there is a floor, also what that is."""
    told = titled(texts, "errors")
    floor = texts["errors_floor"].format(context=results.meta.context_length) if floors else ""
    return {**told, "caption": f"{told['caption']} {floor}".strip()}


def _row(texts: Texts, results: Results, name: str, found: Mapping[str, Any]) -> Row:
    low, high = found.get("mse_ci_low"), found.get("mse_ci_high")
    text = f"{found['mse']:.3f}" + ("" if low is None else f" ({low:.3f}{texts['to']}{high:.3f})")
    singles = results.seeds.loc[results.seeds["forecaster"] == name, "mse"].tolist()
    row = Row(name_of(texts, name), name, found["mse"], text, low, high, singles, of=f"mse {name}")
    return replace(row, hollow=name not in FAMILIES, mark=CHOSEN if name in _chosen(results) else "")


def _chosen(results: Results) -> set[str]:
    """The rows whose recipe validation chose; none where there was no choice."""
    best = results.metrics["comparison"]["each_at_its_best"]
    choice = FAMILIES if SEASON_TOKENS in results.metrics else ()
    return {forecaster(family, best[f"{family}_recipe"]) for family in choice}


def _line(texts: Texts, name: str, found: Mapping[str, Any]) -> Row:
    return Row(name_of(texts, name), name, found["mse"], f"{found['mse']:.3f}", of=f"mse {name}")


def recipes_of(names: Iterable[str]) -> list[Recipe]:
    """The recipes of which both families are among the names."""
    known = set(names)
    return [recipe for recipe in RECIPES if {forecaster(family, recipe) for family in FAMILIES} <= known]


def horizon(texts: Texts, results: Results) -> Iterator[Lines]:
    """Test MSE of each horizon step, a figure per recipe."""
    table = results.horizon
    recipes = recipes_of(table.columns)
    top = max(table[forecaster(family, recipe)].max() for family in FAMILIES for recipe in recipes)
    scale = axis.linear(axis_word(texts, "test_mse"), [1.4 * top], zero=True)
    for recipe in recipes:
        told = titled(texts, "horizon", recipe=texts["recipes"][recipe])
        others = [name for name in ("mlp", "ridge", "context_floor") if name in table and table[name].median() < top]
        names = [*(forecaster(family, recipe) for family in FAMILIES), *others]
        yield Lines(
            **{**told, "name": f"horizon_{recipe}"},
            x=axis.steps(axis_word(texts, "horizon_step"), table["horizon_step"]),
            y=scale,
            curves=[_by_step(texts, table, name) for name in names],
            form=".3f",
        )


def _by_step(texts: Texts, table: pd.DataFrame, name: str) -> Curve:
    low, high = ((table[f"{name}_{end}"].tolist() if f"{name}_{end}" in table else []) for end in ("low", "high"))
    band = (low, high) if name != "mlp" else ([], [])
    steps = table["horizon_step"].tolist()
    return Curve(name_of(texts, name), name, steps, table[name].tolist(), low=band[0], high=band[1])


def loss(texts: Texts, results: Results) -> Iterator[Lines]:
    """Losses of each recipe by epoch: the mean of the seeds that are still in training, and their range."""
    recipes = recipes_of(results.histories)
    told = [results.histories[forecaster(family, recipe)] for family in FAMILIES for recipe in recipes]
    losses = [value for one in told for part in texts["parts"] for value in one[f"{part}_loss"]]
    scale = axis.logarithmic(axis_word(texts, "loss"), losses)
    for recipe in recipes:
        curves = [curve for family in FAMILIES for curve in _losses(texts, results, family, recipe)]
        words = titled(texts, "loss", recipe=texts["recipes"][recipe])
        epochs = axis.steps(axis_word(texts, "epoch"), [x for curve in curves for x in curve.x])
        yield Lines(**{**words, "name": f"loss_{recipe}"}, x=epochs, y=scale, curves=curves)


def _losses(texts: Texts, results: Results, family: str, recipe: Recipe) -> Iterator[Curve]:
    history = results.histories[forecaster(family, recipe)]
    for part in ("validation", "train"):
        found = history.groupby("epoch")[f"{part}_loss"].agg(["mean", "min", "max"])
        low, high = (found[end].tolist() if part == "validation" else [] for end in ("min", "max"))
        told, epochs = texts["comma"].join((name_of(texts, family), texts["parts"][part])), found.index.tolist()
        yield Curve(told, family, epochs, found["mean"].tolist(), low=low, high=high, dashed=part == "train")


def decoding(texts: Texts, results: Results) -> Iterator[Lines]:
    """Test MSE of each horizon step by both ways of decoding, where they were compared."""
    steps = results.analyses.get("decoding", {}).get("steps")
    if not steps:
        return
    curves = [
        Curve(texts["comma"].join((name_of(texts, family), texts["decoding"]["modes"][mode])), family,
              list(range(1, len(found) + 1)), list(found), dashed=mode == "autoregressive")
        for family in FAMILIES for mode in ("direct", "autoregressive")
        if (found := steps.get(f"{family}_{mode}", {}).values())
    ]  # fmt: skip
    yield Lines(
        **titled(texts, "decoding"),
        x=axis.steps(axis_word(texts, "horizon_step"), curves[0].x),
        y=axis.linear(axis_word(texts, "test_mse"), [y for curve in curves for y in curve.y], zero=True),
        curves=curves,
        form=".3f",
    )
