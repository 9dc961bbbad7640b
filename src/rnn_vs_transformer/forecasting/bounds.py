"""The ends of the intervals of a forecast: by conformalised quantiles where there are some, else split-conformal."""

import logging

import numpy as np

from rnn_vs_transformer.data.panel import BoolArray, FloatArray, IntArray
from rnn_vs_transformer.evaluation.quantiles import widened
from rnn_vs_transformer.forecasting.artifact import Artifact

log = logging.getLogger(__name__)
NEW = -1
"""The number of a series that the models were not trained on."""


def forecast_columns(
    artifact: Artifact, name: str, forecast: FloatArray, quantiles: FloatArray | None, numbers: IntArray
) -> dict[str, FloatArray]:
    """The columns of a forecast (S, H), in scaled units: itself, ends of its intervals, its quantiles; see `bounds`."""
    columns = {"forecast": forecast}
    for level, (low, high) in zip(artifact.levels, bounds(artifact, name, forecast, quantiles, numbers), strict=True):
        if np.isnan(low).any():
            log.warning("no %.0f %% interval where validation was too short for it", 100 * level)
        columns |= {f"low_{100 * level:.0f}": low, f"high_{100 * level:.0f}": high}
    if quantiles is not None:
        columns |= {
            f"quantile_{level:g}": quantiles[..., place] for place, level in enumerate(artifact.levels_of[name])
        }
    return columns


def bounds(
    artifact: Artifact, name: str, forecast: FloatArray, quantiles: FloatArray | None, numbers: IntArray
) -> FloatArray:
    """Low and high ends (levels, 2, S, H), in scaled units; not a number where validation was too short.

    Each interval holds the forecast and those of lower levels, also where they come from two sources.

    Args:
        artifact: Whose levels and widths are taken.
        name: Of the forecaster.
        forecast: Of each series (S, H), in scaled units.
        quantiles: (S, H, Q), of a forecaster that has some.
        numbers: Of the series (S,); one that was not trained on has the mean of the others' widths.
    """
    is_new: BoolArray = numbers == NEW
    half = _of_series(artifact.half_widths[name], numbers, is_new)  # (levels, S, H)
    ends = np.stack([forecast - half, forecast + half], axis=1)
    if quantiles is not None:
        more = _of_series(artifact.corrections[name], numbers, is_new)
        for number in range(len(artifact.levels)):
            found = widened(quantiles, more[number], artifact.levels_of[name], number)
            ends[number] = ends[number] if found is None else found
    known = np.isfinite(ends)
    low, high = (np.where(known[:, side], ends[:, side], forecast) for side in (0, 1))
    nested = [np.minimum.accumulate(np.minimum(low, forecast)), np.maximum.accumulate(np.maximum(high, forecast))]
    return np.where(known, np.stack(nested, axis=1), np.nan)


def _of_series(widths: FloatArray, numbers: IntArray, is_new: BoolArray) -> FloatArray:
    return np.where(is_new[:, None], widths.mean(axis=1, keepdims=True), widths[:, numbers])
