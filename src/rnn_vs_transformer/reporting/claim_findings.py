"""One finding per textbook claim: a number, its interval, and a sentence that a newcomer understands."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from rnn_vs_transformer.probes.intervals import mean_interval
from rnn_vs_transformer.reporting.claim_rules import Finding
from rnn_vs_transformer.reporting.claim_texts import Piece, piece, tell
from rnn_vs_transformer.runtime import paths

FAMILIES = ("rnn", "transformer")
FRACTION = 0.95
"""Part of the way to the best validation loss at which claim C6 compares the families."""
MANY_THREADS = 16
ONE_THREAD = "cpu_one_thread"
FULL_ATTENTION = "transformer_all_queries"


@dataclass(frozen=True)
class Measured:
    """A finding with the sentence that tells it to a newcomer; without a finding, why there is none."""

    finding: Finding | None
    pieces: tuple[Piece, ...]
    """The sentence, in no language yet."""

    @property
    def sentence(self) -> str:
        """The sentence in English."""
        return tell(self.pieces)


def measured(finding: Finding | None, *pieces: Piece) -> Measured:
    """A finding with the pieces of its sentence."""
    return Measured(finding, pieces)


def vanishing_gradients(report: dict[str, Any], cell: str, context_length: int) -> Measured:
    """C1, from the fitted decay of the RNN's input gradient per step back, before training."""
    decay = report["gradients"][cell].get("untrained")
    if not decay or "decay_per_step_ci_low" not in decay:
        return measured(None, piece("C1_none"))
    keys = ("decay_per_step", "decay_per_step_ci_high", "decay_per_step_ci_low")
    lost, low, high = (-math.log10(decay[key]) * (context_length - 1) for key in keys)
    told = [piece("C1", factor=decay["decay_per_step"], context_length=context_length, lost=lost)]
    trained = report["gradients"][cell].get("trained")
    if trained:
        left = -math.log10(trained["decay_per_step"]) * (context_length - 1)
        told.append(piece("C1_trained", factor=trained["decay_per_step"], left=left))
    return measured(Finding(lost, low, high), *told)


def long_range_dependence(trials: pd.DataFrame) -> Measured:
    """C2, from paired seeds of the recall probe at its longest lag."""
    recall = trials[trials["task"] == "recall"]
    if recall.empty:
        return measured(None, piece("C2_none"))
    lag = recall["lag"].max()
    shares = recall[recall["lag"] == lag].pivot_table(index="seed", columns="model", values="recovered")
    found = mean_interval((shares["transformer"] - shares["rnn"]).to_numpy())
    percent = {model: 100 * shares[model].mean() for model in FAMILIES}
    return measured(Finding(found.mean, found.low, found.high), piece("C2", lag=int(lag), **percent))


def parallel_over_time(rounds: pd.DataFrame) -> Measured:
    """C3, from training steps on one thread and on all, in the same rounds."""
    devices = set(rounds["device"])
    rounds = rounds[rounds["device"] == "cpu"]
    threads = rounds["threads"].max()
    if threads == 1:
        return measured(None, piece("C3_none"))
    longest = rounds["context_length"].max()
    steps = rounds[rounds["context_length"] == longest].pivot_table(
        index="round", columns=["model", "threads"], values="train_step_ms"
    )
    speed_up = {model: (steps[model][1] / steps[model][threads]).dropna() for model in FAMILIES}
    found = ratio_of_pairs(speed_up["transformer"], speed_up["rnn"])
    means = {model: float(np.exp(np.log(values).mean())) for model, values in speed_up.items()}
    told = [piece("C3", threads=int(threads), context_length=int(longest), **means)]
    if devices == {"cpu"}:
        told.append(piece("C3_few_threads" if threads < MANY_THREADS else "C3_no_gpu"))
    return measured(found, *told)


def quadratic_cost(report: dict[str, Any]) -> Measured:
    """C4, from the exponent of time over the longer half of the context lengths, full attention, one thread."""
    time = report["train_step"][ONE_THREAD][FULL_ATTENTION]
    memory = report["memory"]["cpu"][FULL_ATTENTION]
    keys = ("local_exponent", "local_exponent_ci_low", "local_exponent_ci_high")
    number, low, high = (time.get(key) for key in keys)
    longest = report["measured"]["longest_context_length"]
    told = piece("C4", context_length=longest, time=time["local_exponent"], memory=memory["local_exponent"])
    return measured(Finding(number, low, high), told)


def short_sequences(rounds: pd.DataFrame, report: dict[str, Any]) -> Measured:
    """C5, from training steps at the shortest context on one thread, in the same rounds."""
    shortest = rounds["context_length"].min()
    some = rounds[(rounds["device"] == "cpu") & (rounds["threads"] == 1) & (rounds["context_length"] == shortest)]
    steps = some.pivot_table(index="round", columns="model", values="train_step_ms").dropna()
    found = ratio_of_pairs(steps["rnn"], steps["transformer"])
    crossover = report["train_step"][ONE_THREAD]["crossover"]["context_length"]
    order = {
        "none": piece("C5_no_crossover", longest=report["measured"]["longest_context_length"]),
        "unclear": piece("C5_unclear"),
    }.get(crossover) or piece("C5_crossover", crossover=crossover)
    return measured(found, piece("C5", context_length=int(shortest), ratio=found.number), order)


def fewer_epochs(convergence: pd.DataFrame) -> Measured:
    """C6, from paired seeds; a seed that never arrives counts with the epochs that it ran, a lower bound."""
    if convergence.empty:
        return measured(None, piece("C6_none"))
    some = convergence[convergence["fraction"] == FRACTION]
    epochs = some.pivot_table(index="seed", columns="family", values="epochs")
    missed = {family: int((~some.loc[some["family"] == family, "reached"]).sum()) for family in FAMILIES}
    if missed["transformer"]:
        return measured(None, piece("C6_never", missed=missed["transformer"], percent=100 * FRACTION))
    found = ratio_of_pairs(epochs["transformer"], epochs["rnn"])
    seconds = some.groupby("family")["seconds"].mean()
    told = [piece("C6", percent=100 * FRACTION, **{family: epochs[family].mean() for family in FAMILIES})]
    if not seconds.isna().any():
        told.append(piece("C6_timed", **{family: seconds[family] for family in FAMILIES}))
    if missed["rnn"]:
        told.append(piece("C6_missed", missed=missed["rnn"], seeds=len(epochs)))
    return measured(found, *told, piece("C6_end"))


def first_forecasts(seeds: pd.DataFrame) -> Measured:
    """C7, from paired seeds on the first 50 test windows, which overlap and are less than one independent block."""
    errors = seeds.pivot_table(index="seed", columns="family", values="first_50_mse")
    found = ratio_of_pairs(errors["transformer"], errors["rnn"])
    low, high = (None if end is None else end - 1 for end in (found.low, found.high))
    means = {family: errors[family].mean() for family in FAMILIES}
    return measured(Finding(found.number - 1, low, high), piece("C7", **means))


def faster_training(timed: Sequence[str]) -> Measured:
    """C8, from paired seeds: seconds of whole training runs."""
    if len(timed) < len(FAMILIES):
        return measured(None, piece("C8_none"))
    seconds = pd.concat(
        [pd.read_csv(paths.epoch_seconds(family)).assign(family=family) for family in FAMILIES]
    ).pivot_table(index="seed", columns="family", values="seconds", aggfunc="sum")
    found = ratio_of_pairs(seconds["rnn"], seconds["transformer"])
    return measured(found, piece("C8", **{family: seconds[family].mean() for family in FAMILIES}))


def lower_error(metrics: dict[str, Any]) -> Measured:
    """C9, from the comparison of the families."""
    found = metrics["comparison"]
    finding = Finding(found["relative_mse_difference"], found["ci_low"], found["ci_high"])
    worse = not_below_ridge(metrics)
    ends = {"low": 100 * found["ci_low"], "high": 100 * found["ci_high"]}
    told = [piece("C9_below" if finding.number < 0 else "C9_above", size=100 * abs(finding.number), **ends)]
    if worse:
        told.append(piece(f"C9_void_{worse[0] if len(worse) == 1 else 'both'}"))
    return measured(finding, *told)


def not_below_ridge(metrics: Mapping[str, Any]) -> list[str]:
    """The families that are not shown to beat a linear forecast: their interval is not wholly below ridge's error."""
    return [family for family in FAMILIES if metrics[family]["ridge_difference_ci_high"] >= 0]


def claimed_architecture(report: dict[str, Any]) -> Measured:
    """C10, from the finalists of both families on paired fresh seeds.

    The claim is about both families, so it holds where both ratios are below 1 and falls where one is above: told is
    the ratio of the family that refutes it, or else of the one that comes nearer to it.
    """
    if not report["families"]:
        return measured(None, piece("C10_none"))
    if report["plan"]["budget"] == "parameters":
        return measured(None, piece("C10_matched"))
    found: dict[str, Finding] = {}
    for family, tuned in report["families"].items():
        losses = {one["claimed"]: one["losses"] for one in tuned["finalists"]}
        if len(losses) < len((True, False)) or any(None in some for some in losses.values()):
            return measured(None, piece(f"C10_unfinished_{family}"))
        found[family] = ratio_of_pairs(np.array(losses[True]), np.array(losses[False]))
    refuting = [one for one in found.values() if one.low is not None and one.low > 1]
    decisive = (
        max(refuting, key=lambda one: one.number)
        if refuting
        else max(found.values(), key=lambda one: math.inf if one.high is None else one.high)
    )
    seeds = len(report["families"]["rnn"]["finalists"][0]["losses"])
    trials = {f"{name}_trials": tuned["trials"] for name, tuned in report["families"].items()}
    told = [piece("C10", seeds=seeds, **trials, **{name: one.number for name, one in found.items()})]
    for name, one in found.items():
        if one.low is not None and one.high is not None:
            told.append(piece(f"C10_interval_{name}", low=one.low, high=one.high))
    return measured(decisive, *told, piece("C10_end"))


def ratio_of_pairs(
    numerator: "pd.Series[float] | npt.NDArray[np.float64]", denominator: "pd.Series[float] | npt.NDArray[np.float64]"
) -> Finding:
    """Geometric mean of paired ratios with Student's t interval on the log scale.

    >>> found = ratio_of_pairs(np.array([2.0, 2.0]), np.array([1.0, 1.0]))
    >>> round(found.number, 6), round(found.low, 6), round(found.high, 6)
    (2.0, 2.0, 2.0)
    """
    found = mean_interval(np.log(np.asarray(numerator) / np.asarray(denominator)))
    low, high = (None if end is None else math.exp(end) for end in (found.low, found.high))
    return Finding(math.exp(found.mean), low, high)
