"""One finding per textbook claim: a number, its interval, and a sentence that a newcomer understands."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from rnn_vs_transformer import paths
from rnn_vs_transformer.probes.intervals import mean_interval
from rnn_vs_transformer.reporting.claim_rules import Finding

FAMILIES = ("rnn", "transformer")
FRACTION = 0.95
"""Part of the way to the best validation loss at which claim C6 compares the families."""
ONE_THREAD = "cpu_one_thread"
FULL_ATTENTION = "transformer_all_queries"


@dataclass(frozen=True)
class Measured:
    """A finding with the sentence that tells it to a newcomer; without a finding, why there is none."""

    finding: Finding | None
    sentence: str


def vanishing_gradients(report: dict[str, Any], cell: str, context_length: int) -> Measured:
    """C1, from the fitted decay of the RNN's input gradient per step back, before training."""
    decay = report["gradients"][cell].get("untrained")
    if not decay or "decay_per_step_ci_low" not in decay:
        return Measured(None, "No decay could be fitted; more seeds are needed.")
    keys = ("decay_per_step", "decay_per_step_ci_high", "decay_per_step_ci_low")
    lost, low, high = (-math.log10(decay[key]) * (context_length - 1) for key in keys)
    sentence = (
        f"Before training, each step back multiplies the input gradient of the RNN by {decay['decay_per_step']:.2f}: "
        f"over {context_length} steps it falls by {lost:.1f} powers of ten."
    )
    trained = report["gradients"][cell].get("trained")
    if trained:
        left = -math.log10(trained["decay_per_step"]) * (context_length - 1)
        sentence += f" After training the factor is {trained['decay_per_step']:.2f} ({left:.1f} powers of ten)."
    return Measured(Finding(lost, low, high), sentence)


def long_range_dependence(trials: pd.DataFrame) -> Measured:
    """C2, from paired seeds of the recall probe at its longest lag."""
    recall = trials[trials["task"] == "recall"]
    if recall.empty:
        return Measured(None, "The recall task is switched off in probe.tasks.")
    lag = recall["lag"].max()
    shares = recall[recall["lag"] == lag].pivot_table(index="seed", columns="model", values="recovered")
    found = mean_interval((shares["transformer"] - shares["rnn"]).to_numpy())
    sentence = (
        f"When the value to be remembered lies {lag} steps back, the Transformer recovers "
        f"{_percent(shares['transformer'].mean())} of what can be known, the tanh RNN {_percent(shares['rnn'].mean())}."
    )
    return Measured(Finding(found.mean, found.low, found.high), sentence)


def parallel_over_time(rounds: pd.DataFrame) -> Measured:
    """C3, from training steps on one thread and on all, in the same rounds."""
    rounds = rounds[rounds["device"] == "cpu"]
    threads = rounds["threads"].max()
    if threads == 1:
        return Measured(None, "This machine has one core.")
    longest = rounds["context_length"].max()
    steps = rounds[rounds["context_length"] == longest].pivot_table(
        index="round", columns=["model", "threads"], values="train_step_ms"
    )
    speed_up = {model: (steps[model][1] / steps[model][threads]).dropna() for model in FAMILIES}
    found = ratio_of_pairs(speed_up["transformer"], speed_up["rnn"])
    means = {model: float(np.exp(np.log(values).mean())) for model, values in speed_up.items()}
    sentence = (
        f"With {threads} threads instead of one, a training step at a context of {longest} becomes "
        f"{means['transformer']:.2f} times as fast for the Transformer, {means['rnn']:.2f} times for the RNN. "
        "Many cores or a GPU were not there to be measured."
    )
    return Measured(found, sentence)


def quadratic_cost(report: dict[str, Any]) -> Measured:
    """C4, from the exponent of time over the longer half of the context lengths, full attention, one thread."""
    time = report["train_step"][ONE_THREAD][FULL_ATTENTION]
    memory = report["memory"]["cpu"][FULL_ATTENTION]
    longest = report["measured"]["longest_context_length"]
    sentence = (
        f"Up to a context of {longest}, training time of full attention grows like L^{time['local_exponent']:.2f} on "
        f"the longer half, memory like L^{memory['local_exponent']:.2f}: torch never stores the L x L matrix."
    )
    keys = ("local_exponent", "local_exponent_ci_low", "local_exponent_ci_high")
    number, low, high = (time.get(key) for key in keys)
    return Measured(Finding(number, low, high), sentence)


def short_sequences(rounds: pd.DataFrame, report: dict[str, Any]) -> Measured:
    """C5, from training steps at the shortest context on one thread, in the same rounds."""
    shortest = rounds["context_length"].min()
    some = rounds[(rounds["device"] == "cpu") & (rounds["threads"] == 1) & (rounds["context_length"] == shortest)]
    steps = some.pivot_table(index="round", columns="model", values="train_step_ms").dropna()
    found = ratio_of_pairs(steps["rnn"], steps["transformer"])
    crossover = report["train_step"][ONE_THREAD]["crossover"]["context_length"]
    longest = report["measured"]["longest_context_length"]
    told = {"none": f"there is no crossover up to {longest}", "unclear": "the order changes more than once beyond"}
    where = told.get(crossover) or f"the order changes near {crossover:.0f}"
    sentence = (
        f"On one thread, at a context of {shortest}, a training step of the RNN takes {found.number:.2f} times as long "
        f"as one of the Transformer of equal width; {where}."
    )
    return Measured(found, sentence)


def fewer_epochs(convergence: pd.DataFrame) -> Measured:
    """C6, from paired seeds; a seed that never arrives counts with the epochs that it ran, a lower bound."""
    if convergence.empty:
        return Measured(None, "No family came below the validation loss of the seasonal naive.")
    some = convergence[convergence["fraction"] == FRACTION]
    epochs = some.pivot_table(index="seed", columns="family", values="epochs")
    missed = {family: int((~some.loc[some["family"] == family, "reached"]).sum()) for family in FAMILIES}
    if missed["transformer"]:
        return Measured(None, f"{missed['transformer']} Transformer seeds never came {FRACTION:.0%} of the way.")
    found = ratio_of_pairs(epochs["transformer"], epochs["rnn"])
    seconds = some.groupby("family")["seconds"].mean()
    timed = "" if seconds.isna().any() else f" ({seconds['transformer']:.0f} s against {seconds['rnn']:.0f} s)"
    never = f"; {missed['rnn']} of {len(epochs)} RNN seeds never got there" if missed["rnn"] else ""
    sentence = (
        f"To come {FRACTION:.0%} of the way to the best validation loss, the Transformer needs "
        f"{epochs['transformer'].mean():.1f} epochs, the RNN {epochs['rnn'].mean():.1f}{timed}{never}."
    )
    return Measured(found, sentence)


def first_forecasts(seeds: pd.DataFrame) -> Measured:
    """C7, from paired seeds on the first 50 test windows, which overlap and are less than one independent block."""
    errors = seeds.pivot_table(index="seed", columns="family", values="first_50_mse")
    found = ratio_of_pairs(errors["transformer"], errors["rnn"])
    low, high = (None if end is None else end - 1 for end in (found.low, found.high))
    sentence = (
        f"On the first 50 test windows the Transformer's MSE is {errors['transformer'].mean():.3f}, the RNN's "
        f"{errors['rnn'].mean():.3f}; the interval is over seeds only, for 50 overlapping windows are hardly one "
        "independent case."
    )
    return Measured(Finding(found.number - 1, low, high), sentence)


def faster_training(timed: Sequence[str]) -> Measured:
    """C8, from paired seeds: seconds of whole training runs."""
    if len(timed) < len(FAMILIES):
        return Measured(None, "The models came from DVC's cache; `dvc repro --force` measures their training time.")
    seconds = pd.concat(
        [pd.read_csv(paths.epoch_seconds(family)).assign(family=family) for family in FAMILIES]
    ).pivot_table(index="seed", columns="family", values="seconds", aggfunc="sum")
    found = ratio_of_pairs(seconds["rnn"], seconds["transformer"])
    sentence = (
        f"A training run takes {seconds['rnn'].mean():.0f} s for the RNN and {seconds['transformer'].mean():.0f} s for "
        "the Transformer, on one thread; the interval is over seeds, not over what else the machine was doing."
    )
    return Measured(found, sentence)


def lower_error(metrics: dict[str, Any]) -> Measured:
    """C9, from the comparison of the families."""
    found = metrics["comparison"]
    finding = Finding(found["relative_mse_difference"], found["ci_low"], found["ci_high"])
    worse = [name for name in FAMILIES if metrics[name]["mse"] >= metrics["ridge"]["mse"]]
    label = {"rnn": "the RNN", "transformer": "the Transformer"}
    void = f" A linear ridge is better than {' and '.join(label[name] for name in worse)}." if worse else ""
    sentence = (
        f"The Transformer's test MSE is {_percent(abs(finding.number))} {'below' if finding.number < 0 else 'above'} "
        f"the RNN's (95 % interval {100 * found['ci_low']:+.0f} % to {100 * found['ci_high']:+.0f} %).{void}"
    )
    return Measured(finding, sentence)


def claimed_architecture(report: dict[str, Any]) -> Measured:
    """C10, from the finalists of both families on paired fresh seeds.

    The claim is about both families, so it holds where both ratios are below 1 and falls where one is above: told is
    the ratio of the family that refutes it, or else of the one that comes nearer to it.
    """
    if not report["families"]:
        return Measured(None, "Needs tuning on equal budgets: dvc exp run -S tune.trials=20.")
    found: dict[str, Finding] = {}
    for family, tuned in report["families"].items():
        losses = {one["claimed"]: one["losses"] for one in tuned["finalists"]}
        if len(losses) < len((True, False)) or any(None in some for some in losses.values()):
            return Measured(None, f"No trial of the {family} with, or none without the claimed values came to its end.")
        found[family] = ratio_of_pairs(np.array(losses[True]), np.array(losses[False]))
    refuting = [one for one in found.values() if one.low is not None and one.low > 1]
    decisive = (
        max(refuting, key=lambda one: one.number)
        if refuting
        else max(found.values(), key=lambda one: math.inf if one.high is None else one.high)
    )
    sentence = (
        f"In {report['trials']} trials per family, the best with the claimed values has {_times(found['rnn'])} the "
        f"validation MSE of the best without for the RNN, and {_times(found['transformer'])} for the Transformer, on "
        f"{len(report['families']['rnn']['finalists'][0]['losses'])} fresh seeds."
    )
    return Measured(decisive, sentence)


def _times(found: Finding) -> str:
    interval = "" if found.low is None or found.high is None else f" ({found.low:.2f} to {found.high:.2f})"
    return f"{found.number:.2f} times{interval}"


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


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
