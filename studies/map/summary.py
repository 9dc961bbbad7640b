"""What the map found: who is better in each cell, what holds over all cases, and what it cost.

A cell is one case, series length and context. Its units are the draws. Over several cells the units are the cases, or
the worlds (a draw of a case) where cases are what is compared.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.evaluation.across import compare_across, holm, student_p
from rnn_vs_transformer.evaluation.intervals import Estimate, mean_interval
from rnn_vs_transformer.sources.cases import CASES
from studies.map.trials import Plan

Row = dict[str, Any]
RECURRENT: Final = ("rnn", "gru")
RECIPES: Final = ("tutorial", "season_tokens")
CELL: Final = ["case", "steps", "context_length"]
WORLD: Final = ["case", "draw"]
VERDICTS: Final = {"first better": "rnn better", "second better": "transformer better"}
CONTROLS: Final = ("ridge", "mlp")
"""Forecasters without a sequence model; a family counts as better where its whole interval is below theirs."""


@dataclass(frozen=True)
class Sides:
    """Whose errors are compared, and trained by which recipes; of several the one with the least validation error."""

    recurrent: Sequence[str]
    recipes: Sequence[str]


COMPARISONS: Final = {
    "tutorial": Sides(["rnn"], ["tutorial"]),
    "season_tokens": Sides(["rnn"], ["season_tokens"]),
    "tutorial_gru": Sides(["gru"], ["tutorial"]),
    "season_tokens_gru": Sides(["gru"], ["season_tokens"]),
    "at_its_best": Sides(RECURRENT, RECIPES),
}
"""The tanh cell and the GRU against the Transformer by each recipe, and each at its best."""


def at_usual_context(table: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """The rows with the context of their case, without those of the context sweep."""
    return table[table["context_length"] == table["case"].map(plan["cases"])]


def chosen(runs: pd.DataFrame, forecasters: Sequence[str], recipes: Sequence[str]) -> pd.DataFrame:
    """Per cell and draw the run with the least validation error among these forecasters and recipes."""
    some = runs[runs["forecaster"].isin(forecasters) & runs["recipe"].isin(recipes)].reset_index(drop=True)
    return some.loc[some.groupby([*CELL, "draw"])["validation_mse"].idxmin()].set_index([*CELL, "draw"]).sort_index()


def pairs(runs: pd.DataFrame, sides: Sides) -> pd.DataFrame:
    """What is compared, a row per cell and draw: mse, best_epoch and seconds of both, and mse of ridge and MLP."""
    rnn, transformer = chosen(runs, sides.recurrent, sides.recipes), chosen(runs, ["transformer"], sides.recipes)
    columns = {f"{key}_{name}": found[key] for name, found in (("rnn", rnn), ("transformer", transformer))
               for key in ("mse", "best_epoch", "seconds")}  # fmt: skip
    others = {f"mse_{name}": runs[runs["forecaster"] == name].set_index([*CELL, "draw"])["mse"]
              for name in CONTROLS}  # fmt: skip
    return pd.DataFrame({**columns, **others}).dropna()


def cells(runs: pd.DataFrame, margin: float) -> pd.DataFrame:
    """The verdict of every cell in every comparison, a row each.

    Columns besides those of `CELL`: comparison; relative_difference of MSE, Transformer against the recurrent side,
    with Student's 95 % interval over draws; student_p, wilcoxon_p, holm_p (Student's, for all cells of the
    comparison); the three Bayesian probabilities; verdict; and which family is better than ridge and MLP.
    """
    rows = [{"comparison": name, **dict(zip(CELL, cell, strict=True)), **_cell(found, margin)}
            for name, sides in COMPARISONS.items()
            for cell, found in pairs(runs, sides).groupby(level=CELL)]  # fmt: skip
    table = pd.DataFrame(rows)
    table["holm_p"] = table.groupby("comparison")["student_p"].transform(holm)
    order = {case: place for place, case in enumerate(CASES)}
    return table.sort_values(["comparison", *CELL], key=lambda column: column.map(order) if column.name == "case" else
                             column, kind="stable")  # fmt: skip


def _cell(found: pd.DataFrame, margin: float) -> Row:
    compared = compare_across(found["mse_rnn"], found["mse_transformer"], margin)
    better = {f"{family}_better_than_{other}": _interval_below(found[f"mse_{family}"], found[f"mse_{other}"])
              for family in ("rnn", "transformer") for other in CONTROLS}  # fmt: skip
    return {
        "draws": compared.units,
        "relative_difference": compared.relative_difference,
        "ci_low": compared.ci_low,
        "ci_high": compared.ci_high,
        "student_p": compared.student_p,
        "wilcoxon_p": compared.wilcoxon_p,
        "probability_rnn": compared.probability_first,
        "probability_equivalent": compared.probability_equivalent,
        "probability_transformer": compared.probability_second,
        "verdict": VERDICTS.get(compared.verdict, compared.verdict),
        **better,
    }


def _interval_below(errors: "pd.Series[float]", others: "pd.Series[float]") -> bool:
    high = mean_interval(np.log(errors.to_numpy() / others.to_numpy())).high
    return high is not None and high < 0


def errors(runs: pd.DataFrame) -> pd.DataFrame:
    """Mean over draws of every forecaster's error in every cell, with what it cost."""
    keys = ["mse", "validation_mse", "best_epoch", "seconds", "parameters", "multiply_adds_per_window"]
    return runs.groupby([*CELL, "forecaster", "recipe"], sort=False)[keys].mean().reset_index()


def findings(runs: pd.DataFrame, plan: Plan) -> dict[str, Row]:
    """What holds over several cells, by name: estimate, low, high and units.

    `mse.*`, `ridge.*` and their like are relative differences, `best_epoch.*` and `seconds.*` ratios, and `*_slope.*`
    the change of the log of MSE(Transformer) / MSE(RNN) per doubling.
    """
    found: dict[str, Row] = {}
    for recipe in (*RECIPES, "at_its_best"):
        table = pairs(runs, COMPARISONS[recipe]).reset_index()
        usual = at_usual_context(table, plan)
        found |= {f"{name}.{recipe}": value for name, value in _over_cells(usual).items()}
        found |= {name.replace("FAMILY", family).replace("RECIPE", recipe): value
                  for family in ("rnn", "transformer")
                  for name, value in _against_ridge(usual, family).items()}  # fmt: skip
        found |= {f"mse.{recipe}.{scope}": _relative(_log_ratio(some), unit)
                  for scope, (some, unit) in _scopes(usual).items()}  # fmt: skip
        found[f"context_slope.{recipe}"] = _context_slope(table, plan)
    return found


def _scopes(table: pd.DataFrame) -> dict[str, tuple[pd.DataFrame, list[str]]]:
    """Parts of the map, and what their independent units are."""
    return {
        "all": (table, ["case"]),
        **{case: (table[table["case"] == case], WORLD) for case in table["case"].unique()},
        "long_memory": (table[table["case"].str.startswith("long_memory")], WORLD),
        "short_series": (table[table["steps"] == table["steps"].min()], ["case"]),
        "long_series": (table[table["steps"] == table["steps"].max()], ["case"]),
    }


def _against_ridge(table: pd.DataFrame, family: str) -> dict[str, Row]:
    return {f"ridge.FAMILY.RECIPE.{scope}": _relative(_log_ratio(some, f"mse_{family}", "mse_ridge"), unit)
            for scope, (some, unit) in _scopes(table).items()}  # fmt: skip


def _over_cells(table: pd.DataFrame) -> dict[str, Row]:
    ratio = _log_ratio(table)
    slopes = ratio.groupby(WORLD)[["steps", "value"]].apply(_slope_of_steps).rename("value").reset_index()
    long_memory = ratio[ratio["case"].str.startswith("long_memory")]
    delays = long_memory.groupby(WORLD)["value"].mean().reset_index()
    return {
        "data_slope": _entry(_mean(slopes, ["case"]), units=slopes["case"].nunique()),
        "delay_slope": _entry(slope_interval(np.log2(delays["case"].str.split("_").str[-1].astype(float).to_numpy()),
                                             delays["value"].to_numpy()), units=len(delays)),
        "best_epoch": _ratio(_log_ratio(table, "best_epoch_transformer", "best_epoch_rnn")),
        "seconds": _ratio(_log_ratio(table, "seconds_rnn", "seconds_transformer")),
    }  # fmt: skip


def _log_ratio(table: pd.DataFrame, above: str = "mse_transformer", below: str = "mse_rnn") -> pd.DataFrame:
    return table[[*CELL, "draw"]].assign(value=np.log(table[above] / table[below]))


def _slope_of_steps(world: pd.DataFrame) -> float:
    return float(np.polyfit(np.log2(world["steps"]), world["value"], 1)[0])


def _context_slope(table: pd.DataFrame, plan: Plan) -> Row:
    sweep = plan["context_sweep"]
    some = _log_ratio(table[(table["case"] == sweep["case"]) & (table["steps"] == sweep["steps"])])
    slopes = some.groupby("draw")[["context_length", "value"]].apply(
        lambda draw: float(np.polyfit(np.log2(draw["context_length"]), draw["value"], 1)[0])
    )
    return _entry(mean_interval(slopes.to_numpy()), units=len(slopes))


def slope_interval(x: FloatArray, y: FloatArray) -> Estimate:
    """The slope of a straight line through points (n,), with its 95 % interval by least squares."""
    from scipy import stats  # noqa: PLC0415 - takes a second to import

    fitted = stats.linregress(x, y)
    reach = float(stats.t.ppf(0.975, len(x) - 2) * fitted.stderr)
    return Estimate(float(fitted.slope), float(fitted.slope) - reach, float(fitted.slope) + reach)


def _mean(table: pd.DataFrame, unit: list[str]) -> Estimate:
    return mean_interval(_units(table, unit))


def _units(table: pd.DataFrame, unit: list[str]) -> FloatArray:
    values: FloatArray = table.groupby(unit)["value"].mean().to_numpy()
    return values


def _relative(table: pd.DataFrame, unit: list[str]) -> Row:
    values = _units(table, unit)
    return _entry(mean_interval(values), np.expm1, units=len(values)) | {"p": float(f"{student_p(values):.3g}")}


def _ratio(table: pd.DataFrame) -> Row:
    return _entry(_mean(table, ["case"]), np.exp, units=table["case"].nunique())


def _entry(found: Estimate, scale: Callable[[float], float] = float, *, units: int) -> Row:
    ends = {"estimate": found.estimate, "low": found.low, "high": found.high}
    told = {name: None if end is None else round(float(scale(end)), 6) for name, end in ends.items()}
    return {**told, "units": units}


def counts(table: pd.DataFrame, plan: Plan) -> dict[str, Mapping[str, int]]:
    """Per comparison how many cells have each verdict, at each case's own context."""
    usual = at_usual_context(table, plan)
    names = ("rnn better", "transformer better", "equivalent", "inconclusive")
    return {str(name): {verdict: int((some["verdict"] == verdict).sum()) for verdict in names}
            for name, some in usual.groupby("comparison")}  # fmt: skip
