"""Claims on time and memory: parallelism, growth with the context length, training time."""

from typing import Final

import numpy as np

from rnn_vs_transformer.claims.claim import Claim, Measured, Words
from rnn_vs_transformer.evaluation.intervals import Estimate, ratio_of_pairs
from rnn_vs_transformer.results import Results
from rnn_vs_transformer.settings.family.families import FAMILIES

MANY_THREADS: Final = 16
ONE_THREAD: Final = "cpu_one_thread"
FULL_ATTENTION: Final = "transformer_all_queries"
MEASURE_COST: Final = "dvc repro --force --single-item cost report"
OTHER_MACHINE: Final = Words(
    f"The cost probe's times are missing or from another machine; run: {MEASURE_COST}",
    f"代价探针的时间缺失,或来自另一台机器;请运行:{MEASURE_COST}",
)

SPEED_UP: Final = Words(
    "With {threads} threads instead of one, a training step at a context of {context_length} becomes {transformer:.2f} "
    "times as fast for the Transformer, {rnn:.2f} times for the RNN.",
    "用 {threads} 个线程代替一个线程,在上下文长度 {context_length} 处,Transformer 的训练步快到 {transformer:.2f} 倍,"
    "RNN 为 {rnn:.2f} 倍。",
)
FEW_THREADS: Final = Words(" Many cores or a GPU were not there to be measured.", "没有更多核心或 GPU 可供测量。")
NO_GPU: Final = Words(" A GPU was not there to be measured.", "没有 GPU 可供测量。")
ONE_CORE: Final = Words("This machine has one core.", "这台机器只有一个核。")


def parallel_over_time(results: Results) -> Measured:
    """From training steps on one thread and on all, in the same rounds."""
    if results.cost is None:
        return Measured(None, OTHER_MACHINE)
    rounds = results.cost.rounds
    on_cpu = rounds[rounds["device"] == "cpu"]
    threads, longest = on_cpu["threads"].max(), on_cpu["context_length"].max()
    if threads == 1:
        return Measured(None, ONE_CORE)
    steps = on_cpu[on_cpu["context_length"] == longest].pivot_table(
        index="round", columns=["model", "threads"], values="train_step_ms"
    )
    speed_up = {model: (steps[model][1] / steps[model][threads]).dropna() for model in FAMILIES}
    means = {model: np.exp(np.log(ratios).mean()) for model, ratios in speed_up.items()}
    told = SPEED_UP.filled(threads=threads, context_length=longest, **means)
    if len(on_cpu) == len(rounds):
        told += FEW_THREADS if threads < MANY_THREADS else NO_GPU
    return Measured(ratio_of_pairs(speed_up["transformer"], speed_up["rnn"]), told)


PARALLEL_OVER_TIME: Final = Claim(
    title=Words("An RNN cannot be parallelised over time, a Transformer can", "RNN 不能沿时间并行,Transformer 可以"),
    measure=Words(
        "speed-up of the Transformer by all threads over that of the RNN, at the longest context",
        "最长上下文处,使用全部线程时 Transformer 的加速比除以 RNN 的加速比",
    ),
    side="above",
    threshold=1.1,
    figure="cost",
    find=parallel_over_time,
)

GROWTH: Final = Words(
    "Up to a context of {context_length}, training time of full attention grows like L^{time:.2f} on the longer half, "
    "memory like L^{memory:.2f}: torch never stores the L x L matrix.",
    "上下文长度至 {context_length} 为止,完整注意力的训练时间在较长的一半上按 L^{time:.2f} 增长,内存按 L^{memory:.2f} "
    "增长:torch 从不保存 L x L 矩阵。",
)


def quadratic_cost(results: Results) -> Measured:
    """From the exponent of time over the longer half of the context lengths, full attention, one thread."""
    if results.cost is None:
        return Measured(None, OTHER_MACHINE)
    report = results.cost.report
    time = report["train_step"][ONE_THREAD][FULL_ATTENTION]
    memory = report["memory"]["cpu"][FULL_ATTENTION]["local_exponent"]
    number, low, high = (time.get(f"local_exponent{end}") for end in ("", "_ci_low", "_ci_high"))
    longest = report["measured"]["longest_context_length"]
    return Measured(Estimate(number, low, high), GROWTH.filled(context_length=longest, time=number, memory=memory))


QUADRATIC_COST: Final = Claim(
    title=Words("Attention costs O(L^2)", "注意力的代价为 O(L^2)"),
    measure=Words(
        "exponent of the Transformer's training time over the longer half of the contexts, nearer to 2 than to 1",
        "Transformer 训练时间在较长一半上下文上的指数,更接近 2 而不是 1",
    ),
    side="above",
    threshold=1.5,
    figure="cost",
    find=quadratic_cost,
)

SHORT_CONTEXT: Final = Words(
    "On one thread, at a context of {context_length}, a training step of the RNN takes {ratio:.2f} times as long as "
    "one of the Transformer of equal width; ",
    "单线程、上下文长度 {context_length} 时,RNN 一个训练步的时间是同宽 Transformer 的 {ratio:.2f} 倍;",
)
NO_CROSSOVER: Final = Words("there is no crossover up to {longest}.", "直到 {longest} 都没有交叉点。")
UNCLEAR_CROSSOVER: Final = Words("the order changes more than once beyond.", "更长处先后次序不止一次改变。")
CROSSOVER: Final = Words("the order changes near {crossover:.0f}.", "先后次序在 {crossover:.0f} 附近改变。")


def short_sequences(results: Results) -> Measured:
    """From training steps at the shortest context on one thread, in the same rounds."""
    if results.cost is None:
        return Measured(None, OTHER_MACHINE)
    rounds, report = results.cost.rounds, results.cost.report
    shortest = rounds["context_length"].min()
    some = rounds[(rounds["device"] == "cpu") & (rounds["threads"] == 1) & (rounds["context_length"] == shortest)]
    steps = some.pivot_table(index="round", columns="model", values="train_step_ms").dropna()
    found = ratio_of_pairs(steps["rnn"], steps["transformer"])
    told = SHORT_CONTEXT.filled(context_length=shortest, ratio=found.estimate)
    crossover = report["train_step"][ONE_THREAD]["crossover"]["context_length"]
    if crossover == "none":
        return Measured(found, told + NO_CROSSOVER.filled(longest=report["measured"]["longest_context_length"]))
    order = UNCLEAR_CROSSOVER if crossover == "unclear" else CROSSOVER.filled(crossover=crossover)
    return Measured(found, told + order)


SHORT_SEQUENCES: Final = Claim(
    title=Words("On short sequences the RNN is the more efficient", "短序列上 RNN 更高效"),
    measure=Words(
        "training time of the RNN over that of the Transformer at the shortest context",
        "最短上下文处 RNN 的训练时间除以 Transformer 的训练时间",
    ),
    side="below",
    threshold=1.0,
    figure="cost",
    find=short_sequences,
)

RUN_TIME: Final = Words(
    "A training run takes {rnn:.0f} s for the RNN and {transformer:.0f} s for the Transformer, on one thread; the "
    "interval is over seeds, not over what else the machine was doing.",
    "单线程训练一次,RNN 需 {rnn:.0f} 秒,Transformer 需 {transformer:.0f} 秒;区间涵盖种子,不涵盖机器当时的其他工作。",
)
UNTIMED: Final = Words(
    "The models came from DVC's cache; `dvc repro --force` measures their training time.",
    "模型取自 DVC 缓存;`dvc repro --force` 可测量训练时间。",
)


def faster_training(results: Results) -> Measured:
    """From paired seeds: seconds of whole training runs."""
    if not results.timed:
        return Measured(None, UNTIMED)
    seconds = results.epoch_seconds.pivot_table(index="seed", columns="family", values="seconds", aggfunc="sum")
    ratio = ratio_of_pairs(seconds["rnn"].to_numpy(), seconds["transformer"].to_numpy())
    means = {family: seconds[family].mean() for family in FAMILIES}
    return Measured(ratio, RUN_TIME.filled(**means))


FASTER_TRAINING: Final = Claim(
    title=Words("The RNN trains faster", "RNN 训练更快"),
    measure=Words("training seconds of the RNN over those of the Transformer", "训练秒数,RNN 除以 Transformer"),
    side="below",
    threshold=1.0,
    figure="training_time",
    find=faster_training,
)
