"""A linear recurrence over time in about log T passes of large operations instead of T small ones.

    y_t = a_t y_{t-1} + b_t        (or from the last step to the first: y_t = a_t y_{t+1} + b_t)

A scan (Blelloch 1990; for recurrent networks, Martin and Cundy 2018), in blocks of S steps that all go on side by side:

    1. every block runs from 0, and only its end e and the product p of its a_t are kept
    2. the true ends are y_e = p y_before + e, which is the same recurrence over T / S blocks: by a scan again
    3. every block runs once more, from the true end of the one before

Nothing is divided and no logarithm is taken, so factors of 0 do no harm; in step 3 each number is made by the step
itself.
"""

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

BLOCK: Final = 16
"""Steps of a block (S): operations on T / 16 steps at once are large enough to be shared among threads."""


def scan(factors: Tensor, terms: Tensor, start: Tensor, backwards: bool = False, out: Tensor | None = None) -> Tensor:
    """All y_t of the recurrence.

    Args:
        factors: a_t (T, ...).
        terms: b_t (T, ...).
        start: What comes before the first step (...); after the last one where it runs backwards.
        backwards: Run from the last step to the first.
        out: Where to write them (T, ...).

    Returns:
        y_t (T, ...); gradients do not flow through it.
    """
    steps, blocks = len(terms), len(terms) // BLOCK
    out = torch.empty_like(terms) if out is None else out
    inner = blocks * BLOCK if blocks > 1 else 0  # steps in whole blocks; the rest is run step by step behind them
    in_blocks = slice(steps - inner, None) if backwards else slice(inner)
    rest = slice(steps - inner) if backwards else slice(inner, None)
    if inner:
        whole = (blocks, BLOCK, *terms.shape[1:])
        columns = [_ordered(each[in_blocks].view(whole).unbind(1), backwards) for each in (factors, terms, out)]
        (first_factors, *later_factors), (first_terms, *later_terms), _ = columns  # (T / S, ...) each
        products, ends = first_factors.clone(), first_terms.clone()
        for factor, term in zip(later_factors, later_terms, strict=True):
            products.mul_(factor)
            torch.addcmul(term, factor, ends, out=ends)
        ends = scan(products, ends, start, backwards)
        before = torch.cat([ends[1:], start[None]] if backwards else [start[None], ends[:-1]])
        _run(columns, before)
        start = ends[0] if backwards else ends[-1]
    _run([_ordered(each[rest].unbind(), backwards) for each in (factors, terms, out)], start)
    return out


def _ordered(steps: Sequence[Tensor], backwards: bool) -> Sequence[Tensor]:
    return steps[::-1] if backwards else steps


def _run(columns: list[Sequence[Tensor]], last: Tensor) -> None:
    """Step by step, as it is written: factors, terms and places of the results, from what comes before them."""
    for factor, term, place in zip(*columns, strict=True):
        last = torch.addcmul(term, factor, last, out=place)
