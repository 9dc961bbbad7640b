"""The first screen: the answer in one sentence, how sure it is, what changes it, what to do now, and what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rnn_vs_transformer.claims.claim import NAMES, Words
from rnn_vs_transformer.data.evidence import FEWEST_BLOCKS, FEWEST_SERIES, NOT_ENOUGH
from rnn_vs_transformer.reporting.general import over_kinds
from rnn_vs_transformer.reporting.this_series import (
    COMMAND,
    FORECAST,
    SIMPLE,
    TOO_LITTLE,
    at_its_best,
    beats,
    best_simple,
)
from rnn_vs_transformer.reporting.wording import SEASON_TOKENS, Report, change, difference, listed
from rnn_vs_transformer.results import in_seconds, rows_of
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.settings.family.families import FAMILIES

GENERAL: Final = {
    "rnn better": Words("In general the RNN forecasts better; ", "总体而言 RNN 预测更准；"),
    "transformer better": Words("In general the Transformer forecasts better; ", "总体而言 Transformer 预测更准；"),
    "equivalent": Words("In general the choice does not matter; ", "总体而言选哪个都一样；"),
    "inconclusive": Words(
        "In general neither is shown to forecast better; ", "总体而言没有证据表明哪个预测更准；"
    ),
}  # fmt: skip
HERE: Final = {
    "rnn better": Words("{here} the RNN does", "{here} RNN 更准"),
    "transformer better": Words("{here} the Transformer does", "{here} Transformer 更准"),
    "equivalent": Words("{here} both forecast equally well", "{here}，二者同样准确"),
    "inconclusive": Words("{here} they cannot be told apart", "{here}，无法区分二者"),
    NOT_ENOUGH: Words("{here} there are too few data to tell", "{here}，数据太少，无法判断"),
}
ALONE: Final = {
    **HERE,
    "rnn better": Words("{here} the RNN forecasts better", "{here} RNN 预测更准"),
    "transformer better": Words("{here} the Transformer forecasts better", "{here} Transformer 预测更准"),
    "inconclusive": Words("{here} RNN and Transformer cannot be told apart", "{here}，无法区分 RNN 和 Transformer"),
}
"""Where nothing was said of the families before."""
ONE: Final = (Words("on this series", "在这条序列上"), Words("On this series", "在这条序列上"))
MANY: Final = (Words("on these series", "在这些序列上"), Words("On these series", "在这些序列上"))
"""Within a sentence, and at its start."""
CHOSEN: Final = Words(" (recipes chosen by validation)", "（配方由验证集选出）")
"""Of a family that is better, where there was a choice."""
AND: Final = Words(", and neither is shown to beat {name}.", "，且没有证据表明任何一方优于{name}。")
BUT: Final = Words(", but neither is shown to beat {name}.", "，但没有证据表明任何一方优于{name}。")
END: Final = Words(".", "。")
OTHERS: Final = {**SIMPLE, "mlp": Words("an MLP on the window", "窗口上的 MLP")}

SURE: Final = Words(
    "The Transformer's test error is {size:.0f} % {side} the RNN's (95 % interval {low:+.0f} % to {high:+.0f} %)",
    "Transformer 的测试误差比 RNN {side} {size:.0f} %（95 % 区间 {low:+.0f} % 至 {high:+.0f} %）",
)
BY_VALIDATION: Final = Words(
    ". Validation chose the recipes: {transformer} against {rnn}.", "。配方由验证集选出：{transformer}对 {rnn}。"
)
RECIPES: Final = {
    paths.TUTORIAL: Words("{mse:.3f} ({family} as set up)", "{mse:.3f}（{family}，按所给设置）"),
    SEASON_TOKENS: Words("{mse:.3f} ({family}, season tokens)", "{mse:.3f}（{family}，每周期一个 token）"),
}
LOWER_ON_TEST: Final = Words(
    " The {family}'s other recipe has a lower test error ({mse:.3f}), but test errors must not choose.",
    "{family} 的另一配方测试误差更低（{mse:.3f}），但不能按测试误差来选。",
)
SURE_IN_GENERAL: Final = Words(
    " Over {units} kinds of simulated series the Transformer's error is {size:.0f} % {side} the RNN's ({low:+.0f} % to "
    "{high:+.0f} %).",
    "在 {units} 类模拟序列上，Transformer 的误差{side} {size:.0f} %（{low:+.0f} % 至 {high:+.0f} %）。",
)
CHANGES: Final = {
    "turns": Words("The recipe: as set up, the {name} is better", "配方：按所给设置则 {name} 更好"),
    "changes": Words("The recipe: the verdict as set up is another", "配方：按所给设置结论不同"),
    "keeps": Words("Not the recipe: the verdict as set up is the same", "配方不改变结论：按所给设置结论相同"),
}
BY_SO_MUCH: Final = Words(
    " (the Transformer's error is {size:.0f} % {side} the RNN's).", "（Transformer 的误差比 RNN {side} {size:.0f} %）。"
)
MORE_DATA: Final = Words(
    "More data: a longer test split, or more series or seeds, would narrow the interval.",
    "更多数据：更长的测试段、更多的序列或种子会使区间变窄。",
)
ONE_RECIPE: Final = Words("Perhaps the recipe: only one was trained.", "可能是配方：只训练了一种。")
KIND: Final = Words(" And the kind of series: see the map.", "还有序列的类型：见地图。")
USE: Final = {
    "simple": Words("Let validation choose among all forecasters: the command below does. Simplest: {name} "
                    "(`--family {key}`); on test neither family is shown to beat it.",
                    "由验证集在所有预测方法中选择：下面的命令即如此。最简单的是{name}（`--family {key}`）："
                    "在测试集上没有证据表明任一家族优于它。"),
    "family": Words("Let validation choose among all forecasters: the command below does. On test {name} is shown to "
                    "beat {other} (`--family {key}`).",
                    "由验证集在所有预测方法中选择：下面的命令即如此。"
                    "在测试集上{name} 优于{other}（`--family {key}`）。"),
    NOT_ENOUGH: Words("Use {name}, the simplest with the lowest error, until there are more data.",
                      "在有更多数据之前，用{name}：简单预测中误差最低。"),
}  # fmt: skip
COST: Final = Words("One training takes {seconds}, on one thread", "训练一次（单线程）：{seconds}")
SECONDS: Final = Words("{seconds} s for the {name}", "{name} {seconds} 秒")
RIDGE_COST: Final = Words(" {name} needs no training.", "{name}无需训练。")
UNTIMED: Final = Words(
    "Not measured in this run: the models came from DVC's cache, or the times are another machine's.",
    "本次运行没有测量（模型取自 DVC 缓存，或时间来自另一台机器）。",
)


@dataclass(frozen=True)
class Opening:
    """What the first screen says beside its figure."""

    answer: Words
    now: Words
    command: str
    cost: Words
    sure: Words
    change: Words


def opening(found: Report | None, metrics: Report, times: Mapping[str, Report], *, many: bool) -> Opening:
    """The first screen.

    Args:
        found: The map, where the general answer comes first; None on a user's own series.
        metrics: As in reports/metrics.json.
        times: Per forecaster `train_seconds`, of those that were timed here.
        many: Whether the run is on several series.
    """
    name = recommended(metrics)
    return Opening(
        answer=_answer(found, metrics, many=many),
        now=_use(metrics, name),
        command=FORECAST if metrics["comparison"]["verdict"] != NOT_ENOUGH else COMMAND.format(forecaster=name),
        cost=_cost(metrics, times, name),
        sure=_sure(found, metrics),
        change=_change(found, metrics),
    )


def recommended(metrics: Report) -> str:
    """The simplest forecaster that none that is less simple is shown to beat, as `forecast --family` knows it.

    From simple to less simple: the best of those without training, the MLP, a family with its better recipe.
    """
    comparison = metrics["comparison"]
    if comparison["verdict"] == NOT_ENOUGH:
        return best_simple(metrics)
    name = _control(metrics)
    better = [family for family, row in at_its_best(metrics).items() if beats(row, name)]
    if not better:
        return name
    said = comparison["each_at_its_best"]["verdict"]
    ahead = [family for family in better if said == f"{family} better"]
    return (ahead or sorted(better, key=lambda family: float(at_its_best(metrics)[family]["validation_mse"])))[0]


def _control(metrics: Report) -> str:
    """What a family must beat: the best of those without training, or the MLP where it is shown to beat that."""
    simple = best_simple(metrics)
    return "mlp" if beats(metrics["mlp"], simple) else simple


def _answer(found: Report | None, metrics: Report, *, many: bool) -> Words:
    comparison, name = metrics["comparison"], recommended(metrics)
    lacking = comparison["verdict"] == NOT_ENOUGH
    said = NOT_ENOUGH if lacking else comparison["each_at_its_best"]["verdict"]
    within, start = MANY if many else ONE
    general = over_kinds(found, "at_its_best") if found else None
    told = ALONE[said].filled(here=start) if general is None else GENERAL[general] + _here(general, said, within)
    if "better" in said and SEASON_TOKENS in metrics:
        told += CHOSEN
    if lacking or name in FAMILIES:
        return told + END
    return told + (BUT if "better" in said else AND).filled(name=OTHERS[name])


def _here(general: str, said: str, within: Words) -> Words:
    """The second half: `does` only where the first half has the verb."""
    return (ALONE if general == "equivalent" else HERE)[said].filled(here=within)


def _use(metrics: Report, name: str) -> Words:
    if metrics["comparison"]["verdict"] == NOT_ENOUGH:
        return USE[NOT_ENOUGH].filled(name=OTHERS[name])
    family = Words(f"the {NAMES[name]}", NAMES[name]) if name in FAMILIES else OTHERS[name]
    return USE["family" if name in FAMILIES else "simple"].filled(
        name=family, other=OTHERS[_control(metrics)], key=name
    )


def _cost(metrics: Report, times: Mapping[str, Report], name: str) -> Words:
    """Seconds of both families with the better recipe and of the MLP; and that a simple forecast needs none."""
    best = metrics["comparison"]["each_at_its_best"]
    runs = {NAMES[family]: paths.forecaster(family, best.get(f"{family}_recipe", paths.TUTORIAL))
            for family in FAMILIES}  # fmt: skip
    told = [
        SECONDS.filled(seconds=in_seconds(times[run]["train_seconds"]), name=called)
        for called, run in {**runs, "MLP": "mlp"}.items() if run in times
    ]  # fmt: skip
    chosen = CHOSEN if SEASON_TOKENS in metrics and len(told) > 1 else Words("", "")
    said = COST.filled(seconds=listed(told, ", ")) + chosen + END if told else UNTIMED
    free = OTHERS[name] if name in SIMPLE else None
    if free is None:
        return said
    return said + RIDGE_COST.filled(name=Words(free.en[0].upper() + free.en[1:], free.zh))


def _sure(found: Report | None, metrics: Report) -> Words:
    comparison = metrics["comparison"]
    if comparison["verdict"] == NOT_ENOUGH:
        return TOO_LITTLE.filled(blocks=FEWEST_BLOCKS, series=FEWEST_SERIES, **comparison)
    best = comparison["each_at_its_best"]
    told = difference(SURE, best["relative_mse_difference"], best["ci_low"], best["ci_high"])
    told += _choice(metrics) if SEASON_TOKENS in metrics else END
    if found is None:
        return told
    over = found["findings"]["mse.at_its_best.all"]
    return told + difference(SURE_IN_GENERAL, over["estimate"], over["low"], over["high"], units=over["units"])


def _choice(metrics: Report) -> Words:
    """Which recipes the comparison is of, and where the other one of a family has the lower test error."""
    rows, best = rows_of(metrics), metrics["comparison"]["each_at_its_best"]
    told, lower = {}, Words("", "")
    for family, name in NAMES.items():
        chosen = best[f"{family}_recipe"]
        errors = {recipe: float(rows[paths.forecaster(family, recipe)]["mse"]) for recipe in RECIPES}
        told[family] = RECIPES[chosen].filled(family=name, mse=errors[chosen])
        if (least := min(errors.values())) < errors[chosen]:
            lower += LOWER_ON_TEST.filled(family=name, mse=least)
    return BY_VALIDATION.filled(**told) + lower


def _change(found: Report | None, metrics: Report) -> Words:
    comparison = metrics["comparison"]
    kind = KIND if found else Words("", "")
    if comparison["verdict"] == NOT_ENOUGH:
        return kind
    if comparison["verdict"] == comparison["each_at_its_best"]["verdict"] == "inconclusive":
        return MORE_DATA + kind
    if SEASON_TOKENS not in metrics:
        return ONE_RECIPE + kind
    said = change(comparison["verdict"], comparison["each_at_its_best"]["verdict"])
    name = NAMES.get(comparison["verdict"].partition(" ")[0], "")
    ends = (comparison["relative_mse_difference"], comparison["ci_low"], comparison["ci_high"])
    return CHANGES[said].filled(name=name) + difference(BY_SO_MUCH, *ends) + kind
