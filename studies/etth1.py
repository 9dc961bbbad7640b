"""Both families on ETTh1 at the published horizons, with each recipe: `make etth1`, with ETTh1.csv in data/raw/.

Every run trains both families in the same shell, so a row of the table says how each fares with its own recipe and with
the other's. Nothing is chosen here: the recipes, and the horizon from which on those for long forecasts serve, were
chosen on validation, by `studies/search.py`.
"""

import sys
from pathlib import Path

from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_table
from rnn_vs_transformer.settings.recipes import recipe_overrides
from studies import study_base
from studies.experiments import Experiment, read_comparisons, read_seeds, run_queued
from studies.tables import horizon_table, verdict_table

SERIES = "data/raw/ETTh1.csv"
RECIPES = ("rnn-best", "transformer-best")
PREDICTION_LENGTHS = (96, 192, 336, 720)
LONG = 336
"""Shortest forecast for which the recipes for long forecasts were better on validation."""
COLUMNS = ["family", "recipe", "prediction_length", "seed", "mse", "mae", "train_seconds"]


def main() -> None:
    """Run what has not run yet, then write etth1.csv and etth1_verdicts.csv in docs/results, and print both tables."""
    runs = {
        Experiment(
            f"etth1-{recipe}-{length}",
            (*study_base(), *recipe_overrides(recipe), f"data.prediction_length={length}"),
        ): (recipe, length)
        for length in PREDICTION_LENGTHS
        for recipe in recipes(length)
    }
    run_queued(list(runs), copied=[SERIES], stage="package")
    scores, verdicts = (
        found.assign(
            recipe=found["experiment"].map({run.name: recipe for run, (recipe, _) in runs.items()}),
            prediction_length=found["experiment"].map({run.name: length for run, (_, length) in runs.items()}),
        )
        for found in (read_seeds(list(runs)), read_comparisons(list(runs)))
    )
    keys = ["recipe", "prediction_length"]
    verdicts = verdicts[keys + [name for name in verdicts if name not in (*keys, "experiment")]].sort_values(keys)
    write_table(Path("docs/results/etth1.csv"), scores[COLUMNS].sort_values(COLUMNS[:4]))
    write_table(Path("docs/results/etth1_verdicts.csv"), verdicts)
    print(horizon_table(scores), verdict_table(verdicts), sep="\n\n")  # noqa: T201


def recipes(prediction_length: int) -> list[str]:
    """The recipe of each family for a forecast of so many steps."""
    return [f"{recipe}-long" if prediction_length >= LONG else recipe for recipe in RECIPES]


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
