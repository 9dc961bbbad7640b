"""Student's t interval of a mean over few units: seeds or rounds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from rnn_vs_transformer.runtime.files import finite

LEVEL = 0.95


@dataclass(frozen=True)
class MeanInterval:
    """A mean with its 95 % confidence interval, which one unit alone does not give."""

    mean: float
    low: float | None
    high: float | None


def mean_interval(units: Sequence[float] | npt.NDArray[np.float64]) -> MeanInterval:
    """The mean +- t(n-1) * s / sqrt(n) of independent units (n,).

    Raises:
        ValueError: There is no unit.

    >>> interval = mean_interval([1.0, 3.0])
    >>> interval.mean, round(interval.low, 2), round(interval.high, 2)
    (2.0, -10.71, 14.71)
    """
    values = np.asarray(units, dtype=np.float64)
    count = len(values)
    if count == 0:
        raise ValueError("expected at least one unit, got none")
    mean = float(values.mean())
    if count == 1:
        return MeanInterval(mean, None, None)
    half = float(special.stdtrit(count - 1, (1 + LEVEL) / 2) * values.std(ddof=1) / np.sqrt(count))
    return MeanInterval(mean, mean - half, mean + half)


def interval_entries(name: str, estimate: float, low: float | None, high: float | None) -> dict[str, float]:
    """Entries of a JSON report: the estimate under `name`, and its interval where there is one."""
    entries = {name: significant(estimate)}
    if low is not None and high is not None:
        entries |= {f"{name}_ci_low": significant(low), f"{name}_ci_high": significant(high)}
    return entries


def significant(value: float) -> float:
    """A finite number to 6 significant digits, for JSON."""
    return finite(float(f"{value:.6g}"))
