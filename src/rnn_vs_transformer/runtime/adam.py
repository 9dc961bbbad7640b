"""Adam and AdamW of torch by their fused kernels, without torch's compiler.

The first call of an optimiser of torch imports the compiler, to tell it to keep away from a few methods. Nothing is
compiled here, and the import takes as long as that of torch itself, in every process that trains. So these methods are
called as they are beneath; the numbers are the same to the last bit.
"""

from typing import Any

import torch
from torch.optim import Adam, AdamW, Optimizer


class _Plain(Optimizer):
    """The methods of an optimiser without what asks for the compiler."""

    add_param_group: Any = Optimizer.add_param_group.__wrapped__  # type: ignore[attr-defined]
    zero_grad: Any = Optimizer.zero_grad.__wrapped__  # type: ignore[attr-defined]
    state_dict: Any = Optimizer.state_dict.__wrapped__  # type: ignore[attr-defined]
    load_state_dict: Any = Optimizer.load_state_dict.__wrapped__  # type: ignore[attr-defined]

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Move the weights by their gradients."""
        Adam.step.__wrapped__(self, closure)  # type: ignore[attr-defined]


class PlainAdam(_Plain, Adam):
    """Adam (Kingma and Ba 2015)."""


class PlainAdamW(_Plain, AdamW):
    """Adam whose weights decay apart from the gradient (Loshchilov and Hutter 2019)."""
