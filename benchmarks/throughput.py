"""Windows per second of all contenders, who take turns round by round so that a slow moment meets all alike."""

import statistics
from collections.abc import Mapping
from typing import Any, Final

import joblib
import torch
from tqdm import tqdm

from benchmarks.case import Case
from benchmarks.machine import matmul_gflops
from benchmarks.ours import (
    bare_windows_per_second,
    fit_windows_per_second,
    predict_windows_per_second,
    seeds_windows_per_second,
    validate_windows_per_second,
)
from benchmarks.peers import DIFFERENCES, PEERS
from rnn_vs_transformer.models.size import multiply_adds_per_window
from rnn_vs_transformer.runtime.parallel import end_processes
from rnn_vs_transformer.runtime.run import RunParams

STEPS: Final = {"rnn": 120, "transformer": 40}
"""Training steps of a rate; of our own `fit` and of the bare loop twice as many, since 3 % is to be told apart."""
SECONDS: Final = 4.0
"""For which several processes are counted."""
FLOPS_PER_MULTIPLY_ADD: Final = 6
"""2 forward and, for the gradients of inputs and of weights, 4 backward."""


def measure_throughput(case: Case, families: tuple[str, ...], rounds: int) -> dict[str, Any]:
    """Rates of every contender (median over rounds, windows per second), and their ratios.

    A ratio is the median over rounds of the ratio within a round.

    Args:
        case: The work.
        families: Of `rnn` and `transformer`.
        rounds: Turns of each contender, after one that is thrown away.
    """
    cores, rates = joblib.cpu_count(), dict[str, list[float]]()
    for number in tqdm(range(rounds + 1), "throughput", unit="round"):
        for family in families:
            for name, rate in _take_turns(case, family, cores):
                if number:
                    rates.setdefault(f"{family}.{name}", []).append(rate)
    end_processes(RunParams(workers=cores, backend="loky", address="local", device="cpu"))
    return {
        "rounds": rounds,
        "windows_per_second": {name: round(statistics.median(some), 1) for name, some in sorted(rates.items())},
        "spread": {name: [round(min(some), 1), round(max(some), 1)] for name, some in sorted(rates.items())},
        "ratios": _ratios(rates, families),
        "loop_overhead_percent": {
            family: round(100 * (1 - _ratio(rates, f"{family}.train.one_core", f"{family}.train.bare")), 2)
            for family in families
        },
        "validation_percent_of_an_epoch": {family: _validation_percent(case, family, rates) for family in families},
        "share_of_matmul_peak": _shares_of_peak(case, families, rates),
        "differences": {family: DIFFERENCES[family] for family in families},
    }


def _take_turns(case: Case, family: str, cores: int) -> list[tuple[str, float]]:
    steps = STEPS[family]
    torch.set_num_threads(1)
    turns = [
        ("train.one_core", fit_windows_per_second(case, family, 2 * steps)),
        ("train.bare", bare_windows_per_second(case, family, 2 * steps)),
        ("validate.one_core", validate_windows_per_second(case, family)),
        ("train.all_cores", seeds_windows_per_second(case, family, SECONDS, cores)),
    ]
    turns.append(("predict.all_cores", predict_windows_per_second(case, family, SECONDS, cores)))
    for peer, rates_of in PEERS.items():
        torch.set_num_threads(cores)
        train, predict = rates_of(case, family, steps)
        turns += [(f"train.{peer}", train), (f"predict.{peer}", predict)]
    return turns


def _ratios(rates: Mapping[str, list[float]], families: tuple[str, ...]) -> dict[str, float]:
    """Ours over theirs by name; more than 1 is faster."""
    ratios = {}
    for family in families:
        for work in ("train", "predict"):
            for peer in PEERS:
                ours = f"{family}.{work}.all_cores"
                ratios[f"{work}.{family}.vs_{peer}"] = _ratio(rates, ours, f"{family}.{work}.{peer}")
        bare = f"{family}.train.bare"
        ratios[f"train.{family}.one_core_vs_bare"] = _ratio(rates, f"{family}.train.one_core", bare)
        ratios[f"train.{family}.all_cores_vs_bare"] = _ratio(rates, f"{family}.train.all_cores", bare)
    return {name: round(ratio, 3) for name, ratio in ratios.items()}


def _ratio(rates: Mapping[str, list[float]], ours: str, theirs: str) -> float:
    return statistics.median(one / other for one, other in zip(rates[ours], rates[theirs], strict=True))


def _validation_percent(case: Case, family: str, rates: Mapping[str, list[float]]) -> float:
    """What validation adds to an epoch of default size; it is not in the rates of training."""
    train = len(case.train) / statistics.median(rates[f"{family}.train.one_core"])
    validation = len(case.split("validation")) / statistics.median(rates[f"{family}.validate.one_core"])
    return round(100 * validation / (train + validation), 1)


def _shares_of_peak(case: Case, families: tuple[str, ...], rates: Mapping[str, list[float]]) -> dict[str, float]:
    """Share of one core's measured matmul peak that the Transformer's training reaches, by its multiply-adds.

    Not the RNN's: on a CPU it does less work than its module has (`models/elman.py`).
    """
    torch.set_num_threads(1)
    peak = matmul_gflops()
    shares: dict[str, float] = {"peak_gflops_of_one_core": round(peak, 1)}
    if "transformer" in families:
        products = multiply_adds_per_window(case.build("transformer"), case.lengths[0])
        flops = FLOPS_PER_MULTIPLY_ADD * products * statistics.median(rates["transformer.train.one_core"])
        shares["transformer"] = round(flops / 1e9 / peak, 3)
    return shares
