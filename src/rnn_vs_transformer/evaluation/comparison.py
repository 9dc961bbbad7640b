"""Is one family better, by how much, and how sure are we?

Losses are arrays (seeds, origins): the mean squared error of each test window, averaged over channels. Neighbouring
windows overlap, so origins are resampled in blocks; the seeds of the two families are paired, so they are resampled
together.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

FloatArray = npt.NDArray[np.float64]

LEVEL = 0.95
POWER = 0.8
CHUNK = 1000
FEWEST_SEEDS = 2
FEWEST_BLOCKS = 4


@dataclass(frozen=True)
class Interval:
    """A 95 % confidence interval."""

    low: float
    high: float
    degrees_of_freedom: float
    """Satterthwaite's, from the number of seeds and of blocks."""

    @property
    def log_standard_error(self) -> float:
        """Half the width of the logarithm in units of Student's t."""
        return float(np.log(self.high / self.low) / 2 / special.stdtrit(self.degrees_of_freedom, (1 + LEVEL) / 2))


@dataclass(frozen=True)
class Comparison:
    """The relative difference of MSE, transformer against rnn, with what is known about it."""

    relative_mse_difference: float
    """(transformer - rnn) / rnn; negative where the Transformer is better."""
    ci_low: float
    ci_high: float
    diebold_mariano: float
    """Statistic of the mean loss difference with a HAC variance. It knows of time only, not of seeds, and with a
    bandwidth that is a large part of the windows its critical values lie beyond +-1.96: the verdict does not use it."""
    verdict: str
    minimum_detectable_effect: float
    """Relative decrease that would be found with 80 % power."""


def compare(
    rnn: FloatArray, transformer: FloatArray, block: int, margin: float, resamples: int, seed: int
) -> Comparison:
    """Compare paired losses.

    Args:
        rnn: Losses (seeds, origins).
        transformer: Losses of the same seeds and origins.
        block: Origins per resampled block; at least context plus prediction length, beyond which windows no
            longer overlap.
        margin: Relative difference below which the families count as equivalent.
        resamples: Bootstrap resamples.
        seed: Of the bootstrap.

    Raises:
        ValueError: The shapes differ.
    """
    if rnn.shape != transformer.shape:
        raise ValueError(f"expected losses of the same seeds and origins, got {rnn.shape} and {transformer.shape}")
    interval = ratio_interval(transformer, rnn, block, resamples, seed)
    found = verdict(interval.low - 1, interval.high - 1, margin)
    if too_little_evidence(len(rnn), rnn.shape[1], block):
        found = "inconclusive"
    return Comparison(
        relative_mse_difference=float(transformer.mean() / rnn.mean() - 1),
        ci_low=interval.low - 1,
        ci_high=interval.high - 1,
        diebold_mariano=diebold_mariano((transformer - rnn).mean(axis=0), block),
        verdict=found,
        minimum_detectable_effect=minimum_detectable_effect(interval),
    )


def too_little_evidence(seeds: int, origins: int, block: int) -> str:
    """Why no verdict can be given, whatever the interval; empty where one can."""
    if seeds < FEWEST_SEEDS:
        return f"{seeds} seed cannot tell how much seeds differ; set train.seeds to 5 or more"
    if origins < FEWEST_BLOCKS * block:
        return (
            f"{origins} test windows hold fewer than {FEWEST_BLOCKS} independent blocks of {block}; "
            "give a longer test split, or a shorter context"
        )
    return ""


def verdict(ci_low: float, ci_high: float, margin: float) -> str:
    """What the interval of the relative difference (transformer against rnn) allows to say.

    >>> verdict(-0.30, -0.10, 0.02), verdict(-0.01, 0.01, 0.02), verdict(-0.10, 0.05, 0.02)
    ('transformer better', 'equivalent', 'inconclusive')
    """
    if -margin <= ci_low and ci_high <= margin:
        return "equivalent"
    if ci_high < 0:
        return "transformer better"
    if ci_low > 0:
        return "rnn better"
    return "inconclusive"


def minimum_detectable_effect(interval: Interval) -> float:
    """The true relative decrease that a 5 % test would find with 80 % power, from the interval's standard error."""
    freedom = interval.degrees_of_freedom
    quantiles = special.stdtrit(freedom, (1 + LEVEL) / 2) + special.stdtrit(freedom, POWER)
    return float(-np.expm1(-quantiles * interval.log_standard_error))


def mean_interval(losses: FloatArray, block: int, resamples: int, seed: int) -> Interval:
    """Interval of the mean of losses (seeds, origins) over seeds and time."""
    return ratio_interval(losses, np.ones_like(losses), block, resamples, seed)


def ratio_interval(numerator: FloatArray, denominator: FloatArray, block: int, resamples: int, seed: int) -> Interval:
    """Interval of mean(numerator) / mean(denominator) by a hierarchical bootstrap of its logarithm.

    Each resample draws seeds with replacement and, for all of them, moving blocks of forecast origins
    (Kuensch 1989). The bootstrap gives the shape; its spread is too small for few units (it divides by n, and no
    percentile reaches beyond the most extreme resample) and for dependence longer than a block. So the percentiles'
    distance from the estimate is scaled to the standard error with n - 1 over seeds and the lugsail variance over time
    (Vats and Flegal 2022), and from the normal quantile to Student's with Satterthwaite's degrees of freedom df, times
    sqrt((df + 1)/df) for what the variance over time loses to its estimated mean. On the log scale the interval stays
    positive, and exchanging numerator and denominator inverts it.

    Args:
        numerator: Losses (seeds, origins), positive.
        denominator: Losses of the same seeds and origins.
        block: Origins per block; cut to half of the origins where they are few.
        resamples: Number of resamples.
        seed: Of the random draws.
    """
    origins = numerator.shape[1]
    block = max(1, min(block, origins // 2))
    residuals = numerator / numerator.mean() - denominator / denominator.mean()  # of the log ratio, to first order
    freedom, error = _degrees_of_freedom(residuals, block), _standard_error(residuals, block)
    generator = np.random.default_rng(seed)
    resampled = [
        _resample(numerator, denominator, block, min(CHUNK, resamples - start), generator)
        for start in range(0, resamples, CHUNK)
    ]
    estimate = np.log(numerator.mean() / denominator.mean())
    distances = np.log(np.concatenate(resampled)) - estimate
    tail = (1 - LEVEL) / 2
    widening = special.stdtrit(freedom, 1 - tail) / special.ndtri(1 - tail) * np.sqrt((freedom + 1) / freedom)
    spread = float(distances.std())
    scale = widening * error / spread if spread > 0 else 1.0
    low, high = np.exp(np.quantile(distances, [tail, 1 - tail]) * scale + estimate)
    return Interval(float(low), float(high), freedom)


def _resample(
    numerator: FloatArray, denominator: FloatArray, block: int, count: int, generator: np.random.Generator
) -> FloatArray:
    """Ratios of `count` resamples, (count,)."""
    seeds, origins = numerator.shape
    drawn_seeds = generator.multinomial(seeds, np.full(seeds, 1 / seeds), size=count)  # (count, seeds)
    whole, rest = divmod(origins, block)
    weights = np.zeros((count, origins))
    for length, blocks in ((block, whole), (rest, 1)):
        if length:
            starts = generator.integers(0, origins - length + 1, size=(count, blocks))
            weights += _coverage(starts, length, origins)
    sums = [np.sum(drawn_seeds * (weights @ losses.T), axis=1) for losses in (numerator, denominator)]
    ratios: FloatArray = sums[0] / sums[1]
    return ratios


def _coverage(starts: npt.NDArray[np.int64], length: int, origins: int) -> FloatArray:
    """How often each origin lies in the blocks that begin at `starts` (count, blocks): (count, origins)."""
    edges = np.zeros((len(starts), origins + 1))
    rows = np.arange(len(starts))[:, None]
    np.add.at(edges, (rows, starts), 1.0)
    np.add.at(edges, (rows, starts + length), -1.0)
    return edges.cumsum(axis=1)[:, :-1]


def _degrees_of_freedom(residuals: FloatArray, block: int) -> float:
    """Satterthwaite's degrees of freedom of a mean with variance over seeds and over blocks of time."""
    seeds, origins = residuals.shape
    blocks = origins // block
    parts = [
        (_variance_over_time(residuals, block), (blocks - 1) / 2),
        (_variance_over_seeds(residuals), seeds - 1),
    ]
    total = sum(variance for variance, _ in parts)
    if total == 0:
        return float(blocks - 1)
    return float(total**2 / sum(variance**2 / freedom for variance, freedom in parts if freedom))


def _standard_error(residuals: FloatArray, block: int) -> float:
    """Of the mean of the residuals.

    Blocks of length b miss dependence of order 1/b; the lugsail variance 2 V(b) - V(b/2) does not.
    """
    plain = _variance_over_time(residuals, block)
    corrected = 2 * plain - _variance_over_time(residuals, max(1, block // 2))
    return float(np.sqrt(max(plain, corrected) + _variance_over_seeds(residuals)))


def _variance_over_seeds(residuals: FloatArray) -> float:
    """Variance of the mean that comes from the seeds; 0 where there is one seed, which cannot tell."""
    seeds = len(residuals)
    return float(residuals.mean(axis=1).var(ddof=1) / seeds) if seeds > 1 else 0.0


def _variance_over_time(residuals: FloatArray, block: int) -> float:
    """Variance of the mean that comes from time, from all overlapping blocks."""
    over_time = residuals.mean(axis=0)
    return long_run_variance(over_time, block) / len(over_time)


def long_run_variance(series: FloatArray, bandwidth: int) -> float:
    """Variance of the mean times the number of steps, with the Bartlett kernel (Newey and West 1987)."""
    centred = series - series.mean()
    variance = centred @ centred
    for lag in range(1, bandwidth):
        variance += 2 * (1 - lag / bandwidth) * (centred[lag:] @ centred[:-lag])
    return max(0.0, float(variance) / len(centred))


def diebold_mariano(differences: FloatArray, bandwidth: int) -> float:
    """Diebold-Mariano statistic: mean loss difference over its HAC standard error.

    Source: Diebold and Mariano (1995), with the variance of `long_run_variance`.

    Args:
        differences: Loss differences in order of time (origins,).
        bandwidth: Lags that carry weight; windows further apart share no step.

    Returns:
        The statistic, about N(0, 1) where the families are equal; 0 where the differences are all zero.
    """
    count = len(differences)
    variance = long_run_variance(differences, max(1, min(bandwidth, count // 2)))
    return float(differences.mean() / np.sqrt(variance / count)) if variance > 0 else 0.0
