"""The search that led to the recipes `rnn-best`, `transformer-best` and theirs for long forecasts: `make search`.

The candidates of studies/search.yaml are judged by validation MSE, at H = 96 and at longer horizons; test is not
opened. Reads data/raw/ETTh1.csv, writes docs/results/search.csv as it goes; what is in there is not run again.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import yaml
from tqdm import tqdm

from rnn_vs_transformer.data.series import save_series
from rnn_vs_transformer.data.sources import make_series
from rnn_vs_transformer.errors import InputError
from rnn_vs_transformer.files import write_table
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.settings import current_settings
from rnn_vs_transformer.parallel import run_as_finished
from rnn_vs_transformer.params import Params
from rnn_vs_transformer.params.recipes import load_recipe, merge_settings
from rnn_vs_transformer.training.seeds import train_seed

CANDIDATES = Path("studies/search.yaml")
RESULTS = Path("docs/results/search.csv")
KEY = ["family", "changes", "seed"]
SORTED = ["family", "prediction_length", "validation_mse"]
COLUMNS = ["family", "prediction_length", "changes", "seed", "validation_mse", "epoch", "train_seconds"]


class Candidate(NamedTuple):
    """One training run of the search."""

    family: str
    changes: str
    """What differs from the family's start, as YAML in one line."""
    seed: int
    params: Params
    """All settings."""

    @property
    def key(self) -> tuple[str, str, int]:
        """What tells one run from another in the table."""
        return self.family, self.changes, self.seed


def main() -> None:
    """Train every candidate that is not in the table yet; the best of each family and horizon comes first."""
    candidates = list(read_candidates())
    spread = candidates[0].params.run
    if spread.backend != "loky":
        raise InputError("the search runs on one machine: run.backend must be loky")
    rows = _read_rows({candidate.key for candidate in candidates})
    missing = [candidate for candidate in candidates if candidate.key not in rows]
    finished = run_as_finished(partial(try_candidate, str(Path.cwd())), missing, spread)
    for number, found in tqdm(finished, "candidates", len(missing), unit="run"):
        one = missing[number]
        rows[one.key] = {
            **dict(zip(KEY, one.key, strict=True)),
            "prediction_length": one.params.data.prediction_length,
            **found,
        }
        write_table(RESULTS, pd.DataFrame(rows.values())[COLUMNS].sort_values(SORTED))


def _read_rows(known: set[tuple[str, str, int]]) -> dict[tuple[str, str, int], dict[str, Any]]:
    """The rows of the table that are of known candidates."""
    if not RESULTS.exists():
        return {}
    rows = pd.read_csv(RESULTS).to_dict("records")
    keyed = {(row["family"], row["changes"], row["seed"]): row for row in rows}
    return {key: {str(name): value for name, value in row.items()} for key, row in keyed.items() if key in known}


def read_candidates() -> Iterator[Candidate]:
    """All runs: each candidate with seed 0, and those that were close to the best with two more."""
    base = merge_settings(yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8")), load_recipe("ett"))
    for family, listed in yaml.safe_load(CANDIDATES.read_text(encoding="utf-8")).items():
        runs = [(changes, 0) for changes in listed["changes"]]
        runs += [(changes, seed) for changes in listed["again"] for seed in (1, 2)]
        for changes, seed in runs:
            told = yaml.safe_dump(changes, default_flow_style=True, width=1000).strip()
            params = Params.model_validate(merge_settings(base, listed["start"], changes))
            yield Candidate(family, told, seed, params)


def try_candidate(home: str, candidate: Candidate) -> dict[str, Any]:
    """Validation MSE of one candidate, trained in a folder of its own, as the stages leave theirs."""
    os.chdir(home)
    family, params = candidate.family, candidate.params
    series, settings = make_series(params.data), current_settings(family, params.model, params.train)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        save_series(series)
        fit = train_seed(family, BUILDERS[family], settings.model, settings.train, candidate.seed).fit
        os.chdir(home)
    return {"validation_mse": fit.best_validation_loss, "epoch": fit.best_epoch, "train_seconds": sum(fit.seconds)}


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
