"""Claims on memory: long and short dependence, and sequences of other lengths."""

from dataclasses import replace
from typing import Final

import yaml

from rnn_vs_transformer.claims.accuracy import lower_error
from rnn_vs_transformer.claims.claim import NOTHING, Claim, Claimed, Finder, Measured, Words
from rnn_vs_transformer.claims.studies import AT_ITS_BEST, at_longest_lag, from_study
from rnn_vs_transformer.evaluation.intervals import mean_interval
from rnn_vs_transformer.results import Results
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.settings.family.families import FAMILIES
from rnn_vs_transformer.settings.family.train import Recipe

LONG_MEMORIES: Final = ("long_memory_48", "long_memory_96", "long_memory_192")
MARGIN: Final = -0.05
"""What may be lost against the other family and still be suited: the map's margin of equivalence."""
RECOVERED: Final = Words(
    "When the value to be remembered lies {lag} steps back, the Transformer recovers {transformer:.0f} % of what can "
    "be known, the tanh RNN {rnn:.0f} %, within the probe's budget of training; it stands at the same place of every "
    "context.",
    "要记住的数值在 {lag} 步之前时，在探针的训练预算内，Transformer 找回可知部分的 {transformer:.0f} %，tanh RNN 找回 {rnn:.0f} %；"
    "该数值在每个上下文中处于同一位置。",
)
NO_RECALL: Final = Words("The recall task is switched off in probe.tasks.", "probe.tasks 中关闭了 recall 任务。")

PROBE_AT_FAULT: Final = Words(
    "A control of the memory probe failed (reports/probe.json), so it tells nothing: raise probe.steps.",
    "记忆探针的对照未通过（reports/probe.json），因此它不说明任何问题：请增大 probe.steps。",
)


def long_range_dependence(results: Results) -> Measured:
    """From paired seeds of the recall probe at its longest lag."""
    recall = results.trials[results.trials["task"] == "recall"]
    if recall.empty:
        return Measured(sentence=NO_RECALL)
    if results.probe_faults:
        return Measured(sentence=PROBE_AT_FAULT)
    lag = recall["lag"].max()
    shares = recall[recall["lag"] == lag].pivot_table(index="seed", columns="model", values="recovered")
    found = mean_interval((shares["transformer"] - shares["rnn"]).to_numpy())
    percent = {model: 100 * shares[model].mean() for model in FAMILIES}
    return Measured([found], RECOVERED.filled(lag=lag, **percent))


LONG_RANGE_DEPENDENCE: Final = Claim(
    group="memory",
    title=Words(
        "An RNN loses long-range dependence, attention keeps it (in a short training)",
        "RNN 丢失长程依赖，注意力能保持（短训练）",
    ),
    measure=Words(
        "share recovered by the Transformer less that of the RNN at the longest lag",
        "最长延迟处 Transformer 找回的份额减去 RNN 的份额",
    ),
    side="above",
    threshold=0.5,
    columns={"as_set_up": long_range_dependence},  # the probe's task has neither seasons nor worlds
    figure="recall",
)

STEPS_TO_RECALL: Final = Words(
    "training steps until the longest lag is recalled, over those of the Transformer",
    "直到能回忆最长延迟所需的训练步数，除以 Transformer 的步数",
)

LEARNT_LATER: Final = Claim(
    group="memory",
    title=Words("An RNN is slower to learn long-range dependence than attention", "RNN 学会长程依赖比注意力慢"),
    measure=STEPS_TO_RECALL,
    side="above",
    threshold=2.0,
    columns={"across_worlds": at_longest_lag("rnn")},
)

GATES_LEARN_LATER: Final = Claim(
    group="memory",
    title=Words(
        "Gated cells, too, are slower to learn long-range dependence than attention",
        "门控单元学会长程依赖也比注意力慢",
    ),
    measure=STEPS_TO_RECALL
    + Words(
        "; of GRU, LSTM and minimal GRU the one that speaks most against the claim",
        "；取 GRU、LSTM 和最小 GRU 中最不利于该说法者",
    ),
    side="above",
    threshold=2.0,
    columns={"across_worlds": at_longest_lag("gru", "lstm", "min_gru")},
)

LONG: Final = 48
"""Steps from which a delay is long: beyond one season and one forecast."""
NOT_LONG: Final = Words(
    f"This run's series is not known to depend on what lies {LONG} or more steps back.",
    f"不知道本次运行的序列是否依赖 {LONG} 步或更早以前的值。",
)


def error_on_long_memory(recipe: Recipe) -> Finder:
    """How to measure the comparison of the families in a recipe, where the run's world is known to have long memory."""

    def find(results: Results) -> Measured:
        synthetic = yaml.safe_load(results.params)["data"]["synthetic"]
        if results.meta.source != "synthetic" or synthetic["delay"] < LONG:
            return Measured(sentence=NOT_LONG if recipe == paths.TUTORIAL else NOTHING)
        measured = lower_error(recipe)(results)
        return replace(measured, sentence=NOTHING) if measured.findings else measured

    return find


ERROR_ON_LONG_MEMORY: Final = Claim(
    group="memory",
    title=Words("Where the dependence is long, the Transformer forecasts better", "依赖较长时，Transformer 预测更准"),
    measure=Words(
        "relative difference of test MSE on worlds with a memory of 48, 96 and 192 steps, transformer against rnn; the "
        "one that speaks most against the claim",
        "记忆为 48、96 和 192 步的世界上测试 MSE 的相对差异，Transformer 对 RNN；取最不利于该说法者",
    ),
    side="below",
    threshold=0.0,
    columns={
        "as_set_up": error_on_long_memory("tutorial"),
        "season_tokens": error_on_long_memory("season_tokens"),
        "across_worlds": from_study("map", *(f"mse.{AT_ITS_BEST}.{kind}" for kind in LONG_MEMORIES)),
    },
    figure="test_error",
    claimed=Claimed("transformer", [f"ridge.transformer.{AT_ITS_BEST}.{kind}" for kind in LONG_MEMORIES]),
    superiority=True,
)

SHORT_DEPENDENCE: Final = Claim(
    group="memory",
    title=Words("An RNN suits short dependence", "RNN 适合短程依赖"),
    measure=Words(
        "relative difference of test MSE on worlds of short memory, transformer against rnn: the RNN loses at most 5 %",
        "短记忆世界上测试 MSE 的相对差异，Transformer 对 RNN：RNN 至多差 5 %",
    ),
    side="above",
    threshold=MARGIN,
    columns={"across_worlds": from_study("map", f"mse.{AT_ITS_BEST}.short_memory")},
    claimed=Claimed("rnn", [f"ridge.rnn.{AT_ITS_BEST}.short_memory"]),
)

SHORT_SERIES: Final = Claim(
    group="memory",
    title=Words("An RNN suits small tasks, with little data", "RNN 适合数据少的小任务"),
    measure=Words(
        "relative difference of test MSE on the shortest series, transformer against rnn: the RNN loses at most 5 %",
        "最短序列上测试 MSE 的相对差异，Transformer 对 RNN：RNN 至多差 5 %",
    ),
    side="above",
    threshold=MARGIN,
    columns={"across_worlds": from_study("map", f"mse.{AT_ITS_BEST}.short_series")},
    claimed=Claimed("rnn", [f"ridge.rnn.{AT_ITS_BEST}.short_series"]),
)

ANY_LENGTH: Final = Claim(
    group="memory",
    title=Words("An RNN handles inputs of any length", "RNN 能处理任意长度的输入"),
    measure=Words(
        "relative change of the RNN's MSE where it gets half, twice or four times the length that it was trained on; "
        "the length that speaks most against the claim",
        "输入为训练长度的一半、两倍或四倍时，RNN 的 MSE 的相对变化；取最不利于该说法的长度",
    ),
    side="below",
    threshold=0.05,
    columns={"across_worlds": from_study("probes", "length_half.rnn", "length_double.rnn", "length_quadruple.rnn")},
)
