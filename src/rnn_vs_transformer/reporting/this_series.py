"""What this run says of its own series, chosen by rules from its metrics, and what it cost."""

from collections.abc import Iterator, Mapping
from typing import Final

from rnn_vs_transformer.claims.claim import NAMES, Words
from rnn_vs_transformer.claims.speed import trained_on
from rnn_vs_transformer.data.evidence import FEWEST_BLOCKS, FEWEST_SERIES, NOT_ENOUGH
from rnn_vs_transformer.reporting.wording import SEASON_TOKENS, Report, change, difference, listed
from rnn_vs_transformer.results import in_seconds, rows_of
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.paths import TUTORIAL
from rnn_vs_transformer.settings.family.families import FAMILIES

SETTINGS: Final = {
    "tutorial": Words("As set up", "按所给设置"),
    "season_tokens": Words("With one season per token", "以一个周期为一个 token"),
    "each_at_its_best": Words("Each with its better recipe by validation", "各取验证误差最低的配方"),
}
SAID: Final = {
    "rnn better": Words(": the RNN is better", "：RNN 更好"),
    "transformer better": Words(": the Transformer is better", "：Transformer 更好"),
    "equivalent": Words(": no difference that matters", "：差异无关紧要"),
    "inconclusive": Words(": no verdict", "：无定论"),
}
DIFFERENCE: Final = Words(
    "; the Transformer's test MSE is {size:.0f} % {side} the RNN's (95 % interval {low:+.0f} % to {high:+.0f} %).",
    "；Transformer 的测试 MSE 比 RNN {side} {size:.0f} %（95 % 区间 {low:+.0f} % 至 {high:+.0f} %）。",
)
RECIPES_SAY: Final = {
    "turns": Words(
        "The verdict turns round with the recipe: it belongs to the recipe, not to the families.",
        "换了配方结论就反过来：差别来自配方，而非两个家族。",
    ),
    "changes": Words(
        "The verdict depends on the recipe, so it says nothing on the families.",
        "结论随配方改变，因此不是对两个家族的结论。",
    ),
    "keeps": Words("Both recipes give the same verdict.", "两种配方结论相同。"),
}
TOO_LITTLE: Final = Words(
    "Not enough data for a verdict: {test_windows:,.0f} test windows hold fewer than {blocks} independent blocks of "
    "context and prediction length. Enough would be {enough_test_windows:,.0f} test windows, or {series} series.",
    "数据不足，无法给出结论：{test_windows:,.0f} 个测试窗口不到 {blocks} 个独立的时间块（每块为上下文加预测长度）。"
    "需要 {enough_test_windows:,.0f} 个测试窗口，或 {series} 条序列。",
)
TURNS: Final = "turns"
"""What `change` says where the recipe turns the verdict round."""
SIMPLE: Final = {
    "last_value": Words("the last value", "末值"),
    "seasonal_naive": Words("the seasonal naive", "季节性朴素预测"),
    "ridge": Words("a linear ridge", "线性岭回归"),
}
"""Forecasts that need no training, by the names that `forecast --family` knows."""
NOBODY: Final = Words(
    "Neither family is shown to beat {name} ({mse:.3f}), even at its best, so take that (or what validation chose, by "
    "leaving out --family):",
    "即使取最佳配方，也没有证据表明任一家族优于{name}（{mse:.3f}），用它即可（去掉 --family 则用验证选出的预测）：",
)
MLP_DOES: Final = Words(
    "Neither family is shown to beat {name} ({mse:.3f}), even at its best; an MLP on the window is, so take that:",
    "即使取最佳配方，也没有证据表明任一家族优于{name}（{mse:.3f}）；窗口 MLP 则优于它，用 MLP 即可：",
)
NOT_BEATEN: Final = {
    "ridge": Words(
        "{names}: not shown to beat a linear ridge ({mse:.3f}), even with the better recipe.",
        "即使取最佳配方，也没有证据表明 {names} 优于线性岭回归（{mse:.3f}）。",
    ),
    "mlp": Words(
        "{names}: not shown to beat an MLP on the window ({mse:.3f}), which has no sequence model, even with the "
        "better recipe.",
        "即使取最佳配方，也没有证据表明 {names} 优于不含序列模型的窗口 MLP（{mse:.3f}）。",
    ),
}
BEATEN: Final = Words("At its best each family beats ridge and an MLP.", "取最佳配方时，两个家族都优于岭回归和 MLP。")
COST: Final = Words(
    "One training takes {rnn} s for the RNN and {transformer} s for the Transformer",
    "训练一次：RNN 需 {rnn} 秒，Transformer 需 {transformer} 秒",
)
COST_SEASON: Final = Words(
    "; with one season per token {rnn} s and {transformer} s", "；以一个周期为一个 token 时为 {rnn} 秒和 "
    "{transformer} 秒",
)  # fmt: skip
COST_END: Final = Words(", on {device}.", "（{device}）。")


def on_this_series(metrics: Report, *, ahead: bool = False) -> Iterator[Words]:
    """The verdicts of this run: as set up, with season tokens, each at its best; and the controls.

    First comes what makes them idle: that there are too few data for any, or that no family beats a simple forecast.

    Args:
        metrics: As in reports/metrics.json.
        ahead: Whether a forecast needs columns of the steps ahead.
    """
    comparison, season = metrics["comparison"], metrics.get(SEASON_TOKENS)
    if comparison["verdict"] == NOT_ENOUGH:
        yield TOO_LITTLE.filled(blocks=FEWEST_BLOCKS, series=FEWEST_SERIES, **comparison)
        return
    yield from nobody(metrics, ahead=ahead)
    yield _compared(TUTORIAL, comparison)
    if season is not None:
        yield _compared(SEASON_TOKENS, season["comparison"])
        yield _compared("each_at_its_best", comparison["each_at_its_best"])
        yield RECIPES_SAY[change(comparison["verdict"], season["comparison"]["verdict"])]
    yield from controls(metrics)


def nobody(metrics: Report, *, ahead: bool) -> Iterator[Words]:
    """That no family is shown to beat the best of the simple forecasts, and the command that gives this one."""
    name = best_simple(metrics)
    if any(beats(row, name) for row in at_its_best(metrics).values()):
        return
    said, forecaster = (MLP_DOES, "mlp") if beats(metrics["mlp"], name) else (NOBODY, name)
    command = f" {forecast_command(forecaster, ahead=ahead)}"
    yield said.filled(name=SIMPLE[name], mse=metrics[name]["mse"]) + Words(command, command)


def forecast_command(forecaster: str = "", *, ahead: bool) -> str:
    """The command that forecasts, by what validation chose if by none that is named."""
    future, family = " --future AHEAD" if ahead else "", f" --family {forecaster}" if forecaster else ""
    return f"python -m rnn_vs_transformer forecast --input FILE{future} --output forecast.csv{family}"


def best_simple(metrics: Report) -> str:
    """The forecast without training that has the lowest test error."""
    return min((name for name in SIMPLE if name in metrics), key=lambda name: float(metrics[name]["mse"]))


def beats(row: Report, other: str) -> bool:
    """Whether a forecaster is shown to: the whole interval of its difference lies below zero."""
    return bool(row.get(f"{other}_difference_ci_high", 0.0) < 0)


def at_its_best(metrics: Report) -> dict[str, Report]:
    """The row of each family with its better recipe by validation."""
    rows, best = rows_of(metrics), metrics["comparison"]["each_at_its_best"]
    return {family: rows[paths.forecaster(family, best[f"{family}_recipe"])] for family in FAMILIES}


def contrast(metrics: Report) -> tuple[str, str]:
    """What the recipe does to the verdict with the chosen ones, `keeps`, `turns` or `changes`, and the recipe meant.

    It is the recipe with which the verdict differs most; where none does, one that was not chosen for both.
    """
    best = metrics["comparison"]["each_at_its_best"]
    said = {
        recipe: change(comparison["verdict"], best["verdict"]) for recipe, comparison in comparisons(metrics).items()
    }
    for kind in (TURNS, "changes"):
        if found := [recipe for recipe, one in said.items() if one == kind]:
            return kind, found[0]
    chosen = {best.get(f"{family}_recipe") for family in FAMILIES}
    return "keeps", next((recipe for recipe in said if chosen != {recipe}), paths.TUTORIAL)


def comparisons(metrics: Report) -> dict[str, Report]:
    """The comparison with each recipe that was trained."""
    season = {SEASON_TOKENS: metrics[SEASON_TOKENS]["comparison"]} if SEASON_TOKENS in metrics else {}
    return {paths.TUTORIAL: metrics["comparison"], **season}


def controls(metrics: Report) -> Iterator[Words]:
    """Which families, each with its better recipe, are not shown to beat ridge or the MLP."""
    at_best = at_its_best(metrics)
    missing = {
        other: [NAMES[family] for family, row in at_best.items() if not beats(row, other)] for other in NOT_BEATEN
    }
    if best_simple(metrics) == "ridge" and len(missing["ridge"]) == len(FAMILIES):
        missing["ridge"] = []  # said first
        if not missing["mlp"]:
            return
    for other, names in missing.items():
        if names:
            yield NOT_BEATEN[other].filled(
                mse=metrics[other]["mse"], names=listed([Words(one, one) for one in names], ", ")
            )
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
        yield told + COST_END.filled(device=trained_on(times["rnn"]["machine"]))


def _compared(setting: str, found: Report) -> Words:
    numbers = (found["relative_mse_difference"], found["ci_low"], found["ci_high"])
    return SETTINGS[setting] + SAID[found["verdict"]] + difference(DIFFERENCE, *numbers)
