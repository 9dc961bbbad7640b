"""What a file asks for besides being read, told by `inspect`: a trend, and too few steps for a verdict."""

from typing import Final

import numpy as np

from rnn_vs_transformer.data.evidence import shortage
from rnn_vs_transformer.data.panel import FloatArray, Panel
from rnn_vs_transformer.data.splits import Borders, split_borders
from rnn_vs_transformer.settings.data import DataParams

FAR: Final = 1.0
"""Standard deviations of train by which the level of validation lies off where a trend is told."""


def borders_of(panel: Panel, params: DataParams) -> list[Borders]:
    """The splits of each series.

    Raises:
        InputError: `data.split` asks for more steps than there are.
    """
    return [split_borders(params.split, steps) for steps in panel.lengths.tolist()]


def shifts(panel: Panel, borders: list[Borders], season: int = 1) -> FloatArray:
    """Standard deviations of train by which the level of each series moved until validation (S,), in its own units.

    Each phase of the season has its own mean in train, which is taken off first where train has three seasons. Neither
    test steps nor filled ones are looked at.
    """
    found = np.zeros(len(panel))
    for number, (one, start) in enumerate(zip(borders, panel.offsets[:-1], strict=True)):
        cells = slice(start, start + one.validation_end)
        steps = np.flatnonzero(panel.observed[cells])  # what was filled has no season
        values, train = panel.values[cells][steps], steps < one.train_end
        phases = steps % (season if 3 * season <= one.train_end else 1)
        counts = np.bincount(phases[train], minlength=season)
        known = counts[phases] > 0
        sums = np.bincount(phases[train], values[train], minlength=season)
        rest = values[known] - sums[phases[known]] / counts[phases[known]]
        before, after = rest[train[known]], rest[~train[known]]
        if len(before) and len(after) and before.std() > 0:
            found[number] = abs(after.mean() - before.mean()) / before.std()
    return found


def trend(moved: FloatArray) -> float | None:
    """By how much half of the series or more moved; None where it is little."""
    shift = float(np.median(moved))
    return shift if shift > FAR else None


def too_short(panel: Panel, borders: list[Borders], params: DataParams) -> list[str]:
    """A line where the test steps cannot tell the families apart; origins of several series at one time count once."""
    ahead, times = params.prediction_length, [np.empty(0, dtype=np.int64)]
    for one, first in zip(borders, panel.first_steps.tolist(), strict=True):
        times.append(first + np.arange(one.validation_end, one.test_end - ahead + 1))
    lacking = shortage(len(np.unique(np.concatenate(times))), params.context_length + ahead, len(borders))
    return [f"too short for a verdict: {lacking.told()}"] if lacking else []
