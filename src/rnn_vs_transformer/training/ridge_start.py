"""A model that starts as the closed-form ridge: its linear highway is ridge, and its mixer adds nothing yet.

With these weights as a candidate, training cannot choose a model that is worse on validation than this ridge. That of
the tables may be better: its context and centring are free.
"""

from dataclasses import replace

import torch

from rnn_vs_transformer.data.splits import Splits
from rnn_vs_transformer.models.baselines import fit_ridge
from rnn_vs_transformer.models.segments import SegmentReadout
from rnn_vs_transformer.models.shell import ForecastModel


def start_at_ridge(model: ForecastModel, splits: Splits) -> bool:
    """Where a model's settings say so, set its highway to ridge with its context and centring, and its readout to zero.

    Ridge reads the series alone. What covariates over the horizon add starts small and is learnt.

    Args:
        model: As it was drawn.
        splits: Development steps, scaled; the penalty is chosen on validation.

    Returns:
        Whether the model starts at ridge now.
    """
    if model.highway is None or not model.starts_at_ridge:
        return False
    centred = model.instance_norm == "last"
    alone = replace(splits, panel=splits.panel.without_covariates())
    ridge = fit_ridge(alone, model.steps_read, centrings=[centred])
    weights = torch.from_numpy(ridge.weights)
    last = model.readout.linear if isinstance(model.readout, SegmentReadout) else model.readout
    with torch.no_grad():
        model.highway.weight.copy_(weights[:-1].T)
        model.highway.bias.copy_(weights[-1])
        for parameter in last.parameters():
            parameter.zero_()
    return True
