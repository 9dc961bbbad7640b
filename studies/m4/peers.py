"""Statistical forecasters on the official test of M4 hourly: `python -m studies.m4.peers AutoETS AutoTheta`.

Each is fitted once to all steps before the test, as those of the competition were. Their errors are kept in `PEERS`,
which `summarise final` tells beside ours.
"""

import sys
import time
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_table
from rnn_vs_transformer.runtime.run import RunParams
from studies.m4.scores import METRICS, judge_of_test
from studies.m4.series import HORIZON, SEASON, TRAIN, read_series, read_test
from studies.m4.summary import series_table
from studies.statistical import Task, forecast_all

PEERS: Final = Path("studies/m4/peers.csv")
"""A row per series."""
DEFAULT: Final = ("AutoETS", "AutoTheta")
"""AutoARIMA would take some six hours."""


def write_peer(name: str) -> None:
    """Fit one to every series, and add its errors on the official test to the table."""
    started, (names, series) = time.perf_counter(), read_series()
    tasks = [Task(name, one, np.array([len(one) - 1]), HORIZON, SEASON) for one in series]
    run = RunParams(workers=0, backend="loky", address="local", device="cpu")
    found, failed = forecast_all(tasks, run)
    errors = read_peers(names) | {name: judge_of_test(series, read_test()).errors(found[:, None])}
    write_table(PEERS, series_table(pd.DataFrame({"series": names}), dict(sorted(errors.items()))))
    seconds = time.perf_counter() - started
    print(f"{name}: {len(series)} series in {seconds:.0f} s, {failed} by the seasonal naive (no fit)")  # noqa: T201


def read_peers(series: list[str]) -> dict[str, dict[str, FloatArray]]:
    """Errors on each series (S,) by name and metric, as far as `make m4-peers` has found them.

    Raises:
        InputError: The table is of other series.
    """
    if not PEERS.exists():
        return {}
    table = pd.read_csv(PEERS)
    if table["series"].tolist() != series:
        raise InputError(f"{PEERS} is of other series than {TRAIN}; remove it, then run: make m4-peers")
    names = [column.removesuffix("_mase") for column in map(str, table) if column.endswith("_mase")]
    return {name: {metric: table[f"{name}_{metric}"].to_numpy() for metric in METRICS} for name in names}


if __name__ == "__main__":
    try:
        for asked in sys.argv[1:] or DEFAULT:
            write_peer(asked)
    except InputError as error:
        sys.exit(f"error: {error}")
