"""Forecasts of the steps that follow a series, with intervals, from the mean of the seeds."""

from pathlib import Path
from typing import Final, Self

import numpy as np
import pandas as pd
import torch
from pandas.api.types import is_bool_dtype, is_complex_dtype, is_numeric_dtype
from torch import nn

from rnn_vs_transformer.data.splits import FloatArray
from rnn_vs_transformer.forecasting.artifact import FOLDER, Artifact, Schema, load_artifact, weights_file
from rnn_vs_transformer.forecasting.origin import require_current
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.weights import load_weights
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.sources.times import parse_times

SPACING_ROWS: Final = 12
"""Rows from which a spacing is told, more than a short context: five days may be a working week or any days."""


class Forecaster:
    """The trained models of one family, ready for new data.

    >>> Forecaster.load("models/forecaster").predict(frame)  # doctest: +SKIP
    """

    def __init__(self, family: str, artifact: Artifact, seeds: list[nn.Module]) -> None:
        """Use `load`."""
        self.family = family
        self._artifact = artifact
        self._seeds = seeds

    @property
    def schema(self) -> Schema:
        """What `predict` expects of the series."""
        return self._artifact.schema

    @classmethod
    def load(cls, folder: str | Path = FOLDER, family: str | None = None) -> Self:
        """Read the folder that the stage `package` wrote, wherever it was copied to.

        The family is `rnn` or `transformer`; None is the one with the lower validation loss.

        Raises:
            InputError: The folder is missing, damaged, of an earlier run of the workspace, or lacks the family.
        """
        artifact = load_artifact(Path(folder))
        require_current(Path(folder), artifact.origin)
        chosen = family or artifact.winner
        if chosen not in artifact.validation_mse:
            raise InputError(f"family must be one of {', '.join(artifact.validation_mse)}, got {chosen!r}")
        schema, seeds = artifact.schema, list[nn.Module]()
        shape = (schema.context_length, schema.prediction_length, len(schema.channels))
        for seed in range(artifact.seeds):
            model = BUILDERS[chosen](artifact.models[chosen], *shape)
            load_weights(model, weights_file(Path(folder), chosen, seed), "dvc repro --force package")
            seeds.append(model.eval())
        return cls(chosen, artifact, seeds)

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Forecast the `prediction_length` steps after the last row.

        Args:
            frame: A row per step, a column per channel, and the time column if the models were trained with one
                (or a DatetimeIndex instead); at least `context_length` rows, of which the last are used.

        Returns:
            A row per channel and horizon step: `time` (or `step`, counted from the last row), `channel`, `forecast`
            and for each level `low_80`, `high_80`, ..., in the series' own units. The ends of an interval are missing
            where validation was too short for it.

        Raises:
            InputError: A channel is missing or not numeric, or rows or times do not fit the models.
        """
        schema = self.schema
        context = self._context(frame)
        times = self._times(frame)
        scaled = torch.from_numpy(np.ascontiguousarray(self._artifact.scaler.scale(context).T, dtype=np.float32))
        with torch.no_grad():
            channel = torch.arange(len(scaled))
            forecasts = [seed(scaled, channel).double().numpy() for seed in self._seeds]
        mean = np.mean(forecasts, axis=0)  # (C, H)
        shape = (schema.prediction_length, len(schema.channels))
        steps = pd.Series(np.arange(1, shape[0] + 1), name="step") if times is None else pd.Series(times, name="time")
        columns = {steps.name: np.tile(steps, shape[1]), "channel": np.repeat(schema.channels, shape[0])}
        columns["forecast"] = self._in_units(mean)
        for level, half in zip(self._artifact.levels, self._artifact.half_widths[self.family], strict=True):
            known = np.where(np.isfinite(half), half, np.nan)
            columns[f"low_{100 * level:.0f}"] = self._in_units(mean - known)
            columns[f"high_{100 * level:.0f}"] = self._in_units(mean + known)
        return pd.DataFrame(columns)

    def _in_units(self, scaled: FloatArray) -> FloatArray:
        """(C, H) in scaled units to (C * H,) in the series' own."""
        return self._artifact.scaler.unscale(scaled.T).T.ravel()

    def _context(self, frame: pd.DataFrame) -> FloatArray:
        """The last L rows (L, C), in series units."""
        schema = self.schema
        absent = [name for name in schema.channels if name not in frame.columns]
        if absent:
            raise InputError(f"no column {absent[0]!r}; the models were trained on {', '.join(schema.channels)}")
        repeated = frame.columns[frame.columns.duplicated()]
        if len(repeated):
            raise InputError(f"column {repeated[0]!r} appears more than once")
        if len(frame) < schema.context_length:
            raise InputError(f"the models look at {schema.context_length} rows, but there are only {len(frame)}")
        rows = frame[schema.channels].iloc[-schema.context_length :]
        for name in schema.channels:
            if not is_numeric_dtype(rows[name]) or is_bool_dtype(rows[name]) or is_complex_dtype(rows[name]):
                raise InputError(f"column {name!r} must hold numbers, but is {rows[name].dtype}")
        values = rows.to_numpy(dtype=np.float64, na_value=np.nan)
        if not np.isfinite(values).all():
            row, channel = np.argwhere(~np.isfinite(values))[0]
            raise InputError(f"row {rows.index[row]!r}, column {schema.channels[channel]!r}: not a finite number")
        return values

    def _times(self, frame: pd.DataFrame) -> pd.DatetimeIndex | None:
        """The times of the forecast; None where the models know no spacing."""
        schema = self.schema
        if schema.frequency is None or schema.time_column is None:
            return None
        if schema.time_column in frame.columns:
            times = pd.DatetimeIndex(parse_times(frame[schema.time_column].astype(str)))
        elif isinstance(frame.index, pd.DatetimeIndex):
            times = frame.index
        else:
            raise InputError(f"no column {schema.time_column!r}, which holds the times")
        if times.tz is not None:  # as in training
            times = times.tz_convert("UTC")
        times = times[-max(schema.context_length, SPACING_ROWS) :]
        if times.isna().any():
            raise InputError(f"column {schema.time_column!r}: expected times like 2001-12-29 13:00:00")
        expected = pd.date_range(end=times[-1], periods=len(times), freq=schema.frequency)
        wrong = np.flatnonzero(times != expected)
        if len(wrong):
            raise InputError(
                f"column {schema.time_column!r}: the models were trained on times spaced {schema.frequency!r}, so "
                f"{expected[wrong[-1]]} was expected where {times[wrong[-1]]} stands, {len(times) - wrong[-1]} rows "
                "from the end"
            )
        return pd.date_range(times[-1], periods=schema.prediction_length + 1, freq=schema.frequency)[1:]
