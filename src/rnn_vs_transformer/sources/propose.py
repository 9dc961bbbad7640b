"""How a file is read, in a small table, and the settings that read it so, as a command to paste."""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml

from rnn_vs_transformer.data.axis import season_length_of
from rnn_vs_transformer.data.covariates import MOST_LEVELS
from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.settings.whole import load_params
from rnn_vs_transformer.sources.advice import FAR, borders_of, shifts, too_short, trend
from rnn_vs_transformer.sources.describe import describe
from rnn_vs_transformer.sources.roles import LEFT_OUT, SERIES, OtherFormatError
from rnn_vs_transformer.sources.sheet import Sheet, read_sheet
from rnn_vs_transformer.sources.tabular import RAW_FOLDER, Reading, free_roles, read_path, texts_of

PLAIN: Final = re.compile(r"[A-Za-z_/][\w./-]*", re.ASCII)
"""Words that neither a shell nor Hydra takes for anything else."""
RESERVED: Final = {"null", "true", "false", "nan", "inf"}
ENOUGH: Final = 20
"""So many contexts and forecasts should fit into a series: a fifth of it is the test split, which needs four."""
Settings = dict[str, Any]


@dataclass(frozen=True)
class Proposal:
    """Settings that read a file, and what they make of it."""

    params: DataParams
    reading: Reading
    advice: list[str] = field(default_factory=list)


def inspect(path: Path, given: Sequence[str] = ()) -> list[str]:
    """Lines that tell how a file is read, and the command that trains on it.

    Args:
        path: The file.
        given: Settings that shall hold, as in `data.time_zone=Europe/Berlin`.

    Raises:
        InputError: The file is missing, or nothing reads it; the message says what would.
    """
    if not path.is_file():
        raise InputError(f"{path} does not exist")
    params = load_params()
    present = params.data
    asked = dict(setting.removeprefix("data.").partition("=")[::2] for setting in given)
    asked = {key: yaml.safe_load(value) for key, value in asked.items()}
    proposal = propose(path, present, asked)
    inside = path.resolve().is_relative_to(RAW_FOLDER.resolve())
    file = path.resolve().relative_to(Path.cwd()) if inside else RAW_FOLDER / path.name
    settings = {"source": "csv", "file": file.as_posix(), **_changes(present, proposal.params)}
    lengths = _lengths(proposal.reading, present)
    data, panel = proposal.params.model_copy(update=lengths), proposal.reading.panel
    season = data.season_length if isinstance(data.season_length, int) else season_of(proposal.reading) or 1
    advice, norm = _advice(panel, data, season, params.model.instance_norm)
    lines = [*describe(proposal.reading), *proposal.advice, *advice, ""]
    settings |= lengths
    if not inside:
        lines.append(shlex.join(["cp", str(path), f"{RAW_FOLDER}/"]))
    return [*lines, command(settings, norm)]


def _advice(panel: Panel, params: DataParams, season: int, instance_norm: str) -> tuple[list[str], Settings]:
    """Lines on what the series ask for, and the settings of the models that follow."""
    try:
        borders = borders_of(panel, params)
    except InputError as error:
        return [str(error)], {}
    lines, moved = too_short(panel, borders, params), shifts(panel, borders, season)
    if instance_norm != "none" or moved.max() <= FAR:
        return lines, {}
    if (shift := trend(moved)) is None:
        some = f"{np.count_nonzero(moved > FAR)} of {len(panel)} series moved by more than {FAR:g} standard deviation"
        most = f"{panel.names[int(moved.argmax())]!r} most ({moved.max():.1f})"
        return [*lines, f"trend: from train to validation {some}, {most}; try -S model.instance_norm=last too"], {}
    whose = "the series" if len(panel) == 1 else f"half of the {len(panel)} series or more"
    told = f"trend: from train to validation {whose} moved by {shift:.1f} standard deviations, so windows are taken "
    return [*lines, told + "relative to their last value"], {"instance_norm": "last"}


def season_of(reading: Reading) -> int | None:
    """Steps in one season; None where nothing tells it."""
    try:
        return season_length_of(reading.axis)
    except InputError:
        return None


def _lengths(reading: Reading, present: DataParams) -> Settings:
    """Season and lengths, where those that are set do not fit: two seasons of context, and one ahead."""
    known = season_of(reading)
    season, unknown = known or 1, {"season_length": 1} if known is None and present.season_length == "auto" else {}
    steps = int(np.median(reading.panel.lengths))
    if steps >= ENOUGH * (present.context_length + present.prediction_length):
        return unknown
    ahead = max(1, min(season if season > 1 else 4, steps // ENOUGH))
    context = max(2, min(2 * max(season, ahead), steps // 5))
    return {**unknown, "context_length": context, "prediction_length": ahead}


def propose(path: Path, params: DataParams, asked: Settings | None = None) -> Proposal:
    """The settings that read a file, with those that are asked for: wide if not, then what a refusal suggests.

    Raises:
        InputError: Nothing reads it; the message names the way out.
    """
    plain: Settings = {
        "source": "csv", "format": "wide", "series_column": "none", "target": "auto", "channels": "all",
        "time_column": "auto", "time_format": "auto", "time_zone": "none", "separator": "auto",
        "covariates": params.covariates.model_copy(update={"past": [], "future": [], "static": []}),
    }  # fmt: skip
    params = params if Path(params.file).resolve() == path.resolve() else params.model_copy(update=plain)
    params = DataParams.model_validate({**params.model_dump(), "source": "csv", **(asked or {})})
    try:
        return _with_flags(read_path(path, params), path, params)
    except OtherFormatError as error:
        refusal = error
    for name in refusal.series_columns:
        try:
            proposal = _long_or_rows(path, params, {"format": refusal.form, "series_column": name})
        except (InputError, ValueError):
            continue
        if season_of(proposal.reading) != 1:  # years of each month are one series, and no twelve
            return proposal
    raise refusal


def _with_flags(reading: Reading, path: Path, params: DataParams) -> Proposal:
    """A wide file; its flags are proposed as covariates of the future."""
    if isinstance(reading.settled.get("time_column"), list):
        params = params.model_copy(update={"time_column": reading.settled["time_column"]})
    flags = [column.name for column in reading.columns if column.role == LEFT_OUT and column.why.startswith("a flag")]
    if not flags:
        return Proposal(params, reading)
    covariates = params.covariates.model_copy(update={"future": [*params.covariates.future, *flags]})
    params = params.model_copy(update={"covariates": covariates})
    return Proposal(params, read_path(path, params), [AHEAD])


def _changes(present: DataParams, proposed: DataParams) -> Settings:
    """The settings to change in the workspace."""
    keys = ("format", "series_column", "target", "channels", "time_column", "time_format", "time_zone", "separator")
    before = {key: getattr(present, key) for key in keys} | _covariates(present)
    after = {key: getattr(proposed, key) for key in keys} | _covariates(proposed)
    return {key: value for key, value in after.items() if value != before[key]}


def _covariates(params: DataParams) -> Settings:
    return {f"covariates.{kind}": getattr(params.covariates, kind) for kind in ("past", "future", "static")}


AHEAD: Final = (
    "covariates.future are known ahead of time, as plans and promotions are: forecast takes them with --future FILE; "
    "name the others in covariates.past"
)


def _long_or_rows(path: Path, params: DataParams, settings: Settings) -> Proposal:
    """The first numbers are the target, flags are known ahead, other numbers are not, words are the series' own."""
    changed = params.model_copy(update=settings)
    if settings["format"] == "rows":
        return Proposal(changed, read_path(path, changed))
    sheet = read_sheet(path, changed, texts_of(changed))
    roles = free_roles(sheet, changed)
    target, *past = [name for name, column in roles.items() if column.role == SERIES]
    future = [name for name, column in roles.items() if column.why.startswith("a flag")]
    static = [name for name in roles if name not in {target, *past, *future} and _is_static(sheet, changed, name)]
    covariates = params.covariates.model_copy(update={"past": past, "future": future, "static": static})
    changed = changed.model_copy(update={"target": target, "covariates": covariates})
    return Proposal(changed, read_path(path, changed), [AHEAD] if past or future else [])


def _is_static(sheet: Sheet, params: DataParams, name: str) -> bool:
    """Whether a column of words has one value in each series."""
    cells = sheet.columns[name]
    if cells.words is None or cells.found.filled < len(cells) or not 1 < len(cells.words.distinct) <= MOST_LEVELS:
        return False
    series = sheet.columns[params.series_column].as_words()
    return len(set(zip(series.codes.tolist(), cells.words.codes.tolist(), strict=True))) == len(series.distinct)


def command(settings: Settings, of_models: Mapping[str, str] | None = None) -> str:
    r"""`dvc exp run` with the settings of data and models, as it is pasted into a shell.

    >>> command({"file": "data/raw/a.csv", "channels": ["T (degC)", "a=b"]})
    'dvc exp run -S data.file=data/raw/a.csv -S \'data.channels=["T (degC)","a=b"]\''
    """
    words = ["dvc", "exp", "run"]
    for key, value in settings.items():
        words += ["-S", f"data.{key}={_spell(value)}"]
    for key, value in (of_models or {}).items():
        words += ["-S", f"model.{key}={value}"]
    return shlex.join(words)


def _spell(value: Any) -> str:
    """A value as Hydra reads it."""
    if isinstance(value, list):
        return "[" + ",".join(map(_spell, value)) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    if PLAIN.fullmatch(value) and value.casefold() not in RESERVED:
        return value
    doubled = re.sub(r'(\\+)(?="|$)', r"\1\1", value)  # a backslash counts only before a quote
    return '"' + doubled.replace('"', '\\"').replace("${", "\\${") + '"'
