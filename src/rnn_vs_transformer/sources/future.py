"""The covariates of the steps to forecast, after the end of each series."""

from pathlib import Path

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.covariates import Covariate, calendar_columns
from rnn_vs_transformer.data.panel import FloatArray, IntArray
from rnn_vs_transformer.runtime.errors import InputError, quoted
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.sources.assembly import bare_on, codes_of
from rnn_vs_transformer.sources.clock import find_clock, listed
from rnn_vs_transformer.sources.sheet import Frame, Sheet, read_sheet, sheet_of
from rnn_vs_transformer.sources.tabular import Reading, texts_of


def read_future(
    source: Path | Frame | None,
    params: DataParams,
    known: list[Covariate],
    reading: Reading,
    prediction_length: int,
    behind: Path | Frame | None = None,
) -> FloatArray:
    """The columns of the future covariates over the horizon of each series (S, H, Kf), as in `Panel.future`.

    Args:
        source: A file or frame with the time, the series' names in a long one, and the future covariates; other rows
            and columns do no harm. None where the calendar is all that there is.
        params: Those of training, `model_copy(update=reading.settled)`.
        known: The covariates of training.
        reading: The series to forecast; the horizon begins after the end of each.
        prediction_length: Steps to forecast (H).
        behind: A table to look in where the source has no value, as the one that ends where the forecast begins.

    Raises:
        InputError: A value is missing; series, time and column are named.
    """
    panel = reading.panel
    steps = (panel.first_steps + panel.lengths)[:, None] + np.arange(prediction_length)  # (S, H)
    wanted = [one for one in known if one.known == "future" and one.name in params.covariates.future]
    parts = [np.empty((*steps.shape, 0))]
    if wanted:
        if source is None:
            names = listed([one.name for one in wanted])
            raise InputError(f"the next {prediction_length} values of {names} are needed: --future FILE")
        needed = params.model_copy(
            update={"covariates": params.covariates.model_copy(update={"past": [], "static": []})}
        )
        sheets = [_sheet(one, needed) for one in (source, behind) if one is not None]
        parts += _looked_up(sheets, needed, wanted, reading, steps)
    calendar = calendar_columns(reading.axis, steps.ravel(), params.covariates.calendar, params.covariates.holidays)
    return np.concatenate([*parts, calendar.reshape(*steps.shape, -1)], axis=2)


def _sheet(source: Path | Frame, params: DataParams) -> Sheet:
    if isinstance(source, Path):
        return read_sheet(source, params, texts_of(params))
    return sheet_of(source, params, texts_of(params))


def _rows(sheet: Sheet, params: DataParams, wanted: list[Covariate], reading: Reading, steps: IntArray) -> IntArray:
    """The row of each series and step to forecast (S * H,); -1 where there is none."""
    series_column = params.series_column if params.format != "wide" else None
    for name in [*(one.name for one in wanted), *([series_column] if series_column else [])]:
        if name not in sheet.columns:
            raise InputError(f"{sheet.name}: no column {quoted(name)}; there are {listed(list(sheet.columns))}")
    words = None if series_column is None else sheet.columns[series_column].as_words()
    names = np.full(sheet.length, "", dtype=object) if words is None else words.texts()
    placed = _steps(sheet, params, reading, names, steps)
    later = np.flatnonzero(placed >= steps.min())
    keys = pd.MultiIndex.from_arrays([names[later], placed[later]])
    if keys.has_duplicates:
        row = int(later[keys.duplicated().argmax()])
        raise InputError(f"{sheet.name}: {sheet.row(row)} has the series and the time of a row above")
    series = [""] * len(steps) if series_column is None else reading.panel.names
    asked = pd.MultiIndex.from_arrays([np.repeat(np.array(series, dtype=object), steps.shape[1]), steps.ravel()])
    found = keys.get_indexer(asked)
    rows: IntArray = np.where(found >= 0, later[found] if len(later) else -1, -1)
    return rows


def _looked_up(
    sheets: list[Sheet], params: DataParams, wanted: list[Covariate], reading: Reading, steps: IntArray
) -> list[FloatArray]:
    """The columns of each covariate at the steps (S, H), from the first table that has a value there."""
    sheet, rows = sheets[0], _rows(sheets[0], params, wanted, reading, steps)
    more = [(one, _rows(one, params, wanted, reading, steps)) for one in sheets[1:] if reading.axis.known]
    tables = list[FloatArray]()
    for one in wanted:
        codes = codes_of(one, sheet.columns[one.name])
        values = np.where(rows >= 0, codes[rows], np.nan)
        for other, beside in more:
            known = np.where(beside >= 0, codes_of(one, other.columns[one.name])[beside], np.nan)
            values = np.where(np.isnan(values), known, values)
        cells = sheet.columns[one.name].as_words()
        if np.isnan(values).any():
            cell = int(np.isnan(values).argmax())
            place, ahead = divmod(cell, steps.shape[1])
            time = reading.axis.times(steps[place, [ahead, -1]])
            cause = "no value"
            if rows[cell] >= 0 and cells.at(rows[cell]) is not None:
                cause = f"{quoted(str(cells.at(rows[cell])))}, which training has not seen,"
            raise InputError(
                f"{sheet.name}: series {quoted(reading.panel.names[place])}, {time[0]}: {cause} for "
                f"{quoted(one.name)}; the forecast needs one for each step until {time[1]}"
            )
        tables.append(one.columns(values).reshape(*steps.shape, -1))
    return tables


def _steps(sheet: Sheet, params: DataParams, reading: Reading, names: np.ndarray, steps: IntArray) -> IntArray:
    """The step of each row on the axis of the reading; without times the rows follow the end of their series."""
    groups = pd.factorize(names)[0].astype(np.int64)
    if not reading.axis.known:
        ends = dict(zip(reading.panel.names, steps[:, 0], strict=True))
        start = np.array([ends.get(name, steps[0, 0]) for name in names], dtype=np.int64)
        later: IntArray = start + pd.Series(groups).groupby(groups).cumcount().to_numpy(dtype=np.int64)
        return later
    taken = {*params.covariates.future, params.series_column}
    clock = find_clock(sheet, params, groups if params.format != "wide" else None, taken)
    if clock is None:
        raise InputError(f"{sheet.name}: no column of times")
    return reading.axis.steps_of_bare(bare_on(reading.axis, clock.stamps))
