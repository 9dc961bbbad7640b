"""The fit loop: it knows batches, a loss and a stopping rule, and nothing of the model."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnn_vs_transformer.data.windows import Batch, Windows
from rnn_vs_transformer.models.quantiles import pinball
from rnn_vs_transformer.runtime.adam import PlainAdamW
from rnn_vs_transformer.runtime.device import widest
from rnn_vs_transformer.runtime.errors import DivergedError
from rnn_vs_transformer.settings.family.train import FitParams
from rnn_vs_transformer.training.predict import window_errors
from rnn_vs_transformer.training.weight_average import WeightAverage

State = dict[str, Tensor]
Loss = Callable[[Tensor, Tensor], Tensor]
LOSSES: Final[dict[str, Loss]] = {"mse": functional.mse_loss, "mae": functional.l1_loss, "huber": functional.huber_loss}
SCHEDULES: Final[dict[str, Callable[[int], Callable[[int], float]]]] = {
    "constant": lambda _: lambda _: 1.0,
    "cosine": lambda epochs: lambda epoch: (1 + math.cos(math.pi * epoch / epochs)) / 2,
    "step": lambda _: lambda epoch: 0.8 ** max(epoch - 2, 0),
}
"""Multiples of the learning rate, by the number of epochs that are done."""


@dataclass
class Fit:
    """One training run: its best weights and its course."""

    state: State
    train_losses: list[float] = field(default_factory=list)
    """Per epoch, mean over its windows while training: squared error whatever the loss, but of quantiles pinball."""
    validation_losses: list[float] = field(default_factory=list)
    """The same error on validation, mean over series: by it the epoch is chosen."""
    seconds: list[float] = field(default_factory=list)
    """Wall-clock seconds per epoch."""
    start_losses: tuple[float, float] | None = None
    """Train and validation loss before the first epoch, where the weights then are a candidate."""
    best_epoch: int = 0
    """0 is the start."""
    stopped: bool = False
    """Whether `stops` ended it."""
    finished: bool = False
    paused: bool = False
    """Whether it makes way for others, and goes on from where it is kept."""

    @property
    def best_validation_loss(self) -> float:
        """Validation loss of the weights that were kept; infinite before there are any."""
        if self.best_epoch:
            return self.validation_losses[self.best_epoch - 1]
        return self.start_losses[1] if self.start_losses else math.inf

    def message(self) -> str:
        """The losses of the last epoch, in a line; empty before the first."""
        if not self.seconds:
            return ""
        return f"train {self.train_losses[-1]:.4f} validation {self.validation_losses[-1]:.4f}"


@dataclass(frozen=True)
class TrainingState:
    """All that an epoch changes, beside torch's global random state."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LambdaLR
    order: torch.Generator
    """Draws the order of the batches."""
    run: Fit
    seed: int
    watch: "Watch"
    average: WeightAverage | None = None
    """Of the weights, where it is what is judged and kept."""

    @property
    def judged(self) -> nn.Module:
        """What validation sees."""
        return self.model if self.average is None else self.average.model

    @property
    def device(self) -> torch.device:
        """Where the model lies."""
        return next(self.model.parameters()).device


class Keeper(Protocol):
    """Keeps the state of a training run, so that it can go on after a kill."""

    def restore(self, state: TrainingState) -> None:
        """Bring the state to where it was kept last, if it was."""

    def keep(self, state: TrainingState) -> None:
        """Take note of the state, after an epoch."""


@dataclass(frozen=True)
class Watch:
    """What follows a training run from outside; the result is the same without it, but for what `stops` ends."""

    on_step: Callable[[str], None] = lambda _: None
    """Called after each step with a line on the losses."""
    stops: Callable[[Fit], bool] = lambda _: False
    """Asked after each epoch with the run so far; True ends training as patience does."""
    pauses: Callable[[], bool] = lambda: False
    """Asked after each epoch but the last; True leaves the rest of the training to a later call. Needs a keeper."""
    keeper: Keeper | None = None
    """Where to go on from, and where to keep each epoch's state."""


UNWATCHED: Final = Watch()


def fit(
    model: nn.Module,
    windows: tuple[Windows, Windows],
    params: FitParams,
    seed: int,
    watch: Watch = UNWATCHED,
    *,
    from_start: bool = False,
) -> Fit:
    """Train with Adam (AdamW where weights decay) and early stopping; the best weights are restored.

    Args:
        model: Maps contexts (B, L), the numbers of their series (B,) and covariates to forecasts (B, H); in training it
            is given the targets (B, H) as well, in validation never.
        windows: Those to learn from, in an order drawn anew each epoch, and those that choose the epoch.
        params: Budget and optimiser settings.
        seed: Fixes the batch order, independently of the model's own random draws.
        watch: Who is told of it, who may stop it, and who keeps it.
        from_start: Whether the weights that the model has now are kept where no epoch is better on validation.

    Raises:
        DivergedError: The loss is no longer a finite number.
    """
    state = begin(model, windows, params, seed, watch, from_start)
    while not (state.run.finished or state.run.paused):
        started = time.perf_counter()
        train_loss = _train_epoch(state, windows[0], params)
        end_epoch(state, windows[1], params, train_loss, time.perf_counter() - started)
    model.eval().load_state_dict(state.run.state)
    return state.run


def begin(
    model: nn.Module, windows: tuple[Windows, Windows], params: FitParams, seed: int, watch: Watch, from_start: bool
) -> TrainingState:
    """The state before the first epoch, or from where it was kept; the start is judged, where it is a candidate."""
    adam = PlainAdamW(model.parameters(), params.learning_rate, weight_decay=params.weight_decay, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(adam, SCHEDULES[params.schedule](params.epochs))
    run, order = Fit(state=_copy_state(model)), torch.Generator().manual_seed(seed)
    average = WeightAverage(model) if params.weight_average else None
    state = TrainingState(model, adam, schedule, order, run, seed, watch, average)
    if watch.keeper is not None:
        watch.keeper.restore(state)
    if from_start and run.start_losses is None:
        train, validation = (window_errors(model, part, params.levels) for part in windows)
        run.start_losses = float(train.mean()), windows[1].mean_over_series(validation)
    return state


def draw_order(state: TrainingState, train: Windows, params: FitParams) -> Tensor:
    """The numbers of an epoch's windows, in the order of its batches; the same on every device."""
    order = torch.randperm(len(train), generator=state.order)[: params.windows_per_epoch(len(train))]
    return order.to(train.device)


def end_epoch(
    state: TrainingState, validation: Windows, params: FitParams, train_loss: float, train_seconds: float
) -> None:
    """Validate, keep the weights where they are the best so far, and decide whether the run has come to its end.

    Raises:
        DivergedError: A loss is no longer a finite number.
    """
    started, run, watch = time.perf_counter(), state.run, state.watch
    state.schedule.step()
    run.train_losses.append(train_loss)
    run.validation_losses.append(validation.mean_over_series(window_errors(state.judged, validation, params.levels)))
    run.seconds.append(train_seconds + time.perf_counter() - started)
    _check_finite(run, state.seed)
    epoch = len(run.seconds)
    if run.validation_losses[-1] < run.best_validation_loss:
        run.best_epoch, run.state = epoch, _copy_state(state.judged)
    out_of_patience = epoch - run.best_epoch >= params.patience
    run.stopped = not out_of_patience and watch.stops(run)
    run.finished = out_of_patience or run.stopped or epoch == params.epochs
    run.paused = not run.finished and watch.pauses()
    if watch.keeper is not None:
        watch.keeper.keep(state)


def _train_epoch(state: TrainingState, train: Windows, params: FitParams) -> float:
    """Take a step for each batch; the mean squared error over the epoch's batches."""
    state.model.train()
    message = state.run.message()
    total = torch.zeros((), dtype=widest(train.device), device=train.device)
    order = draw_order(state, train, params)
    for index in torch.split(order, params.batch_size):
        loss, squared = losses(state.model, train.batch(index), params)
        loss.backward()  # type: ignore[no-untyped-call]
        step(state, params)
        total += len(index) * squared
        state.watch.on_step(message)
    return float(total) / len(order)


def step(state: TrainingState, params: FitParams) -> None:
    """Clip the gradient, move the weights by it, and their mean, and forget the gradient."""
    nn.utils.clip_grad_norm_(state.model.parameters(), params.gradient_clip)
    state.optimizer.step()
    state.optimizer.zero_grad()
    if state.average is not None:
        state.average.update(state.model)


def losses(model: nn.Module, batch: Batch, params: FitParams) -> tuple[Tensor, Tensor]:
    """What is made small, with `params.precision`, and the mean squared error, which nothing is learnt from."""
    low = params.precision == "bfloat16"
    with torch.autocast(batch.context.device.type, torch.bfloat16, enabled=low):
        return _quantile_losses(model, batch, params.levels) if params.levels else _losses(model, batch, params)


def _losses(model: nn.Module, batch: Batch, params: FitParams) -> tuple[Tensor, Tensor]:
    """What is made small, and the mean squared error, which nothing is learnt from."""
    taught = batch.target if batch.scored is None else torch.where(batch.scored, batch.target, batch.context[:, -1:])
    forecast = model(batch.context, batch.series, taught, batch.covariates)  # what fills a gap would tell what follows
    target, share = batch.target, _share_observed(batch)
    if batch.scored is not None:  # the forecast itself, which has no error
        target = torch.where(batch.scored, target, forecast.detach())
    loss, squared = LOSSES[params.loss], functional.mse_loss
    made_small = loss(forecast, target) / share
    return made_small, made_small.detach() if loss is squared else squared(forecast.detach(), target) / share


def _quantile_losses(model: nn.Module, batch: Batch, levels: tuple[float, ...]) -> tuple[Tensor, Tensor]:
    """As `_losses`, of quantiles: the pinball loss is told too."""
    forecast = model.quantiles(batch.context, batch.series, batch.covariates)  # type: ignore[operator] # (B, H, Q)
    target = batch.target[..., None]
    if batch.scored is not None:  # the forecast is cut off too, as at a tie the pinball loss has a slope
        target = torch.where(batch.scored[..., None], target, forecast.detach())
        forecast = torch.where(batch.scored[..., None], forecast, forecast.detach())
    loss = pinball(forecast, target, levels) / _share_observed(batch)
    return loss, loss.detach()


def _share_observed(batch: Batch) -> Tensor | float:
    """Of the targets."""
    return 1.0 if batch.scored is None else batch.scored.float().mean()


def _copy_state(model: nn.Module) -> State:
    return {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}


def _check_finite(run: Fit, seed: int) -> None:
    losses = {"train": run.train_losses[-1], "validation": run.validation_losses[-1]}
    for name, loss in losses.items():
        if not math.isfinite(loss):
            raise DivergedError(
                f"seed {seed}: the {name} loss became {loss} in epoch {len(run.seconds)}; "
                "lower train.learning_rate or train.gradient_clip"
            )
