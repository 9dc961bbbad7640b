"""From timings to findings: exponents, crossover lengths and parallel speed-up."""

import platform
from collections.abc import Iterator, Mapping
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from rnn_vs_transformer.models.shell import Builder
from rnn_vs_transformer.models.size import multiply_adds_per_window
from rnn_vs_transformer.params import CostParams
from rnn_vs_transformer.probes.cost import Measurements
from rnn_vs_transformer.probes.intervals import interval_entries, mean_interval, significant
from rnn_vs_transformer.probes.scaling import find_crossover, fit_exponent, fit_local_exponent
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import write_json, write_table

FloatArray = npt.NDArray[np.float64]
Report = dict[str, Any]

TIMES = {"train_step": "train_step_ms", "inference": "inference_ms"}
SIZES = {"memory": "peak_mebibytes", "multiply_adds": "multiply_adds"}


def write_cost_report(measured: Measurements, params: CostParams) -> Report:
    """Write the measurements and what follows from them.

    Returns:
        The report, as written to reports/cost.json: for each cost the exponents of each model and the crossover of
        the families; the speed-up by all threads; the machine; what there was no time for.
    """
    table = measured.table
    costs: Report = {}
    for setting, part in _settings(table):
        for name, column in TIMES.items():
            costs.setdefault(name, {})[setting] = summarise_cost(part, column)
    for device, part in table[table["threads"] == 1].groupby("device"):
        for name, column in SIZES.items():
            costs.setdefault(name, {})[str(device)] = summarise_cost(part, column)
    report = {
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": joblib.cpu_count(),
            "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
            "torch": str(torch.__version__),
        },
        "measured": {
            "width": params.width,
            "batch_size": params.batch_size,
            "longest_context_length": int(table["context_length"].max()),
            "skipped_context_lengths": ", ".join(map(str, measured.skipped)) or "none",
            "rounds": measured.rounds,
            "seconds": round(measured.seconds, 1),
            "free_share": round(measured.free_share, 2),
        },
        **costs,
        "speed_up_by_all_threads": summarise_speed_up(table[table["device"] == "cpu"]),
    }
    write_table(paths.COST_TABLE, table)
    write_json(paths.COST, report)
    return report


def write_multiply_adds(builders: Mapping[str, Builder], params: CostParams) -> None:
    """Write the multiply-adds per window of both families at every context length, measured in time or not."""
    rows = [
        {"context_length": length}
        | {
            family: multiply_adds_per_window(build(params.model, length, params.prediction_length, 1), length)
            for family, build in builders.items()
        }
        for length in params.context_lengths
    ]
    write_table(paths.WORK, pd.DataFrame(rows))


def summarise_cost(table: pd.DataFrame, column: str) -> Report:
    """Exponents of one cost for each model, and the crossover of the families.

    Args:
        table: Rows of one device and number of threads, columns model, context_length, round and `column`.
        column: The cost.

    Returns:
        Per model: exponent and local_exponent (longest half of the lengths), each with a 95 % interval. `crossover`:
        the context length with its interval, and the cheaper family below and above it; or
        `none`; or `unclear` where the cheaper family changes more than once.
    """
    report: Report = {}
    for name in table["model"].unique():
        lengths, costs = _costs(table, name, column)
        medians = np.median(costs, axis=0)
        whole, local = fit_exponent(lengths, medians), fit_local_exponent(lengths, medians)
        report[name] = {
            **interval_entries("exponent", whole.estimate, whole.low, whole.high),
            **interval_entries("local_exponent", local.estimate, local.low, local.high),
        }
    report["crossover"] = _crossover(table, column)
    return report


def _crossover(table: pd.DataFrame, column: str) -> Report:
    names = ("rnn", "transformer")
    (lengths, rnn), (_, transformer) = (_costs(table, name, column) for name in names)
    found = find_crossover(names, lengths, rnn, transformer)
    if found.cheaper_below == "unclear":
        return {"context_length": "unclear", "cheaper_at_longest": found.cheaper_above}
    if found.length is None:
        return {"context_length": "none", "cheaper": found.cheaper_above}
    return {
        **interval_entries("context_length", found.length, found.low, found.high),
        "cheaper_below": found.cheaper_below,
        "cheaper_above": found.cheaper_above,
        "share_of_resamples": significant(found.share),
    }


def summarise_speed_up(table: pd.DataFrame) -> Report:
    """Time of a training step on one thread over that on all, for each model and length.

    Args:
        table: Rows of the CPU, columns model, threads, context_length, round and train_step_ms.

    Returns:
        Per model, at each context length L `at_L` with a 95 % t interval: the geometric mean of the rounds' ratios.
        Empty on one core.
    """
    counts = sorted(table["threads"].unique())
    if len(counts) == 1:
        return {}
    report: Report = {}
    for name in table.loc[table["threads"] == counts[-1], "model"].unique():
        (lengths, one), (_, all_threads) = (
            _costs(table[table["threads"] == threads], name, "train_step_ms") for threads in (counts[0], counts[-1])
        )
        report[name] = {}
        for length, ratios in zip(lengths, (np.log(one) - np.log(all_threads)).T, strict=True):
            ratio = mean_interval(ratios)
            low, high = (None if bound is None else float(np.exp(bound)) for bound in (ratio.low, ratio.high))
            report[name] |= interval_entries(f"at_{length:.0f}", float(np.exp(ratio.mean)), low, high)
    return report


def _settings(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Rows of each device and number of threads, with a name for a report."""
    for (device, threads), part in table.groupby(["device", "threads"]):
        name = str(device) if device != "cpu" else ("cpu_one_thread" if threads == 1 else "cpu_all_threads")
        yield name, part


def _costs(table: pd.DataFrame, model: str, column: str) -> tuple[FloatArray, FloatArray]:
    """Rising context lengths (n,) and a model's costs (rounds, n)."""
    grid = table[table["model"] == model].pivot_table(index="round", columns="context_length", values=column)
    return grid.columns.to_numpy(dtype=np.float64), grid.to_numpy(dtype=np.float64)
