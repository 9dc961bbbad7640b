"""How much is recipe, how much is family: mixer x instance norm x tokens x readout on ETTh1, H = 96: `make factorial`.

A small model and a short training, the same in all cells, half an hour on two cores; it tells effects, not
best results.
"""

import itertools
import sys
from pathlib import Path

from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_table
from rnn_vs_transformer.settings.recipes import recipe_overrides
from studies import study_base
from studies.experiments import Experiment, read_seeds, run_queued
from studies.tables import cell_table, effect_table

SERIES = "data/raw/ETTh1.csv"
FACTORS = {
    "instance_norm": {"none": ["model.instance_norm=none"], "last": ["model.instance_norm=last"]},
    "tokens": {
        "point": ["model.patch_length=1", "model.patch_stride=1"],
        "patch": ["model.patch_length=16", "model.patch_stride=8"],
    },
    "readout": {"last": ["model.readout=last"], "flatten": ["model.readout=flatten"]},
}
COLUMNS = ["family", *FACTORS, "seed", "mse", "mae", "validation_mse", "train_seconds"]


def main() -> None:
    """Run what has not run yet, then write docs/results/factorial.csv and print cells and main effects."""
    base = [*study_base(), *recipe_overrides("factorial")]
    runs = {}
    for levels in itertools.product(*FACTORS.values()):
        settings = [word for factor, level in zip(FACTORS, levels, strict=True) for word in FACTORS[factor][level]]
        runs[Experiment("factorial-" + "-".join(levels), (*base, *settings))] = levels
    run_queued(list(runs), copied=[SERIES])
    found = read_seeds(list(runs))
    for number, factor in enumerate(FACTORS):
        found[factor] = found["experiment"].map({run.name: levels[number] for run, levels in runs.items()})
    write_table(Path("docs/results/factorial.csv"), found[COLUMNS])
    factors = ["family", *FACTORS]
    print(cell_table(found, factors), effect_table(found, factors), sep="\n\n")  # noqa: T201


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
