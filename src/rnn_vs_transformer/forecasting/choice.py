"""Which forecaster ships where none is named."""

from collections.abc import Mapping, Sequence

import numpy as np


def choose_forecaster(errors: Mapping[str, Sequence[float]]) -> str:
    """The simplest forecaster that is as good as the best, as far as validation can tell.

    One fold tells no more than its errors, so the least counts. Several tell how far chance goes: a simpler forecaster
    is taken where it is behind by no more than one standard error of the difference over folds, each in percent of the
    error there (the one-standard-error rule, Breiman et al. 1984, section 3.4.3).

    Args:
        errors: Mean squared error on validation by forecaster, the simplest first, each with one error per fold.

    >>> choose_forecaster({"last_value": [0.100, 0.300], "rnn": [0.102, 0.290]})
    'last_value'
    """
    best = min(errors, key=lambda name: float(np.mean(errors[name])))
    folds = len(errors[best])
    if folds == 1:
        return best
    behind = {name: np.log(errors[name]) - np.log(errors[best]) for name in errors}
    noise = {name: float(np.std(gap, ddof=1)) / np.sqrt(folds) for name, gap in behind.items()}
    return next(name for name, gap in behind.items() if gap.mean() <= noise[name])
