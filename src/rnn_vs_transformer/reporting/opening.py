"""The first screen: the answer in one sentence, how sure it is, what changes it, what to do now, and what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rnn_vs_transformer.claims.claim import NAMES, Words
from rnn_vs_transformer.claims.speed import trained_on
from rnn_vs_transformer.data.evidence import FEWEST_BLOCKS, FEWEST_SERIES, NOT_ENOUGH
from rnn_vs_transformer.reporting.general import kinds_won, over_kinds
from rnn_vs_transformer.reporting.this_series import (
    SIMPLE,
    TOO_LITTLE,
    TURNS,
    at_its_best,
    beats,
    best_simple,
    comparisons,
    contrast,
    forecast_command,
)
from rnn_vs_transformer.reporting.wording import SEASON_TOKENS, Report, difference, listed
from rnn_vs_transformer.results import in_seconds, rows_of
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.settings.family.families import FAMILIES
from rnn_vs_transformer.settings.family.train import RECIPES

GENERAL: Final = {
    "rnn better": Words("In general the RNN forecasts better; ", "总体而言 RNN 预测更准；"),
    "transformer better": Words("In general the Transformer forecasts better; ", "总体而言 Transformer 预测更准；"),
    "equivalent": Words("In general the choice does not matter; ", "总体而言选哪个都一样；"),
    "inconclusive": Words(
        "In general neither is shown to forecast better; ", "总体难分高下；"
    ),
}  # fmt: skip
HERE: Final = {
    "rnn better": Words("{here} the RNN does", "{here} RNN 更准"),
    "transformer better": Words("{here} the Transformer does", "{here} Transformer 更准"),
    "equivalent": Words("{here} both forecast equally well", "{here}，二者同样准确"),
    "inconclusive": Words("{here} they cannot be told apart", "{here}，无法区分二者"),
    NOT_ENOUGH: Words("{here} there are too few data to tell", "{here}，数据太少，无法判断"),
    TURNS: Words("{here} it depends on the recipe", "{here}取决于配方"),
}
ALONE: Final = {
    **HERE,
    "rnn better": Words("{here} the RNN forecasts better", "{here} RNN 预测更准"),
    "transformer better": Words("{here} the Transformer forecasts better", "{here} Transformer 预测更准"),
    "inconclusive": Words("{here} RNN and Transformer cannot be told apart", "{here}，无法区分 RNN 和 Transformer"),
    TURNS: Words("{here} the winner depends on the recipe", "{here}哪个更准取决于配方"),
}
"""Where nothing was said of the families before."""
ONE: Final = (Words("on this series", "在这条序列上"), Words("On this series", "在这条序列上"))
MANY: Final = (Words("on these series", "在这些序列上"), Words("On these series", "在这些序列上"))
"""Within a sentence, and at its start."""
AND: Final = Words(", and neither is shown to beat {name}.", "，二者都未显示优于{name}。")
BUT: Final = Words(", but neither is shown to beat {name}.", "，但二者都未显示优于{name}。")
ITSELF: Final = Words(", but it is not shown to beat {name}.", "，但未显示优于{name}。")
"""Of the family that is better, where the other one alone beats the control."""
END: Final = Words(".", "。")
OTHERS: Final = {**SIMPLE, "mlp": Words("a plain MLP", "普通的 MLP")}

HERE_IS: Final = (Words("Here, with recipes ✓, ", "在此，用 ✓ 的配方，"), Words("Here ", "在此，"))
"""Where validation chose between recipes, and where there was one."""
FOUND: Final = {
    "rnn better": Words("the RNN is better", "RNN 更好"),
    "transformer better": Words("the Transformer is better", "Transformer 更好"),
    "equivalent": Words("no difference matters", "差异无关紧要"),
    "inconclusive": Words("undecided", "未决"),
}
SURE: Final = Words(
    ", the Transformer's test error {size:.0f} % {side} (95 % interval {low:+.0f} % to {high:+.0f} %).",
    "：Transformer 的测试误差比 RNN {side} {size:.0f} %（95 % 区间 {low:+.0f} % 至 {high:+.0f} %）。",
)
LOWER_ON_TEST: Final = Words(
    "The {family}'s other recipe has a lower test error than that marked ✓; test errors must not choose. ",
    "{family} 的另一配方测试误差低于 ✓ 的配方，但不能按测试误差来选。",
)
IN_GENERAL: Final = Words(" In general ", "总体而言，")
SURE_IN_GENERAL: Final = Words(
    ", the Transformer's error {size:.0f} % {side} ({low:+.0f} % to {high:+.0f} %, {units} simulated kinds).",
    "：Transformer 的误差{side} {size:.0f} %（95 % 区间 {low:+.0f} % 至 {high:+.0f} %，{units} 类模拟序列）。",
)
RECIPE_SAID: Final = {
    paths.TUTORIAL: Words("as set up", "按所给设置"),
    SEASON_TOKENS: Words("with season tokens", "以每周期一个 token "),
}
CHANGES: Final = {
    "turns": Words("Recipe: {recipe} it is the reverse,", "配方：{recipe}则相反，"),
    "changes": Words("Recipe: {recipe} the verdict is another,", "配方：{recipe}结论不同，"),
    "keeps": Words("Not the recipe: {recipe} the verdict is the same,", "配方不改变结论：{recipe}结论相同，"),
}
BY_SO_MUCH: Final = Words(
    " the Transformer's error {size:.0f} % {side}.", "Transformer 的误差比 RNN {side} {size:.0f} %。"
)
MORE_DATA: Final = Words(
    "More data: a longer test split, or more series or seeds, would narrow the interval.",
    "更多数据：更长的测试段、更多的序列或种子会使区间变窄。",
)
ONE_RECIPE: Final = Words("Perhaps the recipe: only one was trained.", "可能是配方：只训练了一种。")
KIND: Final = Words(
    " Kind of series: the RNN is better on {rnn} of {kinds}, the Transformer on {transformer} (map).",
    "序列的类型：{kinds} 类中 RNN 在 {rnn} 类上更好，Transformer 在 {transformer} 类上更好（见地图）。",
)
CHOOSE: Final = Words("Use {name}, as validation chose:", "用验证集选定的{name}：")
CALLED: Final = {
    **OTHERS,
    **{family: Words(f"the {name}", name) for family, name in NAMES.items()},
    "ensemble": Words("the ensemble", "集成"),
}
USE: Final = Words("Use {name}, the simplest with the lowest error, until there are more data:",
                   "在有更多数据之前，用{name}，即简单预测中误差最低者：")  # fmt: skip
SIMPLER: Final = Words("Or simpler, {name}: `--family {key}`.", "或更简单的{name}：`--family {key}`。")
SHOWN: Final = Words("Or {name}, shown to beat {other}: `--family {key}`.",
                     "或测试集上优于{other}的 {name}：`--family {key}`。")  # fmt: skip
COST: Final = Words("One training, {device}: {seconds}", "训练一次（{device}）：{seconds}")
SECONDS: Final = Words("{name} {seconds} s", "{name} {seconds} 秒")
MARK: Final = " ✓"
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
    instead: Words
    """What one forecaster to take, and why, where validation chooses."""
    cost: Words
    sure: Words
    change: Words
    aside: Words
    """Below the figure: whose test error is lower with the recipe that was not chosen."""


def opening(
    found: Report | None, metrics: Report, times: Mapping[str, Report], best: str, *, many: bool, ahead: bool = False
) -> Opening:
    """The first screen.

    Args:
        found: The map, where the general answer comes first; None on a user's own series.
        metrics: As in reports/metrics.json.
        times: Per forecaster `train_seconds`, of those that were timed here.
        best: What validation chose, which forecasts by default.
        many: Whether the run is on several series.
        ahead: Whether a forecast needs columns of the steps ahead.
    """
    name = recommended(metrics)
    return Opening(
        answer=_answer(found, metrics, many=many),
        **_use(metrics, name, best, ahead=ahead),
        cost=_cost(metrics, times, name),
        sure=_sure(found, metrics),
        change=_change(found, metrics),
        aside=_lower_on_test(metrics),
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
    name, said = recommended(metrics), _said(metrics)
    within, start = MANY if many else ONE
    general = over_kinds(found, "at_its_best") if found else None
    told = ALONE[said].filled(here=start) if general is None else GENERAL[general] + _here(general, said, within)
    winner, control = said.removesuffix(" better"), _control(metrics) if said != NOT_ENOUGH else ""
    if said == NOT_ENOUGH or (name in FAMILIES and winner not in FAMILIES):
        return told + END
    if name in FAMILIES:
        return told + (END if beats(at_its_best(metrics)[winner], control) else ITSELF.filled(name=OTHERS[control]))
    return told + (BUT if "better" in said else AND).filled(name=OTHERS[name])


def _said(metrics: Report) -> str:
    """The verdict with the recipes that validation chose, or that the recipe turns it round."""
    comparison = metrics["comparison"]
    if comparison["verdict"] == NOT_ENOUGH:
        return NOT_ENOUGH
    best = str(comparison["each_at_its_best"]["verdict"])
    return TURNS if contrast(metrics)[0] == TURNS else best


def _here(general: str, said: str, within: Words) -> Words:
    """The second half: `does` only where the first half has the verb."""
    return (ALONE if general == "equivalent" else HERE)[said].filled(here=within)


def _use(metrics: Report, name: str, best: str, *, ahead: bool) -> dict[str, Any]:
    """`now`, `command` and `instead` of the opening."""
    if metrics["comparison"]["verdict"] == NOT_ENOUGH:
        return {
            "now": USE.filled(name=OTHERS[name]),
            "command": forecast_command(name, ahead=ahead),
            "instead": Words("", ""),
        }
    words, control = SHOWN if name in FAMILIES else SIMPLER, OTHERS[_control(metrics)]
    instead = Words("", "") if name == best else words.filled(name=CALLED[name], other=control, key=name)
    return {"now": CHOOSE.filled(name=CALLED[best]), "command": forecast_command(ahead=ahead), "instead": instead}


def _cost(metrics: Report, times: Mapping[str, Report], name: str) -> Words:
    """Seconds of both families with the better recipe and of the MLP; and that a simple forecast needs none."""
    best = metrics["comparison"]["each_at_its_best"]
    mark = MARK if SEASON_TOKENS in metrics else ""
    runs = {NAMES[family] + mark: paths.forecaster(family, best.get(f"{family}_recipe", paths.TUTORIAL))
            for family in FAMILIES}  # fmt: skip
    told = [
        SECONDS.filled(seconds=in_seconds(times[run]["train_seconds"]), name=called)
        for called, run in {**runs, "MLP": "mlp"}.items() if run in times
    ]  # fmt: skip
    device = trained_on(next(iter(times.values()))["machine"]) if told else UNTIMED
    said = COST.filled(seconds=listed(told, ", "), device=device) + END if told else UNTIMED
    free = OTHERS[name] if name in SIMPLE else None
    if free is None:
        return said
    return said + RIDGE_COST.filled(name=Words(free.en[0].upper() + free.en[1:], free.zh))


def _sure(found: Report | None, metrics: Report) -> Words:
    comparison = metrics["comparison"]
    if comparison["verdict"] == NOT_ENOUGH:
        return TOO_LITTLE.filled(blocks=FEWEST_BLOCKS, series=FEWEST_SERIES, **comparison)
    best = comparison["each_at_its_best"]
    ends = (best["relative_mse_difference"], best["ci_low"], best["ci_high"])
    told = HERE_IS[SEASON_TOKENS not in metrics] + FOUND[best["verdict"]] + difference(SURE, *ends)
    if found is None:
        return told
    over = found["findings"]["mse.at_its_best.all"]
    ends = (over["estimate"], over["low"], over["high"])
    return (
        told
        + IN_GENERAL
        + FOUND[over_kinds(found, "at_its_best")]
        + difference(SURE_IN_GENERAL, *ends, units=over["units"])
    )


def _lower_on_test(metrics: Report) -> Words:
    """Families of which the recipe that validation did not choose has the lower test error."""
    told = Words("", "")
    if SEASON_TOKENS not in metrics or metrics["comparison"]["verdict"] == NOT_ENOUGH:
        return told
    rows, best = rows_of(metrics), metrics["comparison"]["each_at_its_best"]
    for family, name in NAMES.items():
        errors = {recipe: float(rows[paths.forecaster(family, recipe)]["mse"]) for recipe in RECIPES}
        if min(errors.values()) < errors[best[f"{family}_recipe"]]:
            told += LOWER_ON_TEST.filled(family=name)
    return told


def _change(found: Report | None, metrics: Report) -> Words:
    comparison = metrics["comparison"]
    kind = KIND.filled(**kinds_won(found)) if found else Words("", "")
    if comparison["verdict"] == NOT_ENOUGH:
        return kind
    if comparison["verdict"] == comparison["each_at_its_best"]["verdict"] == "inconclusive":
        return MORE_DATA + kind
    if SEASON_TOKENS not in metrics:
        return ONE_RECIPE + kind
    said, recipe = contrast(metrics)
    other = comparisons(metrics)[recipe]
    ends = (other["relative_mse_difference"], other["ci_low"], other["ci_high"])
    return CHANGES[said].filled(recipe=RECIPE_SAID[recipe]) + difference(BY_SO_MUCH, *ends) + kind
