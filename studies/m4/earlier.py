"""A second look at M4 hourly, on origins by which nothing was chosen: `python -m studies.m4.earlier earlier`.

It trains the families with the base of plan.yaml, and each option in both families, see earlier.yaml. `whole_budget`
instead of `earlier` trains what helped for longer, and `official` up to the official test, which it does not read. A
killed run goes on where it was.
"""

import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import nn

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.data.splits import Split, Splits
from rnn_vs_transformer.data.windows import windows_of
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.shell import InputSizes
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_arrays
from rnn_vs_transformer.runtime.yaml import read_yaml
from rnn_vs_transformer.settings.family.families import FAMILIES, FamilySettings
from rnn_vs_transformer.training.fit import Fit, fit
from rnn_vs_transformer.training.predict import predict
from rnn_vs_transformer.training.ridge_start import start_at_ridge
from studies.m4 import trials
from studies.m4.options import LearnedCycle, fit_sharpness_aware
from studies.m4.series import HORIZON, SEASON, cut, read_series
from studies.m4.trials import BASE, BASELINES, Plan, Trial, baseline, in_units, read_plan, run_here, values_of
from studies.resumable import Row, Work
from studies.training import case_study_settings

EARLIER_PLAN: Final = Path("studies/m4/earlier.yaml")
FAMILIES_PART: Final = "families"
OPTIONS_PART: Final = "options"
OFFICIAL_PART: Final = "final"
SPLITS: Final[tuple[Split, ...]] = ("validation", "test")


def read_earlier() -> Plan:
    """The plan as it was committed, with the base of the first one."""
    first, own = read_plan(), read_yaml(EARLIER_PLAN)
    return {**first, **own, "variants": _variants(own)}


def read_official() -> Plan:
    """The first plan, for one more final recipe."""
    own = read_yaml(EARLIER_PLAN)
    return {**read_plan(), "variants": _variants(own), "families": own["families"], "official": own["official"]}


def _variants(own: Plan) -> dict[str, Any]:
    return {BASE: {}, **{name: option["changes"] for name, option in (own["options"] | own["combined"]).items()}}


def trials_of(plan: Plan) -> Iterator[Trial]:
    """The baselines, the seeds of each family with the base, and those of each option in both families."""
    yield from baselines_of(plan, FAMILIES_PART)
    for family in plan["families"]:
        yield from seeds_of(plan, FAMILIES_PART, family, BASE)
    for family in FAMILIES:
        for option in (BASE, *plan["options"]):
            yield from seeds_of(plan, OPTIONS_PART, family, option)


def trials_of_whole_budget(plan: Plan) -> Iterator[Trial]:
    """The options that helped, with the budget of the families."""
    for family in FAMILIES:
        for option in plan["whole_budget"]:
            yield from seeds_of(plan, FAMILIES_PART, family, option)


def trials_of_official(plan: Plan) -> Iterator[Trial]:
    """The baselines, and the families with one more final recipe."""
    yield from baselines_of(plan, OFFICIAL_PART)
    for family in plan["families"]:
        yield from seeds_of(plan, OFFICIAL_PART, family, plan["official"])


def baselines_of(plan: Plan, part: str) -> list[Trial]:
    """The seasonal naive and ridge, each with the transform that suits it."""
    transforms = {"seasonal_naive": "none", "ridge": plan["ridge_transform"]}
    return [Trial(part, name, transforms[name], 0) for name in BASELINES]


def seeds_of(plan: Plan, part: str, family: str, variant: str) -> list[Trial]:
    """The trials of a variant."""
    return [Trial(part, family, variant, seed) for seed in range(plan["seeds"][part])]


def expected_cost(plan: Plan, trial: Trial) -> float:
    """Roughly the seconds that a trial takes; two passes for each step take twice as long."""
    passes = 2 if "radius" in plan["options"].get(trial.variant, {}) else 1
    longer = plan["epochs"][trial.part] / plan["epochs"][OPTIONS_PART]
    return 20.0 if trial.family in BASELINES else longer * passes * plan["seconds"][trial.family]


def earlier_series(plan: Plan) -> tuple[list[str], list[FloatArray]]:
    """The series up to where the steps begin that are not read."""
    names, known = read_series()
    return names, [one[: -plan["held"]["unread"]] for one in known]


def earlier_splits(plan: Plan, transform: Any) -> Splits:
    """The splits, scaled on train; no step after their test is in them."""
    (names, known), held = earlier_series(plan), plan["held"]
    before, test = [one[: -held["test"]] for one in known], np.stack([one[-held["test"] :] for one in known])
    return cut((names, before), held["validation"], plan["context_length"], transform, test)


def run_trial(plan: Plan, trial: Trial) -> list[Row]:
    """Train, write the forecasts of validation and test in own units, and tell what it cost."""
    if trial.family in BASELINES:
        splits = earlier_splits(plan, trial.variant)
        found: dict[Split, FloatArray] = {
            split: baseline(trial.family, splits, splits.places(split)) for split in SPLITS
        }
        cost: Row = {}
    else:
        values = values_of(plan, trial)
        splits = earlier_splits(plan, values.pop("data.transform"))
        found, cost = _train(plan, trial, case_study_settings(trial.family, values), splits)
    write_arrays(trial.file, {split: in_units(forecast, splits, split) for split, forecast in found.items()})
    return [{**asdict(trial), **cost}]


def _train(plan: Plan, trial: Trial, settings: FamilySettings, splits: Splits) -> tuple[dict[Split, FloatArray], Row]:
    torch.manual_seed(trial.seed)
    drawn = BUILDERS[trial.family](settings.model, splits.context_length, HORIZON, InputSizes(len(splits.panel)))
    model: nn.Module = drawn
    if trial.variant == "cycle":
        model, splits = LearnedCycle(drawn, len(splits.panel)), with_hours(splits)
    train, validation, test = windows_of(splits, "train", "validation", "test")
    if radius := plan["options"].get(trial.variant, {}).get("radius"):
        run: Fit = fit_sharpness_aware(model, (train, validation), settings.train, trial.seed, radius)
    else:
        from_start = start_at_ridge(drawn, splits)
        run = fit(model, (train, validation), settings.train, trial.seed, from_start=from_start)
    asked = zip(SPLITS, (validation, test), strict=True)
    told = {"validation_mse": run.best_validation_loss, "best_epoch": run.best_epoch, "epochs": len(run.seconds),
            "seconds": round(sum(run.seconds), 1)}  # fmt: skip
    return {split: predict(model, windows)[0].double().numpy() for split, windows in asked}, told


def with_hours(splits: Splits) -> Splits:
    """With each step's place in its series' days as the one future covariate."""
    hours = (splits.panel.steps_of_cells % SEASON).astype(np.float64)[:, None]
    return replace(splits, panel=replace(splits.panel, future=hours))


def work_of(part: str) -> Work[Trial]:
    """The trials of `earlier`, `whole_budget` or `official`."""
    if part == "official":
        plan = read_official()
        return Work(
            list(trials_of_official(plan)), partial(trials.run_trial, plan), partial(trials.expected_cost, plan)
        )
    plan = read_earlier()
    some = {"earlier": trials_of, "whole_budget": trials_of_whole_budget}[part](plan)
    return Work(list(some), partial(run_trial, plan), partial(expected_cost, plan))


def main(part: str) -> None:
    """Write the forecasts of a part, and studies/m4/runs/<part>.csv: what each cost."""
    run_here(part, work_of(part), EARLIER_PLAN)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except InputError as error:
        sys.exit(f"error: {error}")
