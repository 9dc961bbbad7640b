"""Reading a user's table, whatever its file or frame, as a panel; what cannot be read with certainty is refused."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from rnn_vs_transformer.data.axis import Axis
from rnn_vs_transformer.data.covariates import Covariate, Known, Values, calendar_covariates
from rnn_vs_transformer.data.panel import FloatArray, IntArray, Panel
from rnn_vs_transformer.data.scaling import LARGEST
from rnn_vs_transformer.runtime.errors import InputError, quoted
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.sources.assembly import Assembly, Strand, place
from rnn_vs_transformer.sources.clock import Clock, find_clock, listed
from rnn_vs_transformer.sources.roles import (
    LEFT_OUT,
    NAME,
    SERIES,
    STEP,
    TARGET,
    TIME,
    Column,
    refuse_headless,
    roles_of,
)
from rnn_vs_transformer.sources.series_rows import axis_of_names, columns_of_steps, matrix, refuse_rows
from rnn_vs_transformer.sources.sheet import Cells, Frame, Sheet, pandas_of, read_sheet, sheet_of

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
    rows: int = 0
    """Of the table."""


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
    return _read(read_sheet(path, params, texts_of(params)), params, known, axis)


def read_frame(
    frame: Frame, params: DataParams, known: list[Covariate] | None = None, axis: Axis | None = None
) -> Reading:
    """Read a frame of pandas (its index may be the times) or polars, or a Series of one variable; see `read_path`."""
    return _read(sheet_of(frame, params, texts_of(params)), params, known, axis)


def write_frame(frame: Frame, name: str) -> Path:
    """Write a frame of pandas or polars into data/raw, for `data.file`; the ending of the name is the kind of file.

    Raises:
        InputError: The name is a path, or its ending none of .parquet, .feather, .csv and .csv.gz.
    """
    path = RAW_FOLDER / name
    table = pandas_of(frame)
    writers = {
        ".parquet": lambda: table.to_parquet(path, index=False),
        ".feather": lambda: table.to_feather(path),
        ".csv": lambda: table.to_csv(path, index=False),
        ".gz": lambda: table.to_csv(path, index=False),
    }
    if path.suffix not in writers or Path(name).name != name:
        raise InputError(f"expected a name like sales.parquet, .feather, .csv or .csv.gz, got {quoted(name)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    writers[path.suffix]()
    return path


def texts_of(params: DataParams) -> list[str]:
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
    taken = _named_roles(sheet, params)
    names, groups = _series_of_rows(sheet, params)
    clock = find_clock(sheet, params, groups, {*taken, *_chosen(params)})
    taken.update(dict.fromkeys(clock.names if clock else [], TIME))
    if clock is None and params.format == "wide":
        refuse_rows(sheet, params)
    axis, steps = place(sheet, clock, axis, groups)
    roles, targets = _targets(sheet, clock, params, taken)
    strands: Iterable[Strand]
    if groups is None:
        rows = np.argsort(steps, kind="stable")
        strands = (Strand(name, numbers_of(sheet, name)[rows], steps[rows], rows) for name in targets)
    else:
        strands = _strands(sheet, targets[0], names, groups, steps)
    covariates = _covariates(sheet, params, known)
    assembly = Assembly(sheet, params, axis, covariates)
    panel = assembly.panel(strands)
    why = {TIME: clock.stamps.why if clock else "", NAME: "data.series_column"}
    columns = [
        roles.get(name) or Column(name, taken[name], why.get(taken[name], "data.covariates")) for name in sheet.columns
    ]
    settled = _settled(params, clock, targets)
    covariates = [*covariates, *calendar_covariates(params.covariates.calendar)]
    order = ("past", "future", "static")
    covariates.sort(key=lambda one: order.index(one.known))
    return Reading(panel, covariates, axis, columns, settled, [*sheet.notes, *assembly.notes], sheet.length)


def _read_rows(sheet: Sheet, params: DataParams, known: list[Covariate] | None) -> Reading:
    """A series per row, a step per column."""
    if params.covariates.past or params.covariates.future:
        raise InputError("data.covariates.past and future need a row per step; in data.format: rows only static fits")
    taken = _named_roles(sheet, params)
    names, groups = _series_of_rows(sheet, params)
    if groups is None or len(names) < sheet.length:
        raise InputError(
            f"data.series_column: {quoted(params.series_column)} has a name in several rows; is this data.format: long?"
        )
    steps = columns_of_steps(sheet, params, params.covariates.static)
    axis, values = axis_of_names(steps), matrix(sheet, steps)
    numbers = np.arange(len(steps))
    covariates = _covariates(sheet, params, known)
    assembly = Assembly(sheet, params, axis, covariates)
    panel = assembly.panel(
        Strand(names[groups[row]], values[row], numbers, np.full(len(steps), row)) for row in np.argsort(groups)
    )
    columns = [
        Column(name, taken[name], "data.covariates" if taken[name] != NAME else "data.series_column")
        if name in taken
        else Column(name, STEP, "data.format: rows")
        for name in sheet.columns
    ]
    covariates = [*calendar_covariates(params.covariates.calendar), *covariates]
    return Reading(
        panel, covariates, axis, columns, {"time_column": "none"}, [*sheet.notes, *assembly.notes], sheet.length
    )


def _named_roles(sheet: Sheet, params: DataParams) -> dict[str, str]:
    """The roles of the columns that the settings name; InputError where there is no such column."""
    named = {
        name: (role, "data.covariates") for kind, role in COVARIATE.items() for name in getattr(params.covariates, kind)
    }
    if params.covariates.static and params.format == "wide":
        raise InputError(
            "data.covariates.static is for data.format: long; in a wide file all series would have the same"
        )
    if params.format != "wide":
        named[params.series_column] = (NAME, "data.series_column")
    for name, (_, key) in named.items():
        if name not in sheet.columns:
            raise InputError(f"{key}: no column {quoted(name)}; the file has {listed(list(sheet.columns))}")
    return {name: role for name, (role, _) in named.items()}


def _chosen(params: DataParams) -> list[str]:
    """The columns to forecast, as far as the settings name them."""
    if params.format == "long":
        return [] if params.target == "auto" else [params.target]
    return [] if params.channels == "all" else list(params.channels)


def _series_of_rows(sheet: Sheet, params: DataParams) -> tuple[list[str], IntArray | None]:
    """The sorted names of a long table's series, and the series of each row."""
    if params.format == "wide":
        return [], None
    words = sheet.columns[params.series_column].as_words()
    order = np.argsort(words.distinct.astype(str), kind="stable")
    if (words.codes < 0).any():
        row = int((words.codes < 0).argmax())
        raise InputError(f"{sheet.row(row)}, column {quoted(params.series_column)}: the series has no name")
    return [str(name) for name in words.distinct[order]], np.argsort(order)[words.codes]


def _targets(
    sheet: Sheet, clock: Clock | None, params: DataParams, taken: dict[str, str]
) -> tuple[dict[str, Column], list[str]]:
    """The roles of the columns that are neither times nor covariates, and the names of those to forecast."""
    chosen = _chosen(params)
    key, role = ("data.target", TARGET) if params.format == "long" else ("data.channels", SERIES)
    if chosen or params.channels == []:
        unknown = [name for name in chosen if name not in sheet.columns or name in taken]
        if unknown or not chosen or len(set(chosen)) < len(chosen):
            asked = quoted(unknown[0]) if unknown else chosen
            raise InputError(f"{key}: cannot use {asked}; the file has {listed(list(sheet.columns))}")
        if texts := [name for name in chosen if not sheet.columns[name].found.mostly_numbers]:
            raise InputError(f"{key}: cannot use {quoted(texts[0])}, which holds no numbers")
        others = [name for name in sheet.columns if name not in taken]
        return {
            name: Column(name, role, key) if name in chosen else Column(name, LEFT_OUT, "not named in the settings")
            for name in others
        }, chosen
    refuse_headless(sheet)
    roles = roles_of(sheet, clock, taken)
    found = [name for name, column in roles.items() if column.role == SERIES]
    if not found:
        flags = [name for name, column in roles.items() if column.why.startswith("a flag")]
        advice = (
            f"{quoted(flags[0])} is a flag; set {key} to forecast it"
            if flags
            else "is the separator another one? Set data.separator"
        )
        raise InputError(f"{sheet.name}: no numeric column among {listed(list(sheet.columns))}; {advice}")
    if params.format == "long":
        if len(found) > 1:
            raise InputError(
                f"data.target: {listed(found)} could be forecast; set data.target to one of them, and data.covariates "
                "to those that are known besides"
            )
        roles[found[0]] = Column(found[0], TARGET, "the only numbers that are nothing else")
    return roles, found


def free_roles(sheet: Sheet, params: DataParams) -> dict[str, Column]:
    """The roles of the columns that the settings do not name, as they would be without `data.target`."""
    taken = _named_roles(sheet, params)
    clock = find_clock(sheet, params, _series_of_rows(sheet, params)[1], set(taken))
    taken.update(dict.fromkeys(clock.names if clock else [], TIME))
    return roles_of(sheet, clock, taken)


def numbers_of(sheet: Sheet, name: str) -> FloatArray:
    """A column of numbers; InputError names a cell that is none."""
    cells = sheet.columns[name]
    fault = cells.found.fault
    if cells.numbers is None and fault is None:
        words = cells.as_words()
        fault = (words.first(), str(words.at(words.first())))
    if fault is not None:
        row, text = fault
        raise InputError(
            f"{sheet.row(row)}, column {quoted(name)}: expected a finite number of at most {LARGEST:g}, got "
            f"{quoted(text)}; leave the cell empty where the value is missing, or name its mark in data.missing_values",
        )
    assert cells.numbers is not None  # noqa: S101
    return cells.numbers


def _strands(sheet: Sheet, target: str, names: list[str], groups: IntArray, steps: IntArray) -> Iterator[Strand]:
    values = numbers_of(sheet, target)
    order = np.lexsort((steps, groups))
    for name, rows in zip(names, np.split(order, np.cumsum(np.bincount(groups))[:-1]), strict=True):
        yield Strand(name, values[rows], steps[rows], rows)


def _covariates(sheet: Sheet, params: DataParams, known: list[Covariate] | None) -> list[Covariate]:
    """Those of the table, with the levels of training where these are known."""
    trained = {one.name: one for one in known or []}
    kinds: list[Known] = ["past", "future", "static"]
    return [
        trained.get(name) or Covariate.of(name, kind, _content(sheet.columns[name]))
        for kind in kinds
        for name in getattr(params.covariates, kind)
    ]


def _content(cells: Cells) -> Values:
    """All that a column holds: numbers, or each text once."""
    return cells.as_words().distinct if cells.numbers is None else cells.numbers


def _settled(params: DataParams, clock: Clock | None, targets: list[str]) -> dict[str, Any]:
    settled: dict[str, Any] = {"time_column": "none"}
    if clock is not None:
        settled["time_column"] = clock.names if len(clock.names) > 1 else clock.names[0]
        notation = clock.stamps.notation
        if notation is not None and "%q" not in notation and "%G" not in notation and params.time_format == "auto":
            settled["time_format"] = notation
    settled.update({"target": targets[0]} if params.format == "long" else {"channels": targets})
    return settled
