"""Peers trained by their own loops until validation improves no more, and their test errors at the best check."""

import copy
import time
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from darts import TimeSeries
from neuralforecast import NeuralForecast
from neuralforecast.losses.pytorch import MSE
from pytorch_lightning import Callback
from pytorch_lightning.callbacks import EarlyStopping

from benchmarks.case import Case
from benchmarks.peer_models import DARTS, NEURALFORECAST, trainer_options

Row = dict[str, Any]


class BestWeights(Callback):  # type: ignore[misc]  # Lightning has no types here
    """Keeps the weights of the best check and puts them back at the end, and notes both moments.

    The library may train with a copy of it, so it keeps all in its class, of the training under way.
    """

    kept: ClassVar[dict[str, Any]] = {}

    def __init__(self, monitor: str) -> None:
        """Take the name of the validation loss, and forget the training before."""
        self.monitor = monitor
        self.kept.clear()
        self.kept["loss"] = np.inf

    def on_train_start(self, *_: Any) -> None:
        """Begin to count: what the library needs to start is left out."""
        self.kept["began"] = time.perf_counter()

    def on_validation_end(self, trainer: Any, module: Any) -> None:
        """Keep the weights where they are the best so far."""
        loss = trainer.callback_metrics.get(self.monitor)
        if not trainer.sanity_checking and loss is not None and float(loss) < self.kept["loss"]:
            self.kept.update(loss=float(loss), best=time.perf_counter(), state=copy.deepcopy(module.state_dict()))

    def on_train_end(self, _: Any, module: Any) -> None:
        """Put the best weights back."""
        self.kept["end"] = time.perf_counter()
        module.load_state_dict(self.kept["state"])

    def row(self) -> Row:
        """Seconds until the best check and until the end, and the validation loss there."""
        began = self.kept["began"]
        return {"seconds": self.kept["best"] - began, "end_seconds": self.kept["end"] - began,
                "validation_mse": self.kept["loss"]}  # fmt: skip


def neuralforecast_accuracy(case: Case, model: str, seed: int) -> Row:
    """Train and forecast all test windows by `cross_validation`, then one window by `predict`."""
    params, (context, horizon), (train_end, validation_end, end) = case.params, case.lengths, case.ends
    per_epoch, best = -(-len(case.split("train")) // params.train.batch_size), BestWeights("ptl/val_loss")
    built = NEURALFORECAST[model](
        params.model, h=horizon, input_size=context, loss=MSE(), learning_rate=params.train.learning_rate,
        windows_batch_size=params.train.batch_size, batch_size=1, scaler_type="identity", random_seed=seed,
        max_steps=per_epoch * params.train.epochs, val_check_steps=per_epoch,
        early_stop_patience_steps=params.train.patience, **trainer_options([best], params.train.gradient_clip),
    )  # fmt: skip
    values = case.scaled.astype(np.float32)
    frame = pd.DataFrame({"unique_id": "y", "ds": np.arange(len(values)), "y": values})
    forecaster = NeuralForecast(models=[built], freq=1)
    found = forecaster.cross_validation(
        frame, val_size=validation_end - train_end, test_size=end - validation_end, n_windows=None, step_size=1
    )
    predicted = time.perf_counter()
    forecaster.predict()
    forecast = found.columns[-1] if found.columns[-1] != "y" else found.columns[-2]
    return {**best.row(), "test_mse": float(np.square(found[forecast] - found["y"]).mean()),
            "test_windows": len(found) // horizon, "predict_all_seconds": predicted - best.kept["end"],
            "predict_one_seconds": time.perf_counter() - predicted}  # fmt: skip


def darts_accuracy(case: Case, model: str, seed: int) -> Row:
    """Train by `fit`, then forecast all test windows by `historical_forecasts`, then one by `predict`."""
    params, (context, horizon), (train_end, validation_end, _) = case.params, case.lengths, case.ends
    best = BestWeights("val_loss")
    stop = EarlyStopping("val_loss", patience=params.train.patience)
    built = DARTS[model](
        params.model, input_chunk_length=context, output_chunk_length=horizon, batch_size=params.train.batch_size,
        n_epochs=params.train.epochs, optimizer_kwargs={"lr": params.train.learning_rate}, random_state=seed,
        dropout=params.model.dropout, pl_trainer_kwargs=trainer_options([stop, best], params.train.gradient_clip),
    )  # fmt: skip
    values = case.scaled.astype(np.float32)[:, None]
    train, validation, test = (
        TimeSeries.from_values(values[start:end])
        for start, end in ((0, train_end), (train_end - context, validation_end), (validation_end - context, None))
    )
    built.fit(train, val_series=validation, verbose=False)
    predicting = time.perf_counter()
    found = built.historical_forecasts(
        test, forecast_horizon=horizon, stride=1, retrain=False, last_points_only=False, verbose=False
    )
    predicted = time.perf_counter()
    built.predict(horizon, series=test[-context:], verbose=False)
    one = time.perf_counter() - predicted
    forecasts = np.stack([forecast.values()[:, 0] for forecast in found])
    truth = np.lib.stride_tricks.sliding_window_view(test.values()[context:, 0], horizon)
    return {**best.row(), "test_mse": float(np.square(forecasts - truth).mean()), "test_windows": len(forecasts),
            "predict_all_seconds": predicted - predicting, "predict_one_seconds": one}  # fmt: skip
