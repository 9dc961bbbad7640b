"""Is one family better, by how much, and how sure are we?

Losses are arrays (seeds, origins): the mean squared error of each test window, averaged over channels. Neighbouring
windows overlap, so origins are resampled in blocks; the seeds of the two families are paired, so they are resampled
together.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rnn_vs_transformer.data.evidence import NotEnoughData, shortage
from rnn_vs_transformer.evaluation.intervals import TAIL, Interval, long_run_variance, ratio_interval, student_quantile
from rnn_vs_transformer.settings.evaluate import EvaluateParams

FloatArray = npt.NDArray[np.float64]

POWER = 0.8
FEWEST_SEEDS = 2


@dataclass(frozen=True)
class Comparison:
    """The relative difference of MSE, transformer against rnn, with what is known about it."""

    relative_mse_difference: float
    """(transformer - rnn) / rnn; negative where the Transformer is better."""
    ci_low: float
    ci_high: float
    diebold_mariano: float | None
    """Not used by the verdict: it knows of time only, and beyond +-1.96 lies more than 5 % where windows are few."""
    verdict: str
    minimum_detectable_effect: float
    """Relative decrease that would be found with 80 % power."""


def compare(rnn: FloatArray, transformer: FloatArray, block: int, params: EvaluateParams) -> Comparison | NotEnoughData:
    """Compare losses (seeds, origins), paired by seed and origin; below four blocks of time nothing is compared.

    Args:
        rnn: Losses of the RNN.
        transformer: Losses of the Transformer.
        block: Origins per resampled block; at least context plus prediction length, as closer windows overlap.
        params: Margin of equivalence, and the bootstrap.

    Raises:
        ValueError: The shapes differ.
    """
    if rnn.shape != transformer.shape:
        raise ValueError(f"expected losses of the same seeds and origins, got {rnn.shape} and {transformer.shape}")
    if lacking := shortage(rnn.shape[1], block, series=1):
        return lacking
    interval = ratio_interval(transformer, rnn, block, params.resamples, params.seed)
    doubt = len(rnn) < FEWEST_SEEDS
    return Comparison(
        relative_mse_difference=float(transformer.mean() / rnn.mean() - 1),
        ci_low=interval.low - 1,
        ci_high=interval.high - 1,
        diebold_mariano=diebold_mariano((transformer - rnn).mean(axis=0), block),
        verdict="inconclusive" if doubt else verdict(interval.low - 1, interval.high - 1, params.margin),
        minimum_detectable_effect=minimum_detectable_effect(interval),
    )


def too_little_evidence(seeds: int, origins: int, block: int, series: int = 1) -> str:
    """Why no verdict can be given, whatever the errors; empty where one can."""
    if lacking := shortage(origins, block, series):
        return f"not enough data: {lacking.told()}"
    if seeds < FEWEST_SEEDS:
        return f"{seeds} seed cannot tell how much seeds differ; set train.seeds to 5 or more"
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
    quantiles = student_quantile(freedom, TAIL) + student_quantile(freedom, 1 - POWER)
    return float(-np.expm1(-quantiles * interval.log_standard_error))


def diebold_mariano(differences: FloatArray, bandwidth: int) -> float:
    """Statistic of Diebold and Mariano (1995): mean loss difference over its HAC standard error (`long_run_variance`).

    Args:
        differences: Loss differences in order of time (origins,).
        bandwidth: Lags that carry weight; windows further apart share no step.

    Returns:
        About N(0, 1) where the families are equal; 0 where the differences are all zero.
    """
    count = len(differences)
    variance = long_run_variance(differences, max(1, min(bandwidth, count // 2)))
    return float(differences.mean() / np.sqrt(variance / count)) if variance > 0 else 0.0
