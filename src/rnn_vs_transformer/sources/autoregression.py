"""An autoregression of any order: u_t = phi_1*u_{t-1} + ... + phi_p*u_{t-p} + sigma*e_t, e_t ~ N(0,1)."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy.linalg import companion, solve_discrete_lyapunov
from scipy.signal import lfilter

from rnn_vs_transformer.data.panel import FloatArray, IntArray
from rnn_vs_transformer.sources.positions import window_sums

BURN_IN = 1000


@dataclass(frozen=True)
class Autoregression:
    """AR(p) with zero mean; a `Process`."""

    phi: tuple[float, ...]
    sigma: float

    @property
    def memory(self) -> int:
        """The order p."""
        return len(self.phi)

    def simulate(self, steps: int, generator: Generator) -> FloatArray:
        """Draw u (steps,)."""
        noise = self.sigma * generator.standard_normal(BURN_IN + steps)
        drawn: FloatArray = lfilter([1.0], [1.0, *(-np.array(self.phi))], noise)[BURN_IN:]
        return drawn

    def forecast(self, deviation: FloatArray, origins: IntArray, prediction_length: int) -> FloatArray:
        """The conditional mean (N, H): the recursion without noise."""
        path: FloatArray = deviation[origins - np.arange(self.memory)[::-1, None]]  # (p, N)
        for _ in range(prediction_length):
            path = np.vstack([path, np.array(self.phi) @ path[: -self.memory - 1 : -1]])
        return path[self.memory :].T

    def context_forecast(
        self, deviation: FloatArray, origins: IntArray, context_length: int, prediction_length: int
    ) -> tuple[FloatArray, FloatArray]:
        """See `Process`: the first p steps follow the stationary distribution, each later one those before it."""
        polynomial, first = np.array([1.0, *(-np.array(self.phi))]), origins + 1 - context_length
        errors = lfilter(polynomial, [1.0], deviation) / self.sigma
        newest = np.diag([self.sigma**2, *[0.0] * (self.memory - 1)])
        covariance = solve_discrete_lyapunov(companion(polynomial), newest)  # of p steps, the newest first
        start = deviation[first + np.arange(self.memory)[::-1, None]]  # (p, N)
        evidence = window_sums(-np.square(errors) / 2, first + self.memory, origins)
        evidence -= (start * np.linalg.solve(covariance, start)).sum(axis=0) / 2
        return evidence, self.forecast(deviation, origins, prediction_length)
