"""From scores to the tracked metrics: one row per forecaster, one comparison of the families."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.evidence import FEWEST_SERIES
from rnn_vs_transformer.data.panel import FloatArray, IntArray
from rnn_vs_transformer.data.splits import Places, Split
from rnn_vs_transformer.evaluation.comparison import too_little_evidence
from rnn_vs_transformer.evaluation.coverage import coverage_row
from rnn_vs_transformer.evaluation.ensemble import ENSEMBLE, score_ensemble
from rnn_vs_transformer.evaluation.fingerprint import data_fingerprint
from rnn_vs_transformer.evaluation.metrics import excess, skill
from rnn_vs_transformer.evaluation.over_series import AT_BEST, compare_over_series
from rnn_vs_transformer.evaluation.peers import score_peers
from rnn_vs_transformer.evaluation.rows import (
    compare_runs,
    control_row,
    error_row,
    family_row,
    panel_row,
    rounded,
)
from rnn_vs_transformer.evaluation.scoring import ScoredFamily, Scores, score_family, score_references
from rnn_vs_transformer.evaluation.test_split import SHOWN_WINDOWS, TestSplit, open_test_split
from rnn_vs_transformer.models.baselines import fit_best_ridge, save_ridge_form
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import write_json, write_table
from rnn_vs_transformer.settings.evaluate import EvaluateParams
from rnn_vs_transformer.settings.family.families import FAMILIES, trained_recipes, validation_folds
from rnn_vs_transformer.settings.family.train import Recipe
from rnn_vs_transformer.training.history import best_recipes

log = logging.getLogger(__name__)
SHOWN_SERIES = 8
"""Forecasts of so many series are written out."""
SPLITS: Final[tuple[Split, Split]] = ("validation", "test")
"""What intervals are sized on, and what they are judged on."""
SIMPLE: Final = ("last_value", "seasonal_naive", "ridge")
"""Forecasts that need no training: a family must beat the best of them, or that one will do."""
Recipes = Mapping[Recipe, Mapping[str, ScoredFamily]]
"""The scored families of each recipe."""


@dataclass(frozen=True)
class Evaluation:
    """Everyone's scores on the test split, from which rows are made."""

    test: TestSplit
    references: Mapping[str, Scores]
    """The ensemble, the baselines, the floors and forecasters from elsewhere."""
    mlp: ScoredFamily
    params: EvaluateParams

    def rows(self, trained: Mapping[str, ScoredFamily]) -> dict[str, Any]:
        """Rows of the metrics of forecasters with seeds: of the single models, and of the mean of their forecasts."""
        found = {name: rounded(self._trained_row(scored)) for name, scored in trained.items()}
        means = {
            f"{name}_mean_of_seeds": self.row([scored.mean]) | scored.quantiles for name, scored in trained.items()
        }
        return found | {name: rounded(row) for name, row in means.items()}

    def row(self, scores: Sequence[Scores]) -> dict[str, float]:
        """Errors of one forecaster, mean over its seeds."""
        row = {**error_row(scores), "mase": float(np.mean([seed.mase for seed in scores]))}
        row["skill"] = skill(row["mse"], self.references["seasonal_naive"].mse)
        floor, ridge = self.references.get("oracle"), self.references["ridge"]
        if floor is not None and floor.mse < ridge.mse:
            row["excess"] = excess(row["mse"], floor.mse, ridge.mse)
        if len(self.test.series) >= FEWEST_SERIES:
            row |= panel_row(scores, self.references)
        return row

    def compare(self, rnn: ScoredFamily, transformer: ScoredFamily) -> dict[str, float | str]:
        """The comparison of the families; see `compare_runs`."""
        return rounded(asdict(compare_runs(rnn.runs, transformer.runs, self.test, self.params)))

    def _trained_row(self, scored: ScoredFamily) -> dict[str, float]:
        row = {**self.row(scored.runs), **family_row(scored.runs, self.test, self.params)}
        row["validation_mse"] = scored.validation_mse
        row |= control_row("ridge", scored.runs, [self.references["ridge"]], self.test, self.params)
        simple = min(SIMPLE, key=lambda name: self.references[name].mse)
        if simple != "ridge":
            row |= control_row(simple, scored.runs, [self.references[simple]], self.test, self.params)
        if scored is not self.mlp:
            row |= control_row("mlp", scored.runs, self.mlp.runs, self.test, self.params)
        before, after = (scored.residuals(split, self.test.splits) for split in SPLITS)
        return row | coverage_row(before, after, self.test.block_length, self.params)


def evaluate_families(params: EvaluateParams) -> dict[str, Any]:
    """Score all forecasters on the test split and write the reports; the metrics, as in reports/metrics.json."""
    test = open_test_split()
    folds = validation_folds()
    ridge = fit_best_ridge(test.splits, folds)
    log.info("ridge: context %d and penalty %g by validation", ridge.context_length, ridge.penalty)
    recipes: Recipes = {
        name: {family: score_family(family, test, name) for family in FAMILIES} for name in trained_recipes()
    }
    ensemble, weights = score_ensemble(test, ridge, _at_its_best(recipes), folds)
    log.info("ensemble: %s by validation", ", ".join(f"{weight:.2f} {name}" for name, weight in weights.items()))
    references = {ENSEMBLE: ensemble, **score_references(test, ridge), **score_peers(test)}
    found = Evaluation(test, references, score_family("mlp", test), params)
    tutorial = recipes["tutorial"]
    if reason := too_little_evidence(len(tutorial["rnn"].runs), len(test.steps), test.block_length, len(test.series)):
        log.warning("no verdict: %s", reason)
    report: dict[str, Any] = {"data": {"fingerprint": data_fingerprint()}}
    report |= found.rows({**tutorial, "mlp": found.mlp})
    report |= {name: rounded(found.row([scores])) for name, scores in found.references.items()}
    report[ENSEMBLE] |= rounded({f"weight_{name}": weight for name, weight in weights.items()})
    report["comparison"] = found.compare(**tutorial) | {"each_at_its_best": _each_at_its_best(found, recipes)}
    for recipe in (recipe for recipe in recipes if recipe != "tutorial"):
        report[recipe] = found.rows(recipes[recipe]) | {"comparison": found.compare(**recipes[recipe])}
    everyone = _everyone(recipes, found)
    if len(test.series) >= FEWEST_SERIES:
        shipped = {name: [scored.mean] for name, scored in _trained(recipes, found).items()}
        ranked = {**shipped, **{name: [scores] for name, scores in found.references.items()}}
        report["over_series"] = compare_over_series(ranked, _families(recipes), test, params)
    write_json(paths.METRICS, report)
    save_ridge_form(ridge)
    _write_tables(recipes, found, everyone)
    return report


def _each_at_its_best(found: Evaluation, recipes: Recipes) -> dict[str, float | str]:
    """The families compared, each with the recipe that has the lower validation loss."""
    best = {f"{family}_recipe": recipe for family, recipe in best_recipes().items()}
    return {**best, **found.compare(**_at_its_best(recipes))}


def _at_its_best(recipes: Recipes) -> dict[str, ScoredFamily]:
    return {family: recipes[recipe][family] for family, recipe in best_recipes().items()}


def _families(recipes: Recipes) -> dict[str, dict[str, list[Scores]]]:
    """The seeds of both families with each recipe, and each at its best."""
    pairs = [*recipes.items(), (AT_BEST, _at_its_best(recipes))]
    return {name: {family: scored.runs for family, scored in some.items()} for name, some in pairs}


def _trained(recipes: Recipes, found: Evaluation) -> dict[str, ScoredFamily]:
    """Each family's recipes, and the control."""
    families = {
        paths.forecaster(family, recipe): scored for recipe, some in recipes.items() for family, scored in some.items()
    }
    return {**families, "mlp": found.mlp}


def _everyone(recipes: Recipes, found: Evaluation) -> dict[str, list[Scores]]:
    """The seeds of all: of those that were trained, the ensemble, the baselines and the floors."""
    trained = {name: scored.runs for name, scored in _trained(recipes, found).items()}
    return trained | {name: [scores] for name, scores in found.references.items()}


def _write_tables(recipes: Recipes, found: Evaluation, everyone: Mapping[str, Sequence[Scores]]) -> None:
    """Tables of every forecaster."""
    write_table(paths.SEEDS, _seed_table(_trained(recipes, found)))
    write_table(paths.HORIZON, _horizon_table(everyone))
    write_table(paths.SERIES_SCORES, _series_table(everyone, found.test))
    forecasts = _forecast_table(everyone, found.test)
    write_table(paths.FORECASTS, forecasts)
    first = forecasts[forecasts["series"] == forecasts["series"].iloc[0]]
    far = first[first["horizon_step"] == first["horizon_step"].max()]
    stepped = far.assign(step=far["forecast_origin"] + far["horizon_step"])
    write_table(paths.FAR_FORECASTS, stepped.filter(["step", "truth", *FAMILIES]))


def _seed_table(trained: Mapping[str, ScoredFamily]) -> pd.DataFrame:
    rows = [
        (name, seed, scores.mse, scores.mae, scores.window_mse[:SHOWN_WINDOWS].mean(), validation)
        for name, scored in trained.items()
        for seed, (scores, validation) in enumerate(zip(scored.runs, scored.validation_losses, strict=True))
    ]
    return pd.DataFrame(rows, columns=["forecaster", "seed", "mse", "mae", "first_50_mse", "validation_mse"])


def _horizon_table(everyone: Mapping[str, Sequence[Scores]]) -> pd.DataFrame:
    """MSE per horizon step: the mean over seeds per forecaster, and its range for the families."""
    columns: dict[str, FloatArray] = {}
    for name, scores in everyone.items():
        steps = np.stack([seed.step_mse for seed in scores])
        columns[name] = steps.mean(axis=0)
        if len(scores) > 1:
            columns[f"{name}_low"], columns[f"{name}_high"] = steps.min(axis=0), steps.max(axis=0)
    table = pd.DataFrame(columns)
    table.insert(0, "horizon_step", np.arange(1, len(table) + 1))
    return table


def _series_table(everyone: Mapping[str, Sequence[Scores]], test: TestSplit) -> pd.DataFrame:
    """Errors per series, means over seeds, in scaled and in own units."""
    columns = {"mse": "series_mse", "mae": "series_mae", "mase": "series_mase",
               "mae_in_units": "mae_in_units", "rmse_in_units": "rmse_in_units"}  # fmt: skip
    if len(test.series) >= FEWEST_SERIES:
        columns["smape"] = "series_smape"
    tables = [
        pd.DataFrame(
            {
                "forecaster": name,
                "series": test.meta.series,
                **{
                    column: np.mean([getattr(seed, held) for seed in scores], axis=0)
                    for column, held in columns.items()
                },
            }
        )
        for name, scores in everyone.items()
    ]
    return pd.concat(tables)


def _shown_series(everyone: Mapping[str, Sequence[Scores]]) -> IntArray:
    """The numbers of the series to be looked at: all, or those that the families forecast best and worst."""
    mase = np.mean([scores.series_mase for family in FAMILIES for scores in everyone[family]], axis=0)
    order = np.argsort(mase, kind="stable")
    half = SHOWN_SERIES // 2
    return np.sort(order if len(order) <= SHOWN_SERIES else np.concatenate([order[:half], order[-half:]]))


def _forecast_table(everyone: Mapping[str, Sequence[Scores]], test: TestSplit) -> pd.DataFrame:
    """Truth and mean forecast of the first test windows of some series, in own units."""
    kept = np.isin(test.places.series[test.shown], _shown_series(everyone))
    windows = test.shown[kept]
    places = Places(test.places.origins[windows], test.places.series[windows])
    shape, panel = test.truth[windows].shape, test.splits.panel
    forecasts = {"truth": test.truth[windows]}
    forecasts |= {name: np.mean([seed.shown[kept] for seed in scores], axis=0) for name, scores in everyone.items()}
    first = np.concatenate([np.arange(one.stop - one.start) for one in places.of_series(len(panel))])
    in_units = test.splits.scaler.unscale
    table = {
        "series": np.repeat(np.array(test.meta.series, dtype=object)[places.series], shape[1]),
        "window": np.repeat(first, shape[1]),
        "forecast_origin": np.repeat(places.origins - panel.offsets[places.series], shape[1]),
        "horizon_step": np.tile(np.arange(1, shape[1] + 1), shape[0]),
        **{name: in_units(forecast, places.series[:, None]).ravel() for name, forecast in forecasts.items()},
    }
    return pd.DataFrame(table)
