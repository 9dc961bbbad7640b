"""The synthetic worlds of the map: cases, each with many draws and the best forecasts that can be made of it.

A draw has parameters of its own, in a narrow range around those of its case, besides its season and its noise: draws
are different worlds, not one world with different noise. Each case's function says what is drawn.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.random import Generator

from rnn_vs_transformer.data.panel import FloatArray, IntArray
from rnn_vs_transformer.settings.data import SyntheticParams
from rnn_vs_transformer.sources.autoregression import Autoregression
from rnn_vs_transformer.sources.drift import Drift
from rnn_vs_transformer.sources.positions import Process, forecast_without_calendar, season_forecast
from rnn_vs_transformer.sources.regimes import Regimes
from rnn_vs_transformer.sources.setar import Setar
from rnn_vs_transformer.sources.synthetic import simulate

DAY, WEEK = 24, 168
SIGMA = 0.3
"""Deviation of the noise of one step, in all cases: that of the default world."""
KNOWS_ALL = "It knows the process, its parameters, where in the season each step lies, and all the past."


@dataclass(frozen=True)
class World:
    """One draw of a case: a season and a process around it, and what is known of both."""

    values: FloatArray
    """(steps,)."""
    season: FloatArray
    """One period of the season, from step 0 (period,)."""
    process: Process
    """What is left without the season."""
    season_length: int
    """Of the seasonal naive forecast and the season tokens."""
    context_length: int
    """Steps that are long enough for a forecast of 24."""
    floor_knows: str
    """What the floor knows, in one sentence."""

    def floor(self, origins: IntArray, prediction_length: int) -> FloatArray:
        """The conditional mean (N, H) given all the past at the origins (N,) and all parameters."""
        deviation = self.values - np.resize(self.season, len(self.values))
        mean = self.process.forecast(deviation, origins, prediction_length)
        return season_forecast(self.season, origins, prediction_length) + mean


def context_floor(world: World, origins: IntArray, context_length: int, prediction_length: int) -> FloatArray | None:
    """As `World.floor`, by one who sees only the last L steps, and not where in the season they lie: (N, H).

    Exact for short memory, drift and two seasons. In the others the start of the context is not used to the full, so
    the best possible forecast may be a trifle better.

    Returns:
        None where the context does not reach back to what must be known (`Process.memory`).
    """
    parts = world.process, world.season, world.values, origins, context_length, prediction_length
    return forecast_without_calendar(*parts)


def draw_world(case: str, steps: int, draw: int) -> World:
    """Draw a world of one of `CASES`; the same case, steps and draw give the same bytes.

    Raises:
        ValueError: There is no such case.
    """
    if case not in _MAKERS:
        raise ValueError(f"expected a case among {', '.join(CASES)}, got {case!r}")
    return _MAKERS[case](steps, np.random.default_rng([*case.encode(), draw]))


def _short_memory(steps: int, generator: Generator) -> World:
    """An AR(2) that swings and dies away within a day; drawn: how fast it does both, and the season."""
    size, turn = generator.uniform(0.7, 0.85), 2 * np.pi / generator.uniform(8, 16)
    process = Autoregression((2 * size * np.cos(turn), -(size**2)), SIGMA)
    return _world(process, process.simulate(steps, generator), _sine(generator), 96)


def _long_memory(delay: int, steps: int, generator: Generator) -> World:
    """The default SETAR with another delay; drawn: both autoregressions, and the season."""
    params = SyntheticParams(
        length=steps, seed=int(generator.integers(2**31)), delay=delay, sigma=SIGMA, mu_above=-0.5, mu_below=0.5,
        phi_above=generator.uniform(0.2, 0.4), phi_below=generator.uniform(0.87, 0.92), trend=0.0,
        season_lengths=[DAY], season_amplitudes=[0.0], season_phases=[0.0], oracle_paths=1000,
    )  # fmt: skip
    return _world(Setar(params), simulate(params)[1], _sine(generator), max(96, delay))


def _drift(steps: int, generator: Generator) -> World:
    """Level, slope and season all drift; drawn: how fast, and how far each goes."""
    process = Drift(DAY, generator.uniform(400, 600), generator.uniform(0.8, 1.2), generator.uniform(0.5, 0.9), SIGMA)
    knows = "It knows the process, its parameters and all the past; where the season stands it filters from the past."
    return World(process.simulate(steps, generator), np.zeros(1), process, DAY, 96, knows)


def _two_seasons(steps: int, generator: Generator) -> World:
    """A day and a week of three harmonics each, and AR(1) noise; drawn: the seasons, and the autoregression.

    The context is two weeks. One day and a known process would nearly do to find the place in the week, but a linear
    forecast that must learn it needs more: on the first draw ridge falls from 0.21 at 96 to 0.15 at 168, 0.14 at 336.
    """
    process = Autoregression((generator.uniform(0.6, 0.8),), SIGMA)
    steps_of_week = np.arange(WEEK)
    season = np.zeros(WEEK)
    for length in (DAY, WEEK):
        for harmonic in (1, 2, 3):
            amplitude, phase = generator.uniform(0.5, 1.0) / harmonic, generator.uniform(0, 2 * np.pi)
            season += amplitude * np.sin(2 * np.pi * harmonic * steps_of_week / length + phase)
    return _world(process, process.simulate(steps, generator), season, 2 * WEEK)


def _regimes(steps: int, generator: Generator) -> World:
    """A high brisk and a low sluggish regime, of some days each; drawn: their mean stay, their levels, the season."""
    phi, level = (0.3, 0.8), generator.uniform(0.8, 1.2)
    leave = 1 / generator.uniform(60, 140), 1 / generator.uniform(60, 140)
    process = Regimes((level * (1 - phi[0]), -level * (1 - phi[1])), phi, leave, SIGMA)
    knows = f"{KNOWS_ALL} The regimes it filters from the past, and when they will switch nothing tells."
    return _world(process, process.simulate(steps, generator), _sine(generator), 96, knows)


def _sine(generator: Generator) -> FloatArray:
    """A season of a day: a sine of drawn amplitude and phase."""
    amplitude, phase = generator.uniform(0.75, 1.25), generator.uniform(0, 2 * np.pi)
    season: FloatArray = amplitude * np.sin(2 * np.pi * np.arange(DAY) / DAY + phase)
    return season


def _world(
    process: Process, deviation: FloatArray, season: FloatArray, context_length: int, knows: str = KNOWS_ALL
) -> World:
    values = deviation + np.resize(season, len(deviation))
    return World(values, season, process, DAY, context_length, knows)


_MAKERS: Final[Mapping[str, Callable[[int, Generator], World]]] = MappingProxyType({
    "short_memory": _short_memory,
    "long_memory_24": partial(_long_memory, 24),
    "long_memory_48": partial(_long_memory, 48),
    "long_memory_96": partial(_long_memory, 96),
    "long_memory_192": partial(_long_memory, 192),
    "drift": _drift,
    "two_seasons": _two_seasons,
    "regimes": _regimes,
})  # fmt: skip
CASES: Final = tuple(_MAKERS)
"""From short to long memory, then what else a series can do."""
