"""Seeds trained in one: a step of all of them is one forward and one backward pass over stacked weights.

Small models leave a GPU idle between kernels, so S seeds in one pass take little more time than one. Weights of all
seeds lie in one tensor per name (S, ...), and each model's own parameters are its rows. So optimiser, schedule,
clipping, early stopping and checkpoint stay those of each seed (fit.py), and no seed knows of the others: the gradient
of the sum of their losses by the weights of one is its own gradient.
"""

import time
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.utils import _pytree as pytree

from rnn_vs_transformer.data.windows import Batch, Windows
from rnn_vs_transformer.models.min_gru import MinGru
from rnn_vs_transformer.runtime.device import widest
from rnn_vs_transformer.settings.family.train import FitParams
from rnn_vs_transformer.training.fit import Fit, TrainingState, draw_order, end_epoch, losses, step


def can_be_stacked(model: nn.Module) -> bool:
    """Whether vmap knows all operations of a model: not the recurrent cells, whose kernels take one seed's weights."""
    return not any(isinstance(part, nn.RNNBase | MinGru) for part in model.modules())


def fit_stacked(states: Sequence[TrainingState], windows: tuple[Windows, Windows], params: FitParams) -> list[Fit]:
    """Train as `fit` does, all at once; the best weights of each are restored.

    Args:
        states: One per seed, as `begin` gives them, with models of one form on the device of the windows. An epoch's
            seconds are shared out evenly among those that are still in training.
        windows: Those to learn from and those that choose the epoch.
        params: Budget and optimiser settings.

    Raises:
        DivergedError: The loss of a seed is no longer a finite number.
    """
    train, validation = windows
    while going := [state for state in states if not state.run.finished]:
        started = time.perf_counter()
        means = _train_epoch(_Stack(going, params), going, train, params)
        seconds = (time.perf_counter() - started) / len(going)
        for state, loss in zip(going, means, strict=True):
            end_epoch(state, validation, params, loss, seconds)
    for state in states:
        state.model.eval().load_state_dict(state.run.state)
    return [state.run for state in states]


def _train_epoch(stack: "_Stack", states: Sequence[TrainingState], train: Windows, params: FitParams) -> list[float]:
    """Take a step of all seeds for each of their batches; the mean squared error of each over its batches."""
    message = states[0].run.message()
    total = torch.zeros(len(states), dtype=widest(train.device), device=train.device)
    orders = torch.stack([draw_order(state, train, params) for state in states])  # (S, windows)
    for index in torch.split(orders, params.batch_size, dim=1):
        squared = stack.backward(train.batch(index.flatten()))
        for state in states:
            step(state, params)
            state.watch.on_step(message)
        total += index.shape[1] * squared
    return [float(mean) for mean in total / orders.shape[1]]


class _Lesson(nn.Module):
    """A model with its loss, so that one call gives the losses."""

    def __init__(self, model: nn.Module, params: FitParams) -> None:
        super().__init__()
        self.model, self.params = model, params

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        return losses(self.model, batch, self.params)


class _Stack:
    """The weights of some models of one form in common tensors."""

    def __init__(self, states: Sequence[TrainingState], params: FitParams) -> None:
        self._models = [state.model.train() for state in states]
        self._lesson = _Lesson(self._models[0], params)
        self._weights: dict[str, Tensor] = {}
        for name, _ in self._models[0].named_parameters():
            own = [model.get_parameter(name) for model in self._models]
            common = torch.stack([parameter.detach() for parameter in own])  # (S, ...)
            for parameter, rows in zip(own, common, strict=True):
                parameter.data = rows
            self._weights[f"model.{name}"] = common.requires_grad_()

    def backward(self, batch: Batch) -> Tensor:
        """Give each model its gradient on its part of a batch (S * B, ...), and tell the squared errors (S,)."""
        count = len(self._models)
        batch = pytree.tree_map_only(Tensor, lambda rows: rows.unflatten(0, (count, -1)), batch)  # (S, B, ...)
        axes = pytree.tree_map(lambda part: 0 if isinstance(part, Tensor) else None, batch)
        loss, squared = vmap(self._losses, in_dims=(0, axes), randomness="different")(self._weights, batch)
        found = torch.autograd.grad(loss.sum(), list(self._weights.values()))
        for name, gradients in zip(self._weights, found, strict=True):
            rows = gradients.contiguous()  # as the weights are: the fused optimiser goes through both side by side
            for model, gradient in zip(self._models, rows, strict=True):
                model.get_parameter(name.removeprefix("model.")).grad = gradient
        return squared

    def _losses(self, weights: dict[str, Tensor], batch: Batch) -> tuple[Tensor, Tensor]:
        found: tuple[Tensor, Tensor] = functional_call(self._lesson, weights, (batch,))
        return found
