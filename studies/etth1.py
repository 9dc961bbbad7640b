"""Both families on ETTh1 at the published horizons, with each recipe: `make etth1`, with ETTh1.csv in data/raw/.

Every run trains both families in the same shell, so a row of the table says how each fares with its own recipe and with
the other's. Nothing is chosen here: the recipes, and the horizon from which on those for long forecasts serve, were
chosen on validation, by `studies/search.py`.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_table
from rnn_vs_transformer.settings.recipes import recipe_overrides
from studies import study_base
from studies.experiments import Experiment, read_comparisons, read_seeds, run_queued
from studies.tables import horizon_table, verdict_table

SERIES = "data/raw/ETTh1.csv"
RECIPES = ("rnn-best", "transformer-best")
PREDICTION_LENGTHS = (96, 192, 336, 720)
FOLDS = ("train.validation_folds=3",)
"""What ships is chosen over three stretches of validation."""
LONG = 336
"""Shortest forecast for which the recipes for long forecasts were better on validation."""
COLUMNS = ["family", "recipe", "prediction_length", "seed", "mse", "mae", "train_seconds"]

Runs = Mapping[Experiment, tuple[str, int]]
"""Recipe and prediction length of each experiment."""


def main() -> None:
    """Run what has not run yet, then write etth1.csv and etth1_verdicts.csv in docs/results, and print both tables."""
    runs = experiments("etth1", recipes, FOLDS)
    run_queued(list(runs), copied=[SERIES], stage="package")
    scores, verdicts = (placed(read(list(runs)), runs) for read in (read_seeds, read_comparisons))
    keys = ["recipe", "prediction_length"]
    verdicts = verdicts[keys + [name for name in verdicts if name not in (*keys, "experiment")]].sort_values(keys)
    write_table(Path("docs/results/etth1.csv"), scores[COLUMNS].sort_values(COLUMNS[:4]))
    write_table(Path("docs/results/etth1_verdicts.csv"), verdicts)
    print(horizon_table(scores), verdict_table(verdicts), sep="\n\n")  # noqa: T201


def experiments(name: str, recipes_of: Callable[[int], list[str]], last: Sequence[str] = ()) -> Runs:
    """Each recipe at each published prediction length.

    Args:
        name: Of the series, with which the experiments' names begin.
        recipes_of: The recipes for a forecast of so many steps.
        last: `key=value` that hold whatever a recipe says.
    """
    return {
        Experiment(
            f"{name}-{recipe}-{length}",
            (*study_base(), *recipe_overrides(recipe), *last, f"data.prediction_length={length}"),
        ): (recipe, length)
        for length in PREDICTION_LENGTHS
        for recipe in recipes_of(length)
    }


def placed(found: pd.DataFrame, runs: Runs) -> pd.DataFrame:
    """With recipe and prediction length of each row's experiment."""
    places = {run.name: place for run, place in runs.items()}
    recipe, length = zip(*found["experiment"].map(places), strict=True)
    return found.assign(recipe=recipe, prediction_length=length)


def recipes(prediction_length: int) -> list[str]:
    """The recipe of each family for a forecast of so many steps."""
    return [f"{recipe}-long" if prediction_length >= LONG else recipe for recipe in RECIPES]


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
