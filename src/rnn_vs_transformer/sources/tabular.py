"""Reading a user's table, whatever its file or frame, as a panel; what cannot be read with certainty is refused."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.axis import Axis
from rnn_vs_transformer.data.covariates import Covariate, Known
from rnn_vs_transformer.data.panel import FloatArray, IntArray
from rnn_vs_transformer.runtime.errors import InputError, quoted
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.sources.clock import Clock, find_clock, listed
from rnn_vs_transformer.sources.reading import KINDS, Reading, Rows, all_covariates, lay_out, trim
from rnn_vs_transformer.sources.roles import LEFT_OUT, NAME, SERIES, TARGET, TIME, Column, advise_long, roles_of
from rnn_vs_transformer.sources.sheet import Cells, Frame, Sheet, read_sheet, sheet_of
from rnn_vs_transformer.sources.spacing import find_axis
from rnn_vs_transformer.sources.times import EPOCHS, Stamps, read_times

RAW_FOLDER: Final = Path("data/raw")
COVARIATE: Final[dict[Known, str]] = {
    "past": "past covariate",
    "future": "future covariate",
    "static": "static covariate",
}
NUMBERED: Final = re.compile(r"(\D*)(\d+)")
FEWEST_STEPS: Final = 8
"""Numbered columns that are taken for the steps of series, a row each."""


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
        params: The settings; for new data those of training with `Reading.settled`.
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
    if isinstance(frame, pd.Series) and isinstance(params.channels, list) and len(params.channels) == 1:
        frame = frame.rename(params.channels[0])
    sheet = sheet_of(frame, params, _texts(params))
    return _read(sheet, _with_times_of_index(sheet, params), known, axis)


def read_future(
    source: Path | Frame | None, params: DataParams, known: list[Covariate], reading: Reading, prediction_length: int
) -> FloatArray:
    """The future covariates of the steps after the end of each series (S, H, Kf), as columns of the panel.

    Args:
        source: A file or frame with series, times and future covariates; None where the table itself goes on, its
            target empty, or where the calendar is all.
        params: As for `read_path`.
        known: The covariates of training.
        reading: The table that ends where the forecast begins.
        prediction_length: Steps ahead (H).

    Raises:
        InputError: A value is missing, by series, time and column.
    """
    panel, named = reading.panel, [one for one in known if one.known == "future"]
    of_table = [one for one in named if one.name in params.covariates.future]
    steps = (panel.first_steps + panel.lengths)[:, None] + np.arange(prediction_length)  # (S, H)
    rows = [reading.rows] if source is None else [_future_rows(source, params, of_table, reading), reading.rows]
    columns = [_look_up(one, rows, steps, reading).reshape(*steps.shape, one.width) for one in of_table]
    calendar = lay_out_calendar(reading.axis, steps, params)
    return np.concatenate([np.empty((*steps.shape, 0)), *columns, calendar], axis=2)


def lay_out_calendar(axis: Axis, steps: IntArray, params: DataParams) -> FloatArray:
    """Parts of the calendar of some steps (S, H) as columns (S, H, K)."""
    from rnn_vs_transformer.data.covariates import calendar_columns  # noqa: PLC0415

    found = calendar_columns(axis, steps.ravel(), params.covariates.calendar, params.covariates.holidays)
    return found.reshape(*steps.shape, found.shape[1])


def write_frame(frame: Frame, name: str) -> Path:
    """Write a frame of pandas or polars into data/raw/, by the ending of its name: .parquet, .feather, .csv or .csv.gz.

    An index with names or times becomes a column.
    """
    path = RAW_FOLDER / name
    plain = frame.to_frame() if isinstance(frame, pd.Series) else frame
    if not isinstance(plain, pd.DataFrame):
        plain = plain.to_pandas()
    if not isinstance(plain.index, pd.RangeIndex):
        plain = plain.reset_index(names=None if plain.index.nlevels > 1 else plain.index.name or "time")
    path.parent.mkdir(parents=True, exist_ok=True)
    writers = {".parquet": plain.to_parquet, ".feather": plain.to_feather}
    writers.get(path.suffix, lambda where: plain.to_csv(where, index=False))(path)
    return path


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


def _with_times_of_index(sheet: Sheet, params: DataParams) -> DataParams:
    """The settings, but for a time column that the frame has as its index under another name."""
    wanted = params.time_column if isinstance(params.time_column, list) else [params.time_column]
    absent = any(name not in sheet.columns for name in wanted if name not in {"auto", "none"})
    has_times = any(cells.times is not None for cells in sheet.columns.values())
    return params.model_copy(update={"time_column": "auto"}) if absent and has_times else params


def _read(sheet: Sheet, params: DataParams, known: list[Covariate] | None, axis: Axis | None) -> Reading:
    for key, names in (("data.series_column", _texts(params)), ("data.covariates", params.covariates.columns)):
        for name in names:
            if name not in sheet.columns:
                raise InputError(f"{key}: no column {quoted(name)}; the file has {listed(list(sheet.columns))}")
    reader = {"rows": _read_rows, "long": _read_long, "wide": _read_wide}[params.format]
    reading = reader(sheet, params, known, axis)
    if params.missing == "error" and not reading.panel.observed.all():
        number = int((~reading.panel.observed).argmax())
        series = int(reading.panel.series_of_cells[number])
        step = reading.panel.axis_steps(np.array([number]), np.array([series]))
        raise InputError(
            f"series {quoted(reading.panel.names[series])} has no value at {reading.axis.labels(step)[0]} "
            f"({int((~reading.panel.observed).sum())} in all); set data.missing: interpolate to fill such gaps"
        )
    return reading


def _read_wide(sheet: Sheet, params: DataParams, known: list[Covariate] | None, axis: Axis | None) -> Reading:
    if params.covariates.static:
        raise InputError("data.covariates.static is for data.format: long or rows; a wide file has a column per series")
    taken = {name: role for kind, role in COVARIATE.items() for name in getattr(params.covariates, kind)}
    chosen = [] if params.channels == "all" else list(params.channels)
    for name in chosen:
        if name not in sheet.columns or name in taken or chosen.count(name) > 1:
            raise InputError(f"data.channels: cannot use {quoted(name)}; the file has {listed(list(sheet.columns))}")
    clock = find_clock(sheet, params, None, {*taken, *chosen})
    columns = _roles(sheet, clock, taken, chosen, SERIES)
    if params.channels == "all":
        _refuse_headless(sheet)
        _refuse_rows_of_series(sheet, clock, columns)
        chosen = [column.name for column in columns if column.role == SERIES]
    if not chosen:
        why = "; ".join(f"{column.name}: {column.why}" for column in columns if column.role == LEFT_OUT)
        raise InputError(f"no column to forecast among {listed(list(sheet.columns))} ({why})")
    numbers = [_numbers(sheet, name) for name in chosen]
    steps, found, notes = _steps_of_rows(sheet, clock, axis, params)
    length = int(steps.max()) + 1
    values, first_steps = [], []
    for name, column in zip(chosen, numbers, strict=True):
        if length == len(steps) and (np.diff(steps) == 1).all():
            series, first = trim(column)
        else:
            whole = np.full(length, np.nan)
            whole[steps] = column
            series, first = trim(whole)
        if not len(series):
            raise InputError(f"column {quoted(name)} has no value; leave it out of data.channels")
        values.append(series)
        first_steps.append(first)
    of_table = _covariates(sheet, params, known)
    rows = _covariate_rows(sheet, of_table, np.zeros(len(steps), dtype=np.int64), steps)
    every = all_covariates(of_table, params)
    panel = lay_out(chosen, values, first_steps, every, rows, found, params, np.empty((len(chosen), 0)))
    settled = {**_settled(clock), "channels": chosen}
    return Reading(panel, every, found, columns, rows, settled, [*sheet.notes, *notes])


def _read_long(sheet: Sheet, params: DataParams, known: list[Covariate] | None, axis: Axis | None) -> Reading:
    taken: dict[str, str] = {params.series_column: NAME}
    taken |= {name: role for kind, role in COVARIATE.items() for name in getattr(params.covariates, kind)}
    labels = sheet.columns[params.series_column].as_texts()
    nameless = np.array([label is None for label in labels])
    if nameless.any():
        raise InputError(
            f"{sheet.row(int(nameless.argmax()))}, column {quoted(params.series_column)}: no name of a series"
        )
    codes, uniques = pd.factorize(labels.astype(str), sort=True)
    names, groups = [str(name) for name in uniques], codes.astype(np.int64)
    target = [] if params.target == "auto" else [params.target]
    for name in target:
        if name not in sheet.columns or name in taken:
            raise InputError(f"data.target: cannot use {quoted(name)}; the file has {listed(list(sheet.columns))}")
    clock = find_clock(sheet, params, groups, {*taken, *target})
    columns = _roles(sheet, clock, taken, target, TARGET)
    possible = target or [column.name for column in columns if column.role == SERIES]
    if len(possible) != 1:
        seen = f"which of {listed(possible)} is to be forecast?" if possible else "there is no column of numbers"
        raise InputError(f"data.target: {seen} (the file has {listed(list(sheet.columns))})")
    columns = [replace(one, role=TARGET) if one.name == possible[0] else one for one in columns]
    numbers = _numbers(sheet, possible[0])
    steps, found, notes = _steps_of_rows(sheet, clock, axis, params, groups, names)
    order = np.lexsort((steps, groups))
    bounds = np.searchsorted(groups[order], np.arange(len(names) + 1))
    values, first_steps, kept = [], [], []
    for number in range(len(names)):
        some = order[bounds[number] : bounds[number + 1]]
        start = int(steps[some[0]])
        whole = np.full(int(steps[some[-1]]) - start + 1, np.nan)
        whole[steps[some] - start] = numbers[some]
        series, first = trim(whole)
        if len(series):
            values.append(series)
            first_steps.append(start + first)
            kept.append(number)
    empty = [name for number, name in enumerate(names) if number not in set(kept)]
    if empty:
        notes.append(f"series without any value: {listed(empty)}")
    if not kept:
        raise InputError(f"column {quoted(possible[0])} has no value")
    of_table = _covariates(sheet, params, known)
    places = np.full(len(names), -1)
    places[kept] = np.arange(len(kept))
    in_panel = order[places[groups[order]] >= 0]
    rows = _covariate_rows(sheet, of_table, places[groups], steps, in_panel)
    every = all_covariates(of_table, params)
    static = _static(sheet, of_table, groups, names, kept)
    panel = lay_out([names[number] for number in kept], values, first_steps, every, rows, found, params, static)
    settled = {**_settled(clock), "target": possible[0]}
    return Reading(panel, every, found, columns, rows, settled, [*sheet.notes, *notes])


def _read_rows(sheet: Sheet, params: DataParams, known: list[Covariate] | None, axis: Axis | None) -> Reading:  # noqa: ARG001
    if params.covariates.past or params.covariates.future:
        raise InputError("data.covariates.past and future are for data.format: wide or long; rows can have static ones")
    static_names = list(params.covariates.static)
    labels = sheet.columns[params.series_column].as_texts()
    names = [str(label) for label in labels]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(
            f"data.format: rows has a row per series, but {quoted(twice)} comes more than once in column "
            f"{quoted(params.series_column)}; set data.format: long where a row is one step of a series"
        )
    columns = [Column(params.series_column, NAME, "data.series_column")]
    columns += [Column(name, COVARIATE["static"], "data.covariates") for name in static_names]
    steps = [name for name in sheet.columns if name not in {params.series_column, *static_names}]
    texts = [name for name in steps if not (cells := sheet.columns[name]).found.mostly_numbers and cells.found.filled]
    columns += [Column(name, LEFT_OUT, "text, no step of a series") for name in texts]
    steps = [name for name in steps if name not in texts]
    table = np.stack([_numbers(sheet, name) for name in steps], axis=1)  # (S, steps)
    found = _axis_of_names(steps)
    columns.append(Column(f"{steps[0]} to {steps[-1]}", "steps of the series", f"{len(steps)} columns of numbers"))
    trimmed = [trim(row) for row in table]
    kept = [number for number, (series, _) in enumerate(trimmed) if len(series)]
    if not kept:
        raise InputError(f"{sheet.name}: no row has a value")
    of_table = _covariates(sheet, params, known)
    rows = Rows(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), {})
    every = all_covariates(of_table, params)
    static = _static(sheet, of_table, np.arange(len(names)), names, kept)
    values, first_steps = [trimmed[number][0] for number in kept], [trimmed[number][1] for number in kept]
    panel = lay_out([names[number] for number in kept], values, first_steps, every, rows, found, params, static)
    return Reading(panel, every, found, columns, rows, {}, sheet.notes)


def _roles(sheet: Sheet, clock: Clock | None, taken: dict[str, str], chosen: list[str], role: str) -> list[Column]:
    """The role of every column, in the order of the table; where some are chosen, others are not forecast."""
    why = {NAME: "data.series_column", TIME: clock.stamps.why if clock else ""}
    fixed = {name: Column(name, one, why.get(one, "data.covariates")) for name, one in taken.items()}
    fixed |= {name: Column(name, TIME, why[TIME]) for name in (clock.names if clock else [])}
    key = "data.channels" if role == SERIES else "data.target"
    fixed |= {name: Column(name, role, key) for name in chosen}
    found = {**roles_of(sheet, clock, {name: one.role for name, one in fixed.items()}), **fixed}
    if chosen:
        advice = f"not in {key}" if role == SERIES else "not the target; name it in data.covariates to use it"
        found = {
            name: replace(one, role=LEFT_OUT, why=advice) if one.role == SERIES and name not in chosen else one
            for name, one in found.items()
        }
    return [found[name] for name in sheet.columns]


def _numbers(sheet: Sheet, name: str) -> FloatArray:
    """The numbers of a column; refused where a cell holds something else."""
    cells = sheet.columns[name]
    fault = cells.found.fault
    if cells.numbers is None and fault is None:
        texts = cells.as_texts()
        row = next((row for row, text in enumerate(texts) if text is not None), 0)
        fault = (row, str(texts[row]))
    if fault is not None:
        raise InputError(
            f"{sheet.row(fault[0])}, column {quoted(name)}: expected a finite number of at most 1e+100, got "
            f"{quoted(fault[1])}; leave the cell empty where the value is missing, or name the marker in "
            "data.missing_values"
        )
    return np.asarray(cells.numbers, dtype=np.float64)


def _steps_of_rows(
    sheet: Sheet,
    clock: Clock | None,
    trained: Axis | None,
    params: DataParams,
    groups: IntArray | None = None,
    names: list[str] | None = None,
) -> tuple[IntArray, Axis, list[str]]:
    """The step of each row on the common axis, that axis, and what is to be said."""
    if clock is None:
        if groups is None:
            return np.arange(sheet.length), Axis(), []
        return pd.Series(groups).groupby(groups).cumcount().to_numpy(), Axis(), []
    times = clock.stamps.times
    numbers = np.zeros(len(times), dtype=np.int64) if groups is None else groups
    twice = pd.DataFrame({"series": numbers, "time": times}).duplicated().to_numpy()
    if twice.any():
        row = int(twice.argmax())
        if groups is None:
            raise advise_long(sheet, times, row, clock.names[0])
        raise InputError(
            f"{sheet.row(row)}: series {quoted((names or [''])[numbers[row]])} has {times[row]} more than once"
        )
    axis = _axis(clock, trained)
    steps = axis.steps_of(_on_clock(clock.stamps, axis))
    if (steps < 0).any():
        row = int((steps < 0).argmax())
        raise InputError(
            f"{sheet.row(row)}, column {quoted(clock.names[0])}: {times[row]} does not lie on the axis of the others "
            f"(spacing {axis.frequency or 'by the calendar'})"
        )
    notes = []
    if groups is None and (np.diff(steps) < 0).any():
        notes.append(f"the rows were sorted by {clock.names[0]}")
    absent = int(steps.max()) + 1 - len(np.unique(steps))
    if absent and params.format == "wide":
        notes.append(f"{absent} rows are missing between the first and the last time")
    return steps, axis, notes


def _on_clock(stamps: Stamps, axis: Axis) -> pd.DatetimeIndex:
    """The times by the clock of the axis: the local one where that has no zone, though offsets are written."""
    if axis.zone is not None or stamps.times.tz is None:
        return stamps.times
    return stamps.times.tz_localize(None) if stamps.wall is None else stamps.wall


def _axis(clock: Clock, trained: Axis | None) -> Axis:
    """The axis of the times; with the spacing of training where there is one."""
    if trained is None or not trained.known:
        return find_axis(clock.stamps, clock.names[0])
    times = _on_clock(clock.stamps, trained)
    first = times.min()
    if trained.zone and first.tzinfo is not None and str(first.tz) != trained.zone:
        trained = replace(trained, zone=str(first.tz))
    moved = trained.starting_at(first)
    if (moved.steps_of(times) >= 0).all():
        return moved
    found = find_axis(clock.stamps, clock.names[0])
    told, expected = (one.frequency or f"{one.months or 'opening'} by the calendar" for one in (found, trained))
    raise InputError(
        f"column {quoted(clock.names[0])}: the models were trained on times spaced {expected!r}, but these are {told!r}"
    )


def _axis_of_names(names: list[str]) -> Axis:
    """The axis of columns that are named for their times; without times where they are not."""
    from rnn_vs_transformer.sources.columns import Found  # noqa: PLC0415

    stamps = read_times(Cells(Found(len(names)), texts=np.array(names, dtype=object)), "header", "auto")
    if stamps is None or stamps.times.isna().any() or not stamps.times.is_monotonic_increasing:
        return Axis()
    axis = find_axis(stamps, "header")
    return axis if (axis.steps_of(stamps.times) == np.arange(len(names))).all() else Axis()


def _settled(clock: Clock | None) -> dict[str, Any]:
    if clock is None:
        return {"time_column": "none"}
    notation = clock.stamps.notation
    certain = notation is not None and "%q" not in notation and (notation in EPOCHS or "%" in notation)
    names: str | list[str] = clock.names[0] if len(clock.names) == 1 else clock.names
    return {"time_column": names, **({"time_format": notation} if certain and len(clock.names) == 1 else {})}


def _covariates(sheet: Sheet, params: DataParams, known: list[Covariate] | None) -> list[Covariate]:
    """Those of the table, with the levels of training where these are known."""
    trained = {one.name: one for one in known or []}
    return [
        trained.get(name) or Covariate.of(name, kind, _content(sheet.columns[name]))
        for kind in KINDS
        for name in getattr(params.covariates, kind)
    ]


def _content(cells: Cells) -> Any:
    return cells.numbers if cells.numbers is not None else cells.as_texts()


def _covariate_rows(
    sheet: Sheet, covariates: list[Covariate], series: IntArray, steps: IntArray, order: IntArray | None = None
) -> Rows:
    some = np.argsort(steps, kind="stable") if order is None else order
    codes = {
        one.name: one.codes(_content(sheet.columns[one.name]))[some] for one in covariates if one.known != "static"
    }
    return Rows(series[some], steps[some], codes)


def _static(
    sheet: Sheet, covariates: list[Covariate], groups: IntArray, names: list[str], kept: list[int]
) -> FloatArray:
    """Static covariates (S, Ks) of the kept series; each must have one value per series."""
    columns = [np.empty((len(names), 0))]
    for one in (one for one in covariates if one.known == "static"):
        codes = pd.Series(one.codes(_content(sheet.columns[one.name])))
        per_series = codes.groupby(groups)
        differing = per_series.nunique() > 1
        if differing.any():
            raise InputError(
                f"data.covariates.static: column {quoted(one.name)} has more than one value in series "
                f"{quoted(names[int(differing.to_numpy().argmax())])}; name it under past or future"
            )
        columns.append(one.columns(per_series.first().reindex(range(len(names))).to_numpy(dtype=np.float64)))
    table: FloatArray = np.concatenate(columns, axis=1)[kept]
    return table


def _future_rows(source: Path | Frame, params: DataParams, covariates: list[Covariate], reading: Reading) -> Rows:
    """The rows of a table of the time to come, on the axis of the table before it."""
    where = "--future"
    sheet = (
        read_sheet(source, params, _texts(params))
        if isinstance(source, Path)
        else sheet_of(source, params, _texts(params))
    )
    for name in [*_texts(params), *(one.name for one in covariates)]:
        if name not in sheet.columns:
            raise InputError(f"{where}: no column {quoted(name)}; the file has {listed(list(sheet.columns))}")
    groups = np.zeros(sheet.length, dtype=np.int64)
    if params.format == "long":
        places = {name: number for number, name in enumerate(reading.panel.names)}
        labels = sheet.columns[params.series_column].as_texts()
        groups = np.array([places.get(str(label), -1) for label in labels], dtype=np.int64)
    named = {*_texts(params), *(one.name for one in covariates)}
    clock = find_clock(sheet, _with_times_of_index(sheet, params), groups if params.format == "long" else None, named)
    if clock is not None and reading.axis.known:
        steps = reading.axis.steps_of(_on_clock(clock.stamps, reading.axis))
    else:
        ends = reading.panel.first_steps + reading.panel.lengths
        steps = pd.Series(groups).groupby(groups).cumcount().to_numpy() + (
            ends[groups] if params.format == "long" else ends.max()
        )
    order = np.lexsort((steps, groups))
    order = order[(groups[order] >= 0) & (steps[order] >= 0)]
    codes = {one.name: one.codes(_content(sheet.columns[one.name]))[order] for one in covariates}
    return Rows(groups[order], steps[order], codes)


def _look_up(covariate: Covariate, rows: list[Rows], steps: IntArray, reading: Reading) -> FloatArray:
    """The columns of a covariate at steps (S, H), from the first rows that have it; all must be there."""
    series = np.repeat(np.arange(len(steps)), steps.shape[1])
    wanted, found = steps.ravel(), np.full(steps.size, np.nan)
    shared = not any(one.series.any() for one in rows)
    span = int(max([wanted.max(), *(one.steps.max(initial=0) for one in rows)])) + 1
    keys = (0 if shared else series) * span + wanted
    for one in rows:
        table = pd.Series(one.codes[covariate.name], index=one.series * span + one.steps)
        table = table[~table.index.duplicated()]
        found = np.where(np.isnan(found), table.reindex(keys).to_numpy(), found)
    if np.isnan(found).any():
        place = int(np.isnan(found).argmax())
        when = reading.axis.labels(wanted[place : place + 1])[0]
        raise InputError(
            f"the forecast needs {quoted(covariate.name)} of series {quoted(reading.panel.names[series[place]])} at "
            f"{when}, which is missing; give the steps ahead with --future FILE (in Python: future=)"
        )
    return covariate.columns(found)


def _refuse_headless(sheet: Sheet) -> None:
    """Refuse a first row that is data."""
    header = list(sheet.columns)
    numeric = [name for name in header if _is_number(name)]
    if sheet.rows is not None and numeric and len(numeric) >= len(header) - 1 and not _consecutive(numeric):
        raise InputError(
            f"{sheet.name}: the first row looks like data ({listed(header)}); put a row with names above it"
        )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _consecutive(names: list[str]) -> bool:
    """Whether the names are numbered one after the other."""
    matches = [NUMBERED.fullmatch(name) for name in names]
    if len({match and match[1] for match in matches}) != 1 or matches[0] is None:
        return False
    numbers = np.array([int(match[2]) for match in matches if match])
    return bool((np.diff(numbers) == 1).all())


def _refuse_rows_of_series(sheet: Sheet, clock: Clock | None, columns: list[Column]) -> None:
    """A table without times whose columns are numbered, or more than its rows, and whose rows have names of their own."""
    series = [column.name for column in columns if column.role == SERIES]
    if clock is not None or len(series) < FEWEST_STEPS or not (_consecutive(series) or len(series) > sheet.length):
        return
    for name, cells in sheet.columns.items():
        texts = cells.texts
        if name not in series and texts is not None and len(set(texts)) == len(texts) and None not in set(texts):
            raise InputError(
                f"{sheet.name}: column {quoted(name)} has a name for each row, and {len(series)} columns of numbers follow; "
                f"a row per series? set data.format: rows and data.series_column: {name} (or name the columns that are "
                "series in data.channels)"
            )
