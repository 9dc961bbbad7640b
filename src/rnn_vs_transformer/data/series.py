"""The series as the later stages meet it: development steps in one file, test steps in another, facts in a third."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np

from rnn_vs_transformer.data.splits import Borders, FloatArray, Scaler, Splits
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import read_arrays, read_json, write_arrays, write_json


@dataclass(frozen=True)
class Meta:
    """What is known of the series besides its values."""

    source: str
    channels: list[str]
    borders: Borders
    season_length: int
    context_length: int
    prediction_length: int
    filled_cells: dict[str, int]
    """Interpolated cells per split."""
    oracle: str
    """`exact`, `monte carlo`, or `none` for a real series."""
    time_column: str | None = None
    first_time: str | None = None
    frequency: str | None = None


@dataclass(frozen=True)
class Series:
    """A whole series (steps, C) in its own units."""

    meta: Meta
    values: FloatArray
    floors: Mapping[str, FloatArray]
    """The best forecasts (N, H) of the test windows that one can make who knows the process, by name: the `oracle`, who
    has seen all the past, and `context_floor`, who has seen one context. Empty for a real series."""


def save_series(series: Series) -> None:
    """Write what `load_splits`, `load_test` and `load_meta` read."""
    borders = series.meta.borders
    write_arrays(paths.DEVELOPMENT, {"values": series.values[: borders.validation_end]})
    test = {"values": series.values[borders.validation_end : borders.test_end]}
    write_arrays(paths.TEST, {**test, **series.floors})
    write_json(paths.META, asdict(series.meta))


def load_meta() -> Meta:
    """Read the facts about the series."""
    content = read_json(paths.META)
    return Meta(**{**content, "borders": Borders(**content["borders"])})


def load_development() -> FloatArray:
    """Train and validation steps (steps, C), in series units."""
    return read_arrays(paths.DEVELOPMENT)["values"]


def load_test() -> tuple[FloatArray, dict[str, FloatArray]]:
    """Test steps (steps, C) and the floors' forecasts of them, as in `Series.floors`; in series units."""
    arrays = read_arrays(paths.TEST)
    return arrays.pop("values"), arrays


def load_splits(test: FloatArray | None = None) -> Splits:
    """The development steps, scaled on train; with the test steps (steps, C) behind them where these are handed over.

    Raises:
        InputError: A file is missing, damaged, or of another run.
    """
    meta, values = load_meta(), load_development()
    borders = meta.borders
    fits = test is None or len(values) + len(test) == borders.test_end
    if len(values) != borders.validation_end or not fits:
        raise InputError(f"{paths.DEVELOPMENT}, {paths.TEST} and {paths.META} are not of one run; run: dvc repro")
    scaler = Scaler.fit(values[: borders.train_end], meta.channels)
    steps = values if test is None else np.concatenate([values, test])
    return Splits(scaler.scale(steps), borders, meta.context_length, meta.prediction_length, scaler)
