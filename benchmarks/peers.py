"""The same work as users of neuralforecast and darts have it done: their nearest models, their own training loops.

Rates are taken between training steps, after a warm-up: what they need to start and to end is not counted.
"""

import logging
import time
import warnings
from collections.abc import Callable
from typing import Any, ClassVar, Final

import numpy as np
import pandas as pd
from darts import TimeSeries
from neuralforecast import NeuralForecast
from neuralforecast.losses.pytorch import MSE
from pytorch_lightning import Callback

from benchmarks.case import Case
from benchmarks.ours import WARM_UP
from benchmarks.peer_models import DARTS, NEURALFORECAST, trainer_options

DIFFERENCES: Final = {
    "rnn": {
        "neuralforecast": "RNN (direct): reads the series itself without an embedding; its decoder is a perceptron on "
        "the hidden states of the last H steps of the context, one number each",
        "darts": "BlockRNNModel: reads the series itself without an embedding; linear readout of the last state",
    },
    "transformer": {
        "neuralforecast": "VanillaTransformer: an encoder-decoder; tokens are embedded by a convolution, the decoder "
        "reads half of the context and H empty tokens in one pass",
        "darts": "TransformerModel: an encoder-decoder (torch.nn.Transformer) whose decoder has one token",
    },
}
"""What a peer's nearest model does otherwise than ours of the same width, layers and heads."""


class StepClock(Callback):  # type: ignore[misc]  # Lightning has no types here
    """Notes when each training step ends, of the training under way; neuralforecast trains with a copy of it."""

    ends: ClassVar[list[float]] = []

    def __init__(self) -> None:
        """Begin without steps."""
        self.ends.clear()

    def on_train_batch_end(self, *_: Any) -> None:
        """Note the moment."""
        self.ends.append(time.perf_counter())

    def windows_per_second(self, batch_size: int) -> float:
        """Rate after the warm-up."""
        counted = self.ends[WARM_UP:]
        return (len(counted) - 1) * batch_size / (counted[-1] - counted[0])


def neuralforecast_rates(case: Case, family: str, steps: int) -> tuple[float, float]:
    """Windows per second in training, and in forecasting all windows of the training series."""
    clock, params, (context, horizon) = StepClock(), case.params, case.lengths
    shared: dict[str, Any] = {
        "h": horizon,
        "input_size": context,
        "loss": MSE(),
        "learning_rate": params.train.learning_rate,
        "windows_batch_size": params.train.batch_size,
        "batch_size": 1,  # series per step; the windows of the step are drawn from them
        "val_check_steps": 10_000,
        "scaler_type": "identity",
        "random_seed": 0,
        "max_steps": WARM_UP + steps + 1,
        **trainer_options([clock], params.train.gradient_clip),
    }
    model = NEURALFORECAST[family](params.model, **shared)
    values = case.steps.astype(np.float32)
    frame = pd.DataFrame({"unique_id": "y", "ds": np.arange(len(values)), "y": values})
    forecaster = NeuralForecast(models=[model], freq=1)
    forecaster.fit(frame)
    began = time.perf_counter()
    found = forecaster.predict_insample(step_size=1)
    return clock.windows_per_second(params.train.batch_size), len(found) / horizon / (time.perf_counter() - began)


def darts_rates(case: Case, family: str, steps: int) -> tuple[float, float]:
    """As `neuralforecast_rates`."""
    clock, params, (context, horizon) = StepClock(), case.params, case.lengths
    shared: dict[str, Any] = {
        "input_chunk_length": context,
        "output_chunk_length": horizon,
        "batch_size": params.train.batch_size,
        "n_epochs": 10_000,
        "optimizer_kwargs": {"lr": params.train.learning_rate},
        "dropout": 0.0,
        "random_state": 0,
        "pl_trainer_kwargs": {
            **trainer_options([clock], params.train.gradient_clip),
            "max_steps": WARM_UP + steps + 1,
        },
    }
    model = DARTS[family](params.model, **shared)
    series = TimeSeries.from_values(case.steps[:, None].astype(np.float32))
    model.fit(series, verbose=False)
    began = time.perf_counter()
    found = model.historical_forecasts(
        series, forecast_horizon=horizon, stride=1, retrain=False, last_points_only=False, verbose=False
    )
    return clock.windows_per_second(params.train.batch_size), len(found) / (time.perf_counter() - began)


PEERS: Final[dict[str, Callable[[Case, str, int], tuple[float, float]]]] = {
    "neuralforecast": neuralforecast_rates,
    "darts": darts_rates,
}


def hush() -> None:
    """Keep their warnings and log lines out of the benchmark's own."""
    warnings.filterwarnings("ignore")
    for name in ("pytorch_lightning", "lightning.pytorch", "lightning_fabric", "darts"):
        logging.getLogger(name).setLevel(logging.ERROR)
