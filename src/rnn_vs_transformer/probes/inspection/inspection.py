"""What lies in the models, gradient flow, attribution and lag recovery, over all seeds and written to files."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from rnn_vs_transformer.data.series import load_development, load_meta, load_splits
from rnn_vs_transformer.data.windows import windows_of
from rnn_vs_transformer.evaluation.intervals import significant
from rnn_vs_transformer.models.rnn import CELLS
from rnn_vs_transformer.models.weights import load_seed
from rnn_vs_transformer.probes.inspection import attribution, gradients, lag_recovery
from rnn_vs_transformer.probes.inspection.subjects import Importance, build_untrained, sample_windows
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import write_json, write_table
from rnn_vs_transformer.runtime.parallel import run_side_by_side
from rnn_vs_transformer.runtime.run import RunParams
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.settings.family.families import FAMILIES, trained_settings
from rnn_vs_transformer.settings.family.model import RnnModelParams
from rnn_vs_transformer.settings.inspect import InspectParams
from rnn_vs_transformer.sources.synthetic import deterministic_part

Report = dict[str, Any]


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
    tasks = [(seed, family) for family in [*FAMILIES][::-1] for seed in seeds]  # the longest first
    running = run_side_by_side(partial(inspect_seed, params), tasks, run, reads)
    by_task = dict(zip(tasks, tqdm(running, "inspect", len(tasks), unit="model"), strict=True))
    found = [one for seed in seeds for family in FAMILIES for one in by_task[seed, family]]
    norms, occlusions, attentions, attributions = (
        [one for one in found if one.kind in kinds]
        for kinds in (("untrained", "trained"), ("occlusion",), ("attention",), ("occlusion", "attention"))
    )
    table = gradients.gradient_table(norms)
    write_table(paths.GRADIENTS, table)
    write_table(paths.MEAN_GRADIENTS, gradients.mean_gradient_table(table))
    write_table(paths.ATTRIBUTION, attribution.profile_table(occlusions))
    write_table(paths.OCCLUSION_MAP, attribution.map_table(occlusions))
    write_table(paths.ATTENTION, attribution.attention_table(attentions))
    report = {
        "gradients": _nested(norms, gradients.summarise_decay),
        "lag_recovery": _recovery_report(attributions, data, params.recent_steps),
    }
    write_json(paths.INSPECT, report)
    return report


def inspect_seed(params: InspectParams, task: tuple[int, str]) -> list[Importance]:
    """Look into one seed of a family; before training into all cells of the RNN."""
    (seed, family), meta = task, load_meta()
    [validation] = windows_of(load_splits(), "validation")
    sample = sample_windows(validation, params.windows)
    donors = attribution.draw_donors(sample.series, params.seed)
    found, model = [], trained_settings(family).model
    name, variants = family, {family: model}
    if isinstance(model, RnnModelParams):
        name, cells = model.cell, {**CELLS, model.cell: None}
        variants = {cell: model.model_copy(update={"cell": cell}) for cell in cells}
    for variant, settings in variants.items():
        untrained = build_untrained(family, settings, meta, seed)
        found.append(Importance(variant, "untrained", seed, gradients.gradient_norms(untrained, sample)))
    trained = load_seed(family, seed, meta).eval()
    found.append(Importance(name, "trained", seed, gradients.gradient_norms(trained, sample)))
    found.append(Importance(name, "occlusion", seed, attribution.occlude(trained, sample, donors)))
    if family == "transformer":
        found.append(Importance(name, "attention", seed, attribution.attention_profile(trained, sample)))
    return found


def _nested(found: list[Importance], describe: Callable[[list[Importance]], Report]) -> Report:
    """A description, by model and kind, of what was found over the seeds."""
    groups: dict[str, dict[str, list[Importance]]] = {}
    for one in found:
        groups.setdefault(one.model, {}).setdefault(one.kind, []).append(one)
    return {model: {kind: describe(seeds) for kind, seeds in kinds.items()} for model, kinds in groups.items()}


def _recovery_report(attributions: list[Importance], data: DataParams, recent_steps: int) -> Report:
    """Write the scores per seed; return their summary."""
    if data.source != "synthetic":
        write_table(paths.LAG_RECOVERY, pd.DataFrame(columns=lag_recovery.COLUMNS))
        return {"delay": "no known delay"}
    delay, horizon = data.synthetic.delay, load_meta().prediction_length
    attributions = [replace(one, per_step=lag_recovery.read_part(one.per_step)) for one in attributions]
    write_table(paths.LAG_RECOVERY, lag_recovery.recovery_table(attributions, delay, horizon, recent_steps))
    values = load_development()[0].values  # noqa: PD011
    deviation = values - deterministic_part(data.synthetic, np.arange(len(values)))
    echo = {"regime_echo": significant(lag_recovery.regime_echo(deviation, delay))} if len(values) > delay else {}
    scores = _nested(attributions, lambda found: lag_recovery.summarise_recovery(found, delay, horizon, recent_steps))
    return {"delay": delay, **echo, **scores}
