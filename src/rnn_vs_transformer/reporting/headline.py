"""The answer in a few sentences, chosen by rules from numbers: in general, on this series, and at what cost.

The general answer is the map's (studies/map), as no verdict of one recipe on one series can be one on the families.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from rnn_vs_transformer.claims.claim import NAMES, Words
from rnn_vs_transformer.data.evidence import FEWEST_BLOCKS, FEWEST_SERIES, NOT_ENOUGH
from rnn_vs_transformer.evaluation.across import holm
from rnn_vs_transformer.evaluation.comparison import verdict
from rnn_vs_transformer.results import in_seconds, rows_of
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.paths import TUTORIAL
from rnn_vs_transformer.settings.family.families import FAMILIES

Report = Mapping[str, Any]
SEASON_TOKENS: Final = "season_tokens"
LEVEL: Final = 0.05

IN_GENERAL: Final = Words("In general (a study of simulated series):", "总体而言(对模拟序列的研究):")
THIS_SERIES: Final = Words("The series of this run:", "本次运行的序列:")
NO_MAP: Final = Words(
    "The general answer needs the map of studies/results, which is missing here.",
    "一般性的答案需要 studies/results 中的地图,此处缺失。",
)
GENERAL: Final = {
    "rnn better": Words("In general the RNN forecasts better.", "总体而言 RNN 预测更准。"),
    "transformer better": Words("In general the Transformer forecasts better.", "总体而言 Transformer 预测更准。"),
    "equivalent": Words("In general the choice does not matter.", "总体而言选哪个都一样。"),
    "inconclusive": Words("In general neither is shown to be better.", "总体而言没有证据表明哪个更好。"),
}
OVER_CASES: Final = Words(
    "Over {units} kinds of series, each family with its best recipe by validation (the RNN: tanh or GRU), the "
    "Transformer's test error is {size:.0f} % {side} the RNN's (95 % interval {low:+.0f} % to {high:+.0f} %).",
    "在 {units} 类序列上,两个家族各取验证误差最低的配方(RNN:tanh 或 GRU),Transformer 的测试误差比 RNN {side} "
    "{size:.0f} %(95 % 区间 {low:+.0f} % 至 {high:+.0f} %)。",
)
CELLS: Final = Words(
    " Of {cells} cells (kind by length of series) the RNN is better in {rnn}, the Transformer in {transformer}; in "
    "{equivalent} they are equal to within {margin:.0f} %, {open} are undecided.",
    "在 {cells} 个格子(序列类型 x 长度)中,RNN 更好的有 {rnn} 个,Transformer 更好的有 {transformer} 个,{equivalent} 个"
    "相差不到 {margin:.0f} %,{open} 个未决。",
)
KINDS: Final = {
    "short_memory": Words("short memory", "短记忆"),
    **{f"long_memory_{delay}": Words(f"a memory of {delay} steps", f"{delay} 步的记忆") for delay in (24, 48, 96, 192)},
    "drift": Words("trend and drifting season", "趋势和漂移的季节"),
    "two_seasons": Words("two seasons", "两个季节"),
    "regimes": Words("regimes at random times", "随机切换的状态"),
}
WHERE: Final = {
    "transformer better": Words("The Transformer is better on series with", "Transformer 更好的序列:"),
    "rnn better": Words("The RNN is better on series with", "RNN 更好的序列:"),
    "equivalent": Words("No difference matters on series with", "差异无关紧要的序列:"),
    "inconclusive": Words("Undecided are series with", "未决的序列:"),
}
KIND: Final = Words(" {name} ({difference:+.0f} %{ridge})", "{name}({difference:+.0f} %{ridge})")
RIDGE_NOTES: Final = {
    "loses": Words(", worse than ridge", ",不如岭回归"),
    "not shown": Words(", not shown to beat ridge", ",没有证据表明优于岭回归"),
    "both lose": Words(", both worse than ridge", ",二者都不如岭回归"),
    "": Words("", ""),
}
AGAINST_RIDGE: Final = {
    0: Words(
        " Averaged over all kinds, neither is shown to beat a linear ridge.",
        "就所有类型平均而言,没有证据表明二者优于线性岭回归。",
    ),
    1: Words(
        " Only the {names} is shown to beat a linear ridge.",
        "只有 {names} 优于线性岭回归。",
    ),
    2: Words(" Both beat a linear ridge.", "二者都优于线性岭回归。"),
}
CORRECTED: Final = Words(
    "After correcting for {kinds} comparisons (Holm), a better family is shown on these alone: {names}.",
    "对 {kinds} 类做多重比较校正(Holm)后,仍有一方更好的是:{names}。",
)
NONE: Final = Words("none", "无")
STOP: Final = Words(".", "。")
RECIPE: Final = {
    "turns": Words("The recipe turns the answer round:", "配方会使答案反转:"),
    "changes": Words("The answer changes with the recipe:", "答案随配方改变:"),
    "keeps": Words("The recipe does not turn the answer round:", "配方不改变答案:"),
}
LEADS: Final = Words(
    " as the tutorial builds them the Transformer is better in {tutorial_transformer} cells and the RNN in "
    "{tutorial_rnn}; with one season per token the Transformer in {season_transformer}, the RNN in {season_rnn}.",
    "按教程的做法,Transformer 更好的有 {tutorial_transformer} 格,RNN 更好的有 {tutorial_rnn} 格;以一个季节为一个 token "
    "时分别为 {season_transformer} 格和 {season_rnn} 格。",
)
SETTINGS: Final = {
    "tutorial": Words("As set up", "按所给设置"),
    "season_tokens": Words("With one season per token", "以一个季节为一个 token"),
    "each_at_its_best": Words("Each with its better recipe by validation", "各取验证误差最低的配方"),
}
SAID: Final = {
    "rnn better": Words(": the RNN is better", ":RNN 更好"),
    "transformer better": Words(": the Transformer is better", ":Transformer 更好"),
    "equivalent": Words(": no difference that matters", ":差异无关紧要"),
    "inconclusive": Words(": no verdict", ":无定论"),
}
DIFFERENCE: Final = Words(
    "; the Transformer's test MSE is {size:.0f} % {side} the RNN's (95 % interval {low:+.0f} % to {high:+.0f} %).",
    ";Transformer 的测试 MSE 比 RNN {side} {size:.0f} %(95 % 区间 {low:+.0f} % 至 {high:+.0f} %)。",
)
BELOW: Final = Words("below", "低")
ABOVE: Final = Words("above", "高")
RECIPES_SAY: Final = {
    "turns": Words(
        "The verdict turns round with the recipe: it belongs to the recipe, not to the families.",
        "结论随配方反转:它属于配方,而不属于两个家族。",
    ),
    "changes": Words(
        "The verdict changes with the recipe, so it is none on the families.",
        "结论随配方改变,因此不是对两个家族的结论。",
    ),
    "keeps": Words("Both recipes give the same verdict.", "两种配方结论相同。"),
}
TOO_LITTLE: Final = Words(
    "Not enough data for a verdict: {test_windows:,.0f} test windows hold fewer than {blocks} independent blocks of "
    "context and prediction length. Enough would be {enough_test_windows:,.0f} test windows, or {series} series.",
    "数据不足,无法给出结论:{test_windows:,.0f} 个测试窗口不到 {blocks} 个独立的时间块(每块为上下文加预测长度)。需要 "
    "{enough_test_windows:,.0f} 个测试窗口,或 {series} 条序列。",
)
SIMPLE: Final = {
    "last_value": Words("the last value", "末值"),
    "seasonal_naive": Words("the seasonal naive", "季节性朴素预测"),
    "ridge": Words("a linear ridge", "线性岭回归"),
}
"""Forecasts that need no training, by the names that `forecast --family` knows."""
COMMAND: Final = "python -m rnn_vs_transformer forecast --family {forecaster} --input FILE --output forecast.csv"
NOBODY: Final = Words(
    "Neither family is shown to beat {name} ({mse:.3f}), even at its best, so that will do:",
    "即使取最佳配方,也没有证据表明任一家族优于{name}({mse:.3f}),用它即可:",
)
MLP_DOES: Final = Words(
    "Neither family is shown to beat {name} ({mse:.3f}), even at its best; an MLP on the window is, so take that:",
    "即使取最佳配方,也没有证据表明任一家族优于{name}({mse:.3f});窗口 MLP 则优于它,用 MLP 即可:",
)
NOT_BEATEN: Final = {
    "ridge": Words(
        "Even at its best not shown to beat a linear ridge ({mse:.3f}): {names}.",
        "即使取最佳配方,也没有证据表明优于线性岭回归({mse:.3f}):{names}。",
    ),
    "mlp": Words(
        "Even at its best not shown to beat an MLP on the window, which has no sequence model ({mse:.3f}): {names}.",
        "即使取最佳配方,也没有证据表明优于没有序列模型的窗口 MLP({mse:.3f}):{names}。",
    ),
}
BEATEN: Final = Words("At its best each family beats ridge and an MLP.", "取最佳配方时,两个家族都优于岭回归和 MLP。")
COST: Final = Words(
    "One training takes {rnn} s for the RNN and {transformer} s for the Transformer",
    "训练一次:RNN 需 {rnn} 秒,Transformer 需 {transformer} 秒",
)
COST_SEASON: Final = Words(
    "; with one season per token {rnn} s and {transformer} s", ";以一个季节为一个 token 时为 {rnn} 秒和 "
    "{transformer} 秒",
)  # fmt: skip
COST_END: Final = Words(", on one thread.", "(单线程)。")


@dataclass(frozen=True)
class Headline:
    """The answer, most general first."""

    lead: Words
    """In one sentence."""
    general: Sequence[Words]
    """What the map says."""
    series: Sequence[Words]
    """What this run says, and what it cost."""


def headline(studies: Mapping[str, Report], metrics: Report, times: Mapping[str, Report]) -> Headline:
    """The answer from the map and from this run.

    Args:
        studies: `map` as in studies/results/map.json, where it lies.
        metrics: As in reports/metrics.json.
        times: Per forecaster `train_seconds`, of those that were timed here.
    """
    lead, *others = general(studies.get("map"))
    return Headline(lead, others, [*on_this_series(metrics), *cost(times)])


def general(found: Report | None) -> Iterator[Words]:
    """What the map says of the families, and of the recipe."""
    if found is None:
        yield NO_MAP
        return
    over, cells = found["findings"]["mse.at_its_best.all"], found["cells"]["at_its_best"]
    yield GENERAL[_over_kinds(found, "at_its_best")]
    yield (
        _difference(OVER_CASES, over["estimate"], over["low"], over["high"], units=over["units"])
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
    yield RECIPE[change(*(_over_kinds(found, recipe) for recipe in (TUTORIAL, SEASON_TOKENS)))] + leads


def where(found: Report) -> Iterator[Words]:
    """On which kinds of series which family is better, each at its best, over all lengths."""
    kinds: dict[str, list[Words]] = {said: [] for said in WHERE}
    for kind, name in KINDS.items():
        over = found["findings"][f"mse.at_its_best.{kind}"]
        said = _over_kinds(found, "at_its_best", kind)
        told = {"name": name, "difference": 100 * over["estimate"], "ridge": RIDGE_NOTES[ridge_note(found, kind, said)]}
        kinds[said].append(_filled(KIND, **told))
    for said, listed in kinds.items():
        if listed:
            yield WHERE[said] + _listed(listed, ",") + STOP
    yield corrected(found)


def corrected(found: Report) -> Words:
    """The kinds on which one family is better even where all kinds are looked at."""
    p_values = holm([found["findings"][f"mse.at_its_best.{kind}"]["p"] for kind in KINDS])
    remaining = [name for (kind, name), p in zip(KINDS.items(), p_values, strict=True)
                 if p < LEVEL and "better" in _over_kinds(found, "at_its_best", kind)]  # fmt: skip
    return _filled(CORRECTED, kinds=len(KINDS), names=_listed(remaining, ", ") if remaining else NONE)


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


def _over_kinds(found: Report, recipe: str, scope: str = "all") -> str:
    """The verdict over the kinds of series, or on one."""
    over = found["findings"][f"mse.{recipe}.{scope}"]
    return verdict(*(float(np.log1p(end)) for end in (over["low"], over["high"], found["margin"])))


def on_this_series(metrics: Report) -> Iterator[Words]:
    """The verdicts of this run: as set up, with season tokens, each at its best; and the controls.

    First comes what makes them idle: that there are too few data for any, or that no family beats a simple forecast.
    """
    comparison, season = metrics["comparison"], metrics.get(SEASON_TOKENS)
    if comparison["verdict"] == NOT_ENOUGH:
        yield TOO_LITTLE.filled(blocks=FEWEST_BLOCKS, series=FEWEST_SERIES, **comparison)
        return
    yield from nobody(metrics)
    yield _compared(TUTORIAL, comparison)
    if season is not None:
        yield _compared(SEASON_TOKENS, season["comparison"])
        yield _compared("each_at_its_best", comparison["each_at_its_best"])
        yield RECIPES_SAY[change(comparison["verdict"], season["comparison"]["verdict"])]
    yield from controls(metrics)


def nobody(metrics: Report) -> Iterator[Words]:
    """That no family is shown to beat the best of the simple forecasts, and the command that gives this one."""
    name = best_simple(metrics)
    if any(_beats(row, name) for row in _at_its_best(metrics).values()):
        return
    said, forecaster = (MLP_DOES, "mlp") if _beats(metrics["mlp"], name) else (NOBODY, name)
    command = f" {COMMAND.format(forecaster=forecaster)}"
    yield _filled(said, name=SIMPLE[name], mse=metrics[name]["mse"]) + Words(command, command)


def best_simple(metrics: Report) -> str:
    """The forecast without training that has the lowest test error."""
    return min((name for name in SIMPLE if name in metrics), key=lambda name: float(metrics[name]["mse"]))


def _beats(row: Report, other: str) -> bool:
    """Whether a forecaster is shown to: the whole interval of its difference lies below zero."""
    return bool(row.get(f"{other}_difference_ci_high", 0.0) < 0)


def _at_its_best(metrics: Report) -> dict[str, Report]:
    """The row of each family with its better recipe by validation."""
    rows, best = rows_of(metrics), metrics["comparison"]["each_at_its_best"]
    return {family: rows[paths.forecaster(family, best[f"{family}_recipe"])] for family in FAMILIES}


def controls(metrics: Report) -> Iterator[Words]:
    """Which families, each with its better recipe, are not shown to beat ridge or the MLP."""
    at_best = _at_its_best(metrics)
    missing = {
        other: [NAMES[family] for family, row in at_best.items() if not _beats(row, other)] for other in NOT_BEATEN
    }
    if best_simple(metrics) == "ridge" and len(missing["ridge"]) == len(FAMILIES):
        missing["ridge"] = []  # said first
        if not missing["mlp"]:
            return
    for other, names in missing.items():
        if names:
            yield NOT_BEATEN[other].filled(mse=metrics[other]["mse"], names=", ".join(names))
    if not any(missing.values()):
        yield BEATEN


def cost(times: Mapping[str, Report]) -> Iterator[Words]:
    """Seconds of a training, where both families were timed."""
    told = Words("", "")
    for recipe, words in ((TUTORIAL, COST), (SEASON_TOKENS, COST_SEASON)):
        names = {family: paths.forecaster(family, recipe) for family in FAMILIES}
        if set(names.values()) <= set(times):
            told += words.filled(**{family: in_seconds(times[name]["train_seconds"]) for family, name in names.items()})
    if told.en:
        yield told + COST_END


def change(first: str, second: str) -> str:
    """Whether a second verdict `keeps` the first, `turns` it round, or `changes` it otherwise."""
    if first == second:
        return "keeps"
    return "turns" if {first, second} == {"rnn better", "transformer better"} else "changes"


def _listed(words: Sequence[Words], comma: str) -> Words:
    return Words(comma.join(one.en for one in words), "、".join(one.zh for one in words))


def _compared(setting: str, found: Report) -> Words:
    numbers = (found["relative_mse_difference"], found["ci_low"], found["ci_high"])
    return SETTINGS[setting] + SAID[found["verdict"]] + _difference(DIFFERENCE, *numbers)


def _difference(words: Words, estimate: float, low: float, high: float, **others: object) -> Words:
    numbers = {"size": 100 * abs(estimate), "low": 100 * low, "high": 100 * high, **others}
    return _filled(words, side=BELOW if estimate < 0 else ABOVE, **numbers)


def _filled(words: Words, **values: object) -> Words:
    """The texts with their values; a value that is words itself is told in the language of each."""
    en, zh = (
        {name: value.told(language) if isinstance(value, Words) else value for name, value in values.items()}
        for language in ("en", "zh")
    )
    return Words(words.en.format(**en), words.zh.format(**zh))


def markdown(told: Headline, language: str, *, own: bool = False) -> str:
    """The answer as Markdown: the lead in bold, then two lists; what was found on a user's own series comes first."""
    lead, parts = told.lead, [(IN_GENERAL, told.general), (THIS_SERIES, told.series)]
    if own:
        lead, parts = told.series[0], [(THIS_SERIES, told.series[1:]), (IN_GENERAL, [told.lead, *told.general])]
    lines = [f"**{lead.told(language)}**"]
    for title, sentences in parts:
        lines += ["", title.told(language), "", *(f"- {sentence.told(language)}" for sentence in sentences)]
    return "\n".join(lines)
