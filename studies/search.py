"""The search that led to the recipes `rnn-best` and `transformer-best`: `make search`, with ETTh1.csv in data/raw/.

The candidates of studies/search.yaml, one seed each, are judged by validation MSE at H = 96; test is not opened.
Writes docs/results/search.csv.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from rnn_vs_transformer.data.series import save_series
from rnn_vs_transformer.data.sources import make_series
from rnn_vs_transformer.errors import InputError
from rnn_vs_transformer.files import write_table
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.settings import current_settings
from rnn_vs_transformer.parallel import run_side_by_side
from rnn_vs_transformer.params import Params
from rnn_vs_transformer.params.recipes import load_recipe, merge_settings
from rnn_vs_transformer.training.seeds import train_seed

CANDIDATES = Path("studies/search.yaml")
RESULTS = Path("docs/results/search.csv")


def main() -> None:
    """Train every candidate and write the table, the best of each family first."""
    candidates = list(read_candidates())
    spread = candidates[0][2].run
    if spread.backend != "loky":
        raise InputError("the search runs on one machine: run.backend must be loky")
    fits = run_side_by_side(partial(try_candidate, str(Path.cwd())), candidates, spread)
    rows = [
        {"family": family, "changes": changes, **found}
        for (family, changes, _), found in zip(candidates, fits, strict=True)
    ]
    write_table(RESULTS, pd.DataFrame(rows).sort_values(["family", "validation_mse"]))


def read_candidates() -> Iterator[tuple[str, str, Params]]:
    """Family, what is changed against the family's start, and all settings."""
    base = merge_settings(yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8")), load_recipe("ett"))
    for family, listed in yaml.safe_load(CANDIDATES.read_text(encoding="utf-8")).items():
        for changes in listed["changes"]:
            told = yaml.safe_dump(changes, default_flow_style=True, width=1000).strip()
            yield family, told, Params.model_validate(merge_settings(base, listed["start"], changes))


def try_candidate(home: str, candidate: tuple[str, str, Params]) -> dict[str, Any]:
    """Validation MSE of one candidate, trained in a folder of its own, as the stages leave theirs."""
    family, _, params = candidate
    os.chdir(home)
    series, settings = make_series(params.data), current_settings(family, params.model, params.train)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        save_series(series)
        fit = train_seed(family, BUILDERS[family], settings.model, settings.train, 0).fit
        os.chdir(home)
    return {"validation_mse": fit.best_validation_loss, "epoch": fit.best_epoch, "train_seconds": sum(fit.seconds)}


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
