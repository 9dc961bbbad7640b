"""Claim C1: how much of the loss gradient reaches the input k steps back.

    norm_k = sqrt(mean_w (d loss_w / d x_{w, L-k})^2),    k = 0 the forecast origin, loss_w the MSE of window w over H

A recurrence multiplies the gradient by one Jacobian per step, so its norm falls (or grows) like exp(slope * k):
Hochreiter (1991); Bengio, Simard and Frasconi (1994); Pascanu, Mikolov and Bengio (2013), equation 5. The slope is
fitted to log norm_k; exp(slope) is the decay per step. Attention reaches every step in one layer, so nothing of
the kind is expected of it.
"""

import copy

import numpy as np
import pandas as pd
import torch
from torch import nn

from rnn_vs_transformer.data.windows import Batch, WindowCovariates
from rnn_vs_transformer.evaluation.intervals import interval_entries, mean_interval, significant
from rnn_vs_transformer.probes.inspection.subjects import FloatArray, Importance, long_table, pieces

FIRST_FITTED_STEP = 1
"""The fit starts behind the forecast origin: the Transformer's last token also passes its gradient on directly."""


def gradient_norms(forecaster: nn.Module, sample: Batch) -> FloatArray:
    """Norm of the loss gradient with respect to each input, without dropout; the forecaster is left as it was.

    It is computed in float64: after some 150 steps the gradient of a tanh RNN is below the smallest float32.

    Returns:
        Root mean square over windows (L,), the forecast origin first; 0 for steps that the model does not read.
    """
    twin = copy.deepcopy(forecaster).double().eval()
    gradients = []
    for batch in pieces(sample):
        inputs = batch.context.double().requires_grad_()
        covariates = batch.covariates and WindowCovariates(*(part.double() for part in batch.covariates))
        losses = (twin(inputs, batch.series, None, covariates) - batch.target.double()).square().mean(dim=1)
        gradients.append(torch.autograd.grad(losses.sum(), inputs)[0])  # windows do not meet, so the sum will do
    newest_first = torch.cat(gradients).abs().flip(1)  # (N, L)
    largest = newest_first.amax(dim=0)  # taken out of the squares, which would fall below the smallest float64
    shares = newest_first / largest.where(largest > 0, torch.ones_like(largest))
    return np.asarray(largest * shares.square().mean(dim=0).sqrt())


def decay_slope(norms: FloatArray) -> float | None:
    """Slope of log norm (L,) per step back, by least squares over `FIRST_FITTED_STEP` to the oldest step.

    It is negative where the gradient vanishes. Steps of norm 0, which the model does not read, are left out; None where
    fewer than two are left.

    >>> round(decay_slope(0.5 ** np.arange(10.0)), 6)
    -0.693147
    """
    steps = np.flatnonzero(norms > 0)
    steps = steps[steps >= FIRST_FITTED_STEP]
    if len(steps) < 2:  # noqa: PLR2004
        return None
    return float(np.polyfit(steps, np.log(norms[steps]), 1)[0])


def summarise_decay(rows: list[Importance]) -> dict[str, float | str]:
    """Decay of one model over its seeds, one row each.

    Returns:
        `decay_per_step` exp(slope) with a 95 % t interval over seeds, and `half_life_steps` ln(1/2) / slope, `none`
        where the gradient does not fall; empty where the context is too short for a slope.
    """
    slopes = [known for row in rows if (known := decay_slope(row.per_step)) is not None]
    if not slopes:
        return {}
    slope = mean_interval(slopes)
    low, high = (None if bound is None else float(np.exp(bound)) for bound in (slope.low, slope.high))
    half_life = significant(np.log(0.5) / slope.estimate) if slope.estimate < 0 else "none"
    return {
        **interval_entries("decay_per_step", float(np.exp(slope.estimate)), low, high),
        "half_life_steps": half_life,
    }


def gradient_table(rows: list[Importance]) -> pd.DataFrame:
    """Columns model, stage, seed, steps_back, norm."""
    norms = {(row.model, row.kind, row.seed): row.per_step for row in rows}
    return long_table(norms, ["model", "stage", "seed", "steps_back", "norm"])


def mean_gradient_table(table: pd.DataFrame) -> pd.DataFrame:
    """Columns model, stage, steps_back, norm, norm_low, norm_high: mean and range over seeds, for charts."""
    groups = table.groupby(["model", "stage", "steps_back"], sort=False)["norm"]
    return groups.agg(norm="mean", norm_low="min", norm_high="max").reset_index()
