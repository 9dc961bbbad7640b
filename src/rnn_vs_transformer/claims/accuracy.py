"""Claims on accuracy."""

from collections.abc import Mapping
from typing import Any, Final

from rnn_vs_transformer.claims.claim import NOT_TRAINED, NOTHING, Claim, Claimed, Finder, Measured, Words, of_recipe
from rnn_vs_transformer.claims.studies import AT_ITS_BEST, finding_of, from_study
from rnn_vs_transformer.data.evidence import FEWEST_BLOCKS, NOT_ENOUGH
from rnn_vs_transformer.evaluation.intervals import Estimate, ratio_of_pairs
from rnn_vs_transformer.results import Results
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.settings.family.families import FAMILIES
from rnn_vs_transformer.settings.family.train import Recipe

NOT_ENOUGH_DATA: Final = Words(
    f"There is not enough data to compare: fewer than {FEWEST_BLOCKS} independent blocks of time.",
    f"数据不足，无法比较：独立时间块少于 {FEWEST_BLOCKS} 个。",
)
FIRST_WINDOWS: Final = 50
FIRST_FIFTY: Final = Words(
    "On the first 50 test windows the Transformer's MSE is {transformer:.3f}, the RNN's {rnn:.3f}; the interval is "
    "over seeds only.",
    "在最初 50 个测试窗口上，Transformer 的 MSE 为 {transformer:.3f}，RNN 为 {rnn:.3f}；区间只涵盖种子。",
)


def first_forecasts(recipe: Recipe) -> Finder:
    """How to measure the first 50 test windows, which overlap, over paired seeds of a recipe."""

    def find(results: Results) -> Measured:
        errors = results.seeds.pivot_table(index="seed", columns="forecaster", values="first_50_mse")
        names = {family: paths.forecaster(family, recipe) for family in FAMILIES}
        if not set(names.values()) <= set(errors):
            return Measured(sentence=NOT_TRAINED)
        if results.lacks_data:
            return Measured(sentence=NOT_ENOUGH_DATA)
        ratio = ratio_of_pairs(errors[names["transformer"]].to_numpy(), errors[names["rnn"]].to_numpy())
        low, high = (None if end is None else end - 1 for end in (ratio.low, ratio.high))
        means = {family: errors[name].mean() for family, name in names.items()}
        told = FIRST_FIFTY.filled(**means) if recipe == paths.TUTORIAL else NOTHING
        blocks = min(FIRST_WINDOWS, results.test_windows) // results.block_length
        return Measured([Estimate(ratio.estimate - 1, low, high)], told, blocks)

    return find


FIRST_FORECASTS: Final = Claim(
    group="accuracy",
    of_the_series=True,
    title=Words(
        "The Transformer's first 50 test forecasts are nearer the truth", "Transformer 的前 50 个测试预测更接近真值"
    ),
    measure=Words(
        "relative difference of MSE on the first 50 test windows, transformer against rnn",
        "最初 50 个测试窗口上 MSE 的相对差异，Transformer 对 RNN",
    ),
    side="below",
    threshold=0.0,
    columns={  # a map of long test splits has no first 50
        "as_set_up": first_forecasts("tutorial"),
        "season_tokens": first_forecasts("season_tokens"),
    },
    figure="forecasts",
    claimed=Claimed("transformer", []),
)

BELOW: Final = Words(
    "The Transformer's test MSE is {size:.0f} % below the RNN's (95 % interval {low:+.0f} % to {high:+.0f} %).",
    "Transformer 的测试 MSE 比 RNN 低 {size:.0f} %（95 % 区间 {low:+.0f} % 至 {high:+.0f} %）。",
)
ABOVE: Final = Words(
    "The Transformer's test MSE is {size:.0f} % above the RNN's (95 % interval {low:+.0f} % to {high:+.0f} %).",
    "Transformer 的测试 MSE 比 RNN 高 {size:.0f} %（95 % 区间 {low:+.0f} % 至 {high:+.0f} %）。",
)
TUNED: Final = Words(
    " With both tuned it is {size:+.0f} % ({low:+.0f} % to {high:+.0f} %; study of {date}).",
    "二者均调参后为 {size:+.0f} %（{low:+.0f} % 至 {high:+.0f} %；{date} 的研究）。",
)


def lower_error(recipe: Recipe) -> Finder:
    """How to measure the comparison of the families in a recipe: over seeds and time, or over time alone for none."""

    def find(results: Results) -> Measured:
        rows = of_recipe(results, recipe)
        if rows is None:
            return Measured(sentence=NOT_TRAINED)
        found = rows["comparison"]
        if found.get("verdict") == NOT_ENOUGH:
            return Measured(sentence=NOT_ENOUGH_DATA)
        difference, low, high = found["relative_mse_difference"], found["ci_low"], found["ci_high"]
        told = (BELOW if difference < 0 else ABOVE).filled(size=100 * abs(difference), low=100 * low, high=100 * high)
        one_seed = results.seeds["seed"].nunique() == 1
        finding = Estimate(difference, None, None) if one_seed else Estimate(difference, low, high)
        said = told + _tuned(results) if recipe == paths.TUTORIAL else NOTHING
        return Measured([finding], said, results.blocks)

    return find


def _tuned(results: Results) -> Words:
    report = results.studies.get("tuning")
    found = finding_of(report, "tuned_mse") if report else None
    if report is None or found is None:
        return NOTHING
    size, low, high = (100 * found[key] for key in ("estimate", "low", "high"))
    return TUNED.filled(size=size, low=low, high=high, date=report["measured"])


def not_below_ridge(metrics: Mapping[str, Any]) -> list[str]:
    """The families that are not shown to beat a linear forecast: their interval is not wholly below ridge's error.

    Where data are not enough for an interval nothing is shown of any, so none is named.
    """
    return [family for family in FAMILIES if metrics[family].get("ridge_difference_ci_high", -1.0) >= 0]


LOWER_ERROR: Final = Claim(
    group="accuracy",
    of_the_series=True,
    title=Words("The Transformer has the lower MSE", "Transformer 的 MSE 更低"),
    measure=Words(
        "relative difference of test MSE, transformer against rnn", "测试 MSE 的相对差异，Transformer 对 RNN"
    ),
    side="below",
    threshold=0.0,
    columns={
        "as_set_up": lower_error("tutorial"),
        "season_tokens": lower_error("season_tokens"),
        "across_worlds": from_study("map", f"mse.{AT_ITS_BEST}.all"),
    },
    figure="test_error",
    claimed=Claimed("transformer", [f"ridge.transformer.{AT_ITS_BEST}.all"]),
    superiority=True,
)

SLOPE: Final = Words(
    "change of log(MSE of the Transformer / MSE of the RNN) with every doubling of the {what}",
    "{what}每翻一倍，log（Transformer 的 MSE / RNN 的 MSE）的变化",
)


def slope_claim(title: Words, what: Words, finding: str, scope: str) -> Claim:
    """A claim that the Transformer's edge grows with something: across worlds, as it takes a sweep, of some cases."""
    return Claim(
        group="accuracy",
        title=title,
        measure=Words(SLOPE.en.format(what=what.en), SLOPE.zh.format(what=what.zh)),
        side="below",
        threshold=0.0,
        columns={"across_worlds": from_study("map", f"{finding}.{AT_ITS_BEST}")},
        claimed=Claimed("transformer", [f"ridge.transformer.{AT_ITS_BEST}.{scope}"]),
    )


EDGE_WITH_CONTEXT: Final = slope_claim(
    Words("The Transformer's edge grows with the length of the sequence", "Transformer 的优势随序列长度增大"),
    Words("context length", "上下文长度"),
    "context_slope",
    scope="long_memory_48",  # the case of the map's sweep
)
EDGE_WITH_DELAY: Final = slope_claim(
    Words("The Transformer's edge grows with the length of the dependence", "Transformer 的优势随依赖长度增大"),
    Words("delay", "延迟"),
    "delay_slope",
    scope="long_memory",
)
