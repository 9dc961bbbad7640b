"""Which forecaster ships where none is named."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from rnn_vs_transformer.data.panel import FloatArray

LEAST: Final = 1e-8
"""Errors below it, in scaled units, are as good as none."""


def choose_forecaster(errors: Mapping[str, Sequence[float]]) -> str:
    """The simplest forecaster that is as good as the best, as far as validation can tell.

    One fold tells no more than its errors, so the least counts. Several tell how far chance goes. A simpler forecaster
    is taken where its mean error is within one standard error of the best's (the one-standard-error rule, Breiman et
    al. 1984, section 3.4.3), and where fold by fold too it is behind by at most one standard error of the difference,
    in logarithms.

    Args:
        errors: Mean squared error on validation by forecaster, the simplest first, each with one error per fold.

    >>> choose_forecaster({"last_value": [0.100, 0.300], "rnn": [0.102, 0.290]})
    'last_value'
    """
    folds = {name: np.maximum(found, LEAST) for name, found in errors.items()}
    best = min(folds, key=lambda name: float(folds[name].mean()))
    if len(folds[best]) == 1:
        return best
    most = folds[best].mean() + _standard_error(folds[best])
    behind = {name: np.log(found / folds[best]) for name, found in folds.items()}
    return next(
        name for name, gap in behind.items() if gap.mean() <= _standard_error(gap) and folds[name].mean() <= most
    )


def _standard_error(values: FloatArray) -> float:
    return float(values.std(ddof=1)) / float(np.sqrt(len(values)))
