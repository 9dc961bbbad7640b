"""What the runs of each part say: a number with its 95 % interval over independent units, by name.

Student's interval. Steps, ratios and errors are averaged on the log scale, so that their means are geometric and a unit
counts the same whatever its scale; shares and powers of ten are averaged as they are.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.evaluation.intervals import Estimate, mean_interval, ratio_of_pairs, significant
from studies.probes.plan import Plan

Finding = dict[str, Any]
"""estimate, low, high and units; besides what the name's function says."""
Found = Iterator[tuple[str, Finding]]
GRADIENT_STEPS: Final = 96
"""Over which the fall of a gradient is told."""


def find_in_memory(table: pd.DataFrame, plan: Plan) -> Found:
    """`steps_to_recall_<lag>.<model>`, and `recall_ratio_<lag>.<cell>`, its steps over the Transformer's by seed.

    Where a run is `censored`, the mean of steps is unknown and so is its interval, and a ratio counts it at the last
    step: the cell's make it a `lower_bound`, the Transformer's (`transformer_censored`) would make it too high.
    """
    for (lag, model), runs in table.groupby(["lag", "model"], sort=False):
        needed, censored = runs["steps_needed"].to_numpy(), int(runs["steps_needed"].isna().sum())
        mean = Estimate(np.nan, None, None) if censored else ratio_of_pairs(needed, np.ones(len(needed)))
        yield f"steps_to_recall_{lag}.{model}", _told(mean, len(needed)) | ({"censored": censored} if censored else {})
    for lag in plan["probe"]["lags"]:
        steps = table[table["lag"] == lag].pivot_table(
            index="seed", columns="model", values="steps_needed", dropna=False
        )
        known = steps.fillna(plan["probe"]["steps"])
        never = steps["transformer"].isna().sum()
        for cell in (model for model in plan["models"] if model != "transformer"):
            told = _told(ratio_of_pairs(known[cell], known["transformer"]), len(known))
            told |= {"lower_bound": True} if steps[cell].isna().any() else {}
            yield f"recall_ratio_{lag}.{cell}", told | ({"transformer_censored": int(never)} if never else {})


def find_in_gradients(table: pd.DataFrame, _: Plan) -> Found:
    """`gradient_decay.<model>.<untrained|trained>`: powers of ten lost over 96 steps, below zero where it grows."""
    for (model, stage), rows in table.groupby(["model", "stage"], sort=False):
        lost = -GRADIENT_STEPS * np.log10(rows["decay_per_step"].to_numpy())
        yield f"gradient_decay.{model}.{stage}", _told(mean_interval(lost), len(lost))


def find_in_divergence(table: pd.DataFrame, _: Plan) -> Found:
    """`diverged.<model>.<clipped|unclipped>` and `stalled...`: the share of all contexts and learning rates, by draw.

    These are with Adam, as the tutorial has it; with plain gradient descent it is `diverged_sgd...`. Where no draw
    differs from another Student's interval has no width, and the exact binomial one of all runs stands for it.
    """
    for outcome in ("diverged", "stalled"):
        for (optimizer, model, clipping), rows in table.groupby(["optimizer", "model", "clipping"], sort=False):
            shares = [float((runs["outcome"] == outcome).mean()) for _, runs in rows.groupby("draw")]
            found = mean_interval(shares) if len(set(shares)) > 1 else _exact_share(rows["outcome"] == outcome)
            low, high = (None if end is None else min(1.0, max(0.0, end)) for end in (found.low, found.high))
            suffix = "" if optimizer == "adam" else f"_{optimizer}"
            told = _told(Estimate(found.estimate, low, high), len(shares))
            yield f"{outcome}{suffix}.{model}.{clipping}", told | {"runs": len(rows)}


def find_in_lengths(table: pd.DataFrame, plan: Plan) -> Found:
    """`length_<half|double|quadruple>.<model>`: relative change of the error against that at the trained length."""
    errors = table.pivot_table(index=["model", "case", "draw"], columns="tested", values="mse")
    for tested in (name for name in plan["tested"] if name != "same"):
        for model in table["model"].unique():
            some = errors.loc[model].dropna()
            yield from _by_case(f"length_{tested}.{model}", some["same"], some[tested])


def find_in_short_contexts(table: pd.DataFrame, plan: Plan) -> Found:
    """`short_context_<L>.<one>_against_<other>`: relative difference of the error; `.seconds`: RNN over Transformer.

    Ridge has the same context, or one that validation chose for it (`ridge_any_context`).
    """
    for length in plan["context_lengths"]:
        some = table[table["context_length"] == length]
        errors, seconds = (some.pivot_table(index=["case", "draw"], columns="model", values=name)
                           for name in ("mse", "seconds"))  # fmt: skip
        pairs = [("transformer", "rnn")]
        pairs += [(model, ridge) for ridge in ("ridge", "ridge_any_context") for model in ("rnn", "transformer")]
        for one, other in pairs:
            yield from _by_case(f"short_context_{length}.{one}_against_{other}", errors[other], errors[one])
        ratio = ratio_of_pairs(seconds["rnn"], seconds["transformer"])
        yield f"short_context_{length}.seconds", _told(ratio, len(seconds))


def find_in_positions(table: pd.DataFrame, _: Plan) -> Found:
    """`no_positions.<points|season_tokens>`: relative difference of the error without an encoding against with it.

    The table holds the runs of lengths too, which are those of points with the encoding.
    """
    errors = table.pivot_table(index=["tokens", "case", "draw"], columns="positional", values="mse")
    for tokens in table["tokens"].unique():
        some = errors.loc[tokens].dropna()
        yield from _by_case(f"no_positions.{tokens}", some["sinusoidal"], some["none"])


FINDERS: Final[Mapping[str, Callable[[pd.DataFrame, Plan], Found]]] = {
    "memory": find_in_memory,
    "gradients": find_in_gradients,
    "divergence": find_in_divergence,
    "lengths": find_in_lengths,
    "short_contexts": find_in_short_contexts,
    "positions": find_in_positions,
}


def points_with_positions(lengths: pd.DataFrame) -> pd.DataFrame:
    """The runs of lengths that positions compares with, in the shape of its table."""
    runs = lengths[(lengths["model"] == "transformer") & (lengths["tested"] == "same")]
    return runs.assign(positional="sinusoidal", tokens="points")


def _by_case(name: str, before: "pd.Series[float]", after: "pd.Series[float]") -> Found:
    """The relative change over all draws of all cases, and of each case alone under `<name>.<case>`."""
    yield name, _relative(before, after)
    for case in before.index.unique("case"):
        yield f"{name}.{case}", _relative(before.xs(case, level="case"), after.xs(case, level="case"))


def _relative(before: "pd.Series[float]", after: "pd.Series[float]") -> Finding:
    ratio = ratio_of_pairs(after.to_numpy(), before.to_numpy())
    ends = (None if end is None else end - 1 for end in (ratio.low, ratio.high))
    return _told(Estimate(ratio.estimate - 1, *ends), len(before))


def _exact_share(happened: "pd.Series[bool]") -> Estimate:
    """The share of runs with its exact binomial interval (Clopper and Pearson 1934)."""
    from scipy import stats  # noqa: PLC0415 - takes a second to import

    interval = stats.binomtest(int(happened.sum()), len(happened)).proportion_ci()
    return Estimate(float(happened.mean()), float(interval.low), float(interval.high))


def _told(found: Estimate, units: int) -> Finding:
    numbers = {"estimate": found.estimate, "low": found.low, "high": found.high}
    known = {name: None if value is None or np.isnan(value) else significant(value) for name, value in numbers.items()}
    return {**known, "units": units}
