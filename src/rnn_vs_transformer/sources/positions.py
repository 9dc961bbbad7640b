"""Forecasts of a season plus a process, by one who knows both but not where in the season a context lies.

A context of L steps comes without a calendar: its position in the season is one of `period` many. Each is weighed by
the likelihood of the context there, and the mean forecast is the conditional mean given the context (Bayes, equal
priors). The likeliest position alone would do worse: an MSE of 0.0469 for 0.0457 on the default world.
"""

from typing import Protocol

import numpy as np

from rnn_vs_transformer.data.panel import FloatArray, IntArray


class Process(Protocol):
    """A process u around a season, with known parameters."""

    @property
    def memory(self) -> int:
        """Fewest steps of context from which it can be forecast."""

    def forecast(self, deviation: FloatArray, origins: IntArray, prediction_length: int) -> FloatArray:
        """The conditional mean (N, H) of u given all of u (steps,) up to each origin (N,)."""

    def context_forecast(
        self, deviation: FloatArray, origins: IntArray, context_length: int, prediction_length: int
    ) -> tuple[FloatArray, FloatArray]:
        """Log-likelihood (N,), up to a constant, of the last L steps at each origin; the mean (N, H) given them."""


def season_forecast(season: FloatArray, origins: IntArray, prediction_length: int) -> FloatArray:
    """The season (period,), which begins at step 0, at the steps after each origin (N, H)."""
    ahead = origins[:, None] + np.arange(1, prediction_length + 1)
    forecast: FloatArray = season[ahead % len(season)]
    return forecast


def forecast_without_calendar(
    process: Process,
    season: FloatArray,
    values: FloatArray,
    origins: IntArray,
    context_length: int,
    prediction_length: int,
) -> FloatArray | None:
    """The mean forecast (N, H) over the positions in the season, by how likely each context (L) is there.

    Returns:
        None where the context is shorter than the memory of the process.
    """
    if context_length < process.memory:
        return None
    best, total = np.full(len(origins), -np.inf), np.zeros(len(origins))
    mean = np.zeros((len(origins), prediction_length))
    for position in range(len(season)):
        shifted = np.roll(season, -position)
        deviation = values - np.resize(shifted, len(values))
        evidence, forecast = process.context_forecast(deviation, origins, context_length, prediction_length)
        forecast = forecast + season_forecast(shifted, origins, prediction_length)
        best, before = np.maximum(best, evidence), best
        weight, kept = np.exp(evidence - best), np.exp(before - best)  # no exponent above 0, so none runs off
        total = kept * total + weight
        mean = kept[:, None] * mean + weight[:, None] * forecast
    return mean / total[:, None]


def window_sums(terms: FloatArray, first: IntArray, last: IntArray) -> FloatArray:
    """Sums of terms[first] to terms[last], ends included (N,); 0 where first is last + 1."""
    sums = np.concatenate([[0.0], np.cumsum(terms)])
    windows: FloatArray = sums[last + 1] - sums[first]
    return windows
