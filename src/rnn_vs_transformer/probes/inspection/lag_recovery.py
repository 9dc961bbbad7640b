"""Are the lags that a model uses those that the synthetic world runs on?

In the world (sources/synthetic.py) the regime of step t+h, h steps after the forecast origin t, is the sign of
u_{t+h-d}, with d the delay. That value lies d - h steps back, and is observed where d >= h. So

- horizon step h has one lag of its own, d - h steps back, and
- the mean over h = 1..H has a band of true lags, max(0, d-H) .. d-1 steps back (those within the context).

Earlier regimes d-h+1 .. d-1 matter for step h too, through the autoregression, but less with every step. The newest
steps matter through the same autoregression and not through the delay, so the score leaves them out on both sides and
is given with them as well. Season can be read from any steps, which costs precision that is no fault of the model.

Where opposite drifts make the world swing, as in the default one, the sign of u_{t-d} is mostly minus that of
u_{t-2d}: the regime can be read two delays back as well, and a forecaster that does so is right. Hence the second
target, the echo, 2d-H .. 2d-1 steps back; `regime_echo` tells how good it is.
"""

import itertools
from dataclasses import asdict, dataclass, fields

import numpy as np
import numpy.typing as npt
import pandas as pd

from rnn_vs_transformer.evaluation.intervals import interval_entries, mean_interval, significant
from rnn_vs_transformer.probes.inspection.subjects import FloatArray, Importance

IntArray = npt.NDArray[np.int64]
Entries = dict[str, float | dict[str, float]]

TARGETS = {"delay": 1, "echo": 2}
"""What an importance is scored against, in delays back."""
NEAR = 1
"""A horizon step has found its own lag if its most important step is at most so far from it."""


@dataclass(frozen=True)
class Recovery:
    """How many of the n most important steps are true lags: the precision, and its lift over chance, n / steps.

    The p-value is the chance of at least this precision in a random order (hypergeometric, exact). The other one is the
    same over all rotations along the steps, which keep neighbours as alike as they are; it is at least 1 / steps.
    """

    precision: float
    chance: float
    lift: float
    p_value: float
    shift_p_value: float


COLUMNS = ["model", "method", "seed", "target", "recent_steps_left_out", *(field.name for field in fields(Recovery))]


def read_part(importance: FloatArray) -> FloatArray:
    """Without the oldest steps (..., L) that matter not at all, as the model does not read them."""
    mattering = np.flatnonzero(np.atleast_2d(importance).any(axis=0))
    return importance[..., : mattering[-1] + 1] if len(mattering) else importance


def true_lags(delay: int, prediction_length: int, context_length: int) -> IntArray:
    """Steps back whose value chooses the regime of a forecast step, max(0, d-H) .. min(d, L)-1; may be empty.

    >>> true_lags(delay=5, prediction_length=3, context_length=10).tolist()
    [2, 3, 4]
    """
    return np.arange(max(0, delay - prediction_length), min(delay, context_length))


def regime_echo(deviation: FloatArray, delay: int) -> float:
    """Mean product of the signs of u_t and u_{t-d}: -1 or 1 where the regime repeats itself, 0 where it is forgotten.

    The deviation u (steps,) is longer than the delay d.

    >>> regime_echo(np.array([1.0, 2.0, -1.0, -2.0, 1.0, 2.0]), 2)
    -1.0
    """
    signs = np.where(deviation > 0, 1.0, -1.0)
    return float(np.mean(signs[delay:] * signs[:-delay]))


def score_band(importance: FloatArray, lags: IntArray, recent_steps: int) -> Recovery | None:
    """Precision at n of an importance profile (L,) against the n true lags, the newest steps left out of both.

    Ties go to the newer step. None where no true lag, or nothing else, is left.
    """
    scored = importance[recent_steps:]
    is_true = np.isin(np.arange(recent_steps, len(importance)), lags)
    steps, count = len(scored), int(is_true.sum())
    if count in {0, steps}:
        return None
    from scipy import stats  # noqa: PLC0415 - takes a second to import, which other stages should not wait for

    is_top = np.zeros(steps, dtype=bool)
    is_top[np.argsort(-scored, kind="stable")[:count]] = True
    hits = int((is_top & is_true).sum())
    rotated = np.array([(np.roll(is_top, shift) & is_true).sum() for shift in range(steps)])
    return Recovery(
        precision=hits / count,
        chance=count / steps,
        lift=(hits / count) / (count / steps),
        p_value=float(stats.hypergeom.sf(hits - 1, steps, count, count)),
        shift_p_value=float((rotated >= hits).mean()),
    )


def score_horizon(importance: FloatArray, delay: int, recent_steps: int) -> tuple[float, float] | None:
    """Share of horizon steps whose most important step back is their own lag d - h, give or take `NEAR`.

    Returns:
        The share and what chance would give; None where no step of (H, L) has its lag among those not left out.
    """
    horizon, length = importance.shape
    steps = np.arange(recent_steps, length)
    own = delay - np.arange(1, horizon + 1)
    seen = (own >= recent_steps) & (own < length)
    if not seen.any():
        return None
    best = recent_steps + importance[seen, recent_steps:].argmax(axis=1)
    near = np.abs(steps - own[seen, None]) <= NEAR  # (horizon steps, scored steps)
    return float((np.abs(best - own[seen]) <= NEAR).mean()), float(near.mean())


def recovery_table(
    attributions: list[Importance], delay: int, prediction_length: int, recent_steps: int
) -> pd.DataFrame:
    """One row per model, method, seed and target, without and with the newest steps; columns are `COLUMNS`."""
    rows = []
    for found, target, left_out in itertools.product(attributions, TARGETS, dict.fromkeys((recent_steps, 0))):
        score = _score(found.profile, target, delay, prediction_length, left_out)
        if score is not None:
            names = {"model": found.model, "method": found.kind, "seed": found.seed, "target": target}
            rows.append({**names, "recent_steps_left_out": left_out, **asdict(score)})
    return pd.DataFrame(rows, columns=COLUMNS)


def summarise_recovery(
    attributions: list[Importance], delay: int, prediction_length: int, recent_steps: int
) -> Entries:
    """Scores of one model and method over its seeds.

    Returns:
        For each target: mean precision with a 95 % t interval over seeds, its chance level and lift, and p-values of
        the mean importance over seeds; for occlusion the share of horizon steps that found their own lag.
    """
    table = recovery_table(attributions, delay, prediction_length, recent_steps)
    mean_profile = np.mean([found.profile for found in attributions], axis=0)
    entries: Entries = {}
    for target, rows in table.groupby("target", sort=False):
        score = _score(mean_profile, str(target), delay, prediction_length, recent_steps)
        if score is None:
            continue
        left_out, kept = (rows[rows["recent_steps_left_out"] == steps] for steps in (recent_steps, 0))
        entries[str(target)] = {
            **_share_entries("precision", left_out["precision"].to_list()),
            "chance": significant(score.chance),
            "lift": significant(left_out["lift"].mean()),
            "p_value": significant(score.p_value),
            "shift_p_value": significant(score.shift_p_value),
            **_share_entries("precision_of_all_steps", kept["precision"].to_list()),
        }
    if attributions[0].kind == "occlusion":
        scores = [score_horizon(found.per_step, delay, recent_steps) for found in attributions]
        if known := [score for score in scores if score is not None]:
            entries |= _share_entries("own_lag_share", [share for share, _ in known])
            entries["own_lag_chance"] = significant(known[0][1])
    return entries


def _score(profile: FloatArray, target: str, delay: int, prediction_length: int, left_out: int) -> Recovery | None:
    return score_band(profile, true_lags(TARGETS[target] * delay, prediction_length, len(profile)), left_out)


def _share_entries(name: str, shares: list[float]) -> dict[str, float]:
    """Mean over seeds with a t interval, cut to what a share can be."""
    found = mean_interval(shares)
    low, high = (None if bound is None else min(max(bound, 0.0), 1.0) for bound in (found.low, found.high))
    return interval_entries(name, found.estimate, low, high)
