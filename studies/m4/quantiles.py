"""Whether intervals of quantile forecasts hold as often as they say, over M4 hourly: a stage of `make m4`.

Each family is trained once with `train.loss: quantile` on all but the last 48 steps of train, conformalised on these,
and scored on the official test. With one origin per series before test and one in it, series are what is exchangeable,
so a correction is that of all series. This came after a first run, whose coverage on test was known by then: it
conformalised each series on 97 origins within its last 144 steps, which hold three forecasts apart from each other, and
76.7 and 92.8 % (RNN), 75.1 and 92.0 % (Transformer) lay inside. The same windows choose the epoch.
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
from studies.m4.series import HORIZON, TEST, TRAIN, cut, read_series, read_test
from studies.m4.trials import BASE, PLAN, Trial, read_plan, values_of
from studies.resumable import Row, Work, kept_file, run_to_table
from studies.training import case_study_settings

RESULTS: Final = Path("studies/results/m4_quantiles.csv")
PART: Final = "final"
"""Whose epochs and held-out stretch are taken."""
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
    kept = kept_file("m4-quantiles", PLAN, TRAIN, TEST)
    run_to_table(Work(list(FAMILIES), run_family, lambda _: 400.0), RESULTS, kept)


if __name__ == "__main__":
    main()
