"""One training run on several processes or GPUs, started by torchrun: each rank takes its share of every batch.

For a model that is too slow on one device, or whose batch does not fit there; each rank holds all weights. Seeds that
fit are better trained side by side, which needs no exchange of gradients (`parallel.py`). The batch is that of one
process, and so are the losses but for rounding: sums over ranks are taken in another order.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

CPU: Final = torch.device("cpu")


@dataclass(frozen=True)
class Ranks:
    """This process among those that train one model together."""

    rank: int = 0
    count: int = 1
    device: torch.device = CPU

    def wrap(self, model: nn.Module) -> nn.Module:
        """The model whose gradients are means over ranks; each rank draws dropout of its own from here on."""
        if self.count == 1:
            return model
        if self.rank:
            torch.manual_seed(torch.initial_seed() + self.rank)
        return DistributedDataParallel(model, forward_sync_buffers=False)

    def share(self, index: Tensor) -> Tensor:
        """This rank's part of the numbers of windows (B,), disjoint from all others'; may be empty."""
        return index if self.count == 1 else index[self.rank :: self.count]

    def weight(self, own: int, whole: int) -> Tensor | None:
        """What the mean loss over `own` windows counts for, so that the mean over ranks is that over all `whole`."""
        return None if self.count == 1 else torch.tensor(own * self.count / whole, device=self.device)

    def total(self, value: Tensor) -> Tensor:
        """The sum over ranks."""
        if self.count > 1:
            distributed.all_reduce(value)
        return value

    def mean(self, errors: Tensor, whole: int) -> float:
        """The mean over all `whole` windows, from this rank's errors (own,)."""
        return float(errors.mean() if self.count == 1 else self.total(errors.sum()) / whole)


ALONE: Final = Ranks()


@contextmanager
def torchrun_ranks() -> Iterator[Ranks]:
    """The ranks that torchrun has started, on GPUs where there are some; this process alone where it has not."""
    if not distributed.is_torchelastic_launched():
        yield ALONE
        return
    has_gpu = torch.cuda.is_available()
    device = torch.device("cuda", int(os.environ["LOCAL_RANK"])) if has_gpu else CPU
    if has_gpu:
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if has_gpu else "gloo")
    try:
        yield Ranks(distributed.get_rank(), distributed.get_world_size(), device)
    finally:
        distributed.destroy_process_group()
