"""The hourly series of the M4 competition, as its files give them, and their splits."""

from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.panel import FloatArray, IntArray, Panel
from rnn_vs_transformer.data.scaling import CovariateScaler, Scaler
from rnn_vs_transformer.data.series import scale_panel
from rnn_vs_transformer.data.splits import Splits
from rnn_vs_transformer.runtime.errors import InputError

TRAIN: Final = Path("data/raw/M4-Hourly-train.csv")
TEST: Final = Path("data/raw/M4-Hourly-test.csv")
HORIZON: Final = 48
SEASON: Final = 24


def read_series() -> tuple[list[str], list[FloatArray]]:
    """Names and values of the series, without the test steps.

    Raises:
        InputError: The file is missing.
    """
    table = _read(TRAIN)
    values = [row[~np.isnan(row)] for row in table.iloc[:, 1:].to_numpy(dtype=np.float64)]
    return table.iloc[:, 0].tolist(), values


def read_test() -> FloatArray:
    """The official test steps (S, 48), in own units: read once all forecasts are written."""
    return _read(TEST).iloc[:, 1:].to_numpy(dtype=np.float64)


def with_splits(
    series: tuple[list[str], list[FloatArray]], held: int, test: FloatArray | None = None
) -> tuple[Panel, IntArray]:
    """The series in own units, and where their splits end (S, 3): train is all but the last `held` steps.

    In the place of the test steps (S, n), where they are not given, stands the last value 48 times, so that a window
    reaches over them; nobody reads it.
    """
    names, known = series
    lengths = np.array([len(one) for one in known])
    after = np.stack([np.repeat(one[-1], HORIZON) for one in known]) if test is None else test
    panel = Panel.of(names, [np.append(one, ahead) for one, ahead in zip(known, after, strict=True)])
    return panel, np.stack([lengths - held, lengths, lengths + after.shape[1]], axis=1)


def cut(
    series: tuple[list[str], list[FloatArray]],
    held: int,
    context_length: int,
    transform: Any,
    test: FloatArray | None = None,
) -> Splits:
    """The splits of `with_splits`, scaled on train."""
    panel, ends = with_splits(series, held, test)
    scaler = Scaler.fit(panel.part(np.zeros_like(ends[:, 0]), ends[:, 0]), transform)
    scaled = scale_panel(panel, np.arange(len(panel)), scaler, CovariateScaler({}, {}))
    return Splits(scaled, ends, context_length, HORIZON, scaler)


def _read(path: Path) -> pd.DataFrame:
    if not path.exists():
        raise InputError(f"{path} is missing: put {path.name} of github.com/Mcompetitions/M4-methods there")
    return pd.read_csv(path)
