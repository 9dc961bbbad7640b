"""All that the claims, the figures and the report are made of: read once, from the files of the stages before.

Times are told of one machine only. Those of a training count where they belong to the histories that lie here, those of
the cost probe where they are from the machine of the training times, or without these from the one that asks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
import yaml

from rnn_vs_transformer.data.evidence import FEWEST_SERIES, NOT_ENOUGH
from rnn_vs_transformer.data.series import Meta, load_meta
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import fingerprint, read_json
from rnn_vs_transformer.runtime.machine import is_of_host, machine_label
from rnn_vs_transformer.settings.family.families import FAMILIES
from rnn_vs_transformer.settings.family.train import RECIPES

Report = Mapping[str, Any]
STUDIES: Final = ("map", "mixers", "probes", "tuning")
"""Committed studies, whose findings stand beside those of the run."""
TIMED_FIGURES: Final = ("training_time", "cost", "tuning_progress")


@dataclass(frozen=True)
class Cost:
    """Times and memory against the context length."""

    report: Report
    """Exponents, crossover and speed-up, from reports/times/cost.json."""
    rounds: pd.DataFrame
    """Columns model, device, threads, context_length, round, train_step_ms, inference_ms, peak_mebibytes."""


@dataclass(frozen=True)
class Search:
    """What the tuning of one family tried, found and chose."""

    budget: str
    """What was equal for both families."""
    epochs: int
    """Most epochs of a trial."""
    trials: Sequence[Report]
    """number, values, state, losses by epoch and parameters of each, in order."""
    current: Report
    """The settings of params.yaml, by dotted key."""
    chosen: int
    """Number of the chosen trial."""
    finalists: Sequence[Report]
    """trial, claimed, and the loss on each fresh seed (None: diverged)."""
    importance: Mapping[str, float]
    seconds: Sequence[float] | None
    """Of each trial; None where the times lying here are of other trials or of another machine."""

    @property
    def best(self) -> list[float | None]:
        """The least loss of each trial; None where it diverged."""
        return [min(trial["losses"], default=None) for trial in self.trials]

    @property
    def best_so_far(self) -> list[float | None]:
        """The least loss up to each trial; None until the first that did not diverge."""
        known = [float("inf") if loss is None else loss for loss in self.best]
        least = [min(known[: count + 1]) for count in range(len(known))]
        return [None if loss == float("inf") else loss for loss in least]

    @property
    def untuned(self) -> float | None:
        """Loss of the first trial, where it has the settings of params.yaml: with matched parameters it does not."""
        first = self.trials[0]["values"]
        same = all(first[key] == value for key, value in self.current.items() if key in first)
        return self.best[0] if same else None

    @property
    def chosen_on_fresh_seeds(self) -> float | None:
        """Mean loss of the chosen trial's values on seeds that no trial had; None where one diverged."""
        losses = next(one["losses"] for one in self.finalists if one["trial"] == self.chosen)
        return None if None in losses else round(float(sum(losses) / len(losses)), 8)


@dataclass(frozen=True)
class Results:
    """One run of the pipeline; tables have the columns of their files."""

    meta: Meta
    """Series, how they were read, season and lengths."""
    settings: Mapping[str, Report]
    """Per family what it was trained with: model, train, seeds."""
    params: str
    """The text of params.yaml."""
    metrics: Report
    seeds: pd.DataFrame
    horizon: pd.DataFrame
    series: pd.DataFrame
    """Errors per forecaster and series."""
    ranks: pd.DataFrame
    """Mean rank and group of each forecaster, best first; empty where there are too few series."""
    kinds: pd.DataFrame
    """Length, strengths and log ratio of each series; empty likewise."""
    forecasts: pd.DataFrame
    histories: Mapping[str, pd.DataFrame]
    """Of each forecaster that was trained, such as `rnn`, `rnn_season_tokens` or `mlp`."""
    times: Mapping[str, Report]
    """Of those whose training was timed on `machine`, with the histories that lie here."""
    epoch_seconds: pd.DataFrame
    """Columns family (with its recipe, as in `times`), seed, epoch, seconds; no row of what is not in `times`."""
    probe: Report
    trials: pd.DataFrame
    """Of the memory probe."""
    inspection: Report
    gradients: pd.DataFrame
    occlusion: pd.DataFrame
    convergence: pd.DataFrame
    cost: Cost | None
    """None where its times are missing, or of another machine than `machine`."""
    searches: Mapping[str, Search]
    """Per family; empty where the settings of params.yaml were trained."""
    analyses: Mapping[str, Report]
    """By name, those that were asked for."""
    studies: Mapping[str, Report]
    """By name, those that lie in studies/results: `measured`, the date, and `findings`."""
    machine: str
    """Where all times that are told were measured."""

    @property
    def margin(self) -> float:
        """Relative difference below which the families count as equivalent."""
        return float(yaml.safe_load(self.params)["evaluate"]["margin"])

    @property
    def block_length(self) -> int:
        """Forecast origins whose windows overlap, and which are not independent."""
        return self.meta.context_length + self.meta.prediction_length

    @property
    def needs_ahead(self) -> bool:
        """Whether a forecast needs columns of the steps ahead; the calendar is no column."""
        columns = {column["name"] for column in self.meta.columns}
        return any(one.known == "future" and one.name in columns for one in self.meta.covariates)

    @property
    def test_windows(self) -> int:
        """Forecast origins of the test split."""
        return self.meta.forecast_origins["test"]

    @property
    def blocks(self) -> int | None:
        """Independent blocks of time in the test split; None where the series are the units."""
        return None if len(self.meta.series) >= FEWEST_SERIES else self.test_windows // self.block_length

    @property
    def lacks_data(self) -> bool:
        """Whether the test split is too short to compare anything."""
        return bool(self.metrics["comparison"].get("verdict") == NOT_ENOUGH)

    @property
    def probe_faults(self) -> list[str]:
        """The evidence of each control of the memory probe that failed: with one, the probe's results mean nothing."""
        controls = self.probe.get("controls", {}).values()
        failed = [control for control in controls if control["result"] == "failed"]
        return [control["evidence"] for control in failed if control.get("kind") != "finding"]

    @property
    def timed(self) -> bool:
        """Whether the training times of both families can be told."""
        return set(FAMILIES) <= set(self.times)


def in_seconds(value: float) -> str:
    """Seconds for people: whole ones from ten on, two digits below, as 0 s is no time.

    >>> in_seconds(0.034), in_seconds(3.14), in_seconds(1234.5)
    ('0.034', '3.1', '1,234')
    """
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"  # noqa: PLR2004


def told_p(value: float) -> str:
    """A p-value for people.

    >>> told_p(0.0123), told_p(1e-9)
    ('p = 0.012', 'p < 0.001')
    """
    return f"p = {value:.3f}" if value >= 0.001 else "p < 0.001"  # noqa: PLR2004


def rows_of(metrics: Report) -> dict[str, Report]:
    """The row of every forecaster in reports/metrics.json, by its name; those of the other recipes lie deeper there."""
    named = {name: row for name, row in metrics.items() if "mse" in row}
    for recipe in (recipe for recipe in RECIPES if recipe in metrics):
        of_recipe = {name: row for name, row in metrics[recipe].items() if "mse" in row}
        named |= {name.replace(family := name.split("_")[0], paths.forecaster(family, recipe)): row
                  for name, row in of_recipe.items()}  # fmt: skip
    return named


def load_results(analyses: Sequence[str], train_settings: str) -> Results:
    """Read the results that lie here.

    Args:
        analyses: Names of the analyses that were asked for, as in `report.analyses`.
        train_settings: `given` or `tuned`, as in `train.settings`.

    Raises:
        InputError: A file is missing or damaged.
    """
    (times, machine), metrics = _load_times(), read_json(paths.METRICS)
    settings = {family: read_json(paths.family_settings(train_settings, family)) for family in FAMILIES}
    tuned = FAMILIES if train_settings == "tuned" else ()
    panel = "over_series" in metrics
    return Results(
        meta=load_meta(),
        settings=settings,
        params=paths.PARAMS.read_text(encoding="utf-8"),
        metrics=metrics,
        seeds=_read_table(paths.SEEDS),
        horizon=_read_table(paths.HORIZON),
        series=_read_table(paths.SERIES_SCORES),
        ranks=_read_table(paths.RANKS) if panel else pd.DataFrame(),
        kinds=_read_table(paths.KINDS) if panel else pd.DataFrame(),
        forecasts=_read_table(paths.FORECASTS),
        histories={paths.forecaster(*run): _read_table(paths.history(*run)) for run in _trained_runs()},
        times=times,
        epoch_seconds=_load_epoch_seconds(times),
        probe=read_json(paths.PROBE),
        trials=_read_table(paths.PROBE_TABLE),
        inspection=read_json(paths.INSPECT),
        gradients=_read_table(paths.MEAN_GRADIENTS),
        occlusion=_read_table(paths.OCCLUSION_MAP),
        convergence=_read_table(paths.CONVERGENCE),
        cost=_load_cost(machine),
        searches={family: _load_search(family, settings[family]["tuning"], machine) for family in tuned},
        analyses={name: read_json(paths.analysis(name)) for name in analyses},
        studies={name: read_json(study_path(name)) for name in STUDIES if study_path(name).exists()},
        machine=machine,
    )


def study_path(name: str) -> Path:
    """Where the findings of a committed study lie."""
    return paths.STUDIES / f"{name}.json"


def figure_path(name: str) -> Path:
    """Where a figure lies; those of times are apart, as no stage declares them."""
    return (paths.TIMES if name in TIMED_FIGURES else paths.FIGURES) / f"{name}.png"


def _load_times() -> tuple[dict[str, Report], str]:
    """Times of the families, as far as they belong to this run and to one machine; and that machine."""
    lying = {run: read_json(paths.times(*run)) for run in _trained_runs() if paths.times(*run).exists()}
    fresh = {run: found for run, found in lying.items() if found.get("of") == fingerprint(paths.history(*run))}
    machines = {str(found["machine"]) for found in fresh.values()}
    machine = machines.pop() if len(machines) == 1 else machine_label()
    here = {run: found for run, found in fresh.items() if str(found["machine"]) == machine}
    return {paths.forecaster(*run): found for run, found in here.items()}, machine


def _trained_runs() -> list[tuple[str, str]]:
    """Family and recipe of every training that left a history; the tutorial's must be there."""
    runs = [(family, recipe) for recipe in RECIPES for family in FAMILIES]
    return [(family, recipe) for family, recipe in [*runs, ("mlp", paths.TUTORIAL)]
            if recipe == paths.TUTORIAL or paths.history(family, recipe).exists()]  # fmt: skip


def _load_epoch_seconds(timed: Mapping[str, Report]) -> pd.DataFrame:
    runs = [(family, recipe) for family, recipe in _trained_runs() if family in FAMILIES
            and paths.forecaster(family, recipe) in timed]  # fmt: skip
    tables = [_read_table(paths.epoch_times(*run)).assign(family=paths.forecaster(*run)) for run in runs]
    return pd.concat(tables) if tables else pd.DataFrame(columns=["family", "seed", "epoch", "seconds"])


def _load_cost(machine: str) -> Cost | None:
    if not paths.COST.exists():
        return None
    report = read_json(paths.COST)
    here = is_of_host(machine, report["machine"].get("label", ""))  # the probe measures all devices of its host
    return Cost(report, _read_table(paths.COST_TABLE)) if here else None


def _load_search(family: str, told: Report, machine: str) -> Search:
    spent = read_json(path) if (path := paths.tuning_times(family)).exists() else {}
    current = spent.get("of") == fingerprint(paths.family_settings("tuned", family))
    timed = current and is_of_host(machine, spent["machine"])
    parts = ("epochs", "trials", "current", "chosen", "finalists", "importance")
    return Search(
        budget=told["plan"]["budget"], seconds=spent["trials"] if timed else None, **{key: told[key] for key in parts}
    )


def _read_table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path)
    except FileNotFoundError:
        raise InputError(f"{path} is missing; run: dvc repro") from None
