"""Two options that the product does not have, measured on earlier origins of M4 hourly: `earlier` found why not.

Each stands for both families and changes one thing.
"""

import time
from typing import Final

import torch
from torch import Tensor, nn

from rnn_vs_transformer.data.windows import Batch, WindowCovariates, Windows
from rnn_vs_transformer.models.shell import ForecastModel
from rnn_vs_transformer.settings.family.train import FitParams
from rnn_vs_transformer.training.fit import UNWATCHED, Fit, TrainingState, begin, draw_order, end_epoch, losses, step
from studies.m4.series import SEASON

EPSILON: Final = 1e-5
"""Added to a window's variance, as the shell does."""


class LearnedCycle(nn.Module):
    """CycleNet (Lin et al. 2024): a day per series, learnt with the weights.

    It is taken off the normed context, and added to the forecast.
    """

    def __init__(self, model: ForecastModel, series: int) -> None:
        """Around a model with `instance_norm: none`; norming is done here, as the cycle lies behind it.

        The one future covariate of the windows is the hour of each step (0 to 23), which the model is not told.
        """
        super().__init__()
        self.model = model
        self.cycle = nn.Parameter(torch.zeros(series, SEASON))

    def forward(
        self, context: Tensor, series: Tensor, target: Tensor | None = None, covariates: WindowCovariates | None = None
    ) -> Tensor:
        """As of the model."""
        if covariates is None:
            raise ValueError("expected the hour of each step as a covariate")
        own = self.cycle[series]  # (B, 24)
        past, ahead = (own.gather(1, hours[..., 0].long()) for hours in (covariates.context, covariates.horizon))
        variance, level = torch.var_mean(context, dim=1, keepdim=True, correction=0)
        spread = torch.sqrt(variance + EPSILON)
        forecast: Tensor = (self.model((context - level) / spread - past, series, target) + ahead) * spread + level
        return forecast


def fit_sharpness_aware(
    model: nn.Module, windows: tuple[Windows, Windows], params: FitParams, seed: int, radius: float
) -> Fit:
    """As `fit`, by sharpness-aware minimisation (Foret et al. 2021), which takes two passes for a step.

    Args:
        model: As for `fit`.
        windows: Those to learn from, and those that choose the epoch.
        params: Budget and optimiser settings.
        seed: Of the order of the batches.
        radius: The gradient is taken where the weights have gone so far uphill.
    """
    state = begin(model, windows, params, seed, UNWATCHED, from_start=False)
    while not state.run.finished:
        started = time.perf_counter()
        model.train()
        total, order = 0.0, draw_order(state, windows[0], params)
        for index in torch.split(order, params.batch_size):
            total += len(index) * _step(state, windows[0].batch(index), params, radius)
        end_epoch(state, windows[1], params, total / len(order), time.perf_counter() - started)
    model.load_state_dict(state.run.state)
    return state.run


def _step(state: TrainingState, batch: Batch, params: FitParams, radius: float) -> float:
    """Take one step; the mean squared error before it."""
    loss, squared = losses(state.model, batch, params)
    loss.backward()  # type: ignore[no-untyped-call]
    weights = list(state.model.parameters())
    before = [weight.detach().clone() for weight in weights]
    go_uphill(weights, radius)
    state.optimizer.zero_grad()
    losses(state.model, batch, params)[0].backward()  # type: ignore[no-untyped-call]
    with torch.no_grad():
        for weight, old in zip(weights, before, strict=True):
            weight.copy_(old)
    step(state, params)
    return float(squared)


def go_uphill(weights: list[nn.Parameter], radius: float) -> None:
    """Move all weights along the gradient, by `radius` in all."""
    slopes = [weight.grad for weight in weights if weight.grad is not None]
    length = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(slope) for slope in slopes]))
    with torch.no_grad():
        for weight in weights:
            if weight.grad is not None:
                weight.add_(weight.grad, alpha=float(radius / length.clamp_min(1e-12)))
