"""From timings to findings: exponents, crossover lengths and parallel speed-up."""

import platform
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from rnn_vs_transformer.evaluation.intervals import interval_entries, mean_interval, significant
from rnn_vs_transformer.probes.cost.measure import Measurements
from rnn_vs_transformer.probes.cost.scaling import find_crossover, fit_exponent, fit_local_exponent
from rnn_vs_transformer.probes.cost.workload import count_multiply_adds
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import write_json, write_table
from rnn_vs_transformer.runtime.machine import machine_label
from rnn_vs_transformer.settings.cost import CostParams
from rnn_vs_transformer.settings.family.families import FAMILIES

FloatArray = npt.NDArray[np.float64]
Report = dict[str, Any]

TIMES = {"train_step": "train_step_ms", "inference": "inference_ms"}
SIZES = {"memory": "peak_mebibytes", "multiply_adds": "multiply_adds"}


def write_cost_report(measured: Measurements, params: CostParams) -> Report:
    """Write the measurements and what follows from them.

    Returns:
        The report, as written to reports/times/cost.json: for each cost the exponents of each model and the crossover
        of the families; the speed-up by all threads; the machine; what there was no time for.
    """
    table = measured.table
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    processor = platform.processor() or platform.machine()
    report = {
        "machine": {
            "label": machine_label(),
            "processor": processor,
            "cores": joblib.cpu_count(),
            "gpu": gpu,
            "torch": str(torch.__version__),
        },
        "measured": {
            "cell": params.cell,
            "width": params.width,
            "batch_size": params.batch_size,
            "longest_context_length": int(table["context_length"].max()),
            "skipped_context_lengths": ", ".join(map(str, measured.skipped)) or "none",
            "rounds": measured.rounds,
            "seconds": round(measured.seconds, 1),
            "free_share": round(measured.free_share, 2),
        },
        **_summarise_costs(table),
        "speed_up_by_all_threads": summarise_speed_up(table[table["device"] == "cpu"]),
    }
    write_table(paths.COST_TABLE, table)
    write_json(paths.COST, report)
    return report


def write_multiply_adds(params: CostParams) -> None:
    """Write the multiply-adds per window of both families at every context length, measured in time or not."""
    table = pd.DataFrame({"context_length": params.context_lengths})
    for family in FAMILIES:
        table[family] = list(count_multiply_adds(family, params, params.context_lengths).values())
    write_table(paths.WORK, table)


def _summarise_costs(table: pd.DataFrame) -> Report:
    """Times for each device and number of threads, sizes for each device."""
    report: Report = {name: {} for name in (*TIMES, *SIZES)}
    for (device, threads), part in table.groupby(["device", "threads"]):
        setting = str(device) if device != "cpu" else "cpu_one_thread" if threads == 1 else "cpu_all_threads"
        for name, column in TIMES.items():
            report[name][setting] = summarise_cost(part, column)
        for name, column in SIZES.items() if threads == 1 else ():
            report[name][str(device)] = summarise_cost(part, column)
    return report


def summarise_cost(table: pd.DataFrame, column: str) -> Report:
    """Exponents of the cost in a column for each model, and the crossover of the families, on one device and threads.

    Returns:
        Per model: exponent and local_exponent (longest half of the lengths), each with a 95 % interval. `crossover`:
        the context length with its interval, and the cheaper family below and above it; or `none`; or `unclear` where
        the cheaper family changes more than once.
    """
    report: Report = {}
    for name in table["model"].unique():
        lengths, costs = _costs(table, name, column)
        report[name] = {}
        for kind, fit in (("exponent", fit_exponent), ("local_exponent", fit_local_exponent)):
            found = fit(lengths, np.median(costs, axis=0))
            report[name] |= interval_entries(kind, found.estimate, found.low, found.high)
    report["crossover"] = _crossover(table, column)
    return report


def _crossover(table: pd.DataFrame, column: str) -> Report:
    (lengths, rnn), (_, transformer) = (_costs(table, name, column) for name in FAMILIES)
    found = find_crossover(list(FAMILIES), lengths, rnn, transformer)
    if found.cheaper_below == "unclear":
        return {"context_length": "unclear", "cheaper_at_longest": found.cheaper_above}
    if found.length is None:
        return {"context_length": "none", "cheaper": found.cheaper_above}
    cheaper = {"cheaper_below": found.cheaper_below, "cheaper_above": found.cheaper_above}
    interval = interval_entries("context_length", found.length, found.low, found.high)
    return {**interval, **cheaper, "share_of_resamples": significant(found.share)}


def summarise_speed_up(table: pd.DataFrame) -> Report:
    """Time of a training step on one thread over that on all, for each model and length, from the rows of the CPU.

    Returns:
        Per model, at each context length L `at_L` with a 95 % t interval: the geometric mean of the rounds' ratios.
        Empty on one core.
    """
    fewest, most = table["threads"].min(), table["threads"].max()
    report: Report = {}
    for name in table.loc[table["threads"] == most, "model"].unique() if most > fewest else ():
        grids = [_costs(table[table["threads"] == threads], name, "train_step_ms") for threads in (fewest, most)]
        (lengths, one), (_, all_threads) = grids
        report[name] = {}
        for length, ratios in zip(lengths, (np.log(one) - np.log(all_threads)).T, strict=True):
            ratio = mean_interval(ratios)
            low, high = (None if bound is None else float(np.exp(bound)) for bound in (ratio.low, ratio.high))
            report[name] |= interval_entries(f"at_{length:.0f}", float(np.exp(ratio.estimate)), low, high)
    return report


def _costs(table: pd.DataFrame, model: str, column: str) -> tuple[FloatArray, FloatArray]:
    """Rising context lengths (n,) and a model's costs (rounds, n)."""
    grid = table[table["model"] == model].pivot_table(index="round", columns="context_length", values=column)
    return grid.columns.to_numpy(dtype=np.float64), grid.to_numpy(dtype=np.float64)
