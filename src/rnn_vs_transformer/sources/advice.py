"""What a file asks for besides being read, told by `inspect`: a trend, and too few steps for a verdict."""

from typing import Final

import numpy as np

from rnn_vs_transformer.data.evidence import shortage
from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.splits import Borders, split_borders
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.settings.data import DataParams

FAR: Final = 1.0
"""Standard deviations of train by which the mean of validation lies off where a trend is told."""


def advise(panel: Panel, params: DataParams) -> list[str]:
    """Lines of advice, none where nothing is to be said. Test steps are counted, and their values not looked at.

    Args:
        panel: As read, in own units.
        params: With the lengths that would be used.
    """
    try:
        borders = [split_borders(params.split, steps) for steps in panel.lengths.tolist()]
    except InputError as error:
        return [str(error)]
    return [*_trend(panel, borders), *_evidence(borders, params)]


def _trend(panel: Panel, borders: list[Borders]) -> list[str]:
    shifts = []
    for one, start in zip(borders, panel.offsets[:-1], strict=True):
        train, validation = np.split(panel.values[start : start + one.validation_end], [one.train_end])
        if len(train) and len(validation) and train.std() > 0:
            shifts.append(abs(validation.mean() - train.mean()) / train.std())
    shift = float(np.median(shifts)) if shifts else 0.0
    if shift <= FAR:
        return []
    whose = "the series" if len(panel) == 1 else f"half of the {len(panel)} series or more"
    moved = f"from train to validation {whose} moved by {shift:.1f} standard deviations"
    return [f"trend: {moved}; add -S model.instance_norm=last"]


def _evidence(borders: list[Borders], params: DataParams) -> list[str]:
    windows = max(one.test_end - one.validation_end for one in borders) - params.prediction_length + 1
    lacking = shortage(max(0, windows), params.context_length + params.prediction_length, len(borders))
    return [f"too short for a verdict: {lacking.told()}"] if lacking else []
