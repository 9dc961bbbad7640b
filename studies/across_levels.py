"""How often the comparison across units errs where the truth is known: `python -m studies.across_levels`.

Log differences are drawn from three shapes, each of mean 0 and standard deviation 1, and go to `compare_across`. Where
the truth is equal, the spread is five times the margin, so that `equivalent` cannot hide a side wrongly called better.
Where the truth lies on the margin's border, it is a quarter, so that `equivalent` is within reach. Five minutes of one
core.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from rnn_vs_transformer.evaluation.across import AcrossUnits, compare_across

FloatArray = npt.NDArray[np.float64]

SHAPES: Final[dict[str, Callable[[np.random.Generator, int], FloatArray]]] = {
    "normal": lambda generator, units: generator.standard_normal(units),
    "heavy-tailed (t3)": lambda generator, units: generator.standard_t(3, units) / np.sqrt(3),
    "skewed (exponential)": lambda generator, units: generator.standard_exponential(units) - 1,
}
UNITS: Final = (5, 10, 20)
MARGIN: Final = 0.02
WIDE: Final = 5
"""Standard deviation over the margin where the truth is equal."""
NARROW: Final = 1 / 4
"""The same where it lies on the margin's border."""
REPETITIONS: Final = 10_000
DRAWS: Final = 2_000
SURE: Final = 0.95


def main() -> None:
    """Print the table in Markdown."""
    print(error_table(error_rates(REPETITIONS)))  # noqa: T201


def error_rates(repetitions: int, draws: int = DRAWS) -> pd.DataFrame:
    """Shares of the repetitions, a row per shape and number of units.

    Returns:
        Where the truth is equal: `student` and `wilcoxon`, with p < 0.05; `interval`, whose 95 % interval holds it;
        `side`, whose verdict calls a side better; `both`, the same with Wilcoxon's p < 0.05 as well; `bayes`, where a
        side has a probability above 0.95. `border`: called equivalent where the truth is on the border, the worse one.
    """
    return pd.DataFrame(
        [
            {"differences": shape, "units": units, **_rates_of(shape, units, repetitions, draws)}
            for shape in SHAPES
            for units in UNITS
        ]
    )


def error_table(rates: pd.DataFrame) -> str:
    """The table in Markdown, in percent."""
    lines = ["| " + " | ".join(rates.columns) + " |", "|---" * len(rates.columns) + "|"]
    for shape, units, *shares in rates.itertuples(index=False):
        lines.append("| " + " | ".join([shape, str(units), *(f"{share:.1%}" for share in shares)]) + " |")
    return "\n".join(lines)


def _rates_of(shape: str, units: int, repetitions: int, draws: int) -> dict[str, float]:
    margin = float(np.log1p(MARGIN))
    found, at_border = [], []
    for repetition in range(repetitions):
        drawn = SHAPES[shape](np.random.default_rng([repetition, units]), units)
        equal = _compared(WIDE * margin * drawn, repetition, draws)
        side = equal.verdict.endswith("better")
        sure = max(equal.probability_first, equal.probability_second) > SURE
        covered = equal.ci_low <= 0 <= equal.ci_high
        ranks = equal.wilcoxon_p < 1 - SURE
        found.append([equal.student_p < 1 - SURE, ranks, covered, side, side and ranks, sure])
        shifted = (margin * (NARROW * drawn + border) for border in (-1, 1))
        at_border.append([_compared(one, repetition, draws=1).verdict == "equivalent" for one in shifted])
    names = ("student", "wilcoxon", "interval", "side", "both", "bayes")
    shares = dict(zip(names, np.mean(found, axis=0).tolist(), strict=True))
    return {**shares, "border": float(np.mean(at_border, axis=0).max())}


def _compared(log_differences: FloatArray, seed: int, draws: int) -> AcrossUnits:
    return compare_across(np.ones_like(log_differences), np.exp(log_differences), MARGIN, seed, draws)


if __name__ == "__main__":
    main()
