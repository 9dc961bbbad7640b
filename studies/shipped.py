"""The forecast that ships, beside published numbers: `make etth1` ends with it, `make exchange` is it.

Each recipe is run up to the stage `package` at each published prediction length. Of the defaults of all recipes the
one with the least validation error counts: what a user gets who tries these recipes and never looks at test. The rule
by which a default is chosen over folds (`choose_forecaster`) was written after a trial on Exchange at 96 steps.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_table
from rnn_vs_transformer.settings.recipes import recipe_overrides
from studies.etth1 import FOLDS, SERIES, Runs, experiments, placed, recipes
from studies.experiments import OF_FOLDS, read_shipped, run_queued
from studies.tables import shipped_table

PUBLISHED: Final = Path("docs/results/published.csv")
RATES: Final = Path("data/raw/exchange_rate.csv")
RATES_AS_PUBLISHED: Final = Path("data/raw/exchange_rate.txt")
COUNTRIES: Final = "Australia,Britain,Canada,Switzerland,China,Japan,New Zealand,Singapore"
START: Final = "ridge-start"
COLUMNS: Final = ["prediction_length", "recipe", "forecaster", "validation_mse", "mse", "ships"]


@dataclass(frozen=True)
class Benchmark:
    """A series with published errors, and the recipes that are tried on it."""

    series: str
    recipes: Callable[[int], list[str]]
    """For a forecast of so many steps."""
    last: tuple[str, ...] = ()
    """What holds whatever a recipe says."""


BENCHMARKS: Final = {
    "etth1": Benchmark(SERIES, recipes, FOLDS),
    "exchange": Benchmark(RATES.as_posix(), lambda _: [START], tuple(recipe_overrides("exchange"))),
}


def runs_of(name: str) -> Runs:
    """The experiments of a benchmark; those of `make etth1` are the same, and so not run twice."""
    return experiments(name, BENCHMARKS[name].recipes, BENCHMARKS[name].last)


def add_header() -> None:
    """Exchange with the names of its countries in a first line (order of Lai et al. 2018), as every series is read."""
    if RATES_AS_PUBLISHED.exists() and not RATES.exists():
        RATES.write_text(f"{COUNTRIES}\n{RATES_AS_PUBLISHED.read_text(encoding='utf-8')}", encoding="utf-8")


def mark_shipped(found: pd.DataFrame) -> pd.DataFrame:
    """With the column `ships`: of each prediction length the default of the recipe that validation prefers."""
    defaults = found[found["default"]]
    best = defaults.loc[defaults.groupby("prediction_length")["validation_mse"].idxmin()].index
    columns = [*COLUMNS, *(name for name in map(str, found) if name.startswith(OF_FOLDS))]
    return found.assign(ships=found.index.isin(best))[columns].sort_values(COLUMNS[:3], ignore_index=True)


def main(name: str) -> None:
    """Run what has not run yet, write docs/results/NAME_shipped.csv, and print its table."""
    add_header()
    runs = runs_of(name)
    run_queued(list(runs), copied=[BENCHMARKS[name].series], stage="package")
    table = mark_shipped(placed(read_shipped(list(runs)), runs))
    write_table(Path(f"docs/results/{name}_shipped.csv"), table)
    published = pd.read_csv(PUBLISHED)
    print(shipped_table(table, published[published["benchmark"] == name]))  # noqa: T201


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except InputError as error:
        sys.exit(f"error: {error}")
