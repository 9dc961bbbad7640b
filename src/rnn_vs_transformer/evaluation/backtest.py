"""Rolling-origin backtest: every so many test windows the models are fitted again on all that is known by then.

The fixed split asks how a model fares long after its training; this asks how it fares where it is kept up to date
(Tashman 2000). For a refit at forecast origin o, validation is the steps up to o, as many as before, and train all that
lies before them. Scaling stays that of the fixed split, so errors can be compared with it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from tqdm import tqdm

from rnn_vs_transformer.data.series import Meta, load_meta
from rnn_vs_transformer.data.splits import Borders, forecast_origins
from rnn_vs_transformer.data.windows import Windows, to_tensor
from rnn_vs_transformer.evaluation.report_rows import compare_runs, error_row, family_row, rounded
from rnn_vs_transformer.evaluation.scoring import Scores, TestSplit, open_test_split, score
from rnn_vs_transformer.models.baselines import fit_ridge
from rnn_vs_transformer.models.settings import FamilySettings, load_settings
from rnn_vs_transformer.models.shell import Builder
from rnn_vs_transformer.params import EvaluateParams, RunParams
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import write_json
from rnn_vs_transformer.runtime.parallel import run_side_by_side
from rnn_vs_transformer.training.fit import fit, predict

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Refit:
    """One model, fitted on what is known at the first of some forecast origins, and asked at all of them."""

    family: str
    seed: int
    origins: IntArray


def backtest_families(
    builders: Mapping[str, Builder], seeds: int, params: EvaluateParams, run: RunParams
) -> dict[str, Any]:
    """Score both families and ridge with refits, and write reports/backtest.json.

    Args:
        builders: The families, `rnn` and `transformer`, by name.
        seeds: How many seeds; settings are those that tuning chose, the same as of the first training.
        params: How often to refit, and the comparison.
        run: How many refits run at once; does not change any result.

    Returns:
        The report; without refits it says no more than that.
    """
    report: dict[str, Any] = {"refit": params.refit}
    if params.refit != "none":
        test = open_test_split(load_meta())
        blocks = split_origins(test.origins, params.refit)
        refits = [Refit(family, seed, some) for family in builders for seed in range(seeds) for some in blocks]
        settings = {family: load_settings(family, paths.tuned(family)) for family in builders}
        one_refit = partial(refit_and_forecast, builders, settings, test.meta, test.values)
        done = tqdm(run_side_by_side(one_refit, refits, run), "backtest", len(refits), unit="refit")
        forecasts = iter(done)
        families = {family: list(_scores(forecasts, seeds, len(blocks), test)) for family in builders}
        report |= {"refits": len(blocks), **_report(families, _refit_ridge(blocks, test), test, params)}
    write_json(paths.BACKTEST, report)
    return report


def split_origins(origins: IntArray, every: int) -> list[IntArray]:
    """The forecast origins in turn, `every` at a time; the last block may be shorter."""
    return [origins[start : start + every] for start in range(0, len(origins), every)]


def known_borders(borders: Borders, origin: int) -> Borders:
    """Borders of a refit that knows the steps up to `origin`: validation keeps its length and ends there."""
    new_steps = origin + 1 - borders.validation_end
    return Borders(borders.train_end + new_steps, borders.validation_end + new_steps, borders.test_end)


def refit_and_forecast(
    builders: Mapping[str, Builder],
    settings: Mapping[str, FamilySettings],
    meta: Meta,
    values: FloatArray,
    refit: Refit,
) -> FloatArray:
    """Train on what is known at the first origin, then forecast from all of the block's: (C, origins, H), scaled.

    Args:
        builders: The families by name.
        settings: Of forecaster and training, by family.
        meta: Borders of the fixed split, lengths and channels.
        values: All steps, scaled (steps, C); the refit reads those up to its first origin only.
        refit: What to do.

    Raises:
        InputError: A loss is not finite.
    """
    lengths = (meta.context_length, meta.prediction_length)
    first = int(refit.origins[0])
    borders, known = known_borders(meta.borders, first), to_tensor(values[: first + 1])
    torch.manual_seed(refit.seed)
    chosen = settings[refit.family]
    forecaster = builders[refit.family](chosen.model, *lengths, len(meta.channels))
    fit(
        forecaster,
        Windows(known, forecast_origins(0, borders.train_end, *lengths), *lengths),
        Windows(known, forecast_origins(borders.train_end, borders.validation_end, *lengths), *lengths),
        chosen.train,
        refit.seed,
    )
    forecast = predict(forecaster, Windows(to_tensor(values), refit.origins, *lengths))[0].double().numpy()
    return forecast.reshape(len(meta.channels), len(refit.origins), meta.prediction_length)


def _scores(forecasts: Iterator[FloatArray], seeds: int, blocks: int, test: TestSplit) -> Iterator[Scores]:
    """The scores of each seed of one family, from the forecasts of its blocks, which come next."""
    for _ in range(seeds):
        yield score(np.concatenate([next(forecasts) for _ in range(blocks)], axis=1), test)


def _refit_ridge(blocks: list[IntArray], test: TestSplit) -> Scores:
    meta, forecasts = test.meta, []
    for origins in blocks:
        first = int(origins[0])
        borders = known_borders(meta.borders, first)
        ridge = fit_ridge(test.values[: first + 1], borders, meta.context_length, meta.prediction_length)
        forecasts.append(ridge.forecast(test.values, origins))
    return score(np.concatenate(forecasts, axis=1), test)


def _report(
    families: Mapping[str, list[Scores]], ridge: Scores, test: TestSplit, params: EvaluateParams
) -> dict[str, Any]:
    report: dict[str, dict[str, Any]] = {
        family: {**family_row(runs, test, params)} for family, runs in families.items()
    }
    report["ridge"] = {**error_row([ridge])}
    report["comparison"] = asdict(compare_runs(families["rnn"], families["transformer"], test, params))
    return {name: rounded(row) for name, row in report.items()}
