"""The search that led to the recipes `rnn-best`, `transformer-best` and theirs for long forecasts: `make search`.

The candidates of studies/search.yaml are judged by validation MSE, at H = 96 and at longer horizons; test is not
opened. Reads data/raw/ETTh1.csv, writes docs/results/search.csv as it goes; what is in there with the same settings is
not run again, whatever the code and the machine were: to measure anew, remove the table.
"""

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import yaml
from tqdm import tqdm

from rnn_vs_transformer.data.series import save_series
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_table
from rnn_vs_transformer.runtime.parallel import run_as_finished
from rnn_vs_transformer.settings.family.families import given_settings
from rnn_vs_transformer.settings.recipes import load_recipe, merge_settings
from rnn_vs_transformer.settings.whole import Params
from rnn_vs_transformer.sources.make import make_series
from rnn_vs_transformer.training.checkpoint import common_identity
from rnn_vs_transformer.training.seeds import SeedTask, train_seed

CANDIDATES = Path("studies/search.yaml")
RESULTS = Path("docs/results/search.csv")
KEY = ["family", "settings", "seed"]
SORTED = ["family", "prediction_length", "validation_mse"]
COLUMNS = ["family", "prediction_length", "changes", "settings", "seed", "validation_mse", "epoch", "train_seconds"]
Key = tuple[str, str, int]


class Candidate(NamedTuple):
    """One training run of the search."""

    family: str
    changes: str
    """What differs from the family's start, as YAML in one line."""
    seed: int
    params: Params
    """All settings."""

    @property
    def key(self) -> Key:
        """What tells one run from another in the table: a hash of all settings, so of the family's start as well."""
        settings = [section.model_dump() for section in (self.params.data, self.params.model, self.params.train)]
        return self.family, hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:12], self.seed


def main() -> None:
    """Train every candidate that is not in the table yet; the best of each family and horizon comes first."""
    candidates = list(read_candidates())
    spread = candidates[0].params.run
    if spread.backend != "loky":
        raise InputError("the search runs on one machine: run.backend must be loky")
    rows = _read_rows({candidate.key: candidate.changes for candidate in candidates})
    missing = [candidate for candidate in candidates if candidate.key not in rows]
    _write_rows(rows)
    with closing(run_as_finished(partial(try_candidate, str(Path.cwd())), missing, spread)) as finished:
        for number, found in tqdm(finished, "candidates", len(missing), unit="run"):
            one = missing[number]
            rows[one.key] = {
                **dict(zip(KEY, one.key, strict=True)),
                "changes": one.changes,
                "prediction_length": one.params.data.prediction_length,
                **found,
            }
            _write_rows(rows)


def _read_rows(known: dict[Key, str]) -> dict[Key, dict[str, Any]]:
    """The rows of the table that are of known candidates."""
    if not RESULTS.exists():
        return {}
    try:
        table = pd.read_csv(RESULTS)[COLUMNS]
    except (KeyError, ValueError):
        raise InputError(f"{RESULTS} is not a table of this search; move it away, then run again") from None
    rows = [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
    keyed = {tuple(row[name] for name in KEY): row for row in rows}
    return {key: {**keyed[key], "changes": changes} for key, changes in known.items() if key in keyed}


def _write_rows(rows: dict[Key, dict[str, Any]]) -> None:
    write_table(RESULTS, pd.DataFrame(rows.values(), columns=COLUMNS).sort_values(SORTED))


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
    series, settings = make_series(params.data), given_settings(family, params.model, params.train)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        save_series(series)
        fit = train_seed(SeedTask(family, settings, candidate.seed, common_identity())).fit
        os.chdir(home)
    return {"validation_mse": fit.best_validation_loss, "epoch": fit.best_epoch, "train_seconds": sum(fit.seconds)}


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
