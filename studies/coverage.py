"""How often prediction intervals hold the truth on other worlds, and the step chosen by it: `make coverage-study`.

A world is the synthetic one of params.yaml, drawn anew by another `data.synthetic.seed`. On each, ridge is fitted as in
the pipeline, and its errors on validation and test go to the functions that size the pipeline's intervals. Two minutes
of one core.

`STEP` in evaluation/conformal.py is chosen from the worlds `CHOOSING`, at the prediction length in params.yaml
and from nothing else: it is the least candidate with which each of them is within 2 points of each nominal coverage.
The worlds `CHECKING` and the other prediction lengths only check it. The default world, seed 0, is in neither: its test
split chooses nothing.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from tqdm import tqdm

from rnn_vs_transformer.data.series import scale_splits
from rnn_vs_transformer.data.splits import Split, Splits
from rnn_vs_transformer.evaluation.conformal import LEVELS, STEP, half_widths, inside
from rnn_vs_transformer.evaluation.coverage import score_rolling
from rnn_vs_transformer.models.baselines import Ridge, fit_ridge
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_table
from rnn_vs_transformer.runtime.parallel import run_side_by_side
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.settings.recipes import merge_settings
from rnn_vs_transformer.settings.whole import load_params
from rnn_vs_transformer.sources.make import make_series
from studies.tables import coverage_table, near_nominal

FloatArray = npt.NDArray[np.float64]

RESULTS = Path("docs/results/coverage.csv")
CHOOSING = range(160, 260)
"""Worlds, by their seed, that the step is chosen from."""
CHECKING = range(100, 160)
"""Worlds that it is checked on."""
OTHER_LENGTHS = (1, 6, 12, 48, 96, 192)
"""Prediction lengths that it is checked at, besides that of params.yaml."""
LENGTH_WORLDS = 40
"""So many of the worlds `CHECKING`, for each of these lengths."""
STEPS = (0.0, 0.0005, 0.001, 0.002, 0.005, 0.01)
"""Candidates; with 0 the intervals roll and do not adapt."""
DECIMALS = 5


def main() -> None:
    """Score all worlds, write docs/results/coverage.csv, print the tables and the chosen step."""
    params = load_params()
    if params.data.source != "synthetic":
        raise InputError("the worlds are synthetic: data.source must be synthetic (git restore params.yaml)")
    if params.run.backend != "loky":
        raise InputError("the study runs on one machine: run.backend must be loky")
    worlds = list(other_worlds(params.data))
    scored = run_side_by_side(score_world, worlds, params.run)
    rows = [row for found in tqdm(scored, "worlds", len(worlds), unit="world") for row in found]
    table = pd.DataFrame(rows).round(DECIMALS)
    write_table(RESULTS, table)
    print(*coverage_tables(table), f"chosen step: {choose_step(table)}", sep="\n\n")  # noqa: T201


def other_worlds(data: DataParams) -> Iterator[DataParams]:
    """Settings of every world and prediction length, those that the step is chosen from first."""
    drawn = [(seed, data.prediction_length) for seed in (*CHOOSING, *CHECKING)]
    drawn += [(seed, length) for length in OTHER_LENGTHS for seed in CHECKING[:LENGTH_WORLDS]]
    for seed, length in drawn:
        changes = {"prediction_length": length, "synthetic": {"seed": seed}}
        yield DataParams.model_validate(merge_settings(data.model_dump(), changes))


def score_world(data: DataParams) -> list[dict[str, Any]]:
    """Coverage on test and mean width, in scaled units, of each kind of interval about the forecasts of ridge."""
    series = make_series(data, with_floors=False)
    splits = scale_splits(series.panel, series.ends, series.meta)
    ridge = fit_ridge(splits, data.context_length)
    calibration, residuals = (_residuals(ridge, splits, split) for split in ("validation", "test"))
    world = {"world": data.synthetic.seed, "prediction_length": data.prediction_length}
    return [{**world, **row} for level in LEVELS for row in score_intervals(calibration, residuals, level)]


def _residuals(ridge: Ridge, splits: Splits, split: Split) -> FloatArray:
    """Truth less forecast (1, N, H)."""
    places = splits.places(split)
    errors: FloatArray = splits.truth(places) - ridge.forecast(splits.panel, places)
    return errors[None]


def score_intervals(calibration: FloatArray, residuals: FloatArray, level: float) -> Iterator[dict[str, Any]]:
    """The fixed intervals, then the rolling ones with each step; `unbounded` is the share of infinite width."""
    widths = half_widths(calibration, [level])
    bounded = bool(np.isfinite(widths).all())  # all or none, as all are sized on equally many errors
    fixed = {"coverage": inside(residuals, widths).mean(), "unbounded": 1.0 - bounded}
    yield {"intervals": "fixed", "step": None, "level": level, **fixed, "width": 2 * widths.mean() if bounded else None}
    for step in STEPS:
        yield {"intervals": "rolling", "step": step, "level": level,
               **asdict(score_rolling(calibration, residuals, level, step))}  # fmt: skip


def choose_step(rows: pd.DataFrame) -> float | None:
    """The least step with which each of the worlds `CHOOSING` is within 2 points at each level; `None`: there is none.

    Args:
        rows: The table of the study; rows of other worlds change nothing.
    """
    length = main_length(rows)
    some = rows[rows["world"].isin(CHOOSING) & (rows["prediction_length"] == length)].dropna(subset="step")
    good = near_nominal(some).groupby(some["step"]).all()
    return min((float(step) for step in good.index[good]), default=None)


def main_length(rows: pd.DataFrame) -> int:
    """The prediction length that the step was chosen at: that of the worlds `CHOOSING`."""
    return int(rows.loc[rows["world"].isin(CHOOSING), "prediction_length"].iloc[0])


def coverage_tables(rows: pd.DataFrame) -> Sequence[str]:
    """The worlds chosen from, those checked on (see docs/results.md), and the step in use at each length."""
    at_main = rows[rows["prediction_length"] == main_length(rows)]
    named = at_main.assign(intervals=[_name(*pair) for pair in zip(at_main["intervals"], at_main["step"], strict=True)])
    chosen_from, checked = (named[named["world"].isin(worlds)] for worlds in (CHOOSING, CHECKING))
    lengths = rows[rows["world"].isin(CHECKING[:LENGTH_WORLDS]) & (rows["step"] == STEP)]
    lengths = lengths.assign(H=lengths["prediction_length"]).sort_values("H", kind="stable")
    return coverage_table(chosen_from, "intervals"), coverage_table(checked, "intervals"), coverage_table(lengths, "H")


def _name(intervals: str, step: float) -> str:
    if intervals == "fixed":
        return "fixed (split-conformal)"
    if step == 0:
        return "rolling"
    return f"rolling, gamma {step:g}" + (" (used)" if step == STEP else "")


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
