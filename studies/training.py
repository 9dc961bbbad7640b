"""What the studies of synthetic worlds share: a world cut into splits, and one training scored on test."""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import torch

from rnn_vs_transformer.data.panel import FloatArray, Panel
from rnn_vs_transformer.data.scaling import Scaler
from rnn_vs_transformer.data.splits import Borders, Splits
from rnn_vs_transformer.data.windows import windows_of
from rnn_vs_transformer.evaluation.quantiles import quantile_row
from rnn_vs_transformer.evaluation.scoring import mean_of_models
from rnn_vs_transformer.models.shell import ForecastModel
from rnn_vs_transformer.models.size import multiply_adds_per_window, parameter_count
from rnn_vs_transformer.settings.family.families import FamilySettings, given_settings
from rnn_vs_transformer.settings.family.model import ModelParams
from rnn_vs_transformer.settings.family.train import FitParams, TrainParams
from rnn_vs_transformer.settings.recipes import load_recipe
from rnn_vs_transformer.sources.cases import World
from rnn_vs_transformer.training.fit import fit
from rnn_vs_transformer.training.predict import predict
from rnn_vs_transformer.training.ridge_start import start_at_ridge

DECIMALS: Final = 5


def split_world(world: World, train_end: int, steps: int, lengths: tuple[int, int]) -> Splits:
    """Train, validation from `train_end`, test from `steps` on; the lengths are those of context and forecast."""
    return split_values(world.values, Borders(train_end, steps, len(world.values)), lengths)


def split_values(values: FloatArray, borders: Borders, lengths: tuple[int, int]) -> Splits:
    """One series (steps,) in own units, scaled on its train steps."""
    scaler = Scaler.fit(Panel.of(["y"], [values[: borders.train_end]]))
    return Splits.of_wide(scaler.scale(values, np.array(0))[:, None], borders, *lengths, scaler)


def case_study_settings(family: str, values: Mapping[str, Any]) -> FamilySettings:
    """A family's settings of the recipe `case-study`, with other values by dotted key."""
    chosen = load_recipe("case-study")
    model, train = ModelParams.model_validate(chosen["model"]), TrainParams.model_validate(chosen["train"])
    return given_settings(family, model, train).with_values(values)


def epochs_within(updates: int, windows: int, batch_size: int) -> int:
    """The fewest whole epochs of so many windows that reach so many updates."""
    return math.ceil(updates / math.ceil(windows / batch_size))


def within_updates(settings: FamilySettings, windows: int, updates: int) -> FamilySettings:
    """The same with epochs cut so that no training takes more updates, rounded up to whole epochs."""
    most = epochs_within(updates, windows, settings.train.batch_size)
    return settings.with_values({"train.epochs": min(settings.train.epochs, most)})


def train_and_score(build: Callable[[], ForecastModel], params: FitParams, splits: Splits, seed: int) -> dict[str, Any]:
    """Errors on test and validation, and what they cost; the seed fixes first weights and batch order."""
    torch.manual_seed(seed)
    model = build()
    from_start = start_at_ridge(model, splits)
    train, validation, test = windows_of(splits, "train", "validation", "test")
    started = time.perf_counter()
    run = fit(model, (train, validation), params, seed, from_start=from_start)
    seconds = time.perf_counter() - started
    forecasts, targets = predict(model, test)
    return {
        "mse": float((forecasts - targets).double().square().mean()),
        "validation_mse": run.best_validation_loss,
        "epochs": len(run.seconds),
        "epochs_at_most": params.epochs,
        "best_epoch": run.best_epoch,
        "seconds": round(seconds, 2),
        "parameters": parameter_count(model),
        "multiply_adds_per_window": multiply_adds_per_window(model, splits.context_length),
    }


def train_and_score_quantiles(
    build: Callable[[], ForecastModel], params: FitParams, splits: Splits, opened: Splits
) -> dict[str, float]:
    """How often the quantiles of one training hold the truth of `opened`, see `quantile_row`; seed 0."""
    torch.manual_seed(0)
    model = build()
    train, validation = windows_of(splits, "train", "validation")
    fit(model, (train, validation), params, 0)
    [test] = windows_of(opened, "test")
    known, found = mean_of_models([model], validation), mean_of_models([model], test)
    row = quantile_row(known, found, opened, params.levels)
    return {key: round(value, DECIMALS) for key, value in row.items()}
