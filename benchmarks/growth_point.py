"""One point of the growth benchmark, in a process of its own for its memory: `python -m benchmarks.growth_point POINT`.

It trains a family for a few steps on the series in the working folder, as the training stage does, and prints JSON.
"""

import json
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import torch

from benchmarks.enough import Enough, fit_until_enough
from rnn_vs_transformer.data.axis import Axis
from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.series import Meta, Series, load_meta, load_splits, save_series
from rnn_vs_transformer.data.windows import windows_of
from rnn_vs_transformer.models.weights import build_family
from rnn_vs_transformer.runtime.heap import keep_freed_memory, peak_mebibytes
from rnn_vs_transformer.settings.family.families import given_settings
from rnn_vs_transformer.settings.whole import load_params

WARM_UP: Final = 2
FEWEST: Final = 2
"""Steps that are counted, at least."""
SECONDS: Final = 1.5
"""For which steps are counted."""
TRAIN, VALIDATION = 0.7, 0.15
"""Shares of the steps."""


@dataclass(frozen=True)
class Point:
    """What is trained on."""

    family: str = "rnn"
    series: int = 1
    steps: int = 20_000
    """Of each series."""
    context_length: int = 96
    prediction_length: int = 24
    batch_size: int = 64

    @classmethod
    def of_windows(cls, windows: int) -> Self:
        """One series with about so many windows to train on."""
        return cls(steps=round((windows + cls.context_length + cls.prediction_length - 1) / TRAIN))

    def save_series(self, settings: dict[str, Any]) -> None:
        """Write random series into the working folder; the cost of training does not depend on their values."""
        names = [f"sensor {number}" for number in range(self.series)]
        lengths = {"context_length": self.context_length, "prediction_length": self.prediction_length}
        meta = Meta({**settings, **lengths}, names, 24, Axis())
        panel = Panel.of(names, list(np.random.default_rng(0).standard_normal((self.series, self.steps))))
        train_end = round(TRAIN * self.steps)
        ends = [train_end, train_end + max(round(VALIDATION * self.steps), self.prediction_length + 1), self.steps]
        save_series(Series(meta, panel, np.tile(ends, (self.series, 1)), {}))


def train_some(point: Point, params_file: Path) -> dict[str, float]:
    """Median seconds of a step, seconds until training begins, windows, and the process's memory in MiB.

    `grown_mebibytes` leaves out what the process held before it read the series: Python, PyTorch and this package.
    """
    torch.set_num_threads(1)
    keep_freed_memory()
    before, began = peak_mebibytes(), time.perf_counter()
    params = load_params(params_file)
    settings = given_settings(point.family, params.model, params.train)
    budget = settings.train.model_copy(update={"batch_size": point.batch_size})
    train, validation = windows_of(load_splits(), "train", "validation")
    model, ready = build_family(point.family, settings.model, load_meta()), time.perf_counter()
    ends: list[float] = []

    def note(_: str) -> None:
        ends.append(time.perf_counter())
        counted = ends[WARM_UP - 1 :]
        if len(counted) > FEWEST and counted[-1] - counted[0] > SECONDS:
            raise Enough

    fit_until_enough(model, (train, validation), budget, note)
    step = statistics.median(np.diff(ends[WARM_UP - 1 :]))
    return {
        "windows": len(train),
        "ready_seconds": round(ready - began, 3),
        "step_seconds": round(step, 6),
        "epoch_seconds": round(step * len(train) / point.batch_size, 3),
        "peak_mebibytes": round(peak_mebibytes(), 1),
        "grown_mebibytes": round(peak_mebibytes() - before, 1),
    }


if __name__ == "__main__":
    told, params_path = sys.argv[1:]
    asked = Point(**json.loads(told))
    sys.stdout.write(json.dumps({**asdict(asked), **train_some(asked, Path(params_path))}))
