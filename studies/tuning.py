"""What the search on equal budgets found, as findings that the claims read: `python -m studies.tuning`.

It writes studies/results/tuning.json from the files of docs/results. What the search was, and how to repeat it, stands
in docs/results.md.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rnn_vs_transformer.claims.learning import claimed_ratio
from rnn_vs_transformer.evaluation.intervals import Estimate, significant
from rnn_vs_transformer.results import study_path
from rnn_vs_transformer.runtime.files import read_json, write_json
from rnn_vs_transformer.settings.family.families import FAMILIES

MEASURED: Final = "2026-11-24"
SEARCH: Final = Path("docs/results/tuning.json")
METRICS: Final = Path("docs/results/tuning_metrics.json")
"""Both families on the test split of the default world, before and after the search."""


def findings(search: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Findings by name: estimate, low, high and units, which are seeds."""
    fresh = int(search["plan"]["confirmation_seeds"])
    seeds, compared = fresh + 1, metrics["tuned"]["comparison"]  # the search's own seed is one of those trained
    tuned = Estimate(compared["relative_mse_difference"], compared["ci_low"], compared["ci_high"])
    found = {"tuned_mse": _entry(tuned, seeds)}
    for family in FAMILIES:
        found[f"tuning_gain.{family}"] = _entry(gain(metrics["untuned"][family], metrics["tuned"][family]), seeds)
        ratio = claimed_ratio(search["families"][family]["finalists"])
        if ratio is not None:
            found[f"claimed_architecture.{family}"] = _entry(ratio, fresh)
    return found


def gain(untuned: Mapping[str, float], tuned: Mapping[str, float]) -> Estimate:
    """Relative change of test MSE by tuning, from two errors with an interval each.

    The intervals are joined on the log scale as if the errors were independent. They are of the same windows, which
    are hard or easy for both, so the true interval is narrower than this one.
    """
    change = math.log(tuned["mse"] / untuned["mse"])
    half = math.hypot(*(math.log(row["mse_ci_high"] / row["mse_ci_low"]) / 2 for row in (untuned, tuned)))
    return Estimate(*(math.expm1(change + step) for step in (0.0, -half, half)))


def _entry(found: Estimate, units: int) -> dict[str, Any]:
    ends = {"estimate": found.estimate, "low": found.low, "high": found.high}
    return {**{name: None if end is None else significant(end) for name, end in ends.items()}, "units": units}


if __name__ == "__main__":
    told = findings(read_json(SEARCH), read_json(METRICS))
    write_json(study_path("tuning"), {"measured": MEASURED, "findings": told})
