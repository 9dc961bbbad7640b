"""Accuracy: which family forecasts better?"""

from collections.abc import Mapping
from typing import Any

from rnn_vs_transformer.claims.judge import Claim, Measured, Words, measured, say
from rnn_vs_transformer.evaluation.intervals import MeanInterval, ratio_of_pairs
from rnn_vs_transformer.results import Results
from rnn_vs_transformer.settings.family.families import FAMILIES

C7 = Words(
    "On the first 50 test windows the Transformer's MSE is {transformer:.3f}, the RNN's {rnn:.3f}; the interval "
    "is over seeds only, for 50 overlapping windows are hardly one independent case.",
    "在最初 50 个测试窗口上,Transformer 的 MSE 为 {transformer:.3f},RNN 为 {rnn:.3f};区间只涵盖种子,因为 50 个重叠的窗口几乎算不上一个独立样本。",
)
C9_BELOW = Words(
    "The Transformer's test MSE is {size:.0f} % below the RNN's (95 % interval {low:+.0f} % to {high:+.0f} %).",
    "Transformer 的测试 MSE 比 RNN 低 {size:.0f} %(95 % 区间 {low:+.0f} % 至 {high:+.0f} %)。",
)
C9_ABOVE = Words(
    "The Transformer's test MSE is {size:.0f} % above the RNN's (95 % interval {low:+.0f} % to {high:+.0f} %).",
    "Transformer 的测试 MSE 比 RNN 高 {size:.0f} %(95 % 区间 {low:+.0f} % 至 {high:+.0f} %)。",
)
C9_VOID_RNN = Words(
    " The RNN is not shown to beat a linear ridge.",
    "没有证据表明 RNN 优于线性的岭回归。",
)
C9_VOID_TRANSFORMER = Words(
    " The Transformer is not shown to beat a linear ridge.",
    "没有证据表明 Transformer 优于线性的岭回归。",
)
C9_VOID_BOTH = Words(
    " Neither is shown to beat a linear ridge.",
    "没有证据表明二者之一优于线性的岭回归。",
)


def find_first_forecasts(results: Results) -> Measured:
    """C7, from paired seeds on the first 50 test windows, which overlap and are less than one independent block."""
    errors = results.seeds.pivot_table(index="seed", columns="family", values="first_50_mse")
    found = ratio_of_pairs(errors["transformer"], errors["rnn"])
    low, high = (None if end is None else end - 1 for end in (found.low, found.high))
    means = {family: float(errors[family].mean()) for family in FAMILIES}
    return measured(MeanInterval(found.mean - 1, low, high), say(C7, **means))


def find_lower_error(results: Results) -> Measured:
    """C9, from the comparison of the families."""
    found = results.metrics["comparison"]
    difference, low, high = (found[key] for key in ("relative_mse_difference", "ci_low", "ci_high"))
    words = C9_BELOW if difference < 0 else C9_ABOVE
    said = [say(words, size=100 * abs(difference), low=100 * low, high=100 * high)]
    worse = not_below_ridge(results.metrics)
    if worse:
        void = {"rnn": C9_VOID_RNN, "transformer": C9_VOID_TRANSFORMER}
        said.append(say(void[worse[0]] if len(worse) == 1 else C9_VOID_BOTH))
    return measured(MeanInterval(difference, low, high), *said)


def not_below_ridge(metrics: Mapping[str, Any]) -> list[str]:
    """The families that are not shown to beat a linear forecast: their interval is not wholly below ridge's error."""
    return [family for family in FAMILIES if metrics[family]["ridge_difference_ci_high"] >= 0]


CLAIMS = (
    Claim(
        name="C7",
        title=Words(
            "The Transformer's first 50 test forecasts are nearer the truth", "Transformer 的前 50 个测试预测更接近真值"
        ),
        measure=Words(
            "relative difference of MSE on the first 50 test windows, transformer against rnn",
            "最初 50 个测试窗口上 MSE 的相对差异,Transformer 对 RNN",
        ),
        side="below",
        threshold=0.0,
        figure="reports/figures/forecasts.png",
        find=find_first_forecasts,
    ),
    Claim(
        name="C9",
        title=Words("The Transformer has the lower MSE", "Transformer 的 MSE 更低"),
        measure=Words(
            "relative difference of test MSE, transformer against rnn",
            "测试 MSE 的相对差异,Transformer 对 RNN",
        ),
        side="below",
        threshold=0.0,
        figure="reports/figures/test_error.png",
        find=find_lower_error,
        superiority=True,
    ),
)
