"""From the rows of a table to a panel: steps on the common axis, each series from its first to its last known value."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd

from rnn_vs_transformer.data.axis import Axis
from rnn_vs_transformer.data.covariates import Covariate, calendar_columns
from rnn_vs_transformer.data.panel import BoolArray, FloatArray, IntArray, Panel
from rnn_vs_transformer.runtime.errors import InputError, quoted
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.sources.clock import Clock, listed
from rnn_vs_transformer.sources.roles import advise_long
from rnn_vs_transformer.sources.sheet import Cells, Sheet
from rnn_vs_transformer.sources.spacing import find_axis
from rnn_vs_transformer.sources.stamps import Stamps


class Strand(NamedTuple):
    """One series as the table has it, in the order of time (n,)."""

    name: str
    known: FloatArray
    """The values; not-a-number for none."""
    steps: IntArray
    """On the common axis."""
    rows: IntArray
    """Of the table."""


def place(sheet: Sheet, clock: Clock | None, trained: Axis | None, groups: IntArray | None) -> tuple[Axis, IntArray]:
    """The common axis, and the step of each row on it.

    Args:
        sheet: The table.
        clock: The times of its rows; None takes rows as steps.
        trained: The axis of training, whose spacing holds.
        groups: The series of each row; None where all rows are of the same.

    Raises:
        InputError: A series has a time twice, or the times are not evenly spaced.
    """
    if clock is None:
        if trained is not None and trained.known:
            raise InputError(f"{sheet.name}: the models were trained with times, and here is no column of times")
        numbers = np.arange(sheet.length) if groups is None else pd.Series(groups).groupby(groups).cumcount().to_numpy()
        return Axis(), numbers.astype(np.int64)
    times = clock.stamps.times
    _refuse_repeats(sheet, clock, groups)
    if trained is None or not trained.known:
        rows = np.unique(times.asi8, return_index=True)[1]
        axis = find_axis(clock.stamps, lambda place: f"{sheet.row(int(rows[place]))}, column {quoted(clock.names[0])}")
        local = bare_on(axis, clock.stamps)
    else:
        local = bare_on(trained, clock.stamps)
        axis = trained.starting_at(trained.with_zone(pd.DatetimeIndex([local.min()]))[0])
    if not axis.known:
        return axis, np.unique(times.asi8, return_inverse=True)[1].astype(np.int64)
    steps = axis.steps_of_bare(local)
    if (steps < 0).any():
        row = int((steps < 0).argmax())
        raise InputError(
            f"{sheet.row(row)}, column {quoted(clock.names[0])}: {times[row]} does not follow the spacing of "
            f"{axis.spacing}, counted from {axis.first}"
        )
    return axis, steps


def bare_on(axis: Axis, stamps: Stamps) -> pd.DatetimeIndex:
    """The times on the clock on which the axis is even, without a zone."""
    times = stamps.times
    if times.tz is not None and axis.zone is None:
        return stamps.wall if stamps.wall is not None else times.tz_localize(None)
    if times.tz is None and axis.zone is not None and not axis.clock:
        times = times.tz_localize(axis.zone, ambiguous="NaT", nonexistent="NaT")
    return axis.bare(times)


def _refuse_repeats(sheet: Sheet, clock: Clock, groups: IntArray | None) -> None:
    times = pd.DataFrame({"time": clock.stamps.times})
    if groups is not None:
        times["group"] = groups
    repeats = times.duplicated()
    if not repeats.any():
        return
    row = int(repeats.to_numpy().argmax())
    time_column = " and ".join(clock.names)
    if groups is None:
        raise advise_long(sheet, clock.stamps.times, row, clock.names)
    raise InputError(
        f"{sheet.row(row)}, column {quoted(time_column)}: its series has {clock.stamps.times[row]} already; is another "
        "column part of the series' name, or of the time? Where clocks were put back, set data.time_zone"
    )


@dataclass
class Assembly:
    """Series by series, with their covariates."""

    sheet: Sheet
    params: DataParams
    axis: Axis
    covariates: list[Covariate]
    notes: list[str] = field(default_factory=list)

    def panel(self, strands: Iterable[Strand]) -> Panel:
        """All series that have a value.

        Raises:
            InputError: None has, a value is missing where `data.missing` refuses it, a static covariate changes.
        """
        moving = [one for one in self.covariates if one.known != "static"]
        codes = self._codes(moving)
        names, series, observed, starts, beside, static = [], [], [], [], [], []
        absent = list[str]()
        for strand in strands:
            known = np.flatnonzero(~np.isnan(strand.known))
            if not len(known):
                absent.append(strand.name)
                continue
            part = slice(known[0], known[-1] + 1)
            steps = strand.steps[part] - strand.steps[known[0]]
            values, seen = self._filled(strand, part, steps)
            names.append(strand.name)
            series.append(values)
            observed.append(seen)
            starts.append(int(strand.steps[known[0]]))
            if moving:
                beside.append(_laid_out(codes[strand.rows[part]], steps, len(values), moving))
            static.append(self._static(strand))
        if absent:
            self.notes.append(f"left out, without any value: {listed(absent)}")
        if not names:
            raise InputError(f"{self.sheet.name}: no series has a value")
        self._say_unknown(moving, codes)
        steps = np.concatenate([start + np.arange(len(one)) for start, one in zip(starts, series, strict=True)])
        table = np.concatenate(beside) if beside else np.empty((len(steps), 0))
        past, future = self._moving(moving, table, steps)
        tables = past, future, np.array(static, dtype=np.float64).reshape(len(names), -1)
        panel = Panel.of(names, series, observed, starts, tables)
        if filled := int((~panel.observed).sum()):
            self.notes.append(f"filled for contexts and never scored: {filled} of {len(steps)} values")
        return panel

    def _moving(self, moving: list[Covariate], table: FloatArray, steps: IntArray) -> tuple[FloatArray, FloatArray]:
        """Past and future covariates of all cells, from their codes (cells, K), and the calendar."""
        past, future = (
            [one.columns(table[:, place]) for place, one in enumerate(moving) if one.known == kind]
            for kind in ("past", "future")
        )
        if parts := self.params.covariates.calendar:
            future.append(calendar_columns(self.axis, steps, parts, self.params.covariates.holidays))
        return _beside(past, len(steps)), _beside(future, len(steps))

    def _codes(self, moving: list[Covariate]) -> FloatArray:
        """Of all rows (rows, K)."""
        for one in self.covariates:
            cells = self.sheet.columns[one.name]
            if cells.numbers is not None and cells.found.fault and one.kind != "category":
                row, text = cells.found.fault
                raise InputError(
                    f"{self.sheet.row(row)}, column {quoted(one.name)}: expected a number, got {quoted(text)}; leave "
                    "the cell empty where the value is missing"
                )
        columns = [codes_of(one, self.sheet.columns[one.name]) for one in moving]
        return np.stack(columns, axis=1) if columns else np.empty((self.sheet.length, 0))

    def _say_unknown(self, moving: list[Covariate], codes: FloatArray) -> None:
        for place, one in enumerate(moving):
            if unknown := int(np.isnan(codes[:, place]).sum()):
                what = "the value before" if one.kind == "number" else "none" if one.kind == "category" else "0"
                self.notes.append(f"covariate {one.name}: {unknown} unknown values, taken as {what}")

    def _filled(self, strand: Strand, part: slice, steps: IntArray) -> tuple[FloatArray, BoolArray]:
        """The values from the first known to the last known one, gaps filled linearly, and which were known."""
        values = strand.known[part]
        if len(steps) <= steps[-1]:
            whole = np.full(steps[-1] + 1, np.nan)
            whole[steps] = values
            values = whole
        seen = ~np.isnan(values)
        if seen.all():
            return values, seen
        gap = int((~seen).argmax())
        if self.params.missing == "error":
            raise InputError(self._missing(strand, part, steps, gap, int((~seen).sum())))
        values = values.copy()
        values[~seen] = np.interp(np.flatnonzero(~seen), np.flatnonzero(seen), values[seen])
        return values, seen

    def _missing(self, strand: Strand, part: slice, steps: IntArray, gap: int, count: int) -> str:
        after = int(np.searchsorted(steps, gap))
        row = self.sheet.row(int(strand.rows[part][after]))
        if steps[after] == gap:
            what = f"{row}, column {quoted(strand.name)}: the cell is empty ({count} in all)"
        else:
            what = f"{row}, series {quoted(strand.name)}: {steps[after] - gap} rows are missing before this time"
        return f"{what}; set data.missing: interpolate to fill such gaps"

    def _static(self, strand: Strand) -> FloatArray:
        columns = list[FloatArray]()
        for one in self.covariates:
            if one.known == "static":
                codes = codes_of(one, self.sheet.columns[one.name])[strand.rows]
                distinct = np.unique(codes[~np.isnan(codes)])
                if len(distinct) > 1:
                    raise InputError(
                        f"data.covariates.static: {quoted(one.name)} changes within series {quoted(strand.name)}; name "
                        "it in past or future instead"
                    )
                columns.append(one.columns(distinct if len(distinct) else np.array([np.nan]))[0])
        return np.concatenate(columns) if columns else np.empty(0)


def codes_of(one: Covariate, cells: Cells) -> FloatArray:
    """One number per row, see `Covariate.codes`."""
    if cells.numbers is not None:
        return one.codes(cells.numbers)
    words = cells.as_words()
    codes: FloatArray = np.append(one.codes(words.distinct), np.nan)[words.codes]
    return codes


def _laid_out(codes: FloatArray, steps: IntArray, length: int, moving: list[Covariate]) -> FloatArray:
    """Codes of rows on all steps of a series (length, K); numbers are filled forward, the causal way."""
    table = np.full((length, len(moving)), np.nan)
    table[steps] = codes
    for place, one in enumerate(moving):
        if one.kind == "number":
            table[:, place] = pd.Series(table[:, place]).ffill()
    return table


def _beside(columns: list[FloatArray], cells: int) -> FloatArray:
    return np.concatenate(columns, axis=1) if columns else np.empty((cells, 0))
