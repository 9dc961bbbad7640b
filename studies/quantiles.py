"""How often quantiles, as forecast and conformalised, hold the truth on 20 other worlds: `make quantiles`.

A world is the synthetic one of params.yaml, drawn anew by another `data.synthetic.seed`; both families are trained on
it by the quantile loss, one seed each, with one season per token and few epochs: coverage is asked, not accuracy.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rnn_vs_transformer.data.series import scale_splits
from rnn_vs_transformer.models.shell import ForecastModel
from rnn_vs_transformer.models.weights import build_family
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.settings.family.families import FAMILIES, given_settings
from rnn_vs_transformer.settings.recipes import merge_settings
from rnn_vs_transformer.settings.whole import load_params
from rnn_vs_transformer.sources.make import make_series
from studies.resumable import Row, Work, kept_file, run_to_table
from studies.training import train_and_score_quantiles

RESULTS: Final = Path("docs/results/quantiles.csv")
PARAMS: Final = Path("params.yaml")
WORLDS: Final = range(300, 320)
EPOCHS: Final = 3
SEASON: Final = 24


@dataclass(frozen=True)
class Trial:
    """One family on one world."""

    world: int
    family: str
    epochs: int = EPOCHS


def run_trial(trial: Trial) -> list[Row]:
    """Train, and score on test."""
    params = load_params()
    data = merge_settings(params.data.model_dump(), {"synthetic": {"seed": trial.world}})
    series = make_series(DataParams.model_validate(data), with_floors=False)
    splits = scale_splits(series.panel, series.ends, series.meta)
    changes = {"train.loss": "quantile", "train.epochs": trial.epochs, "model.patch_length": SEASON,
               "model.patch_stride": SEASON}  # fmt: skip
    settings = given_settings(trial.family, params.model, params.train).with_values(changes)

    def build() -> ForecastModel:
        return build_family(trial.family, settings.model, series.meta, settings.train.levels)

    row = train_and_score_quantiles(build, settings.train, splits, splits)
    return [{"world": trial.world, "family": trial.family, **row}]


def main() -> None:
    """Run what is left, and write the table."""
    trials = [Trial(world, family) for world in WORLDS for family in FAMILIES]
    work = Work(trials, run_trial, lambda _: 5.0, [PARAMS])
    run_to_table(work, RESULTS, kept_file("quantiles", PARAMS))


if __name__ == "__main__":
    main()
