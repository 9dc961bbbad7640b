"""What the cost probe runs: one training step or one inference of a model on a batch of random windows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnn_vs_transformer.models.shell import Builder, Embedded, Forecaster, Mixer
from rnn_vs_transformer.params import CostParams

ALL_QUERIES = "transformer_all_queries"
WORKLOADS = ("rnn", "transformer", ALL_QUERIES)
"""What is measured."""


class AllQueries(nn.Module):
    """A mixer that works on all tokens in all layers and then drops all but the last: the same numbers, more work.

    Where only the last token is read, the Transformer's last layer asks one query, so it is linear in the number of
    tokens and only the layers before it are quadratic. This is the cost without that shortcut, as textbooks have it.
    """

    def __init__(self, mixer: Mixer) -> None:
        """Wrap a mixer."""
        super().__init__()
        self.mixer = mixer

    def forward(self, embedded: Embedded, last_only: bool) -> Tensor:
        """Mix tokens (B, T, D) to (B, T, D), or to the last one (B, 1, D)."""
        mixed: Tensor = self.mixer(embedded, False)
        return mixed[:, -1:] if last_only else mixed

    def answer(self, embedded: Embedded, queries: Tensor) -> Tensor:
        """Queries are further tokens, which the mixer works on as it is."""
        return self.mixer.answer(embedded, queries)


@dataclass(frozen=True)
class Workload:
    """A model at one context length on one device, with a batch; weights and data are random."""

    name: str
    """`rnn`, `transformer` or `transformer_all_queries`."""
    device: torch.device
    context_length: int
    forecaster: Forecaster
    optimizer: torch.optim.Optimizer
    context: Tensor
    target: Tensor

    def train_step(self) -> None:
        """Forward, loss, backward and Adam, to the end."""
        self.forecaster.train()
        loss = functional.mse_loss(self.forecaster(self.context), self.target)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        self.optimizer.zero_grad()
        self._wait()

    def infer(self) -> None:
        """Forecast, without gradients or dropout, to the end."""
        self.forecaster.eval()
        with torch.inference_mode():
            self.forecaster(self.context)
        self._wait()

    def lasting_tensors(self) -> Iterator[Tensor]:
        """Weights, Adam's moments and the batch: what is there between steps."""
        yield from self.forecaster.state_dict().values()
        for moments in self.optimizer.state.values():
            yield from (moment for moment in moments.values() if moment.device.type == self.device.type)
        yield from (self.context, self.target)

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def build_workload(
    name: str, builders: Mapping[str, Builder], params: CostParams, context_length: int, device: torch.device
) -> Workload:
    """Build one of `WORKLOADS`, with a batch of random windows."""
    build = builders["transformer" if name == ALL_QUERIES else name]
    forecaster = build(params.model, context_length, params.prediction_length, 1)
    if name == ALL_QUERIES:
        forecaster.mixer = AllQueries(forecaster.mixer)
    forecaster.to(device)
    return Workload(
        name,
        device,
        context_length,
        forecaster,
        torch.optim.Adam(forecaster.parameters(), fused=True),
        torch.randn(params.batch_size, context_length, device=device),
        torch.randn(params.batch_size, params.prediction_length, device=device),
    )
