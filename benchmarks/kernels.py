"""How many operations and bytes a kernel of a training step needs at least, from its name and the shapes it is given.

The roofline (Williams et al. 2009): a kernel of f operations that moves b bytes takes at least

    max(f / peak, b / bandwidth)

seconds. Bytes are those of float32 inputs, each read once, and of outputs, each written once. A kernel that is not
listed counts as no work, so that the least time is never too large.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

BYTES: Final = 4
SOFTMAX: Final = 5
"""Operations per attention weight besides the products: scale, maximum, difference, exponential, sum."""

Shapes = Sequence[Sequence[int]]


class Rule(NamedTuple):
    """Of a kernel that goes through its inputs once."""

    kind: str
    operations: int
    """Per element of the largest input."""
    outputs: int
    """Tensors as large as the largest input that are written, beside those among the inputs that are only written."""


PRODUCTS: Final = ("aten::mm", "aten::addmm", "aten::bmm")
ATTENTION: Final = "aten::_scaled_dot_product_flash_attention_for_cpu"
ATTENTION_BACKWARD: Final = f"{ATTENTION}_backward"
RULES: Final[Mapping[str, Rule]] = {
    "aten::native_layer_norm": Rule("norm", 8, 1),
    "aten::native_layer_norm_backward": Rule("norm", 14, 1),
    "aten::clamp_min": Rule("activation", 1, 1),
    "aten::relu": Rule("activation", 1, 1),
    "aten::threshold_backward": Rule("activation", 1, 1),
    "aten::gelu": Rule("activation", 10, 1),
    "aten::gelu_backward": Rule("activation", 15, 1),
    "aten::native_dropout": Rule("dropout", 2, 1),
    "aten::native_dropout_backward": Rule("dropout", 2, 1),
    "aten::bernoulli_": Rule("dropout", 1, 0),
    "aten::_softmax": Rule("attention", SOFTMAX, 1),
    "aten::_softmax_backward_data": Rule("attention", SOFTMAX, 1),
    "aten::add": Rule("sums", 1, 1),
    "aten::add_": Rule("sums", 1, 1),
    "aten::mul": Rule("sums", 1, 1),
    "aten::mul_": Rule("sums", 1, 1),
    "aten::sum": Rule("sums", 1, 0),
    "aten::mse_loss": Rule("sums", 3, 0),
    "aten::mse_loss_backward": Rule("sums", 3, 1),
    "aten::fill_": Rule("fill and copy", 0, 0),
    "aten::zero_": Rule("fill and copy", 0, 0),
    "aten::copy_": Rule("fill and copy", 0, 0),
    "aten::cat": Rule("fill and copy", 0, 0),
    "aten::_fused_adamw_": Rule("optimiser", 0, 0),
    "aten::_foreach_norm": Rule("optimiser", 0, 0),
    "aten::_foreach_mul_": Rule("optimiser", 0, 0),
    "aten::linalg_vector_norm": Rule("optimiser", 0, 0),
}
"""Of lists of tensors no shapes are told, so they count as no work; `optimiser_work` counts them together."""


@dataclass(frozen=True)
class Work:
    """Of one call."""

    kind: str
    operations: float = 0.0
    bytes: float = 0.0

    def least_seconds(self, peak: float, bandwidth: float) -> float:
        """At `peak` operations and `bandwidth` bytes per second.

        >>> Work("sums", operations=10, bytes=100).least_seconds(peak=5, bandwidth=100)
        2.0
        """
        return max(self.operations / peak, self.bytes / bandwidth)


def work_of(name: str, shapes: Shapes) -> Work:
    """The work of one call of a kernel, by the profiler's name and the shapes of its inputs.

    >>> work_of("aten::mm", [[2, 3], [3, 5]]).operations
    60
    """
    given = [list(shape) for shape in shapes if len(shape)]
    if name in PRODUCTS and len(given) > 1:
        return _product(given[-2], given[-1])
    if name in (ATTENTION, ATTENTION_BACKWARD):
        return _attention(given, backward=name == ATTENTION_BACKWARD)
    if name not in RULES:
        return Work("other")
    rule, sizes = RULES[name], [math.prod(shape) for shape in given]
    if not sizes:
        return Work(rule.kind)
    return Work(rule.kind, rule.operations * max(sizes), BYTES * (sum(sizes) + rule.outputs * max(sizes)))


def optimiser_work(weights: int) -> Work:
    """Of clipping (read the gradient, then read and write it) and AdamW (read 4 numbers per weight, write 3).

    >>> optimiser_work(1).bytes
    40
    """
    return Work("optimiser", operations=(2 + 1 + 12) * weights, bytes=BYTES * (3 + 7) * weights)


def _product(left: list[int], right: list[int]) -> Work:
    """(..., m, k) times (..., k, n)."""
    *batch, rows, inner = left
    columns, many = right[-1], math.prod(batch)
    moved = rows * inner + inner * columns + rows * columns
    return Work("products", 2 * many * rows * inner * columns, BYTES * many * moved)


def _attention(shapes: list[list[int]], *, backward: bool) -> Work:
    """Two products forward, five backward (weights again, and four gradients), of (B, heads, n, d) with T keys."""
    query, key = shapes[1:3] if backward else shapes[:2]
    weights, products = math.prod(query[:3]) * key[2], 5 if backward else 2
    written = math.prod(query) + 2 * math.prod(key) if backward else math.prod(query)
    read = sum(math.prod(shape) for shape in shapes)
    return Work("attention", weights * (2 * products * query[3] + SOFTMAX), BYTES * (read + written))
