"""Memory: what reaches a forecast from far back?"""

from rnn_vs_transformer.claims.judge import Claim, Measured, Words, measured, say
from rnn_vs_transformer.evaluation.intervals import mean_interval
from rnn_vs_transformer.results import Results
from rnn_vs_transformer.settings.family.families import FAMILIES

C2 = Words(
    "When the value to be remembered lies {lag} steps back, the Transformer recovers {transformer:.0f} % of what "
    "can be known, the tanh RNN {rnn:.0f} %.",
    "要记住的数值在 {lag} 步之前时,Transformer 找回可知部分的 {transformer:.0f} %,tanh RNN 找回 {rnn:.0f} %。",
)
C2_NONE = Words(
    "The recall task is switched off in probe.tasks.",
    "probe.tasks 中关闭了 recall 任务。",
)


def find_lost_memory(results: Results) -> Measured:
    """C2, from paired seeds of the recall probe at its longest lag."""
    recall = results.trials[results.trials["task"] == "recall"]
    if recall.empty:
        return measured(None, say(C2_NONE))
    lag = recall["lag"].max()
    shares = recall[recall["lag"] == lag].pivot_table(index="seed", columns="model", values="recovered")
    found = mean_interval((shares["transformer"] - shares["rnn"]).to_numpy())
    percent = {family: 100 * float(shares[family].mean()) for family in FAMILIES}
    return measured(found, say(C2, lag=int(lag), **percent))


CLAIMS = (
    Claim(
        name="C2",
        title=Words("An RNN loses long-range dependence, attention keeps it", "RNN 丢失长程依赖,注意力能保持"),
        measure=Words(
            "share recovered by the Transformer less that of the RNN at the longest lag",
            "最长延迟处 Transformer 找回的份额减去 RNN 的份额",
        ),
        side="above",
        threshold=0.5,
        figure="reports/figures/recall.png",
        find=find_lost_memory,
    ),
)
