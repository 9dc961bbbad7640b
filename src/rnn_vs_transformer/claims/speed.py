"""Speed: what a training step costs, on one thread and on many, on short and on long sequences."""

from typing import Final

import numpy as np

from rnn_vs_transformer.claims.judge import Claim, Measured, Words, measured, say
from rnn_vs_transformer.evaluation.intervals import MeanInterval, ratio_of_pairs
from rnn_vs_transformer.results import Results
from rnn_vs_transformer.settings.family.families import FAMILIES

NOT_HERE = Words(
    "The cost probe's times are from another machine; run: dvc repro --force --single-item cost, then dvc repro.",
    "代价探针的时间来自另一台机器;请运行 dvc repro --force --single-item cost,然后运行 dvc repro。",
)
C3 = Words(
    "With {threads} threads instead of one, a training step at a context of {context_length} becomes "
    "{transformer:.2f} times as fast for the Transformer, {rnn:.2f} times for the RNN.",
    "用 {threads} 个线程代替一个线程,在上下文长度 {context_length} 处,Transformer 的训练步快到 {transformer:.2f} 倍,RNN 为 {rnn:.2f} 倍。",
)
C3_FEW_THREADS = Words(
    " Many cores or a GPU were not there to be measured.",
    "没有更多核心或 GPU 可供测量。",
)
C3_NO_GPU = Words(
    " A GPU was not there to be measured.",
    "没有 GPU 可供测量。",
)
C3_NONE = Words(
    "This machine has one core.",
    "这台机器只有一个核。",
)
C4 = Words(
    "Up to a context of {context_length}, training time of full attention grows like L^{time:.2f} on the longer "
    "half, memory like L^{memory:.2f}: torch never stores the L x L matrix.",
    "上下文长度至 {context_length} 为止,完整注意力的训练时间在较长的一半上按 L^{time:.2f} 增长,内存按 L^{memory:.2f} 增长:torch 从不保存 L x L 矩阵。",
)
C5 = Words(
    "On one thread, at a context of {context_length}, a training step of the RNN takes {ratio:.2f} times as long "
    "as one of the Transformer of equal width; ",
    "单线程、上下文长度 {context_length} 时,RNN 一个训练步的时间是同宽 Transformer 的 {ratio:.2f} 倍;",
)
C5_NO_CROSSOVER = Words(
    "there is no crossover up to {longest}.",
    "直到 {longest} 都没有交叉点。",
)
C5_UNCLEAR = Words(
    "the order changes more than once beyond.",
    "更长处先后次序不止一次改变。",
)
C5_CROSSOVER = Words(
    "the order changes near {crossover:.0f}.",
    "先后次序在 {crossover:.0f} 附近改变。",
)
C8 = Words(
    "A training run takes {rnn:.0f} s for the RNN and {transformer:.0f} s for the Transformer, on one thread; "
    "the interval is over seeds, not over what else the machine was doing.",
    "单线程训练一次,RNN 需 {rnn:.0f} 秒,Transformer 需 {transformer:.0f} 秒;区间涵盖种子,不涵盖机器当时的其他工作。",
)
C8_NONE = Words(
    "The models came from DVC's cache; `dvc repro --force` measures their training time.",
    "模型取自 DVC 缓存;`dvc repro --force` 可测量训练时间。",
)


MANY_THREADS: Final = 16
ONE_THREAD: Final = "cpu_one_thread"
FULL_ATTENTION: Final = "transformer_all_queries"


def find_parallel(results: Results) -> Measured:
    """C3, from training steps on one thread and on all, in the same rounds."""
    rounds = results.times.cost_rounds
    if rounds is None:
        return measured(None, say(NOT_HERE))
    devices, rounds = set(rounds["device"]), rounds[rounds["device"] == "cpu"]
    threads, longest = rounds["threads"].max(), rounds["context_length"].max()
    if threads == 1:
        return measured(None, say(C3_NONE))
    steps = rounds[rounds["context_length"] == longest].pivot_table(
        index="round", columns=["model", "threads"], values="train_step_ms"
    )
    speed_up = {family: (steps[family][1] / steps[family][threads]).dropna() for family in FAMILIES}
    means = {family: float(np.exp(np.log(values).mean())) for family, values in speed_up.items()}
    said = [say(C3, threads=int(threads), context_length=int(longest), **means)]
    if devices == {"cpu"}:
        said.append(say(C3_FEW_THREADS if threads < MANY_THREADS else C3_NO_GPU))
    return measured(ratio_of_pairs(speed_up["transformer"], speed_up["rnn"]), *said)


def find_exponent(results: Results) -> Measured:
    """C4, from the exponent of time over the longer half of the context lengths, full attention, one thread."""
    report = results.times.cost
    if report is None:
        return measured(None, say(NOT_HERE))
    time = report["train_step"][ONE_THREAD][FULL_ATTENTION]
    memory = report["memory"]["cpu"][FULL_ATTENTION]
    number, low, high = (time.get(key) for key in ("local_exponent", "local_exponent_ci_low", "local_exponent_ci_high"))
    longest = report["measured"]["longest_context_length"]
    said = say(C4, context_length=longest, time=time["local_exponent"], memory=memory["local_exponent"])
    return measured(MeanInterval(number, low, high), said)


def find_short_sequences(results: Results) -> Measured:
    """C5, from training steps at the shortest context on one thread, in the same rounds."""
    rounds, report = results.times.cost_rounds, results.times.cost
    if rounds is None or report is None:
        return measured(None, say(NOT_HERE))
    shortest = rounds["context_length"].min()
    some = rounds[(rounds["device"] == "cpu") & (rounds["threads"] == 1) & (rounds["context_length"] == shortest)]
    steps = some.pivot_table(index="round", columns="model", values="train_step_ms").dropna()
    found = ratio_of_pairs(steps["rnn"], steps["transformer"])
    crossover = report["train_step"][ONE_THREAD]["crossover"]["context_length"]
    order = {
        "none": say(C5_NO_CROSSOVER, longest=report["measured"]["longest_context_length"]),
        "unclear": say(C5_UNCLEAR),
    }.get(crossover) or say(C5_CROSSOVER, crossover=crossover)
    return measured(found, say(C5, context_length=int(shortest), ratio=found.mean), order)


def find_training_time(results: Results) -> Measured:
    """C8, from paired seeds: seconds of whole training runs."""
    epochs = results.times.epochs
    if len(epochs) < len(FAMILIES):
        return measured(None, say(C8_NONE))
    seconds = {family: epochs[family].groupby("seed")["seconds"].sum() for family in FAMILIES}
    means = {family: float(spent.mean()) for family, spent in seconds.items()}
    return measured(ratio_of_pairs(seconds["rnn"], seconds["transformer"]), say(C8, **means))


CLAIMS = (
    Claim(
        name="C3",
        title=Words(
            "An RNN cannot be parallelised over time, a Transformer can", "RNN 不能沿时间并行,Transformer 可以"
        ),
        measure=Words(
            "speed-up of the Transformer by all threads over that of the RNN, at the longest context",
            "最长上下文处,使用全部线程时 Transformer 的加速比除以 RNN 的加速比",
        ),
        side="above",
        threshold=1.1,
        figure="reports/times/cost.png",
        find=find_parallel,
    ),
    Claim(
        name="C4",
        title=Words("Attention costs O(L^2)", "注意力的代价为 O(L^2)"),
        measure=Words(
            "exponent of the Transformer's training time over the longer half of the contexts, nearer to 2 than to 1",
            "Transformer 训练时间在较长一半上下文上的指数,更接近 2 而不是 1",
        ),
        side="above",
        threshold=1.5,
        figure="reports/times/cost.png",
        find=find_exponent,
    ),
    Claim(
        name="C5",
        title=Words("On short sequences the RNN is the more efficient", "短序列上 RNN 更高效"),
        measure=Words(
            "training time of the RNN over that of the Transformer at the shortest context",
            "最短上下文处 RNN 的训练时间除以 Transformer 的训练时间",
        ),
        side="below",
        threshold=1.0,
        figure="reports/times/cost.png",
        find=find_short_sequences,
    ),
    Claim(
        name="C8",
        title=Words("The RNN trains faster", "RNN 训练更快"),
        measure=Words(
            "training seconds of the RNN over those of the Transformer",
            "训练秒数,RNN 除以 Transformer",
        ),
        side="below",
        threshold=1.0,
        figure="reports/times/training_time.png",
        find=find_training_time,
    ),
)
