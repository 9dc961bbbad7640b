"""Two regimes that switch at random times, and the filter that tells them apart.

    u_t = mu_r + phi_r*u_{t-1} + sigma*e_t,    e_t ~ N(0,1)

r is a hidden Markov chain: each step it leaves regime r with probability leave_r, whatever u is.
Source: Hamilton (1989).
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from rnn_vs_transformer.data.panel import FloatArray, IntArray


@dataclass(frozen=True)
class Regimes:
    """The process, a pair of values for the two regimes; a `Process`."""

    mu: tuple[float, float]
    phi: tuple[float, float]
    leave: tuple[float, float]
    sigma: float
    memory: int = 1

    def simulate(self, steps: int, generator: Generator) -> FloatArray:
        """Draw u (steps,)."""
        chances, noise = generator.random(steps), self.sigma * generator.standard_normal(steps)
        regime = int(generator.random() < self._shares()[1])
        value, drawn = self.mu[regime] / (1 - self.phi[regime]), np.empty(steps)
        for step in range(steps):
            if chances[step] < self.leave[regime]:
                regime = 1 - regime
            drawn[step] = value = self.mu[regime] + self.phi[regime] * value + noise[step]
        return drawn

    def forecast(self, deviation: FloatArray, origins: IntArray, prediction_length: int) -> FloatArray:
        """The conditional mean (N, H) by Hamilton's filter over all steps from the second on."""
        densities, _ = self._densities(deviation[: origins.max() + 1])
        probabilities = np.tile(self._shares(), (len(densities) + 1, 1))
        for step, density in enumerate(densities):
            weight = probabilities[step] @ self._chain() * density
            probabilities[step + 1] = weight / weight.sum()
        return self._mean(deviation[origins], probabilities[origins], prediction_length)

    def context_forecast(
        self, deviation: FloatArray, origins: IntArray, context_length: int, prediction_length: int
    ) -> tuple[FloatArray, FloatArray]:
        """See `Process`; the filter runs over all but the first step of the context, given this."""
        densities, logarithms = self._densities(deviation)
        probabilities, evidence = np.tile(self._shares(), (len(origins), 1)), np.zeros(len(origins))
        for back in range(context_length - 2, -1, -1):
            step = origins - back - 1
            weight = probabilities @ self._chain() * densities[step]
            likelihood = weight.sum(axis=1)
            probabilities = weight / likelihood[:, None]
            evidence += np.log(likelihood) + logarithms[step]
        return evidence, self._mean(deviation[origins], probabilities, prediction_length)

    def _densities(self, deviation: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Of each step but the first, per regime (steps - 1, 2): the larger is set to 1, and its log comes with it."""
        errors = deviation[1:, None] - self.mu - np.multiply.outer(deviation[:-1], self.phi)
        logarithms = -np.square(errors / self.sigma) / 2
        largest = logarithms.max(axis=1)
        return np.exp(logarithms - largest[:, None]), largest

    def _mean(self, last: FloatArray, probabilities: FloatArray, prediction_length: int) -> FloatArray:
        """The mean (N, H) after the last values (N,), by the recursion of E[u_t 1(r_t = r)] (N, 2)."""
        parts, chain, means = last[:, None] * probabilities, self._chain(), []
        for _ in range(prediction_length):
            probabilities = probabilities @ chain
            parts = np.array(self.mu) * probabilities + np.array(self.phi) * (parts @ chain)
            means.append(parts.sum(axis=1))
        return np.stack(means, axis=1)

    def _chain(self) -> FloatArray:
        """Probabilities (2, 2) of the next regime (column) after each (row)."""
        first, second = self.leave
        return np.array([[1 - first, first], [second, 1 - second]])

    def _shares(self) -> FloatArray:
        """Of all steps, the share that each regime has (2,)."""
        return np.array(self.leave[::-1]) / sum(self.leave)
