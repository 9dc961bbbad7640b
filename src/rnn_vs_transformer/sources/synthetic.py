"""The synthetic world, a seasonal SETAR with delay, and its oracle.

    y_t = trend*t + sum_j a_j sin(2*pi*t/s_j + p_j) + u_t
    u_t = mu_r + phi_r*u_{t-1} + sigma*e_t,    e_t ~ N(0,1),    r = above if u_{t-d} > 0 else below

Source: self-exciting threshold autoregression, Tong (1978), with d the delay.
"""

import copy
from collections.abc import Sequence

import numpy as np
from numpy.random import Generator

from rnn_vs_transformer.data.panel import FloatArray, IntArray
from rnn_vs_transformer.settings.data import SyntheticParams

BURN_IN_DELAYS = 20
"""The process runs this many delays (and at least 1,000 steps) before step 0, to forget its start."""
FUTURES_AT_ONCE = 2**16
"""So many simulated futures are in memory at a time, in 0.5 MB per forecast step."""


def simulate(world: SyntheticParams) -> tuple[FloatArray, FloatArray]:
    """Draw one series y (steps,); with it comes its deviation u (steps,) from season and trend."""
    generator = np.random.default_rng(world.seed)
    burn_in = max(1000, BURN_IN_DELAYS * world.delay)
    noise = generator.standard_normal(world.delay + burn_in + world.length)
    deviation: FloatArray = noise * world.sigma
    for step in range(world.delay, len(noise)):
        mean = regime_mean(world, deviation[step - world.delay], deviation[step - 1])
        deviation[step] = mean + world.sigma * noise[step]
    deviation = deviation[-world.length :]
    values: FloatArray = deterministic_part(world, np.arange(world.length)) + deviation
    return values, deviation


def deterministic_part(world: SyntheticParams, steps: IntArray) -> FloatArray:
    """Trend and seasons at the given steps, same shape as `steps`."""
    part: FloatArray = np.asarray(world.trend * steps, dtype=np.float64)
    for length, amplitude, phase in zip(
        world.season_lengths, world.season_amplitudes, world.season_phases, strict=True
    ):
        part = part + amplitude * np.sin(2 * np.pi * steps / length + phase)
    return part


def regime_mean(
    world: SyntheticParams, delayed: FloatArray | np.float64, previous: FloatArray | np.float64
) -> FloatArray:
    """The next u given the previous and the delayed one, without its noise."""
    above = delayed > 0
    drift = np.where(above, world.mu_above, world.mu_below)
    return np.asarray(drift + np.where(above, world.phi_above, world.phi_below) * previous)


def oracle_is_exact(world: SyntheticParams, prediction_length: int) -> bool:
    """Whether the regime of every forecast step is already observed at the forecast origin."""
    return world.delay >= prediction_length


def oracle_forecast(
    world: SyntheticParams, deviation: FloatArray, origins: IntArray, prediction_length: int
) -> FloatArray:
    """The best possible forecast: the conditional mean of the known process given all the past.

    With delay >= prediction_length every regime is observed and the mean is iterated in closed form. Below that,
    it is the average of `world.oracle_paths` simulated futures per origin, whose error adds 1/paths of the
    forecast variance.

    Args:
        world: Parameters of the process.
        deviation: u (steps,), as `simulate` returns it.
        origins: Last observed step of each window (N,), each at least delay - 1.
        prediction_length: Steps to forecast (H), of the forecasts of y (N, H) that come back.
    """
    if oracle_is_exact(world, prediction_length):
        mean = _iterate(world, 1, deviation, origins, [None] * prediction_length)
    else:
        draws = _draws_of_each_step(world, len(origins), prediction_length)
        at_once = max(1, FUTURES_AT_ONCE // world.oracle_paths)
        blocks = [origins[first : first + at_once] for first in range(0, len(origins), at_once)]
        mean = np.concatenate([_iterate(world, world.oracle_paths, deviation, some, draws) for some in blocks])
    ahead = origins[:, None] + np.arange(1, prediction_length + 1)
    return deterministic_part(world, ahead) + mean


def _draws_of_each_step(world: SyntheticParams, windows: int, prediction_length: int) -> list[Generator]:
    """A generator per forecast step, each where one that draws step by step, for all windows at once, would be.

    So a few windows at a time get the numbers that they would get among all. The price is to draw everything twice.
    """
    generator, found = np.random.default_rng([world.seed, 1]), []
    passed_over = np.empty(world.oracle_paths)
    for _ in range(prediction_length):
        found.append(copy.deepcopy(generator))
        for _ in range(windows):
            generator.standard_normal(out=passed_over)
    return found


def _iterate(
    world: SyntheticParams, paths: int, deviation: FloatArray, origins: IntArray, draws: Sequence[Generator | None]
) -> FloatArray:
    """Run (N, paths) futures on from the origins, with noise where there are draws; their mean at each step (N, H)."""
    state = np.repeat(deviation[origins, None], paths, axis=1)
    path: list[FloatArray] = []
    mean = np.empty((len(origins), len(draws)))
    for step, draw in enumerate(draws):
        back = step - world.delay
        delayed = path[back] if back >= 0 else deviation[origins + 1 + back, None]
        state = regime_mean(world, delayed, state)
        if draw is not None:
            state = state + world.sigma * draw.standard_normal(state.shape)
        path.append(state)
        mean[:, step] = state.mean(axis=1)
    return mean
