"""A level, its slope and a season that all drift, seen through noise, and their Kalman filter.

    y_t = level_t + Re(c_t) + sigma*e_t
    level_t = r*level_{t-1} + slope_{t-1},    slope_t = r*slope_{t-1} + noise
    c_t = r*exp(2*pi*i/s)*c_{t-1} + noise,    r = exp(-1/time_constant)

c_t is the season's cosine and sine coefficient, turned by one step each step. As r < 1 all come back to zero: the
series is stationary. Source: the structural model with a trigonometric season, Harvey (1989), damped.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy.linalg import block_diag, solve_discrete_lyapunov, solve_toeplitz

from rnn_vs_transformer.data.panel import FloatArray, IntArray

SEEN = np.array([1.0, 0.0, 1.0, 0.0])
"""What is added up in y of the state (level, slope, Re c, Im c)."""


@dataclass(frozen=True)
class Drift:
    """The process; a `Process` with no season but its own."""

    season_length: int
    time_constant: float
    level: float
    """Standard deviation of the level in the long run."""
    season: float
    """Standard deviation of Re c in the long run."""
    sigma: float
    memory: int = 1

    def simulate(self, steps: int, generator: Generator) -> FloatArray:
        """Draw y (steps,)."""
        transition, noise, stationary = self._matrices()
        state = np.linalg.cholesky(stationary) @ generator.standard_normal(4)
        shocks = generator.standard_normal((steps, 4)) * np.sqrt(noise)
        states = np.empty((steps, 4))
        for step in range(steps):
            states[step] = state = transition @ state + shocks[step]
        drawn: FloatArray = states @ SEEN + self.sigma * generator.standard_normal(steps)
        return drawn

    def forecast(self, deviation: FloatArray, origins: IntArray, prediction_length: int) -> FloatArray:
        """The conditional mean (N, H) by the Kalman filter, begun at step 0 with the stationary distribution."""
        transition, noise, covariance = self._matrices()
        mean, means = np.zeros(4), np.empty((origins.max() + 1, 4))
        for step in range(len(means)):
            seen = covariance @ SEEN
            gain = seen / (SEEN @ seen + self.sigma**2)
            means[step] = mean = mean + gain * (deviation[step] - SEEN @ mean)
            mean = transition @ mean
            covariance = transition @ (covariance - gain[:, None] * seen) @ transition.T + np.diag(noise)
        return means[origins] @ self._seen_later(prediction_length)[:, 1:]

    def context_forecast(
        self, deviation: FloatArray, origins: IntArray, context_length: int, prediction_length: int
    ) -> tuple[FloatArray, FloatArray]:
        """See `Process`: linear in the context, with weights from the autocovariances; the evidence is 0."""
        lags = context_length + prediction_length
        covariances = self._matrices()[2] @ SEEN @ self._seen_later(lags)
        ahead = np.arange(context_length)[:, None] + np.arange(1, prediction_length + 1)
        own = covariances[:context_length] + self.sigma**2 * (np.arange(context_length) == 0)
        weights = solve_toeplitz(own, covariances[ahead])  # (L, H)
        return np.zeros(len(origins)), deviation[origins[:, None] - np.arange(context_length)] @ weights

    def _matrices(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Transition (4, 4), variances of the state's noise (4,), and the stationary covariance (4, 4)."""
        keep, angle = np.exp(-1 / self.time_constant), 2 * np.pi / self.season_length
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        transition = block_diag([[keep, 1.0], [0.0, keep]], keep * turn)
        fresh = 1 - keep**2
        slope, season = self.level**2 * fresh**3 / (1 + keep**2), self.season**2 * fresh
        noise = np.array([0.0, slope, season, season])
        return transition, noise, solve_discrete_lyapunov(transition, np.diag(noise))

    def _seen_later(self, steps: int) -> FloatArray:
        """What a state gives in expectation 0 to `steps` steps later: its weights (4, steps + 1)."""
        transition, weights = self._matrices()[0], [SEEN]
        for _ in range(steps):
            weights.append(weights[-1] @ transition)
        return np.array(weights).T
