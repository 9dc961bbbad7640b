"""The families' own training on a world, and their error on its test windows."""

import time

import torch

from rnn_vs_transformer.data.splits import Splits
from rnn_vs_transformer.data.windows import windows_of
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.shell import ForecastModel
from rnn_vs_transformer.settings.family.families import FamilySettings
from rnn_vs_transformer.training.fit import fit
from rnn_vs_transformer.training.predict import window_errors
from studies.probes.plan import Row


def train_family(family: str, settings: FamilySettings, splits: Splits, seed: int) -> tuple[ForecastModel, Row]:
    """The trained model, and what its training took."""
    torch.manual_seed(seed)
    model = BUILDERS[family](settings.model, splits.context_length, splits.prediction_length)
    train, validation = windows_of(splits, "train", "validation")
    started = time.process_time()  # of this process alone, on one thread: other work on the machine does not count
    run = fit(model, (train, validation), settings.train, seed)
    seconds = time.process_time() - started
    told = {"validation_mse": run.best_validation_loss, "epochs": len(run.seconds), "seconds": round(seconds, 3)}
    return model, told


def test_error(model: ForecastModel, splits: Splits) -> float:
    """Mean squared error on the test windows, in scaled units."""
    (test,) = windows_of(splits, "test")
    return float(window_errors(model, test).mean())
