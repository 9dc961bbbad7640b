"""The synthetic world as one sees it who has no calendar: the process around the season, and the floor of a context."""

import math
from dataclasses import dataclass

import numpy as np

from rnn_vs_transformer.data.panel import FloatArray, IntArray
from rnn_vs_transformer.settings.data import SyntheticParams
from rnn_vs_transformer.sources.positions import forecast_without_calendar, window_sums
from rnn_vs_transformer.sources.synthetic import deterministic_part, oracle_forecast, oracle_is_exact, regime_mean

MOST_POSITIONS = 1000
"""Seasons that together repeat after more steps than this have more positions than are tried."""


@dataclass(frozen=True)
class Setar:
    """The deviation u of a world as a `Process`; its seasons and trend are not looked at."""

    world: SyntheticParams

    @property
    def memory(self) -> int:
        """The delay: the step that chooses the regime of the first forecast step lies so far back."""
        return self.world.delay

    def forecast(self, deviation: FloatArray, origins: IntArray, prediction_length: int) -> FloatArray:
        """The oracle's forecasts of u (N, H)."""
        return oracle_forecast(_without_season(self.world), deviation, origins, prediction_length)

    def context_forecast(
        self, deviation: FloatArray, origins: IntArray, context_length: int, prediction_length: int
    ) -> tuple[FloatArray, FloatArray]:
        """See `Process`. A step whose delayed step lies before the context counts as of either regime alike."""
        delay, first = self.world.delay, origins + 1 - context_length
        either = [self._log_density(np.float64(sign), deviation[:-1], deviation[1:]) for sign in (1.0, -1.0)]
        known = self._log_density(deviation[:-delay], deviation[delay - 1 : -1], deviation[delay:])
        evidence = window_sums(np.logaddexp(*either), first, first + delay - 2)  # steps first + 1 to first + delay - 1
        evidence += window_sums(known, first, origins - delay)  # steps first + delay to the origin
        return evidence, self.forecast(deviation, origins, prediction_length)

    def _log_density(self, delayed: FloatArray | np.float64, previous: FloatArray, now: FloatArray) -> FloatArray:
        """Of each step given what came before, up to a constant."""
        return -np.square((now - regime_mean(self.world, delayed, previous)) / self.world.sigma) / 2


def context_floor_forecast(
    world: SyntheticParams, values: FloatArray, origins: IntArray, context_length: int, prediction_length: int
) -> FloatArray | None:
    """The oracle without a calendar: it knows the process, but of the past and the season only what a context shows.

    Args:
        world: Parameters of the process.
        values: y (steps,), in its own units.
        origins: Last observed step of each context (N,), each at least context_length - 1.
        context_length: Observed steps (L).
        prediction_length: Steps to forecast (H), of the forecasts of y (N, H) that come back.

    Returns:
        None where it has no closed form: the delay is longer than the context or shorter than the forecast, or the
        seasons together repeat only after more than `MOST_POSITIONS` steps.
    """
    period = math.lcm(*world.season_lengths)
    if period > MOST_POSITIONS or not oracle_is_exact(world, prediction_length):
        return None
    season = deterministic_part(world.model_copy(update={"trend": 0.0}), np.arange(period))
    level = values - world.trend * np.arange(len(values))
    mean = forecast_without_calendar(Setar(world), season, level, origins, context_length, prediction_length)
    ahead = origins[:, None] + np.arange(1, prediction_length + 1)
    return None if mean is None else mean + world.trend * ahead


def _without_season(world: SyntheticParams) -> SyntheticParams:
    return world.model_copy(update={"trend": 0.0, "season_amplitudes": [0.0] * len(world.season_lengths)})
