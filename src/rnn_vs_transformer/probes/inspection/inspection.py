"""What lies in the models, gradient flow, attribution and lag recovery, over all seeds and written to files."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from tqdm import tqdm

from rnn_vs_transformer.data.series import load_development, load_meta, load_splits
from rnn_vs_transformer.data.windows import windows_of
from rnn_vs_transformer.evaluation.intervals import significant
from rnn_vs_transformer.models.rnn import CELLS
from rnn_vs_transformer.models.weights import load_seed
from rnn_vs_transformer.probes.inspection.attribution import (
    Attribution,
    attention_profile,
    attention_table,
    draw_donors,
    map_table,
    occlude,
    profile_table,
)
from rnn_vs_transformer.probes.inspection.gradients import (
    GradientRow,
    gradient_norms,
    gradient_table,
    mean_gradient_table,
    summarise_decay,
)
from rnn_vs_transformer.probes.inspection.lag_recovery import COLUMNS, recovery_table, regime_echo, summarise_recovery
from rnn_vs_transformer.probes.inspection.subjects import build_untrained, sample_windows
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import write_json, write_table
from rnn_vs_transformer.runtime.parallel import run_side_by_side
from rnn_vs_transformer.runtime.run import RunParams
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.settings.family.families import FAMILIES, trained_settings
from rnn_vs_transformer.settings.family.model import RnnModelParams
from rnn_vs_transformer.settings.inspect import InspectParams
from rnn_vs_transformer.sources.synthetic import deterministic_part

Found = TypeVar("Found", GradientRow, Attribution)
Report = dict[str, Any]


@dataclass(frozen=True)
class SeedInspection:
    """What one seed's worker hands back."""

    gradients: list[GradientRow]
    attributions: list[Attribution]


def inspect_families(data: DataParams, params: InspectParams, run: RunParams) -> Report:
    """Look into all models on the validation windows and write the reports.

    Trained models are those of train_rnn and train_transformer, with the seeds that both have. Of the other cells only
    the untrained gradients are shown: they have not been trained.

    Args:
        data: Read are source and synthetic, for the delay.
        params: Settings of the probes.
        run: How many seeds at once, and where; does not change any result.

    Returns:
        The report, as written to reports/inspect.json.

    Raises:
        InputError: A file of an earlier stage is missing or does not fit.
    """
    seeds = range(min(trained_settings(family).seeds for family in FAMILIES))
    weights = [paths.weights(family, seed) for family in FAMILIES for seed in seeds]
    reads = [*paths.SERIES, *map(paths.trained_settings, FAMILIES), *weights]
    running = run_side_by_side(partial(inspect_seed, params), seeds, run, reads)
    results: list[SeedInspection] = list(tqdm(running, "inspect", len(seeds), unit="seed"))
    gradients = [row for result in results for row in result.gradients]
    attributions = [found for result in results for found in result.attributions]
    table = gradient_table(gradients)
    write_table(paths.GRADIENTS, table)
    write_table(paths.MEAN_GRADIENTS, mean_gradient_table(table))
    _write_attributions(attributions)
    report = {
        "gradients": _nested(gradients, "stage", summarise_decay),
        "lag_recovery": _recovery_report(attributions, data, params.recent_steps),
    }
    write_json(paths.INSPECT, report)
    return report


def inspect_seed(params: InspectParams, seed: int) -> SeedInspection:
    """Look into all models of one seed; before training into all cells of the RNN."""
    meta = load_meta()
    [validation] = windows_of(load_splits(), "validation")
    sample = sample_windows(validation, params.windows)
    donors = draw_donors(sample.channel, params.seed)
    gradients, attributions = [], []
    for family in FAMILIES:
        model = trained_settings(family).model
        name = model.cell if isinstance(model, RnnModelParams) else family
        variants = {family: model}
        if isinstance(model, RnnModelParams):
            variants = {cell: model.model_copy(update={"cell": cell}) for cell in CELLS}
        for variant, settings in variants.items():
            untrained = build_untrained(family, settings, meta, seed)
            gradients.append(GradientRow(variant, "untrained", seed, gradient_norms(untrained, sample)))
        trained = load_seed(family, seed, meta).eval()
        gradients.append(GradientRow(name, "trained", seed, gradient_norms(trained, sample)))
        attributions.append(Attribution(name, "occlusion", seed, occlude(trained, sample, donors)))
        if family == "transformer":
            attributions.append(Attribution(name, "attention", seed, attention_profile(trained, sample)))
    return SeedInspection(gradients, attributions)


def _nested(found: list[Found], kind: str, describe: Callable[[list[Found]], Report]) -> Report:
    """A description of what was found of each model and kind, over its seeds."""
    groups: dict[tuple[str, str], list[Found]] = {}
    for one in found:
        groups.setdefault(attrgetter("model", kind)(one), []).append(one)
    report: Report = {}
    for (model, name), seeds in groups.items():
        report.setdefault(model, {})[name] = describe(seeds)
    return report


def _write_attributions(attributions: list[Attribution]) -> None:
    occlusions, attentions = (
        [found for found in attributions if found.method == method] for method in ("occlusion", "attention")
    )
    write_table(paths.ATTRIBUTION, profile_table(occlusions))
    write_table(paths.OCCLUSION_MAP, map_table(occlusions))
    write_table(paths.ATTENTION, attention_table(attentions))


def _recovery_report(attributions: list[Attribution], data: DataParams, recent_steps: int) -> Report:
    """Write the scores per seed; return their summary."""
    if data.source != "synthetic":
        write_table(paths.LAG_RECOVERY, pd.DataFrame(columns=list(COLUMNS)))
        return {"delay": "no known delay"}
    delay, horizon = data.synthetic.delay, load_meta().prediction_length
    write_table(paths.LAG_RECOVERY, recovery_table(attributions, delay, horizon, recent_steps))
    values = load_development()[:, 0]
    deviation = values - deterministic_part(data.synthetic, np.arange(len(values)))
    echo = {"regime_echo": significant(regime_echo(deviation, delay))} if len(values) > delay else {}
    scores = _nested(attributions, "method", lambda found: summarise_recovery(found, delay, horizon, recent_steps))
    return {"delay": delay, **echo, **scores}
