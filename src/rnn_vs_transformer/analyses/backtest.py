"""Rolling-origin backtest: every so many test windows the models are fitted again on all that is known by then.

The fixed split asks how a model fares long after its training; this asks how it fares where it is kept up to date
(Tashman 2000). For a refit at forecast origin o, validation is the steps up to o, as many as before, and train all that
lies before them. Scaling stays that of the fixed split, so errors can be compared with it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from rnn_vs_transformer.data.panel import FloatArray, IntArray
from rnn_vs_transformer.data.series import Meta
from rnn_vs_transformer.data.splits import Places, Splits
from rnn_vs_transformer.data.windows import Windows, steps_of, windows_of
from rnn_vs_transformer.evaluation.rows import compare_runs, error_row, family_row, rounded
from rnn_vs_transformer.evaluation.scoring import Scores, forecast_windows, score
from rnn_vs_transformer.evaluation.test_split import TestSplit, open_test_split
from rnn_vs_transformer.models.baselines import fit_best_ridge
from rnn_vs_transformer.models.weights import build_family
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_json
from rnn_vs_transformer.runtime.parallel import run_side_by_side
from rnn_vs_transformer.runtime.run import RunParams
from rnn_vs_transformer.settings.evaluate import BacktestParams, EvaluateParams
from rnn_vs_transformer.settings.family.families import FAMILIES, FamilySettings, trained_settings
from rnn_vs_transformer.training.fit import fit
from rnn_vs_transformer.training.ridge_start import start_at_ridge


@dataclass(frozen=True)
class Refit:
    """One model, fitted on what is known at the first of some forecast origins, and asked at all of them."""

    family: str
    seed: int
    origins: IntArray


def backtest_families(backtest: BacktestParams, evaluate: EvaluateParams, run: RunParams) -> dict[str, Any]:
    """Score both families and ridge with refits, and write reports/analyses/backtest.json.

    Settings are those that the families were trained with.

    Args:
        backtest: How often to refit.
        evaluate: The comparison.
        run: How many refits run at once; does not change any result.

    Returns:
        The report.
    """
    test = open_test_split()
    settings = {family: trained_settings(family) for family in FAMILIES}
    if len(test.series) > 1 or not test.is_complete:
        raise InputError("the analysis `backtest` is for one series without gaps; take it out of report.analyses")
    blocks = split_origins(test.places.origins, backtest.refit)
    refits = [
        Refit(family, seed, some)
        for family, found in settings.items()
        for seed in range(found.seeds)
        for some in blocks
    ]
    one_refit = partial(refit_and_forecast, settings, test.meta, test.splits)
    forecasts = iter(tqdm(run_side_by_side(one_refit, refits, run), "backtest", len(refits), unit="refit"))
    families = {family: list(_scores(forecasts, found.seeds, len(blocks), test)) for family, found in settings.items()}
    report: dict[str, Any] = {"refit": backtest.refit, "refits": len(blocks)}
    report |= {family: rounded(family_row(runs, test, evaluate)) for family, runs in families.items()}
    report["ridge"] = rounded(error_row([_refit_ridge(blocks, test)]))
    report["comparison"] = rounded(asdict(compare_runs(families["rnn"], families["transformer"], test, evaluate)))
    write_json(paths.analysis("backtest"), report)
    return report


def split_origins(origins: IntArray, every: int) -> list[IntArray]:
    """The forecast origins in turn, `every` at a time; the last block may be shorter."""
    return [origins[start : start + every] for start in range(0, len(origins), every)]


def known_splits(splits: Splits, origin: int) -> Splits:
    """What a refit knows that is made at `origin`: validation keeps its length and ends there."""
    new_steps = np.array([[1, 1, 0]]) * (origin + 1 - splits.ends[0, 1])
    known = splits.panel.part(np.array([0]), np.array([origin + 1]))
    return replace(splits, panel=known, ends=splits.ends + new_steps)


def refit_and_forecast(settings: Mapping[str, FamilySettings], meta: Meta, splits: Splits, refit: Refit) -> FloatArray:
    """Train on what is known at the first origin, then forecast from all of the block's: (origins, H), scaled.

    Args:
        settings: Of model and training, by family.
        meta: Lengths and series.
        splits: All steps; the refit reads those up to its first origin only.
        refit: What to do.

    Raises:
        InputError: A loss is not finite.
    """
    known, chosen = known_splits(splits, int(refit.origins[0])), settings[refit.family]
    torch.manual_seed(refit.seed)
    model = build_family(refit.family, chosen.model, meta, chosen.train.levels)
    from_start = start_at_ridge(model, known)
    train, validation = windows_of(known, "train", "validation")
    fit(model, (train, validation), chosen.train, refit.seed, from_start=from_start)
    lengths = (splits.context_length, splits.prediction_length)
    return forecast_windows(model, Windows(steps_of(splits.panel), _places(refit.origins), *lengths))


def _places(origins: IntArray) -> Places:
    """Windows of the one series."""
    return Places(origins, np.zeros(len(origins), dtype=np.int64))


def _scores(forecasts: Iterator[FloatArray], seeds: int, blocks: int, test: TestSplit) -> Iterator[Scores]:
    """The scores of each seed of one family, from the forecasts of its blocks, which come next."""
    for _ in range(seeds):
        yield score(np.concatenate([next(forecasts) for _ in range(blocks)]), test)


def _refit_ridge(blocks: list[IntArray], test: TestSplit) -> Scores:
    splits, forecasts = test.splits, []
    for origins in blocks:
        known = known_splits(splits, int(origins[0]))
        forecasts.append(fit_best_ridge(known).forecast(splits.panel, _places(origins)))
    return score(np.concatenate(forecasts), test)
