"""Forecasts of the steps that follow series, with intervals; of trained models by the mean of their seeds."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.panel import FloatArray, IntArray, Panel
from rnn_vs_transformer.data.scaling import Scaler
from rnn_vs_transformer.data.series import Meta, lower_bounds, scale_panel
from rnn_vs_transformer.data.splits import Places
from rnn_vs_transformer.data.windows import Windows, steps_of
from rnn_vs_transformer.evaluation.scoring import forecast_windows, mean_of_models
from rnn_vs_transformer.forecasting.artifact import FOLDER, FORECASTERS, Artifact, load_artifact, weights_file
from rnn_vs_transformer.forecasting.bounds import NEW, forecast_columns
from rnn_vs_transformer.forecasting.origin import require_current
from rnn_vs_transformer.models.baselines import last_value_forecast, seasonal_naive_forecast
from rnn_vs_transformer.models.shell import ForecastModel
from rnn_vs_transformer.models.weights import build_family, load_weights
from rnn_vs_transformer.runtime.errors import InputError, quoted
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.sources.future import read_future
from rnn_vs_transformer.sources.sheet import pandas_of
from rnn_vs_transformer.sources.tabular import Reading, read_frame, read_path

log = logging.getLogger(__name__)


class Forecaster:
    """One of the forecasters of an artifact, ready for new data.

    >>> Forecaster.load("models/forecaster").predict(frame)  # doctest: +SKIP
    """

    def __init__(self, name: str, artifact: Artifact, seeds: Mapping[str, list[ForecastModel]]) -> None:
        """Use `load`."""
        self.name = name
        self._artifact = artifact
        self._seeds = seeds
        self._members = artifact.members(name)

    @property
    def meta(self) -> Meta:
        """Of the series that were trained on."""
        return self._artifact.meta

    @property
    def accuracy(self) -> dict[str, float]:
        """What this forecaster reached on the test split of the series that were trained on."""
        return dict(self._artifact.accuracy[self.name])

    @classmethod
    def load(cls, folder: str | Path = FOLDER, family: str = "best") -> Self:
        """Read the folder that the stage `package` wrote, wherever it was copied to.

        Args:
            folder: Of the artifact.
            family: One of `FORECASTERS`; `best` is the one that validation chooses, see `choose_forecaster`.

        Raises:
            InputError: The folder is missing, damaged or of an earlier run of the workspace, or has no such forecaster.
        """
        artifact = load_artifact(Path(folder))
        require_current(Path(folder), artifact.origin)
        name = artifact.best if family == "best" else family
        if name not in FORECASTERS:
            raise InputError(f"family must be best or one of {', '.join(FORECASTERS)}, got {family!r}")
        trained = [member for member in artifact.members(name) if member in artifact.seeds]
        return cls(name, artifact, {member: _load_seeds(Path(folder), artifact, member) for member in trained})

    def predict(self, data: Any, future: Any = None) -> pd.DataFrame:
        """Forecast the `prediction_length` steps after the last observed one of each series.

        Args:
            data: A file, or a pandas or polars frame, of the form that was trained on; times may be the index. What is
                missing is filled as in training. Series that were not trained on are scaled by their own rows.
            future: A file or frame with the future covariates of the steps to forecast, where there are such.

        Returns:
            A row per series and horizon step: `time`, as the file writes times (or `step`, counted from the last
            observed row), `series`, `forecast` and for each level `low_80`, `high_80`, ..., in own units. The ends of
            an interval are missing where validation was too short for it. A family that was trained
            with quantiles has them too, `quantile_0.1` and so on; its intervals are these, conformalised.

        Raises:
            InputError: What is given cannot be read, or does not fit the models.
        """
        meta, params = self.meta, DataParams.model_validate(self.meta.settings)
        data, future = Path(data) if isinstance(data, str) else named_as(params, data), _table(future, params)
        from_file = isinstance(data, Path)
        read: Any = read_path if from_file else read_frame
        reading: Reading = read(data, params, meta.covariates, meta.axis)
        ahead = self._ahead(data, future, params, reading)
        numbers = self._numbers(reading.panel)
        scaler = self._scaler(reading.panel, numbers)
        scaler.check_range(reading.panel)
        panel, places = self._window(reading.panel, ahead)
        scaled = scale_panel(panel, np.arange(len(panel)), scaler, self._artifact.covariates)
        forecast, quantiles = self._forecast(scaled, places, numbers), self._quantiles(scaled, places, numbers)
        lower, series = lower_bounds(params.lower, scaler), np.arange(len(panel))[:, None]
        scaled_columns = forecast_columns(self._artifact, self.name, forecast, quantiles, numbers)
        told = {
            name: scaler.unscale(column if lower is None else np.maximum(column, lower[:, None]), series)
            for name, column in scaled_columns.items()
        }
        table = self._table(told, reading, as_text=from_file)
        return table if from_file else in_zone_of(data, params, table)

    def _ahead(self, data: Any, future: Any, params: DataParams, reading: Reading) -> FloatArray:
        """Future covariates over the horizon (S, H, Kf); without a table of their own, from rows beyond the series."""
        rows_tell_steps = reading.axis.known  # without times, rows of the data would be taken for those beyond them
        source = data if future is None and rows_tell_steps else future
        behind = None if future is None else data
        known, ahead = self.meta.covariates, self.meta.prediction_length
        try:
            return read_future(source, params, known, reading, ahead, behind)
        except InputError as error:
            told = future is not None or "--future" in str(error)
            way_out = "" if told else "; give the steps ahead with --future FILE (in Python: future=)"
            raise InputError(f"{error}{way_out}") from None

    def _numbers(self, panel: Panel) -> IntArray:
        """The number that each series has for the models (S,)."""
        known = {name: number for number, name in enumerate(self.meta.series)}
        numbers = np.array([known.get(name, NEW) for name in panel.names], dtype=np.int64)
        if self.meta.settings["format"] == "wide":
            for name in (name for name in panel.names if name not in {*known, *self.meta.left_out}):
                raise InputError(f"the models were not trained on {quoted(name)}")
        for name in (name for name, number in zip(panel.names, numbers, strict=True) if number == NEW):
            log.warning(
                "series %s was not trained on: scaled by its own rows, with the mean of the others' intervals",
                quoted(name),
            )
        return numbers

    def _scaler(self, panel: Panel, numbers: IntArray) -> Scaler:
        """Scaling of each series, of new ones by their own rows."""
        found, new = self._artifact.scaler.part(numbers), np.flatnonzero(numbers == NEW)
        if not len(new):
            return found
        own = Scaler.fit(panel.chosen(new), found.transform, constant=True)
        for part in ("mean", "deviation", "power"):
            if getattr(found, part) is not None:
                getattr(found, part)[new] = getattr(own, part)
        return found

    def _window(self, panel: Panel, ahead: FloatArray) -> tuple[Panel, Places]:
        """The last steps of each series with the steps to forecast behind them, and where the windows lie."""
        meta = self.meta
        reads = {"ridge": self._artifact.ridge.context_length, "seasonal_naive": meta.season_length, "last_value": 1}
        needed = max(reads.get(member, meta.context_length) for member in self._members)
        horizon = meta.prediction_length
        short = np.flatnonzero(panel.lengths < needed)
        for number in short:
            log.warning(
                "series %s has %d rows, and the forecaster looks at %d: its first row stands for those before",
                quoted(panel.names[number]), panel.lengths[number], needed,
            )  # fmt: skip
        steps = np.maximum(panel.lengths[:, None] + np.arange(-needed, horizon), 0)
        cells = panel.offsets[:-1, None] + np.minimum(steps, panel.lengths[:, None] - 1)  # (S, needed + H)
        offsets = np.arange(len(panel) + 1) * (needed + horizon)
        future = panel.future[cells]
        future[:, needed:] = ahead
        window = replace(
            panel,
            values=panel.values[cells].ravel(),  # noqa: PD011
            observed=np.ones(cells.size, dtype=np.bool_),
            offsets=offsets,
            past=panel.past[cells].reshape(cells.size, -1),
            future=future.reshape(cells.size, -1),
        )
        return window, Places(offsets[:-1] + needed - 1, np.arange(len(panel)))

    def _forecast(self, panel: Panel, places: Places, numbers: IntArray) -> FloatArray:
        """(S, H), in scaled units."""
        parts = [weight * self._member(name, panel, places, numbers) for name, weight in self._members.items()]
        return np.asarray(np.sum(parts, axis=0))

    def _member(self, name: str, panel: Panel, places: Places, numbers: IntArray) -> FloatArray:
        horizon = self.meta.prediction_length
        if name == "ridge":
            return self._artifact.ridge.forecast(panel, places)
        if name == "seasonal_naive":
            return seasonal_naive_forecast(panel.values, places.origins, horizon, self.meta.season_length)
        if name == "last_value":
            return last_value_forecast(panel.values, places.origins, horizon)
        windows = self._windows(panel, places, numbers)
        return np.asarray(np.mean([forecast_windows(seed, windows) for seed in self._seeds[name]], axis=0))

    def _quantiles(self, panel: Panel, places: Places, numbers: IntArray) -> FloatArray | None:
        """(S, H, Q), in scaled units; None where the forecaster has none."""
        if self.name not in self._artifact.levels_of:
            return None
        return mean_of_models(self._seeds[self.name], self._windows(panel, places, numbers))

    def _windows(self, panel: Panel, places: Places, numbers: IntArray) -> Windows:
        return Windows(steps_of(panel), places, self.meta.context_length, self.meta.prediction_length, numbers)

    def _table(self, told: Mapping[str, FloatArray], reading: Reading, *, as_text: bool) -> pd.DataFrame:
        """A row per series and step, of numbers (S, H) by column."""
        panel, axis, steps = reading.panel, reading.axis, np.arange(1, self.meta.prediction_length + 1)
        last = panel.first_steps + panel.lengths - 1
        ahead = (last[:, None] + steps).ravel()
        columns: dict[str, Any] = {"step": np.tile(steps, len(panel))}
        if axis.known:
            columns = {"time": axis.labels(ahead) if as_text else axis.times(ahead)}
        columns["series"] = np.repeat(panel.names, len(steps))
        return pd.DataFrame({**columns, **{name: numbers.ravel() for name, numbers in told.items()}})


def _load_seeds(folder: Path, artifact: Artifact, family: str) -> list[ForecastModel]:
    """The models of a family, ready to forecast."""
    seeds = list[ForecastModel]()
    for seed in range(artifact.seeds[family]):
        levels = tuple(artifact.levels_of.get(family, ()))
        model = build_family(family, artifact.models[family], artifact.meta, levels)
        load_weights(model, weights_file(folder, family, seed), "dvc repro --force package")
        seeds.append(model.eval())
    return seeds


def named_as(params: DataParams, data: Any) -> Any:
    """A frame whose index of times, or a Series which, has another name than in training, by that name."""
    column, channels = params.time_column, params.channels
    if isinstance(data, pd.Series) and isinstance(channels, list) and len(channels) == 1:
        data = data.rename(channels[0])
    has_times = isinstance(getattr(data, "index", None), pd.DatetimeIndex | pd.PeriodIndex)
    if has_times and isinstance(column, str) and column not in getattr(data, "columns", ()):
        data = data.rename_axis(column)
    return data


def in_zone_of(data: Any, params: DataParams, table: pd.DataFrame) -> pd.DataFrame:
    """The forecast with its times in the zone of the frame's."""
    column, frame = params.time_column, pandas_of(data)
    zone = getattr(frame[column].dtype, "tz", None) if isinstance(column, str) and column in frame else None
    told = "time" in table and getattr(table["time"].dtype, "tz", None) is not None
    return table.assign(time=table["time"].dt.tz_convert(zone)) if told and zone is not None else table


def _table(source: Any, params: DataParams) -> Any:
    """A source as the reader takes it."""
    if isinstance(source, str):
        return Path(source)
    return named_as(params, source) if isinstance(source, pd.DataFrame) else source
