"""What a GPU changes: an epoch of all seeds, one after the other and stacked, on the CPU and on a device that is seen.

In one process, on the CPU with one thread, and with next to no validation. How far losses are from those of the CPU
stands beside the seconds.
"""

from dataclasses import replace
from itertools import product
from typing import Any, Final

import numpy as np
import torch

from benchmarks.case import Case
from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.runtime.device import CPU, device_label, devices_of, make_repeatable
from rnn_vs_transformer.runtime.run import RunParams
from rnn_vs_transformer.training.fit import UNWATCHED, Fit, begin, fit
from rnn_vs_transformer.training.stack import can_be_stacked, fit_stacked

EPOCHS: Final = 3
"""The first warms up, and the fastest of the others counts."""
PRECISIONS: Final = ("float32", "bfloat16")
Row = dict[str, Any]


def measure_devices(case: Case, families: tuple[str, ...]) -> dict[str, list[Row]]:
    """A row per device, family, precision and way of training seeds: seconds of an epoch of all seeds.

    `off` is the largest relative difference of a loss from the CPU's, one seed after the other in float32.
    """
    torch.set_num_threads(1)
    seen = devices_of(RunParams(workers=1, backend="loky", address="local", device="auto"))
    rows, exact = list[Row](), dict[str, FloatArray]()
    for device in (CPU, *[one for one in seen[:1] if one != CPU]):
        make_repeatable(device)
        for family, precision, stacked in product(families, PRECISIONS, (False, True)):
            if stacked and not can_be_stacked(case.build(family)):
                continue
            runs = _train(replace(case, device=device), family, precision, stacked)
            losses = np.array([run.train_losses for run in runs])
            off = float(np.abs(losses / exact.setdefault(family, losses) - 1).max())
            seconds = min(sum(run.seconds[epoch] for run in runs) for epoch in range(1, EPOCHS))
            told = {"device": device_label(device), "family": family, "precision": precision, "stacked": stacked}
            rows.append({**told, "seeds": len(runs), "seconds": round(seconds, 4), "off": float(f"{off:.2g}")})
    return {"epochs": rows}


def _train(case: Case, family: str, precision: str, stacked: bool) -> list[Fit]:
    """All seeds, which fix first weights and order of the batches; dropout is off, as it is drawn anew on a device."""
    case = case.with_model({"dropout": 0.0})
    changes = {"epochs": EPOCHS, "patience": EPOCHS, "precision": precision}
    params = case.params.train.model_copy(update=changes)
    windows = case.train, case.one_window
    models = [case.build(family, seed).to(case.device) for seed in range(case.params.train.seeds)]
    if not stacked:
        return [fit(model, windows, params, seed) for seed, model in enumerate(models)]
    states = [begin(model, windows, params, seed, UNWATCHED, False) for seed, model in enumerate(models)]
    return fit_stacked(states, windows, params)
