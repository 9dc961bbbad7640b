"""Claims on learning: how soon the families converge, what data and tuning give them, and which sizes suit them."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.claims.accuracy import SLOPE
from rnn_vs_transformer.claims.claim import NAMES, NOT_TRAINED, Claim, Claimed, Finder, Measured, Words
from rnn_vs_transformer.claims.studies import AT_ITS_BEST, from_study
from rnn_vs_transformer.evaluation.intervals import Estimate, ratio_of_pairs
from rnn_vs_transformer.results import Report, Results
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.settings.family.families import FAMILIES
from rnn_vs_transformer.settings.family.train import Recipe

FRACTION: Final = 0.95
"""Part of the way to the best validation loss at which the families are compared."""
OWN_BEST: Final = Words(
    "To its own best the Transformer needs {transformer:.1f} epochs, the RNN {rnn:.1f}.",
    "达到自身最佳，Transformer 需 {transformer:.1f} 轮，RNN 需 {rnn:.1f} 轮。",
)
EPOCHS: Final = Words(
    " To come {percent:.0f} % of the way to the best validation loss of both, the Transformer needs {transformer:.1f} "
    "epochs, the RNN {rnn:.1f}",
    "走完通往二者最佳验证损失的 {percent:.0f} %，Transformer 需 {transformer:.1f} 轮，RNN 需 {rnn:.1f} 轮",
)
SECONDS: Final = Words(" ({transformer:.0f} s against {rnn:.0f} s)", "（{transformer:.0f} 秒对 {rnn:.0f} 秒）")
MISSED: Final = Words(
    "; {missed} of {seeds} seeds of the {family} never got there",
    "；{family} 的 {seeds} 个种子中有 {missed} 个从未到达",
)
STOP: Final = Words(".", "。")
NONE_BELOW_NAIVE: Final = Words(
    " No family came below the validation loss of the seasonal naive.", "没有家族的验证损失低于季节性朴素预测。"
)


BEST_AT_START: Final = Words(
    "Not measured: a model that starts at ridge was best before its first epoch.",
    "未测量：有从岭回归开始的模型在第一轮之前已是最佳。",
)


def fewer_epochs(recipe: Recipe) -> Finder:
    """How to measure the epochs of a recipe to the least validation loss of each seed, over paired seeds."""
    names = {family: paths.forecaster(family, recipe) for family in FAMILIES}

    def find(results: Results) -> Measured:
        if not set(names.values()) <= set(results.histories):
            return Measured(sentence=NOT_TRAINED)
        epochs = {family: best_epochs(results.histories[name]) for family, name in names.items()}
        if any((some == 0).any() for some in epochs.values()):
            return Measured(sentence=BEST_AT_START)
        found = ratio_of_pairs(epochs["transformer"].to_numpy(), epochs["rnn"].to_numpy())
        if recipe != paths.TUTORIAL:
            return Measured([found])
        means = {family: some.mean() for family, some in epochs.items()}
        return Measured([found], OWN_BEST.filled(**means) + to_a_common_loss(results))

    return find


def best_epochs(history: pd.DataFrame) -> "pd.Series[int]":
    """The epoch of the least validation loss by seed, from columns seed, epoch, validation_loss."""
    return history.loc[history.groupby("seed")["validation_loss"].idxmin()].set_index("seed")["epoch"]


def to_a_common_loss(results: Results) -> Words:
    """Epochs and seconds of both families to the same loss; a seed that never gets there counts with those it ran."""
    some = results.convergence[results.convergence["fraction"] == FRACTION]
    if some.empty:
        return NONE_BELOW_NAIVE
    epochs = some.groupby("family")["epochs"].mean()
    told = EPOCHS.filled(percent=100 * FRACTION, **{family: epochs[family] for family in FAMILIES})
    if results.timed:
        told += SECONDS.filled(**seconds_until(some, results.epoch_seconds))
    for family in FAMILIES:
        reached = some.loc[some["family"] == family, "reached"]
        if not reached.all():
            told += MISSED.filled(missed=int((~reached).sum()), seeds=len(reached), family=NAMES[family])
    return told + STOP


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
    group="learning",
    of_the_series=True,
    title=Words("The Transformer converges in fewer epochs", "Transformer 收敛所需轮数更少"),
    measure=Words(
        "epochs of the Transformer over those of the RNN, each to its own least validation loss",
        "达到各自最低验证损失所需的轮数，Transformer 除以 RNN",
    ),
    side="below",
    threshold=1.0,
    columns={
        "as_set_up": fewer_epochs("tutorial"),
        "season_tokens": fewer_epochs("season_tokens"),
        "across_worlds": from_study("map", "best_epoch.tutorial", "best_epoch.season_tokens"),
    },
    figure="convergence",
)

POSITIONS: Final = Claim(
    group="learning",
    title=Words("Positions must be encoded explicitly", "必须显式编码位置"),
    measure=Words(
        "relative change of the Transformer's test MSE without positions, with points and with season tokens; the one "
        "that speaks most against the claim",
        "不编码位置时 Transformer 测试 MSE 的相对变化（逐点与每周期一个 token）；取最不利于该说法者",
    ),
    side="above",
    threshold=0.0,
    columns={"across_worlds": from_study("probes", "no_positions.points", "no_positions.season_tokens")},
    superiority=True,
)

MUCH_DATA: Final = Claim(
    group="learning",
    title=Words("Transformers excel with much data", "数据多时 Transformer 更出色"),
    measure=Words(
        "relative difference of test MSE on the longest series, transformer against rnn",
        "最长序列上测试 MSE 的相对差异，Transformer 对 RNN",
    ),
    side="below",
    threshold=0.0,
    columns={"across_worlds": from_study("map", f"mse.{AT_ITS_BEST}.long_series")},
    claimed=Claimed("transformer", [f"ridge.transformer.{AT_ITS_BEST}.long_series"]),
    superiority=True,
)

MORE_DATA: Final = Claim(
    group="learning",
    title=Words("The Transformer gains more from more data", "数据增多时 Transformer 获益更大"),
    measure=Words(SLOPE.en.format(what="length of the series"), SLOPE.zh.format(what="序列总长")),
    side="below",
    threshold=0.0,
    columns={"across_worlds": from_study("map", f"data_slope.{AT_ITS_BEST}")},
    claimed=Claimed("transformer", [f"ridge.transformer.{AT_ITS_BEST}.all"]),
)

FROM_TUNING: Final = Words(
    "From the study of {date} on the default world; the search can be repeated with: dvc exp run -S "
    "train.settings=tuned.",
    "取自 {date} 在默认世界上的研究；可用以下命令重复搜索：dvc exp run -S train.settings=tuned。",
)
TUNING_IMPROVES: Final = Claim(
    group="learning",
    title=Words("Tuning improves both", "调参使二者都更好"),
    measure=Words(
        "relative change of test MSE by tuning on equal budgets; the family that speaks most against the claim",
        "相同预算下调参带来的测试 MSE 相对变化；取最不利于该说法的家族",
    ),
    side="below",
    threshold=0.0,
    columns={  # the search chooses the tokens itself, and was made on one world
        "as_set_up": from_study("tuning", *(f"tuning_gain.{family}" for family in FAMILIES), source=FROM_TUNING)
    },
)

FINALISTS: Final = Words(
    "In {rnn_trials} trials of the RNN and {transformer_trials} of the Transformer, retrained on {seeds} fresh seeds, "
    "the best with the claimed values has {rnn:.2f} times the validation MSE of the best without for the RNN, and "
    "{transformer:.2f} times for the Transformer. The two differ in their other settings as well, so this is not the "
    "doing of the claimed values alone.",
    "RNN 试验 {rnn_trials} 次，Transformer 试验 {transformer_trials} 次，并用 {seeds} 个新种子重新训练：采用所称取值的"
    "最佳者，其验证 MSE 与不采用者之比，RNN 为 {rnn:.2f}，Transformer 为 {transformer:.2f}。二者的其他设置也不同，所以差别并不只来自所称取值。",
)
MATCHED: Final = Words(
    "Not measured where the RNN's width is solved for: tune.budget is parameters.",
    "tune.budget 为 parameters 时 RNN 的宽度由参数量解出，因此未测量。",
)
UNFINISHED: Final = Words(
    "No trial of the {name} with, or none without the claimed values came to its end.",
    "{name} 没有任何采用（或没有任何不采用）所称取值的试验完整结束。",
)


def claimed_architecture(results: Results) -> Measured:
    """From the finalists of both families on paired fresh seeds, or from the study where nothing was tuned."""
    if not results.searches:
        names = (f"claimed_architecture.{family}" for family in FAMILIES)
        return from_study("tuning", *names, source=FROM_TUNING)(results)
    if results.searches["rnn"].budget == "parameters":
        return Measured(sentence=MATCHED)
    ratios = {family: claimed_ratio(search.finalists) for family, search in results.searches.items()}
    found = {family: ratio for family, ratio in ratios.items() if ratio is not None}
    if missing := [family for family in ratios if family not in found]:
        return Measured(sentence=UNFINISHED.filled(name=NAMES[missing[0]]))
    trials = {f"{family}_trials": len(search.trials) for family, search in results.searches.items()}
    seeds = len(results.searches["rnn"].finalists[0]["losses"])
    means = {family: one.estimate for family, one in found.items()}
    return Measured(list(found.values()), FINALISTS.filled(seeds=seeds, **trials, **means))


def claimed_ratio(finalists: Sequence[Report]) -> Estimate | None:
    """Loss of the best with the claimed values over that of the best without; None where one of them is missing."""
    losses = {one["claimed"]: one["losses"] for one in finalists}
    if set(losses) != {True, False} or any(None in some for some in losses.values()):
        return None
    return ratio_of_pairs(np.array(losses[True]), np.array(losses[False]))


CLAIMED_ARCHITECTURE: Final = Claim(
    group="learning",
    title=Words(
        "Width 64 is best for the RNN; 2 layers and 4 heads for the Transformer",
        "RNN 以宽 64 为佳；Transformer 以 2 层 4 头为佳",
    ),
    measure=Words(
        "validation MSE on fresh seeds, best trial with the claimed values over best without; the family that speaks "
        "most against the claim",
        "在新种子上，采用所称取值的最佳者的验证 MSE 除以不采用者中的最佳者；取最不利于该说法的家族",
    ),
    side="below",
    threshold=1.0,
    columns={"as_set_up": claimed_architecture},
    figure="tuning_values",
)
