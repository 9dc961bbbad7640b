"""Whether intervals of quantile forecasts hold as often as they say, over M4 hourly: a stage of `make m4`.

Each family is trained once with `train.loss: quantile` on all but the last 144 steps of train, conformalised on these,
and scored on the official test. Nothing is chosen.
"""

from pathlib import Path
from typing import Final

import torch

from rnn_vs_transformer.data.windows import windows_of
from rnn_vs_transformer.evaluation.quantiles import quantile_row
from rnn_vs_transformer.evaluation.scoring import mean_quantiles
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.shell import InputSizes
from rnn_vs_transformer.settings.family.families import FAMILIES
from rnn_vs_transformer.training.fit import fit
from studies.m4.series import HORIZON, cut, read_series, read_test
from studies.m4.trials import BASE, Trial, read_plan, values_of
from studies.resumable import Row, Work, run_to_table
from studies.training import case_study_settings

RESULTS: Final = Path("studies/results/m4_quantiles.csv")
KEPT: Final = Path("studies/m4/runs/quantiles.jsonl")
PART: Final = "choose"
"""Its steps, epochs and held-out stretch are taken: that has 97 origins per series to conformalise."""
DECIMALS: Final = 5


def run_family(family: str) -> list[Row]:
    """Train one family, and score its quantiles."""
    plan, series = read_plan(), read_series()
    values = values_of(plan, Trial(PART, family, BASE, 0)) | {"train.loss": "quantile"}
    shape = plan["held"][PART], plan["context_length"], values.pop("data.transform")
    splits, settings = cut(series, *shape), case_study_settings(family, values)
    torch.manual_seed(0)
    sizes = InputSizes(len(splits.panel), levels=settings.train.levels)
    model = BUILDERS[family](settings.model, splits.context_length, HORIZON, sizes)
    train, validation, test = windows_of(splits, "train", "validation", "test")
    fit(model, (train, validation), settings.train, 0)
    known, found = mean_quantiles([model], validation), mean_quantiles([model], test)
    row = quantile_row(known, found, cut(series, *shape, read_test()), settings.train.levels)
    return [{"family": family, **{key: round(value, DECIMALS) for key, value in row.items()}}]


def main() -> None:
    """Run what is left, and write the table."""
    run_to_table(Work(list(FAMILIES), run_family, lambda _: 150.0), RESULTS, KEPT)


if __name__ == "__main__":
    main()
