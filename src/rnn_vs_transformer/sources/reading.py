"""What a table was found to hold, and how its series and covariates are laid out as a panel."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from rnn_vs_transformer.data.axis import Axis
from rnn_vs_transformer.data.covariates import Covariate, Known, calendar_columns, calendar_covariates
from rnn_vs_transformer.data.panel import BoolArray, FloatArray, IntArray, Panel
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.sources.roles import Column

KINDS: Final[tuple[Known, ...]] = ("past", "future", "static")


@dataclass(frozen=True)
class Rows:
    """The rows of a table that belong to a series and a step, with the codes of the covariates there."""

    series: IntArray
    """(n,); all 0 where the covariates are the same for all series."""
    steps: IntArray
    """On the common axis (n,)."""
    codes: dict[str, FloatArray]
    """(n,) by covariate, see `Covariate.codes`."""


@dataclass(frozen=True)
class Reading:
    """A table as it was read."""

    panel: Panel
    covariates: list[Covariate]
    """In the order of the panel's columns: past, then future (the calendar last), then static."""
    axis: Axis
    columns: list[Column]
    """Of the table, and their roles."""
    rows: Rows
    settled: dict[str, Any]
    """Settings of `data` by which a shorter table of the same kind is read alike."""
    notes: list[str] = field(default_factory=list)
    """What else is to be said, a line each."""


def lay_out(
    names: Sequence[str],
    values: Sequence[FloatArray],
    first_steps: Sequence[int],
    covariates: list[Covariate],
    rows: Rows,
    axis: Axis,
    params: DataParams,
    static: FloatArray,
) -> Panel:
    """The panel of some series (steps,) with gaps, of which each begins and ends with a known value.

    Gaps are filled by straight lines, and are not observed. Covariates go on from their last known value, so that
    nothing looks ahead.
    """
    filled, observed = zip(*map(_fill, values), strict=True)
    lengths = [len(one) for one in values]
    columns: dict[str, list[FloatArray]] = {"past": [], "future": []}
    shared = not rows.series.any()
    for covariate in covariates:
        if covariate.known in columns and covariate.name in rows.codes:
            codes = _on_cells(rows, covariate.name, lengths, first_steps, shared=shared)
            columns[covariate.known].append(covariate.columns(codes))
    steps = np.concatenate([np.arange(length) + first for length, first in zip(lengths, first_steps, strict=True)])
    parts = params.covariates.calendar
    columns["future"].append(calendar_columns(axis, steps, parts, params.covariates.holidays))
    empty = np.empty((len(steps), 0))
    past, future = (np.concatenate([empty, *columns[known]], axis=1) for known in ("past", "future"))
    return Panel.of(list(names), list(filled), list(observed), list(first_steps), (past, future, static))


def all_covariates(of_table: list[Covariate], params: DataParams) -> list[Covariate]:
    """Those of the table and of the calendar, in the order of the panel's columns."""
    by_kind = {known: [one for one in of_table if one.known == known] for known in KINDS}
    return [*by_kind["past"], *by_kind["future"], *calendar_covariates(params.covariates.calendar), *by_kind["static"]]


def trim(values: FloatArray) -> tuple[FloatArray, int]:
    """A series without the missing values at its ends, and how many stood before it; empty where there is no value."""
    known = np.flatnonzero(~np.isnan(values))
    return (values[known[0] : known[-1] + 1], int(known[0])) if len(known) else (values[:0], 0)


def _fill(values: FloatArray) -> tuple[FloatArray, BoolArray]:
    known = ~np.isnan(values)
    if known.all():
        return values, known
    places = np.arange(len(values))
    return np.interp(places, places[known], values[known]), known


def _on_cells(rows: Rows, name: str, lengths: Sequence[int], first_steps: Sequence[int], *, shared: bool) -> FloatArray:
    """The code of each cell; the last known one of the series where a row has none or is missing."""
    steps = int(max(first + length for first, length in zip(first_steps, lengths, strict=True)))
    series = np.zeros_like(rows.series) if shared else rows.series
    count = 1 if shared else len(lengths)
    inside = rows.steps < steps
    order = np.flatnonzero(inside)
    bounds = np.searchsorted(series[order], np.arange(count + 1)) if not shared else np.array([0, len(order)])
    found = []
    for number, (length, first) in enumerate(zip(lengths, first_steps, strict=True)):
        if number == 0 or not shared:
            some = order[bounds[number] : bounds[number + 1]]
            whole = np.full(steps, np.nan)
            whole[rows.steps[some]] = rows.codes[name][some]
            whole = _carry_forward(whole)
        found.append(whole[first : first + length])
    return np.concatenate(found)


def _carry_forward(values: FloatArray) -> FloatArray:
    known = np.where(np.isnan(values), -1, np.arange(len(values)))
    last = np.maximum.accumulate(known)
    return np.where(last >= 0, values[last], np.nan)
