"""Reading a user's table, whatever its file or frame, as a panel; what cannot be read with certainty is refused."""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.axis import Axis
from rnn_vs_transformer.data.covariates import Covariate, Known, calendar_columns, calendar_covariates
from rnn_vs_transformer.data.panel import BoolArray, FloatArray, IntArray, Panel
from rnn_vs_transformer.runtime.errors import InputError, quoted
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.sources.clock import Clock, find_clock, listed
from rnn_vs_transformer.sources.roles import (
    LEFT_OUT,
    NAME,
    SERIES,
    TARGET,
    TIME,
    Column,
    advise_long,
    roles_of,
)
from rnn_vs_transformer.sources.sheet import Cells, Frame, Sheet, read_sheet, sheet_of
from rnn_vs_transformer.sources.spacing import find_axis

log = logging.getLogger(__name__)
RAW_FOLDER: Final = Path("data/raw")
COVARIATE: Final[dict[Known, str]] = {
    "past": "past covariate", "future": "future covariate", "static": "static covariate",
}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """A table as it was read."""

    panel: Panel
    covariates: list[Covariate]
    """In the order of the panel's columns: past, then future (the calendar last), then static."""
    axis: Axis
    columns: list[Column]
    """Of the file, and their roles."""
    settled: dict[str, Any]
    """Settings of `data` that read a shorter table of the same kind alike: `params.model_copy(update=settled)`."""
    notes: list[str] = field(default_factory=list)
    """What else is to be said, a line each."""
    series_column: str | None = None


def read_file(params: DataParams) -> Reading:
    """Read `data.file`, which must lie in data/raw.

    Raises:
        InputError: Whatever makes the file unusable, with row and column. Rows are counted as an editor shows lines:
            the header is row 1.
    """
    return read_path(_raw_file(params.file), params)


def read_path(
    path: Path, params: DataParams, known: list[Covariate] | None = None, axis: Axis | None = None
) -> Reading:
    """Read any file by the settings of `data`.

    Args:
        path: CSV (also .gz), Parquet or Feather.
        params: The settings; for new data those of training, `model_copy(update=reading.settled)`.
        known: The covariates of training, whose levels hold.
        axis: The axis of training, whose spacing holds.

    Raises:
        InputError: See `read_file`.
    """
    return _read(read_sheet(path, params, _texts(params)), params, known, axis)


def read_frame(
    frame: Frame, params: DataParams, known: list[Covariate] | None = None, axis: Axis | None = None
) -> Reading:
    """Read a frame of pandas (its index may be the times) or polars, or a Series of one variable; see `read_path`."""
    return _read(sheet_of(frame, params, _texts(params)), params, known, axis)


def _texts(params: DataParams) -> list[str]:
    """Columns that are read as text, even where they hold numbers."""
    return [] if params.series_column == "none" else [params.series_column]


def _raw_file(file: str) -> Path:
    """The path of `data.file`, which must lie in the folder that DVC tracks."""
    path = Path(file)
    try:
        there, inside = path.is_file(), path.resolve().is_relative_to(RAW_FOLDER.resolve())
    except (OSError, ValueError) as error:  # a name that is too long, or a folder that must not be entered
        raise InputError(f"data.file: {path} cannot be used: {error}") from None
    if not inside:
        raise InputError(f"data.file: {path} is outside {RAW_FOLDER}/; put the file there")
    if not there:
        raise InputError(f"data.file: {path} does not exist; put the file into {RAW_FOLDER}/")
    return path


def _read(sheet: Sheet, params: DataParams, known: list[Covariate] | None, axis: Axis | None) -> Reading:
    if params.format == "rows":
        return _read_rows(sheet, params, known)
    names = dict.fromkeys([*params.covariates.columns, *([] if params.series_column == "none" else [params.series_column])])
    for name in names:
        if name not in sheet.columns:
            key = "data.series_column" if name == params.series_column else "data.covariates"
            raise InputError(f"{key}: no column {quoted(name)}; the file has {listed(list(sheet.columns))}")
    taken: dict[str, str] = {name: role for kind, role in COVARIATE.items() for name in getattr(params.covariates, kind)}
    if params.format == "long":
        taken[params.series_column] = NAME
        return _Long(sheet, params, known, axis, taken).read()
    return _Wide(sheet, params, known, axis, taken).read()


@dataclass
class _Table:
    """What wide and long tables have in common."""

    sheet: Sheet
    params: DataParams
    known: list[Covariate] | None
    axis: Axis | None
    taken: dict[str, str]
    groups: IntArray | None = None
    notes: list[str] = field(default_factory=list)

    def find_clock(self) -> tuple[Clock | None, dict[str, Column]]:
        """The times of the rows, and the roles of all columns."""
        chosen = [self.params.target] if self.params.target != "auto" else list(self.params.channels)
        named = set() if chosen == list("all") else set(chosen)
        clock = find_clock(self.sheet, self.params, self.groups, {*self.taken, *named})
        for name in clock.names if clock else []:
            self.taken[name] = TIME
        why = {TIME: clock.stamps.why if clock else "", NAME: "data.series_column"}
        fixed = {name: Column(name, role, why.get(role, "data.covariates")) for name, role in self.taken.items()}
        return clock, fixed

    def steps(self, clock: Clock | None) -> tuple[Axis, IntArray]:
        """The common axis, and the step of each row on it."""
        raise NotImplementedError

    def covariates(self) -> list[Covariate]:
        """Those of the table, with the levels of training where these are known."""
        trained = {one.name: one for one in self.known or []}
        kinds: list[Known] = ["past", "future", "static"]
        return [
            trained.get(name) or Covariate.of(name, kind, _values(self.sheet.columns[name]))
            for kind in kinds
            for name in getattr(self.params.covariates, kind)
        ]


def _values(cells: Cells) -> Any:
    return cells.numbers if cells.numbers is not None else cells.as_texts()
