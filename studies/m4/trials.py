"""The trials: one training of one family with one variant of the settings, and the forecasts that it gives."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.data.splits import Places, Split, Splits
from rnn_vs_transformer.data.windows import Windows, steps_of, windows_of
from rnn_vs_transformer.models.baselines import fit_best_ridge, seasonal_naive_forecast
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.shell import InputSizes
from rnn_vs_transformer.models.size import parameter_count
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import read_json, write_arrays
from rnn_vs_transformer.runtime.yaml import read_yaml
from rnn_vs_transformer.settings.family.families import FamilySettings
from rnn_vs_transformer.settings.whole import load_params
from rnn_vs_transformer.training.fit import fit
from rnn_vs_transformer.training.predict import predict
from rnn_vs_transformer.training.ridge_start import start_at_ridge
from studies.m4.series import HORIZON, SEASON, TRAIN, cut, read_series
from studies.resumable import Row, Work, kept_file, run_to_table
from studies.training import case_study_settings

PLAN: Final = Path("studies/m4/plan.yaml")
CHOSEN: Final = Path("studies/m4/chosen.json")
"""The variant of each family that `choose` found best."""
BASE: Final = "base"
FORECASTS: Final = Path("studies/m4/forecasts")
BASELINES: Final = ("seasonal_naive", "ridge")
Plan = Mapping[str, Any]


@dataclass(frozen=True)
class Trial:
    """One training, or a baseline."""

    part: str
    """`choose`, on origins before the last ones of train, or `final`, up to the official test."""
    family: str
    """`rnn`, `transformer`, `mlp`, or one of `BASELINES`."""
    variant: str
    seed: int

    @property
    def file(self) -> Path:
        """Forecasts in own units: `validation` (windows, 48) by series and origin, and of a final `test` (S, 48)."""
        return FORECASTS / self.part / f"{self.family}-{self.variant}-{self.seed}.safetensors"


def read_plan() -> Plan:
    """The plan as it was committed."""
    plan: Plan = read_yaml(PLAN)
    return plan


def trials_of(plan: Plan, part: str) -> Iterator[Trial]:
    """All trials of a part: of each family the variants to choose from, or those that were chosen."""
    for baseline in BASELINES:
        yield from (Trial(part, baseline, transform, 0) for transform in plan["transforms"])
    for family, listed in variants_of(plan, part).items():
        for variant in listed:
            yield from (Trial(part, family, variant, seed) for seed in range(plan["seeds"][part]))


def variants_of(plan: Plan, part: str) -> dict[str, list[str]]:
    """The variants of each family: those to choose from, or the chosen one.

    Raises:
        InputError: Nothing has been chosen yet.
    """
    if part == "choose":
        return dict(plan["choose"])
    chosen = read_json(CHOSEN)
    return {family: [chosen.get(family, BASE)] for family in plan["final"]}


def values_of(plan: Plan, trial: Trial) -> dict[str, Any]:
    """The settings of a trial, by dotted key: those of all, of the family, and what the variant changes."""
    length = {"train.epochs": plan["epochs"][trial.part]}
    return {**plan["base"]["all"], **plan["base"][trial.family], **length, **plan["variants"][trial.variant]}


def expected_cost(plan: Plan, trial: Trial) -> float:
    """Roughly the seconds that a trial takes, to begin with the longest and to tell the time left."""
    longer = plan["epochs"][trial.part] / plan["epochs"]["choose"]
    return 20.0 if trial.family in BASELINES else longer * plan["seconds"][trial.family]


def run_here(part: str, work: Work[Trial], *read: Path) -> None:
    """Run what is left of a part: the forecasts of its trials, and studies/m4/runs/<part>.csv with what each cost.

    Args:
        part: Its name.
        work: Its trials.
        read: What they read besides the plan and the series.

    Raises:
        InputError: A file is missing, or trials would run on other machines.
    """
    if load_params().run.backend != "loky":
        raise InputError("trials of this study write their forecasts here: run.backend must be loky")
    read_series()  # that a missing file is told before anything is trained
    run_to_table(work, Path(f"studies/m4/runs/{part}.csv"), kept_file(f"m4-{part}", PLAN, TRAIN, *read))


def run_trial(plan: Plan, trial: Trial) -> list[Row]:
    """Train, write the forecasts, and tell what it cost; the official test steps are not read."""
    if trial.family in BASELINES:
        splits = cut(read_series(), plan["held"][trial.part], plan["context_length"], trial.variant)
        splits_forecasts = {split: baseline(trial.family, splits, splits.places(split)) for split in _asked(trial)}
        found: Row = {}
    else:
        values = values_of(plan, trial)
        context = values.pop("data.context_length", plan["context_length"])
        splits = cut(read_series(), plan["held"][trial.part], context, values.pop("data.transform"))
        splits_forecasts, found = _train(trial, case_study_settings(trial.family, values), splits)
    write_arrays(trial.file, {split: in_units(forecast, splits, split) for split, forecast in splits_forecasts.items()})
    return [{**asdict(trial), **found}]


def _asked(trial: Trial) -> tuple[Split, ...]:
    return ("validation",) if trial.part == "choose" else ("validation", "test")


def _train(trial: Trial, settings: FamilySettings, splits: Splits) -> tuple[dict[Split, FloatArray], Row]:
    torch.manual_seed(trial.seed)
    model = BUILDERS[trial.family](settings.model, splits.context_length, HORIZON, InputSizes(len(splits.panel)))
    from_start = start_at_ridge(model, splits)
    train, validation = windows_of(splits, "train", "validation")
    run = fit(model, (train, validation), settings.train, trial.seed, from_start=from_start)
    steps, lengths = steps_of(splits.panel), (splits.context_length, HORIZON)
    forecasts = {
        split: predict(model, Windows(steps, splits.places(split), *lengths))[0].double().numpy()
        for split in _asked(trial)
    }
    told = {"validation_mse": run.best_validation_loss, "best_epoch": run.best_epoch, "epochs": len(run.seconds),
            "seconds": round(sum(run.seconds), 1), "parameters": parameter_count(model)}  # fmt: skip
    return forecasts, told


def baseline(name: str, splits: Splits, places: Places) -> FloatArray:
    """The forecasts (W, 48) of one of `BASELINES`, in scaled units."""
    if name == "ridge":
        return fit_best_ridge(splits).forecast(splits.panel, places)
    return seasonal_naive_forecast(splits.values, places.origins, HORIZON, SEASON)


def in_units(forecast: FloatArray, splits: Splits, split: Split) -> Any:
    """Forecasts (W, 48) of a split in own units, float32."""
    return splits.scaler.unscale(forecast, splits.places(split).series[:, None]).astype(np.float32)
