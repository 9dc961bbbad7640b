"""Claims on learning: how soon the families converge, and which sizes suit them."""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.claims.claim import NAMES, Claim, Measured, Words
from rnn_vs_transformer.evaluation.intervals import Estimate, ratio_of_pairs
from rnn_vs_transformer.results import Results, Search
from rnn_vs_transformer.settings.family.families import FAMILIES

FRACTION: Final = 0.95
"""Part of the way to the best validation loss at which the families are compared."""
EPOCHS: Final = Words(
    "To come {percent:.0f}% of the way to the best validation loss, the Transformer needs {transformer:.1f} epochs, "
    "the RNN {rnn:.1f}",
    "走完通往最佳验证损失的 {percent:.0f}%,Transformer 需 {transformer:.1f} 轮,RNN 需 {rnn:.1f} 轮",
)
SECONDS: Final = Words(" ({transformer:.0f} s against {rnn:.0f} s)", "({transformer:.0f} 秒对 {rnn:.0f} 秒)")
MISSED: Final = Words("; {missed} of {seeds} RNN seeds never got there", ";{seeds} 个 RNN 种子中有 {missed} 个从未到达")
STOP: Final = Words(".", "。")
NONE_BELOW_NAIVE: Final = Words(
    "No family came below the validation loss of the seasonal naive.", "没有家族的验证损失低于季节性朴素预测。"
)
NEVER: Final = Words(
    "{missed} Transformer seeds never came {percent:.0f}% of the way.",
    "{missed} 个 Transformer 种子从未走完 {percent:.0f}%。",
)


def fewer_epochs(results: Results) -> Measured:
    """From paired seeds; a seed that never arrives counts with the epochs that it ran, a lower bound."""
    if results.convergence.empty:
        return Measured(None, NONE_BELOW_NAIVE)
    some = results.convergence[results.convergence["fraction"] == FRACTION]
    epochs = some.pivot_table(index="seed", columns="family", values="epochs")
    missed = {family: int((~some.loc[some["family"] == family, "reached"]).sum()) for family in FAMILIES}
    if missed["transformer"]:
        return Measured(None, NEVER.filled(missed=missed["transformer"], percent=100 * FRACTION))
    told = EPOCHS.filled(percent=100 * FRACTION, **{family: epochs[family].mean() for family in FAMILIES})
    if results.timed:
        told += SECONDS.filled(**seconds_until(some, results.epoch_seconds))
    if missed["rnn"]:
        told += MISSED.filled(missed=missed["rnn"], seeds=len(epochs))
    ratio = ratio_of_pairs(epochs["transformer"].to_numpy(), epochs["rnn"].to_numpy())
    return Measured(ratio, told + STOP)


def seconds_until(found: pd.DataFrame, epoch_seconds: pd.DataFrame) -> dict[str, float]:
    """Seconds that each family trained until it had done its `epochs`, mean over seeds.

    Args:
        found: Columns family, seed, epochs.
        epoch_seconds: Columns family, seed, epoch, seconds.
    """
    spent = found[["family", "seed", "epochs"]].merge(epoch_seconds, on=["family", "seed"])
    until = spent[spent["epoch"] <= spent["epochs"]].groupby(["family", "seed"])["seconds"].sum()
    return {str(family): float(seconds) for family, seconds in until.groupby("family").mean().items()}


FEWER_EPOCHS: Final = Claim(
    title=Words("The Transformer converges in fewer epochs", "Transformer 收敛所需轮数更少"),
    measure=Words(
        "epochs of the Transformer over those of the RNN to 95 % of the way",
        "走完 95 % 路程所需的轮数,Transformer 除以 RNN",
    ),
    side="below",
    threshold=1.0,
    figure="convergence",
    find=fewer_epochs,
)

FINALISTS: Final = Words(
    "In {rnn_trials} trials of the RNN and {transformer_trials} of the Transformer, retrained on {seeds} fresh seeds, "
    "the best with the claimed values has {rnn:.2f} times the validation MSE of the best without for the RNN, and "
    "{transformer:.2f} times for the Transformer",
    "RNN 试验 {rnn_trials} 次,Transformer 试验 {transformer_trials} 次,并用 {seeds} 个新种子重新训练:采用所称取值的"
    "最佳者,其验证 MSE 与不采用者之比,RNN 为 {rnn:.2f},Transformer 为 {transformer:.2f}",
)
INTERVAL: Final = Words(
    "; {name} 95 % interval {low:.2f} to {high:.2f}", ";{name} 的 95 % 区间 {low:.2f} 至 {high:.2f}"
)
NOT_ALONE: Final = Words(
    ". The two differ in their other settings as well, so this is not the doing of the claimed values alone.",
    "。二者的其他设置也不同,所以差别并不只来自所称取值。",
)
MATCHED: Final = Words(
    "Not measured where the RNN's width is solved for: tune.budget is parameters.",
    "tune.budget 为 parameters 时 RNN 的宽度由参数量解出,因此未测量。",
)
UNTUNED: Final = Words(
    "Needs tuning on equal budgets: dvc exp run -S train.settings=tuned.",
    "需要在相同预算下调参:dvc exp run -S train.settings=tuned。",
)
UNFINISHED: Final = Words(
    "No trial of the {name} with, or none without the claimed values came to its end.",
    "{name} 没有任何采用(或没有任何不采用)所称取值的试验完整结束。",
)


def claimed_architecture(results: Results) -> Measured:
    """From the finalists of both families on paired fresh seeds.

    The claim is about both families, so it holds where both ratios are below 1 and falls where one is above: told is
    the ratio of the family that refutes it, or else of the one that comes nearer to it.
    """
    if not results.searches:
        return Measured(None, UNTUNED)
    if results.searches["rnn"].budget == "parameters":
        return Measured(None, MATCHED)
    ratios = {family: claimed_ratio(search) for family, search in results.searches.items()}
    found = {family: ratio for family, ratio in ratios.items() if ratio is not None}
    if missing := [family for family in ratios if family not in found]:
        return Measured(None, UNFINISHED.filled(name=NAMES[missing[0]]))
    trials = {f"{family}_trials": len(search.trials) for family, search in results.searches.items()}
    seeds = len(results.searches["rnn"].finalists[0]["losses"])
    told = FINALISTS.filled(seeds=seeds, **trials, **{family: one.estimate for family, one in found.items()})
    for family, one in found.items():
        if one.low is not None:
            told += INTERVAL.filled(name=NAMES[family], low=one.low, high=one.high)
    return Measured(_decisive(found), told + NOT_ALONE)


def claimed_ratio(search: Search) -> Estimate | None:
    """Loss of the best with the claimed values over that of the best without; None where one of them is missing."""
    losses = {one["claimed"]: one["losses"] for one in search.finalists}
    if set(losses) != {True, False} or any(None in some for some in losses.values()):
        return None
    return ratio_of_pairs(np.array(losses[True]), np.array(losses[False]))


def _decisive(found: Mapping[str, Estimate]) -> Estimate:
    refuting = [one for one in found.values() if one.low is not None and one.low > 1]
    if refuting:
        return max(refuting, key=lambda one: one.estimate)
    return max(found.values(), key=lambda one: math.inf if one.high is None else one.high)


CLAIMED_ARCHITECTURE: Final = Claim(
    title=Words(
        "Width 64 is best for the RNN; 2 layers and 4 heads for the Transformer",
        "RNN 以宽 64 为佳;Transformer 以 2 层 4 头为佳",
    ),
    measure=Words(
        "validation MSE on fresh seeds, best trial with the claimed values over best without; the family that decides",
        "在新种子上,采用所称取值的最佳者的验证 MSE 除以不采用者中的最佳者,取决定结论的家族",
    ),
    side="below",
    threshold=1.0,
    figure="tuning_values",
    find=claimed_architecture,
)
