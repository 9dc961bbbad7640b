"""Tables with a series per row, as the M4 files are: told from wide ones, and read."""

import re
from typing import Final

import numpy as np

from rnn_vs_transformer.data.axis import Axis
from rnn_vs_transformer.data.panel import FloatArray
from rnn_vs_transformer.runtime.errors import InputError, quoted
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.sources.clock import listed
from rnn_vs_transformer.sources.columns import Found
from rnn_vs_transformer.sources.roles import OtherFormatError
from rnn_vs_transformer.sources.sheet import Cells, Sheet
from rnn_vs_transformer.sources.spacing import find_axis
from rnn_vs_transformer.sources.stamps import Stamps
from rnn_vs_transformer.sources.times import read_times
from rnn_vs_transformer.sources.words import Words

FEWEST: Final = 8
"""Columns in a row of names that are numbered, or times, before rows are taken for series."""
NUMBERED: Final = re.compile(r"[A-Za-z_ ]{0,8}(\d{1,6})", re.ASCII)


def times_of_names(names: list[str]) -> Stamps | None:
    """The times that the names of columns are; None where they are none."""
    words = Words(np.arange(len(names), dtype=np.int32), np.array(names, dtype=object))
    try:
        stamps = read_times(Cells(Found(), words=words), "names of the columns", "auto")
    except InputError:
        return None
    return stamps if stamps is not None and not stamps.times.isna().any() else None


def refuse_rows(sheet: Sheet, params: DataParams) -> None:
    """Refuse a wide table without times whose rows seem to be the series.

    Raises:
        InputError: A column of text names each row, and the other columns are numbered, times, or more than the rows.
    """
    if params.channels != "all" or params.time_column != "auto":
        return
    numeric = [name for name, cells in sheet.columns.items() if cells.numbers is not None]
    ids = [
        name for name, cells in sheet.columns.items()
        if cells.words is not None and len(cells.words.distinct) == sheet.length
    ]  # fmt: skip
    matches = [NUMBERED.fullmatch(name) for name in numeric]
    numbers = np.array([int(match[1]) for match in matches if match])
    numbered = len(numbers) == len(numeric) and bool((np.diff(numbers) == 1).all())
    if ids and len(numeric) >= FEWEST and (numbered or len(numeric) > sheet.length or times_of_names(numeric)):
        raise OtherFormatError(
            f"{sheet.name}: {sheet.length} rows with a name each ({quoted(ids[0])}) and {len(numeric)} columns of "
            f"numbers, no times: is each row a series? set data.format: rows and data.series_column: {ids[0]} (if not, "
            "name the columns to forecast in data.channels)",
            "rows",
            ids,
        )


def columns_of_steps(sheet: Sheet, params: DataParams, beside: list[str]) -> list[str]:
    """The columns that are the steps of the series, in the order of the file.

    Raises:
        InputError: There are none, or one holds text.
    """
    steps = [name for name in sheet.columns if name not in {params.series_column, *beside}]
    texts = [name for name in steps if sheet.columns[name].numbers is None]
    if texts:
        raise InputError(
            f"column {quoted(texts[0])} holds text, and data.format: rows takes every column but data.series_column "
            "for a step; name it in data.covariates.static, or take it out"
        )
    if not steps:
        raise InputError(f"{sheet.name}: no column is a step; the file has {listed(list(sheet.columns))}")
    return steps


def matrix(sheet: Sheet, names: list[str]) -> FloatArray:
    """The numbers of some columns (rows, columns)."""
    columns = list[FloatArray]()
    for name in names:
        numbers, fault = sheet.columns[name].numbers, sheet.columns[name].found.fault
        if fault is not None or numbers is None:
            row, text = fault or (0, "text")
            raise InputError(f"{sheet.row(row)}, column {quoted(name)}: expected a number, got {quoted(text)}")
        columns.append(numbers)
    return np.stack(columns, axis=1)


def axis_of_names(names: list[str]) -> Axis:
    """The axis that the names of the columns are; one without times where they are none."""
    stamps = times_of_names(names)
    if stamps is None or len(names) < 3 or not stamps.times.is_monotonic_increasing:  # noqa: PLR2004
        return Axis()
    axis = find_axis(stamps, lambda place: f"column {quoted(names[place])}")
    return axis if (axis.steps_of(stamps.times) == np.arange(len(names))).all() else Axis()
