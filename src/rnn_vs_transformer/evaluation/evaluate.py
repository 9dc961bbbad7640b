"""From scores to the tracked metrics: one row per forecaster, one comparison of the families."""

import logging
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from rnn_vs_transformer.evaluation.comparison import too_little_evidence
from rnn_vs_transformer.evaluation.coverage import coverage_row
from rnn_vs_transformer.evaluation.metrics import excess, skill
from rnn_vs_transformer.evaluation.scoring import (
    SHOWN_WINDOWS,
    Scores,
    TestSplit,
    compare_runs,
    error_row,
    family_row,
    open_test_split,
    ridge_row,
    rounded,
    score_family,
    score_references,
)
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import write_json, write_table
from rnn_vs_transformer.settings.evaluate import EvaluateParams
from rnn_vs_transformer.settings.family.families import FAMILIES
from rnn_vs_transformer.training.history import best_validation_losses

FloatArray = npt.NDArray[np.float64]
log = logging.getLogger(__name__)
ScoresBySeed = dict[str, list[Scores]]


def evaluate_families(params: EvaluateParams) -> dict[str, Any]:
    """Score all forecasters on the test split and write the reports; the metrics, as in reports/metrics.json."""
    test = open_test_split()
    references = score_references(test)
    families = {family: score_family(family, test) for family in FAMILIES}
    runs: ScoresBySeed = {family: scored.runs for family, scored in families.items()}
    everyone = runs | {name: [scores] for name, scores in references.items()}
    best = {family: best_validation_losses(family) for family in FAMILIES}
    rows = {name: _row(scores, references) for name, scores in everyone.items()}
    for family, scored in families.items():
        rows[family] |= {**family_row(scored.runs, test, params), "validation_mse": float(best[family].mean())}
        rows[family] |= ridge_row(scored.runs, references["ridge"], test, params)
        rows[family] |= coverage_row(scored.validation, scored.residuals, test.block_length, params)
    if reason := too_little_evidence(len(runs["rnn"]), test.truth.shape[1], test.block_length):
        log.warning("no verdict: %s", reason)
    report: dict[str, Any] = {name: rounded(row) for name, row in rows.items()}
    report["comparison"] = rounded(asdict(compare_runs(runs["rnn"], runs["transformer"], test, params)))
    write_json(paths.METRICS, report)
    _write_tables(everyone, best, test)
    return report


def _row(scores: list[Scores], references: dict[str, Scores]) -> dict[str, float]:
    row = {**error_row(scores), "mase": float(np.mean([seed.mase for seed in scores]))}
    row["skill"] = skill(row["mse"], references["seasonal_naive"].mse)
    if "oracle" in references and references["oracle"].mse < references["ridge"].mse:
        row["excess"] = excess(row["mse"], references["oracle"].mse, references["ridge"].mse)
    return row


def _write_tables(everyone: ScoresBySeed, best: dict[str, FloatArray], test: TestSplit) -> None:
    write_table(paths.SEEDS, _seed_table(everyone, best))
    write_table(paths.HORIZON, _horizon_table(everyone))
    write_table(paths.CHANNELS, _channel_table(everyone, test))
    forecasts = _forecast_table(everyone, test)
    write_table(paths.FORECASTS, forecasts)
    first = forecasts[forecasts["channel"] == forecasts["channel"].iloc[0]]
    far = first[first["horizon_step"] == first["horizon_step"].max()]
    stepped = far.assign(step=far["forecast_origin"] + far["horizon_step"])
    write_table(paths.FAR_FORECASTS, stepped.filter(["step", "truth", *best]))


def _seed_table(everyone: ScoresBySeed, best: dict[str, FloatArray]) -> pd.DataFrame:
    rows = [
        (family, seed, scores.mse, scores.mae, scores.window_mse[:SHOWN_WINDOWS].mean(), validation)
        for family, losses in best.items()
        for seed, (scores, validation) in enumerate(zip(everyone[family], losses, strict=True))
    ]
    return pd.DataFrame(rows, columns=["family", "seed", "mse", "mae", "first_50_mse", "validation_mse"])


def _horizon_table(everyone: ScoresBySeed) -> pd.DataFrame:
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


def _channel_table(everyone: ScoresBySeed, test: TestSplit) -> pd.DataFrame:
    """Errors per channel, scaled and in the series' own units."""
    tables = []
    for name, scores in everyone.items():
        mse = np.mean([seed.channel_mse for seed in scores], axis=0)
        mae = np.mean([seed.channel_mae for seed in scores], axis=0)
        table = pd.DataFrame({"forecaster": name, "channel": test.meta.channels, "mse": mse, "mae": mae})
        unit = test.splits.scaler.deviation
        tables.append(table.assign(mae_in_units=mae * unit, rmse_in_units=np.sqrt(mse) * unit))
    return pd.concat(tables)


def _forecast_table(everyone: ScoresBySeed, test: TestSplit) -> pd.DataFrame:
    """Truth and mean forecast of the first test windows, in the series' own units."""
    shown = {name: np.mean([seed.shown for seed in scores], axis=0) for name, scores in everyone.items()}
    channel, window, step = np.indices(next(iter(shown.values())).shape)
    channels, windows, _ = channel.shape
    scaler = test.splits.scaler
    mean, deviation = scaler.mean[:channels, None, None], scaler.deviation[:channels, None, None]
    forecasts = {"truth": test.truth[:channels, :windows], **shown}
    table = {
        "channel": np.array(test.meta.channels, dtype=object)[channel].ravel(),
        "window": window.ravel(),
        "forecast_origin": test.splits.origins("test")[window].ravel(),
        "horizon_step": step.ravel() + 1,
        **{name: (forecast * deviation + mean).ravel() for name, forecast in forecasts.items()},
    }
    return pd.DataFrame(table)
