"""The two probes that look into models, gradient flow and lag recovery, over all seeds and written to files."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from tqdm import tqdm

from rnn_vs_transformer.data.series import load_development, load_meta
from rnn_vs_transformer.models.rnn import CELLS
from rnn_vs_transformer.models.settings import trained_settings
from rnn_vs_transformer.models.shell import Builder
from rnn_vs_transformer.params import DataParams, InspectParams, RnnModelParams, RunParams, SharedModelParams
from rnn_vs_transformer.probes.attribution import (
    Attribution,
    attend,
    attention_table,
    draw_donors,
    map_table,
    occlude,
    profile_table,
)
from rnn_vs_transformer.probes.gradients import (
    GradientRow,
    gradient_norms,
    gradient_table,
    mean_gradient_table,
    summarise_decay,
)
from rnn_vs_transformer.probes.intervals import significant
from rnn_vs_transformer.probes.lag_recovery import regime_echo
from rnn_vs_transformer.probes.recovery_report import recovery_table, summarise_recovery
from rnn_vs_transformer.probes.subjects import build_trained, build_untrained, sample_windows
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import write_json, write_table
from rnn_vs_transformer.runtime.parallel import run_side_by_side
from rnn_vs_transformer.sources.synthetic import deterministic_part
from rnn_vs_transformer.training.seeds import development_windows

Report = dict[str, Any]
UNKNOWN = "no known delay"


@dataclass(frozen=True)
class SeedInspection:
    """What one seed's worker hands back."""

    gradients: list[GradientRow]
    attributions: list[Attribution]


def inspect_families(
    builders: Mapping[str, Builder],
    data: DataParams,
    seeds: int,
    params: InspectParams,
    run: RunParams,
) -> Report:
    """Look into all models on the validation windows and write the reports.

    Trained models are those of train_rnn and train_transformer. Of the other cells only the untrained gradients are
    shown: they have not been trained.

    Args:
        builders: The families, `rnn` and `transformer`, by name.
        data: Read are source and synthetic, for the delay.
        seeds: Trained seeds per family.
        params: Settings of the probes.
        run: How many seeds at once, and where; does not change any result.

    Returns:
        The report, as written to reports/inspect.json.

    Raises:
        InputError: A file of an earlier stage is missing or does not fit.
    """
    weights = [paths.weights(family, seed) for family in builders for seed in range(seeds)]
    reads = [*paths.SERIES, *map(paths.settings, builders), *weights]
    running = run_side_by_side(partial(inspect_seed, builders, params), range(seeds), run, reads)
    results: list[SeedInspection] = list(tqdm(running, "inspect", seeds, unit="seed"))
    gradients = [row for result in results for row in result.gradients]
    attributions = [found for result in results for found in result.attributions]
    _write_gradients(gradients)
    _write_attributions(attributions)
    report = {
        "gradients": _gradient_report(gradients),
        "lag_recovery": _recovery_report(attributions, data, params.recent_steps),
    }
    write_json(paths.INSPECT, report)
    return report


def inspect_seed(builders: Mapping[str, Builder], params: InspectParams, seed: int) -> SeedInspection:
    """Look into all models of one seed."""
    meta = load_meta()
    sample = sample_windows(development_windows(meta)[1], params.windows)
    donors = draw_donors(sample.channel, params.seed)
    gradients, attributions = [], []
    for family, build in builders.items():
        model = trained_settings(family).model
        for name, settings in _variants(family, model):
            untrained = build_untrained(build, settings, meta, seed)
            gradients.append(GradientRow(name, "untrained", seed, gradient_norms(untrained, sample)))
        name = _name(family, model)
        trained = build_trained(family, build, meta, seed)
        gradients.append(GradientRow(name, "trained", seed, gradient_norms(trained, sample)))
        attributions.append(Attribution(name, "occlusion", seed, occlude(trained, sample, donors)))
        if family == "transformer":
            attributions.append(Attribution(name, "attention", seed, attend(trained, sample)))
    return SeedInspection(gradients, attributions)


def _name(family: str, model: SharedModelParams) -> str:
    return model.cell if isinstance(model, RnnModelParams) else family


def _variants(family: str, model: SharedModelParams) -> list[tuple[str, SharedModelParams]]:
    """Names and settings of the models of a family that are looked at before training: all cells of the RNN."""
    if family != "rnn":
        return [(family, model)]
    return [(cell, model.model_copy(update={"cell": cell})) for cell in CELLS]


def _write_gradients(rows: list[GradientRow]) -> None:
    table = gradient_table(rows)
    write_table(paths.GRADIENTS, table)
    write_table(paths.MEAN_GRADIENTS, mean_gradient_table(table))


def _gradient_report(rows: list[GradientRow]) -> Report:
    report: Report = {}
    for name, stage in dict.fromkeys((row.model, row.stage) for row in rows):
        found = [row for row in rows if (row.model, row.stage) == (name, stage)]
        report.setdefault(name, {})[stage] = summarise_decay(found)
    return report


def _write_attributions(attributions: list[Attribution]) -> None:
    occlusions = [found for found in attributions if found.method == "occlusion"]
    attentions = [found for found in attributions if found.method == "attention"]
    write_table(paths.ATTRIBUTION, profile_table(occlusions))
    write_table(paths.OCCLUSION_MAP, map_table(occlusions))
    write_table(paths.ATTENTION, attention_table(attentions))


def _recovery_report(attributions: list[Attribution], data: DataParams, recent_steps: int) -> Report:
    """Write the scores per seed; return their summary."""
    delay = data.synthetic.delay if data.source == "synthetic" else None
    horizon = load_meta().prediction_length
    table = recovery_table(attributions, delay, horizon, recent_steps)
    write_table(paths.LAG_RECOVERY, table)
    if delay is None:
        return {"delay": UNKNOWN}
    report: Report = {"delay": delay, **_echo(data, delay)}
    for name, method in dict.fromkeys((found.model, found.method) for found in attributions):
        found = [one for one in attributions if (one.model, one.method) == (name, method)]
        rows = table[(table["model"] == name) & (table["method"] == method)]
        report.setdefault(name, {})[method] = summarise_recovery(found, rows, delay, horizon, recent_steps)
    return report


def _echo(data: DataParams, delay: int) -> dict[str, float]:
    """How well the regime can be read a delay earlier, on the train and validation steps."""
    values = load_development()[:, 0]
    if len(values) <= delay:
        return {}
    deviation = values - deterministic_part(data.synthetic, np.arange(len(values)))
    return {"regime_echo": significant(regime_echo(deviation, delay))}
