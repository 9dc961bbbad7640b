"""Intervals at 95 %: of a mean over few independent units, and of a ratio of mean losses over seeds and time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from scipy import special

from rnn_vs_transformer.runtime.files import finite

if TYPE_CHECKING:
    import pandas as pd

FloatArray = npt.NDArray[np.float64]

LEVEL: Final = 0.95
TAIL: Final = (1 - LEVEL) / 2
CHUNK: Final = 1000


@dataclass(frozen=True)
class Estimate:
    """An estimate with its 95 % confidence interval, which one unit alone does not give."""

    estimate: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Interval:
    """A 95 % confidence interval of a ratio of mean losses."""

    low: float
    high: float
    degrees_of_freedom: float
    """Satterthwaite's, from the number of seeds and of blocks."""

    @property
    def log_standard_error(self) -> float:
        """Half the width of the logarithm in units of Student's t."""
        return float(np.log(self.high / self.low) / 2 / student_quantile(self.degrees_of_freedom))


def student_quantile(freedom: float, tail: float = TAIL) -> float:
    """What Student's t exceeds with probability `tail`."""
    return float(special.stdtrit(freedom, 1 - tail))


def mean_interval(units: Sequence[float] | FloatArray, comparisons: int = 1) -> Estimate:
    """The mean +- t(n-1) * s / sqrt(n) of independent units (n,): seeds, rounds, series or worlds.

    With `comparisons` such means, of which the best counts, it is that much wider (Bonferroni).

    Raises:
        ValueError: There is no unit.

    >>> interval = mean_interval([1.0, 3.0])
    >>> interval.estimate, round(interval.low, 2), round(interval.high, 2)
    (2.0, -10.71, 14.71)
    """
    values = np.asarray(units, dtype=np.float64)
    count = len(values)
    if count == 0:
        raise ValueError("expected at least one unit, got none")
    mean = float(values.mean())
    if count == 1:
        return Estimate(mean, None, None)
    half = student_quantile(count - 1, TAIL / comparisons) * float(values.std(ddof=1)) / np.sqrt(count)
    return Estimate(mean, float(mean - half), float(mean + half))


def block_error(units: FloatArray, size: int) -> float:
    """The standard error of the mean of units (n,) whose neighbours may be alike, from blocks of `size` neighbours.

    It is cluster-robust, from the blocks' summed residuals; with blocks of one it is s / sqrt(n). There must be two.
    """
    sums = np.add.reduceat(units - units.mean(), np.arange(0, len(units), size))
    return float(np.sqrt(np.square(sums).sum() * len(sums) / (len(sums) - 1)) / len(units))


def crossed_interval(values: FloatArray) -> Estimate:
    """The mean of values (seeds, units) with an interval over both: another draw of either would give another mean.

    The analysis of variance with two crossed random effects and one value per cell (Scheffe 1959, section 7.4), with
    Satterthwaite's degrees of freedom. Where all seeds agree it is `mean_interval` over units, and the other way round.

    Raises:
        ValueError: There are fewer than two of either.
    """
    seeds, units = values.shape
    if 1 in (seeds, units):
        raise ValueError(f"expected two seeds and two units at least, got {seeds} and {units}")
    mean, by_seed, by_unit = values.mean(), values.mean(axis=1), values.mean(axis=0)
    rest = values - by_seed[:, None] - by_unit + mean
    of_seeds, of_units = by_seed.var(ddof=1) / seeds, by_unit.var(ddof=1) / units
    within = float(np.square(rest).sum()) / ((seeds - 1) * (units - 1)) / values.size
    variance = max(of_seeds + of_units - within, of_seeds, of_units)
    parts = ((of_seeds, seeds - 1), (of_units, units - 1), (within, (seeds - 1) * (units - 1)))
    spread = sum(part**2 / freedom for part, freedom in parts)
    half = student_quantile(variance**2 / spread) * np.sqrt(variance) if spread else 0.0
    return Estimate(float(mean), float(mean - half), float(mean + half))


def ratio_of_pairs(numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> Estimate:
    """Geometric mean of paired positive ratios (n,), with Student's t interval on the log scale.

    >>> found = ratio_of_pairs([2.0, 2.0], [1.0, 1.0])
    >>> round(found.estimate, 6), round(found.low, 6), round(found.high, 6)
    (2.0, 2.0, 2.0)
    """
    found = mean_interval(np.log(np.asarray(numerator) / np.asarray(denominator)))
    low, high = (None if end is None else float(np.exp(end)) for end in (found.low, found.high))
    return Estimate(float(np.exp(found.estimate)), low, high)


def interval_entries(name: str, estimate: float, low: float | None, high: float | None) -> dict[str, float]:
    """Entries of a JSON report: the estimate under `name`, and its interval where there is one."""
    entries = {name: significant(estimate)}
    if low is not None and high is not None:
        entries |= {f"{name}_ci_low": significant(low), f"{name}_ci_high": significant(high)}
    return entries


def significant(value: float) -> float:
    """A finite number to 6 significant digits, for JSON."""
    return finite(float(f"{value:.6g}"))


def paired_lead(leader: "pd.Series[float]", follower: "pd.Series[float]", comparisons: int) -> tuple[float, float]:
    """Mean over seeds of the paired difference of values per seed, and the lower end of its `mean_interval`.

    Raises:
        ValueError: The seeds differ, or are fewer than two.
    """
    found = mean_interval(np.asarray(leader - follower, dtype=np.float64), comparisons)
    if found.low is None or not leader.index.equals(follower.index):
        raise ValueError(f"expected the same two or more seeds, got {list(leader.index)} and {list(follower.index)}")
    return found.estimate, found.low


def widened_interval(estimate: float, resampled: FloatArray, units: int) -> tuple[float, float]:
    """Interval of a positive number from its resamples (n,), as wide as Student's t asks of few units.

    On the log scale, by Hesterberg (2015), section 5.3.
    """
    quantile = np.sqrt(units / (units - 1)) * student_quantile(units - 1) if units > 1 else np.inf
    half = float(quantile * np.log(resampled).std())
    return float(np.exp(np.log(estimate) - half)), float(np.exp(np.log(estimate) + half))


def bootstrap_interval(losses: FloatArray, block: int, resamples: int, seed: int) -> Interval:
    """Interval of the mean of losses (seeds, origins) over seeds and time; see `ratio_interval`."""
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
    block = max(1, min(block, numerator.shape[1] // 2))
    estimate = np.log(numerator.mean() / denominator.mean())
    generator = np.random.default_rng(seed)
    counts = [min(CHUNK, resamples - start) for start in range(0, resamples, CHUNK)]
    ratios = np.concatenate([_resample(numerator, denominator, block, count, generator) for count in counts])
    distances = np.log(ratios) - estimate
    residuals = numerator / numerator.mean() - denominator / denominator.mean()  # of the log ratio, to first order
    freedom, spread = _degrees_of_freedom(residuals, block), float(distances.std())
    scale = 1.0
    if spread > 0:
        widening = student_quantile(freedom) / special.ndtri(1 - TAIL) * np.sqrt((freedom + 1) / freedom)
        scale = float(widening) * _standard_error(residuals, block) / spread
    low, high = np.exp(np.quantile(distances, [TAIL, 1 - TAIL]) * scale + estimate)
    return Interval(float(low), float(high), freedom)


def _resample(
    numerator: FloatArray, denominator: FloatArray, block: int, count: int, generator: np.random.Generator
) -> FloatArray:
    """Ratios of `count` resamples, (count,)."""
    seeds, origins = numerator.shape
    drawn_seeds = generator.multinomial(seeds, np.full(seeds, 1 / seeds), size=count)  # (count, seeds)
    whole, rest = divmod(origins, block)
    parts = [(length, blocks) for length, blocks in ((block, whole), (rest, 1)) if length]
    starts = [generator.integers(0, origins - length + 1, size=(count, blocks)) for length, blocks in parts]
    sums = []
    for losses in (numerator, denominator):
        before = np.concatenate([np.zeros((seeds, 1)), losses.cumsum(axis=1)], axis=1)  # sums of all earlier origins
        drawn = [
            (before[:, first + length] - before[:, first]).sum(axis=2)  # (seeds, count)
            for first, (length, _) in zip(starts, parts, strict=True)
        ]
        sums.append(np.sum(drawn_seeds.T * np.sum(drawn, axis=0), axis=0))
    ratios: FloatArray = sums[0] / sums[1]
    return ratios


def _degrees_of_freedom(residuals: FloatArray, block: int) -> float:
    """Satterthwaite's degrees of freedom of a mean with variance over seeds and over blocks of time."""
    seeds, origins = residuals.shape
    blocks = origins // block
    parts = [(_variance_over_time(residuals, block), (blocks - 1) / 2), (_variance_over_seeds(residuals), seeds - 1)]
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
