"""Statistical forecasters on the official test of M4 hourly: `python -m studies.m4.peers AutoETS AutoTheta`.

Each is fitted once to all steps before the test, as those of the competition were. `summarise final` tells whoever lies
in `FOLDER` beside ours.
"""

import sys
import time
from typing import Final

import numpy as np

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import read_arrays, write_arrays
from rnn_vs_transformer.runtime.run import RunParams
from studies.m4.series import HORIZON, SEASON, read_series
from studies.m4.trials import FORECASTS
from studies.statistical import Task, forecast_all

FOLDER: Final = FORECASTS / "peers"
DEFAULT: Final = ("AutoETS", "AutoTheta")
"""AutoARIMA would take some six hours."""


def write_peer(name: str) -> None:
    """Forecasts (S, 48) in own units."""
    started, (_, series) = time.perf_counter(), read_series()
    tasks = [Task(name, one, np.array([len(one) - 1]), HORIZON, SEASON) for one in series]
    run = RunParams(workers=0, backend="loky", address="local", device="cpu")
    found, failed = forecast_all(tasks, run)
    write_arrays(FOLDER / f"{name}.safetensors", {"test": found})
    seconds = time.perf_counter() - started
    print(f"{name}: {len(series)} series in {seconds:.0f} s, {failed} by the seasonal naive (no fit)")  # noqa: T201


def read_peers() -> dict[str, FloatArray]:
    """Forecasts (S, 1, 48) by name; empty where `make m4-peers` was not run."""
    return {file.stem: read_arrays(file)["test"][:, None] for file in sorted(FOLDER.glob("*.safetensors"))}


if __name__ == "__main__":
    try:
        for asked in sys.argv[1:] or DEFAULT:
            write_peer(asked)
    except InputError as error:
        sys.exit(f"error: {error}")
