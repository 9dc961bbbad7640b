"""What a file holds, told before anything is trained, and the settings that would read it, as a command to paste."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from rnn_vs_transformer.data.axis import season_length_of
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.sources.roles import LEFT_OUT, Column, few_whole, is_flag
from rnn_vs_transformer.sources.sheet import Sheet, read_sheet
from rnn_vs_transformer.sources.tabular import RAW_FOLDER, Reading, read_path

TARGETS: Final = ("sales", "demand", "value", "y", "target", "quantity", "qty", "volume", "load", "count")
"""Names of columns that are forecast, the likelier first."""
PLAIN: Final = re.compile(r"[A-Za-z_][\w/.-]*", re.ASCII)
"""What Hydra's grammar takes for text without quotes."""
TOLD: Final = 12
"""So many columns and series are told one by one."""
Changes = dict[str, Any]
"""Settings of `data` that differ from those given; `past` and the like are of `data.covariates`."""


def inspect(path: Path, given: DataParams) -> tuple[Reading, Changes]:
    """Read a file by the settings given, or else by the first that read it: long, then a row per series.

    Raises:
        InputError: No way of reading it was found; what is said is of the settings given.
    """
    try:
        return read_path(path, changed(given, {})), {}
    except InputError as error:
        refused = error
    for changes in _guesses(read_sheet(path, given), given):
        try:
            return read_path(path, changed(given, changes)), changes
        except InputError:
            continue
    raise refused


def changed(given: DataParams, changes: Mapping[str, Any]) -> DataParams:
    """The settings with others in their place."""
    content = {**given.model_dump(), "source": "csv"}
    for key, value in changes.items():
        part = content["covariates"] if key in content["covariates"] else content
        part[key] = value
    return DataParams.model_validate(content)


def _guesses(sheet: Sheet, given: DataParams) -> Iterator[Changes]:
    """Settings for a long file, and for one with a row per series."""
    if given.format != "wide":
        return
    texts = {name: cells for name, cells in sheet.columns.items() if cells.texts is not None}
    few = {
        name: cells for name, cells in sheet.columns.items() if cells.numbers is not None and few_whole(cells.numbers)
    }
    for name, cells in {**texts, **few}.items():
        distinct = len({text for text in cells.as_texts() if text is not None})
        if name in texts and distinct == sheet.length:
            yield {"format": "rows", "series_column": name}
        if 3 * distinct > sheet.length:
            continue
        others = [one for one, other in sheet.columns.items() if one != name and other.numbers is not None]
        numbers = [one for one in others if not is_flag(sheet.columns[one])]
        flags = [one for one in others if one not in numbers]
        known = [one for wanted in TARGETS for one in numbers if one.casefold() == wanted]
        for target in [*known, *numbers][:1]:
            more = [one for one in (*flags, *numbers) if one != target]
            yield {"format": "long", "series_column": name, "target": target, "past": more}


def described(reading: Reading, params: DataParams) -> list[str]:
    """What was read, as the lines of a table: columns with their roles, times, series, gaps."""
    by_role: dict[str, list[Column]] = {}
    for column in reading.columns:
        by_role.setdefault(column.role, []).append(column)
    shown = [column for some in by_role.values() for column in some[:TOLD]]
    width = max(len(column.name) for column in shown)
    roles = max(len(column.role) for column in shown)
    lines = [f"{column.name:<{width}}  {column.role:<{roles}}  {column.why}".rstrip() for column in shown]
    lines += [f"and {len(some) - TOLD} more columns: {role}" for role, some in by_role.items() if len(some) > TOLD]
    panel, axis = reading.panel, reading.axis
    last = int((panel.first_steps + panel.lengths).max()) - 1
    if axis.known:
        first, end = axis.labels(np.array([int(panel.first_steps.min()), last]))
        lines.append(f"times: {first} to {end}, spacing {_spacing(reading)}")
    else:
        lines.append("times: none, rows are steps")
    season = f"{season_of(reading, params)}" if season_of(reading, params) else "unknown, set data.season_length"
    lengths = panel.lengths
    length = f"{lengths.min()}" if lengths.min() == lengths.max() else f"{lengths.min()} to {lengths.max()}"
    lines.append(f"season: {season}; series: {len(panel)} of {length} steps; missing values: {(~panel.observed).sum()}")
    return lines + [f"note: {note}" for note in reading.notes]


def season_of(reading: Reading, params: DataParams) -> int | None:
    """Steps in one season; None where nothing tells it."""
    if params.season_length != "auto":
        return params.season_length
    try:
        return season_length_of(reading.axis)
    except InputError:
        return None


def _spacing(reading: Reading) -> str:
    axis = reading.axis
    if axis.months:
        return f"{axis.months} month(s), on day {axis.day}"
    return f"{len(axis.week)} times of the week" if axis.week else str(axis.frequency)


def command(path: Path, reading: Reading, changes: Changes, given: DataParams) -> str:
    """The run that reads the file so, to paste into a shell."""
    settings: dict[str, Any] = {"data.source": "csv", "data.file": (RAW_FOLDER / path.name).as_posix()}
    past = changes.get("past", [])
    settings |= {f"data.covariates.{key}" if key in {"past", "future"} else f"data.{key}": value
                 for key, value in changes.items() if key != "past" or past}  # fmt: skip
    season = season_of(reading, given)
    if season is None:
        settings["data.season_length"] = 1
    lengths = _lengths(int(np.median(reading.panel.lengths)), season or 1, given)
    if lengths != (given.context_length, given.prediction_length):
        settings |= {"data.context_length": lengths[0], "data.prediction_length": lengths[1]}
    return "dvc exp run package " + " ".join(f"-S {shlex.quote(f'{key}={hydra_value(value)}')}"
                                             for key, value in settings.items())  # fmt: skip


def _lengths(steps: int, season: int, given: DataParams) -> tuple[int, int]:
    """Context and prediction length: those given where a test split holds enough of them, else two seasons and one."""
    context, ahead = given.context_length, given.prediction_length
    if steps >= 20 * (context + ahead):  # a fifth of it is the test split, which needs four blocks for a verdict
        return context, ahead
    ahead = max(1, min(season if season > 1 else 4, steps // 20))
    return max(2, min(2 * max(season, ahead), steps // 5)), ahead


def hydra_value(value: Any) -> str:
    """A value as `-S key=value` takes it; names with anything but letters, digits, / _ - and dots are quoted."""
    if isinstance(value, list):
        return f"[{','.join(map(hydra_value, value))}]"
    if isinstance(value, str) and not PLAIN.fullmatch(value):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def left_out(reading: Reading) -> list[str]:
    """The columns that are not used, and why."""
    return [f"{column.name}: {column.why}" for column in reading.columns if column.role == LEFT_OUT]
