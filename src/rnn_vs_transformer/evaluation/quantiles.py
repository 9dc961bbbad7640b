"""Quantile forecasts scored: conformalised on validation, with their coverage, width and weighted quantile loss.

Conformalised quantile regression (Romano, Patterson and Candes 2019): the interval between the quantiles (1 - c)/2 and
(1 + c)/2 is widened on both sides, or narrowed, by the amount that would have made it cover the share c of validation.
As for `conformal`, the guarantee holds for exchangeable windows; here the coverage is measured on test.
"""

from collections.abc import Sequence

import numpy as np

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.data.splits import Places, Splits
from rnn_vs_transformer.evaluation.conformal import LEVELS
from rnn_vs_transformer.evaluation.metrics import weighted_quantile_loss
from rnn_vs_transformer.models.quantiles import median_of


def pair_of(levels: Sequence[float], coverage: float) -> tuple[int, int] | None:
    """Which quantiles bound the interval of a nominal coverage; None where it lacks one.

    >>> pair_of([0.1, 0.5, 0.9], 0.8), pair_of([0.1, 0.5, 0.9], 0.95)
    ((0, 2), None)
    """
    places = [np.flatnonzero(np.isclose(levels, (1 + side * coverage) / 2)) for side in (-1, 1)]
    return (int(places[0][0]), int(places[1][0])) if all(map(len, places)) else None


def corrections(quantiles: FloatArray, splits: Splits, levels: Sequence[float]) -> FloatArray:
    """By how much each interval is widened on both sides: (coverages, S, H), by series and horizon step.

    Where a series has too few whole windows for a coverage, those of all series together count, in scaled units.

    Args:
        quantiles: On the windows of validation (W, H, Q), in scaled units.
        splits: Whose series they are.
        levels: Of the quantiles.

    Returns:
        For each of `LEVELS`; not a number where the quantiles lack its pair, infinite where validation is too short.
    """
    places = splits.places("validation")
    quantiles = _clipped(quantiles, splits, places)
    truth, whole = splits.truth(places), np.asarray(splits.scored(places).all(axis=1))
    found = np.full((len(LEVELS), len(splits.panel), splits.prediction_length), np.nan)
    for number, coverage in enumerate(LEVELS):
        if (pair := pair_of(levels, coverage)) is None:
            continue
        beyond = np.maximum(quantiles[..., pair[0]] - truth, truth - quantiles[..., pair[1]])  # (W, H)
        pooled = conformal_quantile(beyond[whole], coverage)
        for series, one in enumerate(places.of_series(len(splits.panel))):
            own = conformal_quantile(beyond[one][whole[one]], coverage)
            found[number, series] = np.where(np.isfinite(own), own, pooled)
    return found


def conformal_quantile(scores: FloatArray, coverage: float) -> FloatArray:
    """The least of the scores (N, H) that ceil((N + 1) * coverage) of N do not exceed: (H,); infinite with too few.

    >>> conformal_quantile(np.array([[3.0], [-1.0], [2.0], [-4.0]]), 0.8).tolist()
    [3.0]
    """
    count, horizon = scores.shape
    rank = int(np.ceil(np.round((count + 1) * coverage, 9)))
    return np.sort(scores, axis=0)[rank - 1] if rank <= count else np.full(horizon, np.inf)


def widened(quantiles: FloatArray, more: FloatArray, levels: Sequence[float], number: int) -> FloatArray | None:
    """Ends (2, W, H) of the interval of the coverage LEVELS[number], `more` wider on both sides; None without its pair.

    As `more` may be negative, an end goes no farther than the median.
    """
    if (pair := pair_of(levels, LEVELS[number])) is None:
        return None
    median = median_of(quantiles, levels)
    low, high = quantiles[..., pair[0]] - more, quantiles[..., pair[1]] + more
    return np.stack([np.minimum(low, median), np.maximum(high, median)])


def quantile_row(validation: FloatArray, test: FloatArray, splits: Splits, levels: Sequence[float]) -> dict[str, float]:
    """How the quantiles of validation and test (W, H, Q) fare on test: means over series of means over windows.

    Returns:
        `wql` in own units, without the series that are 0 throughout test;
        `quantile_coverage_80` and `quantile_width_80` as forecast, in scaled units, and
        `cqr_coverage_80` and `cqr_width_80` conformalised; the same for 95. A coverage whose quantiles are not forecast
        is left out, and a conformalised one for which validation is too short.
    """
    places = splits.places("test")
    truth, scored, test = splits.truth(places), splits.scored(places), _clipped(test, splits, places)
    found = _weighted_quantile_loss(test, splits, places, levels)
    for number, more in enumerate(corrections(validation, splits, levels)):
        label = f"{100 * LEVELS[number]:.0f}"
        for name, wider in (("quantile", np.zeros_like(more)), ("cqr", more)):
            ends = widened(test, wider[places.series], levels, number)
            if ends is None or not np.isfinite(ends).all():
                continue
            inside = ((ends[0] <= truth) & (truth <= ends[1]) & scored).sum(axis=1) / scored.sum(axis=1)
            found[f"{name}_coverage_{label}"] = places.mean_over_series(inside)
            found[f"{name}_width_{label}"] = places.mean_over_series((ends[1] - ends[0]).mean(axis=1))
    return found


def _clipped(quantiles: FloatArray, splits: Splits, places: Places) -> FloatArray:
    """None below `data.lower`, as they ship."""
    return quantiles if splits.lower is None else np.maximum(quantiles, splits.lower[places.series, None, None])


def _weighted_quantile_loss(
    test: FloatArray, splits: Splits, places: Places, levels: Sequence[float]
) -> dict[str, float]:
    """`wql`, the mean over series; empty where no series has a size to measure by."""
    series = places.series[:, None]
    truth = np.where(splits.scored(places), splits.scaler.unscale(splits.truth(places), series), np.nan)
    in_units = np.stack([splits.scaler.unscale(test[..., number], series) for number in range(len(levels))])
    losses = [
        weighted_quantile_loss(in_units[:, one], truth[one], levels)
        for one in places.of_series(len(splits.panel))
        if np.nansum(np.abs(truth[one]))
    ]
    return {"wql": float(np.mean(losses))} if losses else {}
