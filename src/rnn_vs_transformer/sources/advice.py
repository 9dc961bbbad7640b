"""What a file asks for besides being read, told by `inspect`: a trend, and too few steps for a verdict."""

from typing import Final

import numpy as np

from rnn_vs_transformer.data.evidence import shortage
from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.splits import Borders, split_borders
from rnn_vs_transformer.settings.data import DataParams

FAR: Final = 1.0
"""Standard deviations of train by which the mean of validation lies off where a trend is told."""


def borders_of(panel: Panel, params: DataParams) -> list[Borders]:
    """The splits of each series.

    Raises:
        InputError: `data.split` asks for more steps than there are.
    """
    return [split_borders(params.split, steps) for steps in panel.lengths.tolist()]


def trend(panel: Panel, borders: list[Borders]) -> float | None:
    """Standard deviations of train by which half of the series or more moved until validation; None where few moved.

    In the series' own units. Test steps are not looked at.
    """
    shifts = []
    for one, start in zip(borders, panel.offsets[:-1], strict=True):
        train, validation = np.split(panel.values[start : start + one.validation_end], [one.train_end])
        if len(train) and len(validation) and train.std() > 0:
            shifts.append(abs(validation.mean() - train.mean()) / train.std())
    shift = float(np.median(shifts)) if shifts else 0.0
    return shift if shift > FAR else None


def too_short(panel: Panel, borders: list[Borders], params: DataParams) -> list[str]:
    """A line where the test steps cannot tell the families apart; origins of several series at one time count once."""
    ahead, times = params.prediction_length, [np.empty(0, dtype=np.int64)]
    for one, first in zip(borders, panel.first_steps.tolist(), strict=True):
        times.append(first + np.arange(one.validation_end, one.test_end - ahead + 1))
    lacking = shortage(len(np.unique(np.concatenate(times))), params.context_length + ahead, len(borders))
    return [f"too short for a verdict: {lacking.told()}"] if lacking else []
