"""Claims on time and memory: parallelism, growth with the context length, training time, short and long sequences."""

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.claims.claim import NOT_TRAINED, NOTHING, Claim, Claimed, Column, Finder, Measured, Words
from rnn_vs_transformer.claims.studies import AT_ITS_BEST, from_study
from rnn_vs_transformer.evaluation.intervals import Estimate, ratio_of_pairs
from rnn_vs_transformer.results import Results
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.machine import device_behind
from rnn_vs_transformer.settings.family.families import FAMILIES
from rnn_vs_transformer.settings.family.train import Recipe

MANY_THREADS: Final = 16
ONE_THREAD: Final = "cpu_one_thread"
FULL_ATTENTION: Final = "transformer_all_queries"
SCAN: Final = "min_gru"
LOOP: Final = "min_gru_loop"
MEASURE_COST: Final = "dvc repro --force --single-item cost report"
OTHER_MACHINE: Final = Words(
    f"The cost probe's times are missing or from another machine; run: {MEASURE_COST}",
    f"代价探针的时间缺失，或来自另一台机器；请运行：{MEASURE_COST}",
)

SPEED_UP: Final = Words(
    "With {threads} threads instead of one, a training step at a context of {context_length} becomes {transformer:.2f} "
    "times as fast for the Transformer, {rnn:.2f} times for the RNN",
    "用 {threads} 个线程代替一个线程，在上下文长度 {context_length} 处，Transformer 的训练步快到 {transformer:.2f} 倍，"
    "RNN 为 {rnn:.2f} 倍",
)
SPEED_UP_OF_SCAN: Final = Words(
    ", {min_gru:.2f} times for a minimal GRU, whose recurrence is a scan",
    "，以扫描实现循环的最小 GRU 为 {min_gru:.2f} 倍",
)
SCAN_AND_LOOP: Final = Words(
    " On one thread the scan takes {share:.2f} times as long as the same cell step by step.",
    "单线程上，扫描所用时间是同一单元逐步计算的 {share:.2f} 倍。",
)
ON_GPU: Final = Words(
    " On the GPU a step of the RNN takes {ratio:.1f} times as long as one of the Transformer.",
    "在 GPU 上，RNN 一步的时间是 Transformer 的 {ratio:.1f} 倍。",
)
STOP: Final = Words(".", "。")
FEW_THREADS: Final = Words(" Many cores or a GPU were not there to be measured.", "没有更多核心或 GPU 可供测量。")
NO_GPU: Final = Words(" A GPU was not there to be measured.", "没有 GPU 可供测量。")
ONE_CORE: Final = Words("This machine has one core.", "这台机器只有一个核。")


def parallel_over_time(results: Results) -> Measured:
    """From training steps on one thread and on all, in the same rounds; the RNN's, and the scan's where it was timed."""
    if results.cost is None:
        return Measured(sentence=OTHER_MACHINE)
    rounds = results.cost.rounds
    on_cpu, on_gpu = (_steps_at(rounds, max, device) for device in ("cpu", "cuda"))
    threads = on_cpu.columns.get_level_values("threads").max()
    if threads == 1:
        return Measured(sentence=ONE_CORE)
    models = [model for model in (*FAMILIES, SCAN) if model in on_cpu]
    speed_up = {model: (on_cpu[model][1] / on_cpu[model][threads]).dropna() for model in models}
    means = {model: np.exp(np.log(ratios).mean()) for model, ratios in speed_up.items()}
    told = SPEED_UP.filled(threads=threads, context_length=rounds["context_length"].max(), **means)
    told += (SPEED_UP_OF_SCAN.filled(**means) if SCAN in means else NOTHING) + STOP + _parallel_form(on_cpu, on_gpu)
    if on_gpu.empty:
        told += FEW_THREADS if threads < MANY_THREADS else NO_GPU
    recurrent = [model for model in models if model != "transformer"]
    return Measured([ratio_of_pairs(speed_up["transformer"], speed_up[model]) for model in recurrent], told)


def _steps_at(rounds: pd.DataFrame, extreme: Callable[[pd.Series], int], device: str = "cpu") -> pd.DataFrame:
    """Milliseconds of a training step by round, at the shortest or longest context: columns model and threads."""
    some = rounds[(rounds["context_length"] == extreme(rounds["context_length"])) & (rounds["device"] == device)]
    return some.pivot_table(index="round", columns=["model", "threads"], values="train_step_ms")


def _parallel_form(on_cpu: pd.DataFrame, on_gpu: pd.DataFrame) -> Words:
    """What the scan gains on one thread, and what a GPU does, where they were timed."""
    told = NOTHING
    if SCAN in on_cpu and LOOP in on_cpu:
        told += SCAN_AND_LOOP.filled(share=ratio_of_pairs(*_pairs(on_cpu, SCAN, LOOP)).estimate)
    if not on_gpu.empty:
        told += ON_GPU.filled(ratio=ratio_of_pairs(*_pairs(on_gpu, *FAMILIES)).estimate)
    return told


def _pairs(steps: pd.DataFrame, first: str, second: str) -> "tuple[pd.Series[float], pd.Series[float]]":
    """Times of two models on one thread, in the same rounds."""
    both = pd.DataFrame({"first": steps[first][1], "second": steps[second][1]}).dropna()
    return both["first"], both["second"]


PARALLEL_OVER_TIME: Final = Claim(
    group="speed",
    title=Words("An RNN cannot be parallelised over time, a Transformer can", "RNN 不能沿时间并行，Transformer 可以"),
    measure=Words(
        "speed-up of the Transformer by all threads over that of the RNN, and over that of a scan, at the longest "
        "context; the one that speaks most against the claim",
        "最长上下文处，使用全部线程时 Transformer 的加速比除以 RNN（及扫描）的加速比；取最不利于该说法者",
    ),
    side="above",
    threshold=1.1,
    columns={"as_set_up": parallel_over_time},  # the cost probe has random windows: neither seasons nor worlds
    figure="cost",
)

GROWTH: Final = Words(
    "Up to a context of {context_length}, training time of full attention grows like L^{time:.2f} on the longer half, "
    "memory like L^{memory:.2f}: torch never stores the L x L matrix.",
    "上下文长度至 {context_length} 为止，完整注意力的训练时间在较长的一半上按 L^{time:.2f} 增长，内存按 L^{memory:.2f} "
    "增长：torch 从不保存 L x L 矩阵。",
)


def quadratic_cost(results: Results) -> Measured:
    """From the exponent of time over the longer half of the context lengths, full attention, one thread."""
    if results.cost is None:
        return Measured(sentence=OTHER_MACHINE)
    report = results.cost.report
    time = report["train_step"][ONE_THREAD][FULL_ATTENTION]
    memory = report["memory"]["cpu"][FULL_ATTENTION]["local_exponent"]
    number, low, high = (time.get(f"local_exponent{end}") for end in ("", "_ci_low", "_ci_high"))
    longest = report["measured"]["longest_context_length"]
    return Measured([Estimate(number, low, high)], GROWTH.filled(context_length=longest, time=number, memory=memory))


QUADRATIC_COST: Final = Claim(
    group="speed",
    title=Words("Attention costs O(L^2)", "注意力的代价为 O(L^2)"),
    measure=Words(
        "exponent of the Transformer's training time over the longer half of the contexts, nearer to 2 than to 1",
        "Transformer 训练时间在较长一半上下文上的指数，更接近 2 而不是 1",
    ),
    side="above",
    threshold=1.5,
    columns={"as_set_up": quadratic_cost},
    figure="cost",
)

STEP_TIMES: Final = Words(
    "On one thread, at a context of {context_length}, a training step of the RNN takes {ratio:.2f} times as long as "
    "one of the Transformer of equal width",
    "单线程、上下文长度 {context_length} 时，RNN 一个训练步的时间是同宽 Transformer 的 {ratio:.2f} 倍",
)
NO_CROSSOVER: Final = Words("; there is no crossover up to {longest}.", "；直到 {longest} 都没有交叉点。")
UNCLEAR_CROSSOVER: Final = Words("; the order changes more than once beyond.", "；更长处先后次序不止一次改变。")
CROSSOVER: Final = Words("; the order changes near {crossover:.0f}.", "；先后次序在 {crossover:.0f} 附近改变。")


def short_sequences(results: Results) -> Measured:
    """From training steps at the shortest context on one thread, in the same rounds."""
    return _step_ratio(results, min, _crossover)


def long_sequences(results: Results) -> Measured:
    """The same at the longest context."""
    return _step_ratio(results, max, lambda _: STOP)


def _step_ratio(results: Results, extreme: Callable[[pd.Series], int], tail: Callable[[Results], Words]) -> Measured:
    if results.cost is None:
        return Measured(sentence=OTHER_MACHINE)
    rounds = results.cost.rounds
    found = ratio_of_pairs(*_pairs(_steps_at(rounds, extreme), *FAMILIES))
    told = STEP_TIMES.filled(context_length=extreme(rounds["context_length"]), ratio=found.estimate)
    return Measured([found], told + tail(results))


def _crossover(results: Results) -> Words:
    report = results.cost.report if results.cost else {}
    crossover = report["train_step"][ONE_THREAD]["crossover"]["context_length"]
    if crossover == "none":
        return NO_CROSSOVER.filled(longest=report["measured"]["longest_context_length"])
    return UNCLEAR_CROSSOVER if crossover == "unclear" else CROSSOVER.filled(crossover=crossover)


SHORT_SEQUENCES: Final = Claim(
    group="speed",
    title=Words("On short sequences the RNN is the more efficient", "短序列上 RNN 更高效"),
    measure=Words(
        "training time of the RNN over that of the Transformer at the shortest context (12 steps in the study)",
        "最短上下文（研究中为 12 步）处 RNN 的训练时间除以 Transformer 的训练时间",
    ),
    side="below",
    threshold=1.0,
    columns={"as_set_up": short_sequences, "across_worlds": from_study("probes", "short_context_12.seconds")},
    figure="cost",
)

UNSUITED_TO_SHORT: Final = Claim(
    group="speed",
    title=Words("A Transformer is unsuited to short sequences", "Transformer 不适合短序列"),
    measure=Words(
        "relative difference of test MSE with a context of 12 and of 24 steps, transformer against rnn; the one that "
        "speaks most against the claim",
        "上下文为 12 步和 24 步时测试 MSE 的相对差异，Transformer 对 RNN；取最不利于该说法者",
    ),
    side="above",
    threshold=0.0,
    columns={
        "across_worlds": from_study(
            "probes", *(f"short_context_{length}.transformer_against_rnn" for length in (12, 24))
        )
    },
    claimed=Claimed("rnn", [f"short_context_{length}.rnn_against_ridge" for length in (12, 24)], study="probes"),
    superiority=True,
)

LONG_SEQUENCES: Final = Claim(
    group="speed",
    title=Words("On long sequences the Transformer is the more efficient", "长序列上 Transformer 更高效"),
    measure=Words(
        "training time of the RNN over that of the Transformer at the longest context",
        "最长上下文处 RNN 的训练时间除以 Transformer 的训练时间",
    ),
    side="above",
    threshold=1.0,
    columns={"as_set_up": long_sequences},
    figure="cost",
)

RUN_TIME: Final = Words(
    "A training run takes {rnn:.0f} s for the RNN and {transformer:.0f} s for the Transformer, on {device}, "
    "an epoch {rnn_epoch:.2f} s and {transformer_epoch:.2f} s; the interval is over seeds, not over what else the "
    "machine was doing.",
    "训练一次（{device}），RNN 需 {rnn:.0f} 秒，Transformer 需 {transformer:.0f} 秒，每轮 {rnn_epoch:.2f} 秒和 "
    "{transformer_epoch:.2f} 秒；区间涵盖种子，不涵盖机器当时的其他工作。",
)
UNTIMED: Final = Words(
    "The models came from DVC's cache; `dvc repro --force` measures their training time.",
    "模型取自 DVC 缓存；`dvc repro --force` 可测量训练时间。",
)


def trained_on(machine: str) -> Words:
    """One thread of the processor, or the device behind a machine's label."""
    device = device_behind(machine)
    return Words(device, device) if device else Words("one thread", "单线程")


def training_seconds(recipe: Recipe) -> Finder:
    """How to measure whole training runs of a recipe, over paired seeds: seconds of the RNN over the Transformer's."""
    names = {family: paths.forecaster(family, recipe) for family in FAMILIES}

    def find(results: Results) -> Measured:
        if any(name not in results.histories for name in names.values()):
            return Measured(sentence=NOT_TRAINED)
        if not set(names.values()) <= set(results.times):
            return Measured(sentence=UNTIMED if recipe == paths.TUTORIAL else NOTHING)
        table = results.epoch_seconds
        spent = {family: table[table["family"] == name].groupby("seed")["seconds"] for family, name in names.items()}
        runs = {family: of_seed.sum() for family, of_seed in spent.items()}
        found = ratio_of_pairs(runs["rnn"].to_numpy(), runs["transformer"].to_numpy())
        if recipe != paths.TUTORIAL:
            return Measured([found], NOTHING)
        epochs = {f"{family}_epoch": of_seed.mean().mean() for family, of_seed in spent.items()}
        means = {family: seconds.mean() for family, seconds in runs.items()}
        return Measured([found], RUN_TIME.filled(**means, **epochs, device=trained_on(results.machine)))

    return find


SECONDS: Final = Words("training seconds of the RNN over those of the Transformer", "训练秒数，RNN 除以 Transformer")
SECONDS_BY_COLUMN: Final[dict[Column, Finder]] = {
    "as_set_up": training_seconds("tutorial"),
    "season_tokens": training_seconds("season_tokens"),
    "across_worlds": from_study("map", f"seconds.{AT_ITS_BEST}"),
}

TRANSFORMER_FASTER: Final = Claim(
    group="speed",
    of_the_series=True,
    title=Words("The Transformer trains faster, thanks to parallelism", "得益于并行，Transformer 训练更快"),
    measure=SECONDS,
    side="above",
    threshold=1.0,
    columns=SECONDS_BY_COLUMN,
    figure="training_time",
)
RNN_FASTER: Final = Claim(
    group="speed",
    of_the_series=True,
    title=Words("The RNN trains faster", "RNN 训练更快"),
    measure=SECONDS,
    side="below",
    threshold=1.0,
    columns=SECONDS_BY_COLUMN,
    figure="training_time",
)
