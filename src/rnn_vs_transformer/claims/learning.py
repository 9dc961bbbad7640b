"""Learning: how soon, and with which architecture?"""

import math
from typing import Final

import pandas as pd

from rnn_vs_transformer.claims.judge import Claim, Measured, Words, measured, say
from rnn_vs_transformer.evaluation.intervals import MeanInterval, ratio_of_pairs
from rnn_vs_transformer.results import Results
from rnn_vs_transformer.settings.family.families import FAMILIES

C6 = Words(
    "To come {percent:.0f}% of the way to the best validation loss, the Transformer needs {transformer:.1f} "
    "epochs, the RNN {rnn:.1f}",
    "走完通往最佳验证损失的 {percent:.0f}%,Transformer 需 {transformer:.1f} 轮,RNN 需 {rnn:.1f} 轮",
)
C6_TIMED = Words(
    " ({transformer:.0f} s against {rnn:.0f} s)",
    "({transformer:.0f} 秒对 {rnn:.0f} 秒)",
)
C6_MISSED = Words(
    "; {missed} of {seeds} RNN seeds never got there",
    ";{seeds} 个 RNN 种子中有 {missed} 个从未到达",
)
C6_END = Words(
    ".",
    "。",
)
C6_NONE = Words(
    "No family came below the validation loss of the seasonal naive.",
    "没有家族的验证损失低于季节性朴素预测。",
)
C6_NEVER = Words(
    "{missed} Transformer seeds never came {percent:.0f}% of the way.",
    "{missed} 个 Transformer 种子从未走完 {percent:.0f}%。",
)
C10 = Words(
    "In {rnn_trials} trials of the RNN and {transformer_trials} of the Transformer, retrained on {seeds} fresh "
    "seeds, the best with the claimed values has {rnn:.2f} times the validation MSE of the best without for the "
    "RNN, and {transformer:.2f} times for the Transformer",
    "RNN 试验 {rnn_trials} 次,Transformer 试验 {transformer_trials} 次,并用 {seeds} 个新种子重新训练:采用所称取值的最佳者,其验证 MSE "
    "与不采用者之比,RNN 为 {rnn:.2f},Transformer 为 {transformer:.2f}",
)
C10_INTERVAL_RNN = Words(
    "; RNN 95 % interval {low:.2f} to {high:.2f}",
    ";RNN 的 95 % 区间 {low:.2f} 至 {high:.2f}",
)
C10_INTERVAL_TRANSFORMER = Words(
    "; Transformer 95 % interval {low:.2f} to {high:.2f}",
    ";Transformer 的 95 % 区间 {low:.2f} 至 {high:.2f}",
)
C10_END = Words(
    ". The two differ in their other settings as well, so this is not the doing of the claimed values alone.",
    "。二者的其他设置也不同,所以差别并不只来自所称取值。",
)
C10_MATCHED = Words(
    "Not measured where the RNN's width is solved for: tune.budget is parameters.",
    "tune.budget 为 parameters 时 RNN 的宽度由参数量解出,因此未测量。",
)
C10_NONE = Words(
    "Needs tuning on equal budgets: dvc exp run -S train.settings=tuned.",
    "需要在相同预算下调参:dvc exp run -S train.settings=tuned。",
)
C10_UNFINISHED_RNN = Words(
    "No trial of the RNN with, or none without the claimed values came to its end.",
    "RNN 没有任何采用(或没有任何不采用)所称取值的试验完整结束。",
)
C10_UNFINISHED_TRANSFORMER = Words(
    "No trial of the Transformer with, or none without the claimed values came to its end.",
    "Transformer 没有任何采用(或没有任何不采用)所称取值的试验完整结束。",
)


FRACTION: Final = 0.95
"""Part of the way to the best validation loss at which the families are compared."""


def find_epochs(results: Results) -> Measured:
    """C6, from paired seeds; a seed that never arrives counts with the epochs that it ran, a lower bound."""
    table = results.convergence
    if table.empty:
        return measured(None, say(C6_NONE))
    some = table[table["fraction"] == FRACTION]
    epochs = some.pivot_table(index="seed", columns="family", values="epochs")
    missed = {family: int((~some.loc[some["family"] == family, "reached"]).sum()) for family in FAMILIES}
    if missed["transformer"]:
        return measured(None, say(C6_NEVER, missed=missed["transformer"], percent=100 * FRACTION))
    said = [say(C6, percent=100 * FRACTION, **{family: float(epochs[family].mean()) for family in FAMILIES})]
    seconds = {family: _seconds_until(epochs[family], spent) for family, spent in results.times.epochs.items()}
    if len(seconds) == len(FAMILIES):
        said.append(say(C6_TIMED, **seconds))
    if missed["rnn"]:
        said.append(say(C6_MISSED, missed=missed["rnn"], seeds=len(epochs)))
    return measured(ratio_of_pairs(epochs["transformer"], epochs["rnn"]), *said, say(C6_END))


def _seconds_until(epochs: "pd.Series[int]", spent: pd.DataFrame) -> float:
    """Seconds to the given epoch of each seed, mean over seeds."""
    until = spent[spent["epoch"] <= spent["seed"].map(epochs)]
    return float(until.groupby("seed")["seconds"].sum().mean())


def find_best_architecture(results: Results) -> Measured:
    """C10, from the finalists of both families on paired fresh seeds.

    The claim is about both families, so it holds where both ratios are below 1 and falls where one is above: told is
    the ratio of the family that refutes it, or else of the one that comes nearer to it.
    """
    tuned = results.tuned
    if len(tuned) < len(FAMILIES):
        return measured(None, say(C10_NONE))
    if tuned["rnn"]["plan"]["budget"] == "parameters":
        return measured(None, say(C10_MATCHED))
    found: dict[str, MeanInterval] = {}
    for family, runs in tuned.items():
        losses = {one["claimed"]: one["losses"] for one in runs["finalists"]}
        if len(losses) < len((True, False)) or any(None in some for some in losses.values()):
            return measured(None, say({"rnn": C10_UNFINISHED_RNN, "transformer": C10_UNFINISHED_TRANSFORMER}[family]))
        found[family] = ratio_of_pairs(losses[True], losses[False])
    seeds = len(tuned["rnn"]["finalists"][0]["losses"])
    trials = {f"{name}_trials": len(runs["trials"]) for name, runs in tuned.items()}
    said = [say(C10, seeds=seeds, **trials, **{name: one.mean for name, one in found.items()})]
    for name, words in (("rnn", C10_INTERVAL_RNN), ("transformer", C10_INTERVAL_TRANSFORMER)):
        if (one := found[name]).low is not None and one.high is not None:
            said.append(say(words, low=one.low, high=one.high))
    return measured(_decisive(list(found.values())), *said, say(C10_END))


def _decisive(found: list[MeanInterval]) -> MeanInterval:
    """The ratio that refutes the claim most, or else the one that comes nearest to it."""
    refuting = [one for one in found if one.low is not None and one.low > 1]
    if refuting:
        return max(refuting, key=lambda one: one.mean)
    return max(found, key=lambda one: math.inf if one.high is None else one.high)


CLAIMS = (
    Claim(
        name="C6",
        title=Words("The Transformer converges in fewer epochs", "Transformer 收敛所需轮数更少"),
        measure=Words(
            "epochs of the Transformer over those of the RNN to 95 % of the way",
            "走完 95 % 路程所需的轮数,Transformer 除以 RNN",
        ),
        side="below",
        threshold=1.0,
        figure="reports/figures/convergence.png",
        find=find_epochs,
    ),
    Claim(
        name="C10",
        title=Words(
            "Width 64 is best for the RNN; 2 layers and 4 heads for the Transformer",
            "RNN 以宽 64 为佳;Transformer 以 2 层 4 头为佳",
        ),
        measure=Words(
            "validation MSE on fresh seeds, best trial with the claimed values over best without; the family "
            "that decides",
            "在新种子上,采用所称取值的最佳者的验证 MSE 除以不采用者中的最佳者,取决定结论的家族",
        ),
        side="below",
        threshold=1.0,
        figure="reports/figures/tuning_values.png",
        find=find_best_architecture,
    ),
)
