"""Claims on accuracy."""

from collections.abc import Mapping
from typing import Any, Final

from rnn_vs_transformer.claims.claim import NAMES, Claim, Measured, Words
from rnn_vs_transformer.evaluation.intervals import Estimate, ratio_of_pairs
from rnn_vs_transformer.results import Results
from rnn_vs_transformer.settings.family.families import FAMILIES

FIRST_FIFTY: Final = Words(
    "On the first 50 test windows the Transformer's MSE is {transformer:.3f}, the RNN's {rnn:.3f}; the interval is "
    "over seeds only, for 50 overlapping windows are hardly one independent case.",
    "在最初 50 个测试窗口上,Transformer 的 MSE 为 {transformer:.3f},RNN 为 {rnn:.3f};区间只涵盖种子,因为 50 个重叠的"
    "窗口几乎算不上一个独立样本。",
)


def first_forecasts(results: Results) -> Measured:
    """From paired seeds on the first 50 test windows, which overlap and are less than one independent block."""
    errors = results.seeds.pivot_table(index="seed", columns="forecaster", values="first_50_mse")
    ratio = ratio_of_pairs(errors["transformer"].to_numpy(), errors["rnn"].to_numpy())
    low, high = (None if end is None else end - 1 for end in (ratio.low, ratio.high))
    means = {family: errors[family].mean() for family in FAMILIES}
    return Measured(Estimate(ratio.estimate - 1, low, high), FIRST_FIFTY.filled(**means))


FIRST_FORECASTS: Final = Claim(
    title=Words(
        "The Transformer's first 50 test forecasts are nearer the truth", "Transformer 的前 50 个测试预测更接近真值"
    ),
    measure=Words(
        "relative difference of MSE on the first 50 test windows, transformer against rnn",
        "最初 50 个测试窗口上 MSE 的相对差异,Transformer 对 RNN",
    ),
    side="below",
    threshold=0.0,
    figure="forecasts",
    find=first_forecasts,
)

BELOW: Final = Words(
    "The Transformer's test MSE is {size:.0f} % below the RNN's (95 % interval {low:+.0f} % to {high:+.0f} %).",
    "Transformer 的测试 MSE 比 RNN 低 {size:.0f} %(95 % 区间 {low:+.0f} % 至 {high:+.0f} %)。",
)
ABOVE: Final = Words(
    "The Transformer's test MSE is {size:.0f} % above the RNN's (95 % interval {low:+.0f} % to {high:+.0f} %).",
    "Transformer 的测试 MSE 比 RNN 高 {size:.0f} %(95 % 区间 {low:+.0f} % 至 {high:+.0f} %)。",
)
VOID: Final = Words(" The {name} is not shown to beat a linear ridge.", "没有证据表明 {name} 优于线性的岭回归。")
BOTH_VOID: Final = Words(" Neither is shown to beat a linear ridge.", "没有证据表明二者之一优于线性的岭回归。")


def lower_error(results: Results) -> Measured:
    """From the comparison of the families."""
    found = results.metrics["comparison"]
    finding = Estimate(found["relative_mse_difference"], found["ci_low"], found["ci_high"])
    told = (BELOW if finding.estimate < 0 else ABOVE).filled(
        size=100 * abs(finding.estimate), low=100 * found["ci_low"], high=100 * found["ci_high"]
    )
    if worse := not_below_ridge(results.metrics):
        told += VOID.filled(name=NAMES[worse[0]]) if len(worse) == 1 else BOTH_VOID
    return Measured(finding, told)


def not_below_ridge(metrics: Mapping[str, Any]) -> list[str]:
    """The families that are not shown to beat a linear forecast: their interval is not wholly below ridge's error."""
    return [family for family in FAMILIES if metrics[family]["ridge_difference_ci_high"] >= 0]


LOWER_ERROR: Final = Claim(
    title=Words("The Transformer has the lower MSE", "Transformer 的 MSE 更低"),
    measure=Words("relative difference of test MSE, transformer against rnn", "测试 MSE 的相对差异,Transformer 对 RNN"),
    side="below",
    threshold=0.0,
    figure="test_error",
    find=lower_error,
    superiority=True,
)
