"""Statistical forecasters of statsforecast, of the extra `peers`: each series alone, in nothing chosen by us.

Source: Hyndman and Khandakar (2008) for AutoARIMA, Hyndman et al. (2002) for AutoETS, Fiorucci et al. (2016) for
AutoTheta; the form is chosen by the likelihood of what lies before a forecast origin.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from rnn_vs_transformer.data.panel import FloatArray, IntArray
from rnn_vs_transformer.models.baselines import seasonal_naive_forecast
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.parallel import run_side_by_side
from rnn_vs_transformer.runtime.run import RunParams

NAMES: Final = ("AutoETS", "AutoTheta", "AutoARIMA")


@dataclass(frozen=True)
class Task:
    """One series to forecast."""

    name: str
    """One of `NAMES`."""
    values: FloatArray
    """(steps,)."""
    origins: IntArray
    """The steps of the forecast origins (N,), in order."""
    horizon: int
    season: int
    refit: int = 0
    """Origins per fit; 0 is one fit at the first origin for all."""


def forecast_all(tasks: Sequence[Task], run: RunParams) -> tuple[FloatArray, int]:
    """Forecasts of all origins of all tasks (N, H), and how many are the seasonal naive's, as a fit failed there."""
    found = np.concatenate(list(run_side_by_side(forecast_origins, tasks, run)))
    naive = [seasonal_naive_forecast(one.values, one.origins, one.horizon, one.season) for one in tasks]
    failed = ~np.isfinite(found).all(axis=1, keepdims=True)
    return np.where(failed, np.concatenate(naive), found), int(failed.sum())


def forecast_origins(task: Task) -> FloatArray:
    """Forecasts (N, H); not numbers where a fit fails.

    A fit sees the steps up to its origin. At the origins until the next fit its form and parameters stay, and its state
    is filtered forward over the steps observed since, as trained models are given new contexts.
    """
    found, size = [], task.refit or len(task.origins)
    for start in range(0, len(task.origins), size):
        found += _one_fit(task, task.origins[start : start + size])
    return np.array(found, dtype=np.float64)


def _one_fit(task: Task, origins: IntArray) -> list[FloatArray]:
    """Forecasts (H,) of the origins of one fit; not numbers where it fails."""
    nothing = np.full(task.horizon, np.nan)
    try:
        model = new_model(task.name, task.season).fit(task.values[: origins[0] + 1])
        first = model.predict(h=task.horizon)["mean"]
        later = [model.forward(y=task.values[: origin + 1], h=task.horizon)["mean"] for origin in origins[1:]]
    except (ArithmeticError, ValueError, np.linalg.LinAlgError):  # a series without a spread, or too short
        return [nothing] * len(origins)
    return [first, *later]


def new_model(name: str, season: int) -> Any:
    """A forecaster by its name, not yet fitted.

    Raises:
        InputError: There is none of that name, or the package is missing.
    """
    if name not in NAMES:
        raise InputError(f"expected some of {', '.join(NAMES)}, got {name}")
    try:
        from statsforecast import models  # noqa: PLC0415 - of an extra
    except ImportError:
        raise InputError("statsforecast is missing; it comes with the extra: pip install '.[peers]'") from None
    return getattr(models, name)(season_length=season)
