"""The tables of benchmarks/README.md that benchmarks/results.json fills, each between its two marks."""

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from benchmarks.reach import POINTS, SEASONS

Row = Mapping[str, Any]
FEW: Final = 10
"""Factors below it are told with a decimal."""
OURS: Final = {
    "rnn tutorial": "RNN",
    "rnn season_tokens": "RNN, season tokens",
    "rnn tuned": "RNN, tuned",
    "transformer tutorial": "Transformer",
    "transformer season_tokens": "Transformer, season tokens",
    "transformer tuned": "Transformer, tuned",
}
NAMES: Final = {
    **OURS,
    "neuralforecast rnn": "neuralforecast RNN",
    "neuralforecast gru": "neuralforecast GRU",
    "neuralforecast transformer": "neuralforecast VanillaTransformer",
    "neuralforecast patchtst": "neuralforecast PatchTST",
    "neuralforecast nlinear": "neuralforecast NLinear",
    "darts rnn": "darts BlockRNN",
    "darts transformer": "darts Transformer",
}
COSTS: Final = {
    "epoch_seconds": "an epoch",
    "step_seconds": "a step",
    "ready_seconds": "start",
    "seconds": "all",
    "grown_mebibytes": "memory",
}
ASKED_SHARE: Final = 0.65
"""Of the core's matmul peak, which the Transformer's training step should reach."""
WIDTH: Final = 118
ACCURACY: Final = """Peers train by their own loops on all cores, ours on one, each for 60 epochs at most, until
validation has not improved for 8. Validation chooses the epoch; medians of 3 seeds. *Tuned* are the settings of the
[search](../docs/results.md#both-families-tuned-on-equal-budgets), with its 25 epochs and patience of 4; its trials are
not in the seconds, and peers are not tuned.

![Test error against seconds of training](accuracy.svg)"""
REACHED: Final = """When ours is as good as a peer, and how many times sooner. Ours lasts until its error is as low and
stays so; the peer until its training ends. Asked were {points} times with a token per step and {season} times with
season tokens, for the same family. The tuned RNN has season tokens, the tuned Transformer a token per step."""
GROWTH: Final = """Powers over the longest half of the values. Memory leaves out Python and PyTorch.

![Seconds and memory against what grows](growth.svg)"""
ROOFLINE: Final = "The Transformer's, on one core, by kernel:"


def filled(page: str, results: Mapping[str, Any]) -> str:
    """The page with the tables of what was measured; others are left as they are."""
    makers = {"accuracy": accuracy_table, "growth": growth_table, "roofline": roofline_table}
    for name, make in makers.items():
        if name in results and (name != "growth" or "exponents" in results[name]):
            told = f"<!-- {name} -->\n\n{make(results[name])}\n\n<!-- /{name} -->"
            page = re.sub(rf"<!-- {name} -->.*<!-- /{name} -->", told.replace("\\", r"\\"), page, flags=re.DOTALL)
    return page


def accuracy_table(found: Row) -> str:
    """Errors, seconds of training and milliseconds to forecast; and when each of ours is as good as each peer."""
    each, reached = found["contenders"], {(row["ours"], row["peer"]): row for row in found["reached"]}
    ours, peers = ([name for name in each if (name in OURS) == mine] for mine in (True, False))
    errors = []
    for name, row in each.items():
        times = [1e3 * row[f"predict_{what}_seconds"] for what in ("all", "one")]
        numbers = f"{row['test_mse']:.3f}", f"{row['end_seconds']:.1f}", f"{times[0]:.0f}", f"{times[1]:.1f}"
        errors.append([NAMES[name], *numbers])
    sooner = [[NAMES[peer], *(_reached(reached[one, peer]) for one in ours)] for peer in peers]
    titles = ["", "test MSE", "seconds", "ms to forecast all windows", "ms for one"]
    told = REACHED.format(points=POINTS, season=SEASONS)
    below = _table(["", *(NAMES[name] for name in ours)], sooner)
    return f"{ACCURACY}\n\n{_table(titles, errors)}\n\n{told}\n\n{below}"


def _reached(row: Row) -> str:
    if row["seconds"] is None:
        return "never"
    times = row["times_faster"]
    return f"{row['seconds']:.1f} s, {times:.{0 if times >= FEW else 1}f} x"


def growth_table(found: Row) -> str:
    """Exponents over the longest half of the values, and that half."""
    last = {(row["axis"], row["cost"], row["family"]): row for row in found["exponents"]}
    rows = []
    for axis, cost in dict.fromkeys((axis, cost) for axis, cost, _ in last):
        some = [last[axis, cost, family] for family in ("rnn", "transformer")]
        over = f"{some[0]['from']:,} to {some[0]['to']:,}"
        rows.append([f"{axis}, {over}", COSTS[cost], *(f"{row['exponent']:.2f}" for row in some)])
    peaks = {row["family"]: f"{row['peak_mebibytes']:,.0f} MiB" for row in found["points"]["series"]}  # of the most
    told = f"With {found['points']['series'][-1]['series']:,} series the RNN's process takes {peaks['rnn']} in all, "
    told += f"the Transformer's {peaks['transformer']}."
    return f"{GROWTH}\n\n{_table(['', 'grows', 'RNN', 'Transformer'], rows)}\n\n{told}"


def roofline_table(found: Row) -> str:
    """Each kind of kernel, and what it comes to."""
    rows = [
        [row["kind"], f"{row['gigaflop']:.2f}", f"{row['megabytes']:.0f}", f"{row['ms']:.1f}", f"{row['least_ms']:.1f}"]
        for row in found["kinds"]
    ]
    rates, possible = found["gigabytes_per_second"], found["share_of_matmul_peak_with_these_kernels"]
    told = (
        f"A step takes {found['step_ms']:.1f} ms. At {found['matmul_gflops']:.0f} GFLOP/s and "
        f"{max(rates.values()):.0f} GB/s its kernels need {found['least_ms']:.1f} ms: "
        f"{found['share_of_attainable']:.0%} of what is attainable is reached. Of the matmul peak it reaches "
        f"{found['share_of_matmul_peak']:.0%}; the roofline allows "
        f"{found['share_of_matmul_peak_at_the_roofline']:.0%}. Were products, attention and norms as fast as alone "
        f"and all else at the roofline, it would be {possible:.0%}: "
        f"{ASKED_SHARE:.0%} is {'possible' if possible >= ASKED_SHARE else 'not possible'} with these kernels."
    )
    return f"{ROOFLINE}\n\n{_table(['kernels', 'GFLOP', 'MB', 'ms', 'least ms'], rows)}\n\n{textwrap.fill(told, WIDTH)}"


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in cells)
