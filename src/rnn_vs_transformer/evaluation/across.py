"""Comparison over independent units: worlds, draws of a world, or series.

Each unit has one error of either family; what is compared is the difference of their logarithms.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import stats

from rnn_vs_transformer.evaluation.comparison import verdict
from rnn_vs_transformer.evaluation.intervals import ratio_of_pairs

FEWEST_UNITS: Final = 5
PRIOR_STRENGTH: Final = 0.5
"""Weight of one made-up unit without a difference, where each real unit weighs 1."""
SAMPLES: Final = 20_000

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AcrossUnits:
    """How two families compare over units; relative differences are of the Transformer from the RNN."""

    units: int
    relative_mse_difference: float
    """Of the geometric means over units."""
    ci_low: float
    ci_high: float
    """Student's t over units, on the log scale."""
    student_p: float
    wilcoxon_p: float
    """Signed ranks; exact for few units. With five units it cannot fall below 0.0625."""
    rnn_probability: float
    equivalent_probability: float
    transformer_probability: float
    """By the Bayesian signed-rank test with the margin as region of equivalence; they sum to 1."""
    verdict: str
    """By the interval, as within one series. The other tests stand beside it and have no part in it."""


def compare_across(rnn: npt.ArrayLike, transformer: npt.ArrayLike, margin: float, seed: int = 0) -> AcrossUnits:
    """Compare errors of two families, paired by unit.

    Args:
        rnn: Positive errors, one per unit (n,).
        transformer: Those of the other family on the same units.
        margin: Relative difference below which the families count as equivalent.
        seed: Of the random draws of the Bayesian test.

    Raises:
        ValueError: The units differ in number, or are fewer than two.
    """
    first, second = np.asarray(rnn, dtype=np.float64), np.asarray(transformer, dtype=np.float64)
    if first.shape != second.shape or len(first) < 2:  # noqa: PLR2004
        raise ValueError(f"expected errors of the same two or more units, got {first.shape} and {second.shape}")
    differences = np.log(second / first)
    ratio = ratio_of_pairs(second, first)
    low, high = (float(end) - 1 for end in (ratio.low, ratio.high) if end is not None)
    same = bool(np.all(differences == differences[0]))
    left, middle, right = bayesian_signed_rank(differences, float(np.log1p(margin)), seed)
    return AcrossUnits(
        units=len(first),
        relative_mse_difference=ratio.estimate - 1,
        ci_low=low,
        ci_high=high,
        student_p=float(not differences.any()) if same else float(stats.ttest_1samp(differences, 0.0).pvalue),
        wilcoxon_p=float(stats.wilcoxon(differences).pvalue) if differences.any() else 1.0,
        rnn_probability=right,
        equivalent_probability=middle,
        transformer_probability=left,
        verdict=verdict(low, high, margin) if len(first) >= FEWEST_UNITS else "inconclusive",
    )


def bayesian_signed_rank(differences: FloatArray, margin: float, seed: int) -> tuple[float, float, float]:
    """Probabilities that differences (n,) lie below -margin, within it, and above, for a unit yet to come.

    The units' weights are drawn from a Dirichlet distribution with one made-up difference of zero; a share of the draws
    in which a region has most of the pairwise means (Walsh averages) is its probability. Source: Benavoli, Corani,
    Demsar and Zaffalon (2017), Time for a Change, JMLR 18(77), section 4.2; the same as SignedRankTest of baycomp.
    """
    units = np.concatenate([[0.0], differences])
    walsh = (units[:, None] + units) / 2
    weights = np.random.default_rng(seed).dirichlet([PRIOR_STRENGTH, *np.ones(len(differences))], SAMPLES)
    shares = [np.einsum("si,ij,sj->s", weights, region.astype(np.float64), weights, optimize=True)
              for region in (walsh < -margin, np.abs(walsh) <= margin, walsh > margin)]  # fmt: skip
    most = np.bincount(np.argmax(shares, axis=0), minlength=3) / SAMPLES
    return float(most[0]), float(most[1]), float(most[2])
