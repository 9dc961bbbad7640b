"""Claims on memory."""

from typing import Final

from rnn_vs_transformer.claims.claim import Claim, Measured, Words
from rnn_vs_transformer.evaluation.intervals import mean_interval
from rnn_vs_transformer.results import Results
from rnn_vs_transformer.settings.family.families import FAMILIES

RECOVERED: Final = Words(
    "When the value to be remembered lies {lag} steps back, the Transformer recovers {transformer:.0f} % of what can "
    "be known, the tanh RNN {rnn:.0f} %.",
    "要记住的数值在 {lag} 步之前时,Transformer 找回可知部分的 {transformer:.0f} %,tanh RNN 找回 {rnn:.0f} %。",
)
NO_RECALL: Final = Words("The recall task is switched off in probe.tasks.", "probe.tasks 中关闭了 recall 任务。")


def long_range_dependence(results: Results) -> Measured:
    """From paired seeds of the recall probe at its longest lag."""
    recall = results.trials[results.trials["task"] == "recall"]
    if recall.empty:
        return Measured(None, NO_RECALL)
    lag = recall["lag"].max()
    shares = recall[recall["lag"] == lag].pivot_table(index="seed", columns="model", values="recovered")
    found = mean_interval((shares["transformer"] - shares["rnn"]).to_numpy())
    percent = {model: 100 * shares[model].mean() for model in FAMILIES}
    return Measured(found, RECOVERED.filled(lag=lag, **percent))


LONG_RANGE_DEPENDENCE: Final = Claim(
    title=Words("An RNN loses long-range dependence, attention keeps it", "RNN 丢失长程依赖,注意力能保持"),
    measure=Words(
        "share recovered by the Transformer less that of the RNN at the longest lag",
        "最长延迟处 Transformer 找回的份额减去 RNN 的份额",
    ),
    side="above",
    threshold=0.5,
    figure="recall",
    find=long_range_dependence,
)
