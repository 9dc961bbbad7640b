"""The general answer, chosen by rules from the numbers of the map (studies/map).

No verdict of one recipe on one series can be one on the families.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from rnn_vs_transformer.claims.claim import NAMES, Words
from rnn_vs_transformer.evaluation.across import holm
from rnn_vs_transformer.evaluation.comparison import verdict
from rnn_vs_transformer.reporting.wording import SEASON_TOKENS, Report, change, difference, listed
from rnn_vs_transformer.runtime.paths import TUTORIAL
from rnn_vs_transformer.settings.family.families import FAMILIES

LEVEL: Final = 0.05

NO_MAP: Final = Words(
    "The general answer needs the map of studies/results, which is missing here.",
    "一般性的答案需要 studies/results 中的地图，此处缺失。",
)
GENERAL: Final = {
    "rnn better": Words("In general the RNN forecasts better.", "总体而言 RNN 预测更准。"),
    "transformer better": Words("In general the Transformer forecasts better.", "总体而言 Transformer 预测更准。"),
    "equivalent": Words("In general the choice does not matter.", "总体而言选哪个都一样。"),
    "inconclusive": Words("In general neither is shown to be better.", "总体而言没有证据表明哪个更好。"),
}
OVER_CASES: Final = Words(
    "Over {units} kinds of series, each family with its best recipe by validation (the RNN: tanh or GRU), the "
    "Transformer's test error is {size:.0f} % {side} the RNN's (95 % interval {low:+.0f} % to {high:+.0f} %). In "
    "brackets below: the same difference.",
    "在 {units} 类序列上，两个家族各取验证误差最低的配方（RNN：tanh 或 GRU），Transformer 的测试误差比 RNN {side} "
    "{size:.0f} %（95 % 区间 {low:+.0f} % 至 {high:+.0f} %）。下面括号中为同一差异。",
)
CELLS: Final = Words(
    " Of {cells} cells (kind by length of series) the RNN is better in {rnn}, the Transformer in {transformer}; in "
    "{equivalent} they are equal to within {margin:.0f} %, {open} are undecided.",
    "在 {cells} 个格子（序列类型 × 长度）中，RNN 更好的有 {rnn} 个，Transformer 更好的有 {transformer} 个，"
    "{equivalent} 个相差不到 {margin:.0f} %，{open} 个未决。",
)
KINDS: Final = {
    "short_memory": Words("short memory", "短记忆"),
    **{f"long_memory_{delay}": Words(f"a memory of {delay} steps", f"{delay} 步的记忆") for delay in (24, 48, 96, 192)},
    "drift": Words("trend and drifting season", "趋势和漂移的季节"),
    "two_seasons": Words("two seasons", "两个季节"),
    "regimes": Words("regimes at random times", "随机切换的状态"),
}
WHERE: Final = {
    "transformer better": Words("The Transformer is better on series with", "Transformer 更好的序列："),
    "rnn better": Words("The RNN is better on series with", "RNN 更好的序列："),
    "equivalent": Words("No difference matters on series with", "差异无关紧要的序列："),
    "inconclusive": Words("Undecided are series with", "未决的序列："),
}
KIND: Final = Words(" {name} ({difference:+.0f} %{ridge})", "{name}（{difference:+.0f} %{ridge}）")
RIDGE_NOTES: Final = {
    "loses": Words(", worse than ridge", "，不如岭回归"),
    "not shown": Words(", not shown to beat ridge", "，没有证据表明优于岭回归"),
    "both lose": Words(", both worse than ridge", "，二者都不如岭回归"),
    "": Words("", ""),
}
AGAINST_RIDGE: Final = {
    0: Words(
        " Averaged over all kinds, neither is shown to beat a linear ridge.",
        "就所有类型平均而言，没有证据表明其中任何一个优于线性岭回归。",
    ),
    1: Words(
        " Only the {names} is shown to beat a linear ridge.",
        "只有 {names} 优于线性岭回归。",
    ),
    2: Words(" Both beat a linear ridge.", "二者都优于线性岭回归。"),
}
CORRECTED: Final = Words(
    "Each kind was judged by itself. Corrected for {kinds} comparisons (Holm), a better family is shown on these "
    "alone: {names}.",
    "对 {kinds} 类做多重比较校正（Holm）后，仍能判定一方更好的只有：{names}。",
)
NONE: Final = Words("none", "无")
STOP: Final = Words(".", "。")
RECIPE: Final = {
    "turns": Words("The recipe turns the answer round:", "配方会使答案反转："),
    "changes": Words("The answer changes with the recipe:", "答案随配方改变："),
    "keeps": Words("The recipe does not turn the answer round:", "配方不改变答案："),
}
LEADS: Final = Words(
    " as the tutorial builds them the Transformer is better in {tutorial_transformer} cells and the RNN in "
    "{tutorial_rnn}; with one season per token the Transformer in {season_transformer}, the RNN in {season_rnn}.",
    "按教程的做法，Transformer 更好的有 {tutorial_transformer} 格，RNN 更好的有 {tutorial_rnn} 格；"
    "以一个周期为一个 token 时分别为 {season_transformer} 格和 {season_rnn} 格。",
)


def general(found: Report | None) -> Iterator[Words]:
    """What the map says of the families, and of the recipe."""
    if found is None:
        yield NO_MAP
        return
    over, cells = found["findings"]["mse.at_its_best.all"], found["cells"]["at_its_best"]
    yield GENERAL[over_kinds(found, "at_its_best")]
    yield (
        difference(OVER_CASES, over["estimate"], over["low"], over["high"], units=over["units"])
        + against_ridge(found)
        + CELLS.filled(
            cells=sum(cells.values()), margin=100 * found["margin"], rnn=cells["rnn better"],
            transformer=cells["transformer better"], equivalent=cells["equivalent"], open=cells["inconclusive"],
        )
    )  # fmt: skip
    yield from where(found)
    tutorial, season = (found["cells"][recipe] for recipe in (TUTORIAL, SEASON_TOKENS))
    leads = LEADS.filled(
        tutorial_transformer=tutorial["transformer better"], tutorial_rnn=tutorial["rnn better"],
        season_transformer=season["transformer better"], season_rnn=season["rnn better"],
    )  # fmt: skip
    yield RECIPE[change(*(over_kinds(found, recipe) for recipe in (TUTORIAL, SEASON_TOKENS)))] + leads


def where(found: Report) -> Iterator[Words]:
    """On which kinds of series which family is better, each at its best, over all lengths."""
    kinds: dict[str, list[Words]] = {said: [] for said in WHERE}
    for kind, name in KINDS.items():
        over = found["findings"][f"mse.at_its_best.{kind}"]
        said = over_kinds(found, "at_its_best", kind)
        told = {"name": name, "difference": 100 * over["estimate"], "ridge": RIDGE_NOTES[ridge_note(found, kind, said)]}
        kinds[said].append(KIND.filled(**told))
    for said, names in kinds.items():
        if names:
            yield WHERE[said] + listed(names, ",") + STOP
    yield corrected(found)


def corrected(found: Report) -> Words:
    """The kinds on which one family is better even where all kinds are looked at."""
    p_values = holm([found["findings"][f"mse.at_its_best.{kind}"]["p"] for kind in KINDS])
    remaining = [name for (kind, name), p in zip(KINDS.items(), p_values, strict=True)
                 if p < LEVEL and "better" in over_kinds(found, "at_its_best", kind)]  # fmt: skip
    return CORRECTED.filled(kinds=len(KINDS), names=listed(remaining, ", ") if remaining else NONE)


def ridge_note(found: Report, kind: str, said: str) -> str:
    """A key of RIDGE_NOTES: how the better family fares against ridge, or where there is none, whether both lose."""
    ridge = {family: found["findings"][f"ridge.{family}.at_its_best.{kind}"] for family in FAMILIES}
    loses = {family for family, one in ridge.items() if one["low"] > 0}
    better = {"rnn better": "rnn", "transformer better": "transformer"}.get(said)
    if better is None:
        return "both lose" if loses == set(FAMILIES) else ""
    return "loses" if better in loses else "not shown" if ridge[better]["high"] >= 0 else ""


def against_ridge(found: Report) -> Words:
    """Which families, each at its best, are shown to beat ridge over all kinds."""
    names = [NAMES[family] for family in FAMILIES if found["findings"][f"ridge.{family}.at_its_best.all"]["high"] < 0]
    words = AGAINST_RIDGE[len(names)]
    return words.filled(names=names[0]) if len(names) == 1 else words


def kinds_won(found: Report) -> dict[str, int]:
    """On how many `kinds` each family is better, each at its best, over all lengths."""
    said = [over_kinds(found, "at_its_best", kind) for kind in KINDS]
    return {"kinds": len(said), **{family: said.count(f"{family} better") for family in FAMILIES}}


def over_kinds(found: Report, recipe: str, scope: str = "all") -> str:
    """The verdict over the kinds of series, or on one."""
    over = found["findings"][f"mse.{recipe}.{scope}"]
    return verdict(*(float(np.log1p(end)) for end in (over["low"], over["high"], found["margin"])))
