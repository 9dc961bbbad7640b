"""Errors of forecasts on each series, as the competition takes them: sMAPE in % and MASE."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.evaluation.metrics import mase, seasonal_naive_scale, smape
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import read_arrays
from studies.m4.series import HORIZON, SEASON
from studies.m4.trials import Trial

METRICS = ("smape", "mase")


@dataclass(frozen=True)
class Judge:
    """Truth by series and window (S, n, 48), and MASE's denominators (S,), both in own units."""

    truth: FloatArray
    scale: FloatArray

    def errors(self, forecast: FloatArray) -> dict[str, FloatArray]:
        """Of forecasts (S, n, 48): per series (S,), the mean over its windows."""
        absolute = np.abs(forecast - self.truth).mean(axis=(1, 2))
        return {"smape": smape(forecast, self.truth).mean(axis=1), "mase": mase(absolute, self.scale)}


def judge_of_validation(series: Sequence[FloatArray], held: int) -> Judge:
    """On all windows of the last `held` steps."""
    views = [np.lib.stride_tricks.sliding_window_view(one[-held:], HORIZON) for one in series]
    return Judge(np.stack(views), scales([one[:-held] for one in series]))


def judge_of_test(series: Sequence[FloatArray], test: FloatArray) -> Judge:
    """On the official test steps (S, 48); the denominators are of all steps before them."""
    return Judge(test[:, None], scales(series))


def scales(series: Sequence[FloatArray]) -> FloatArray:
    """MASE's denominator of each series (S,)."""
    return np.array([seasonal_naive_scale(one, SEASON) for one in series])


def read_forecast(trial: Trial, split: str, judge: Judge) -> FloatArray:
    """The forecasts of a trial (S, n, 48).

    Raises:
        InputError: The trial has not run.
    """
    if not trial.file.exists():
        raise InputError(f"{trial.file} is missing; run: dvc repro --force studies/m4/dvc.yaml")
    found: Any = read_arrays(trial.file)[split].astype(np.float64)
    return np.asarray(found).reshape(judge.truth.shape)
