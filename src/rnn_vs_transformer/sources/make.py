"""Where series come from: the synthetic world, or a file."""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, replace

import numpy as np

from rnn_vs_transformer.data.axis import Axis, season_length_of
from rnn_vs_transformer.data.panel import BoolArray, FloatArray, IntArray, Panel
from rnn_vs_transformer.data.scaling import LARGEST, fault_of
from rnn_vs_transformer.data.season import suggested_season
from rnn_vs_transformer.data.series import Meta, Series, fit_scalers
from rnn_vs_transformer.data.splits import (
    SPLITS,
    Places,
    check_windows,
    count_possible_windows,
    find_windows,
    forecast_origins,
    split_borders,
    split_spans,
)
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError, quoted
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.sources import synthetic, tabular
from rnn_vs_transformer.sources.describe import describe
from rnn_vs_transformer.sources.setar import context_floor_forecast

log = logging.getLogger(__name__)
SAME_FLOOR = 1e-3
"""Of the variance of the noise: by less than this a floor's expected error differs from the oracle's in no table."""
LOOKED_AT = 20
"""So many series at most are asked for their season."""
NAMED = 5
"""So many series that are left out are named in the log."""


def make_series(params: DataParams, *, with_floors: bool = True) -> Series:
    """Simulate the synthetic world or read the file, and check that windows can be cut from it.

    The floors' forecasts, which can take seconds and refuse nothing, may be left out.

    Raises:
        InputError: The file or the split cannot be used.
    """
    try:
        return _read(params) if params.source == "csv" else _simulate(params, with_floors)
    except MemoryError:
        what = params.file if params.source == "csv" else "data.synthetic.length"
        raise InputError(
            f"{what}: the memory is too small for the series; choose fewer series, or shorter ones"
        ) from None


def _read(params: DataParams) -> Series:
    reading = tabular.read_file(params)
    for line in describe(reading):
        log.info("%s", line)
    season = season_length_of(reading.axis) if params.season_length == "auto" else params.season_length
    panel, ends, faults = _usable(reading.panel, params, season)
    suggested = _other_season(panel, ends, season, _season_by_times(reading.axis))
    meta = Meta(
        {**params.model_dump(), **reading.settled},
        panel.names,
        season,
        reading.axis,
        suggested,
        covariates=reading.covariates,
        columns=[asdict(column) for column in reading.columns],
        notes=[
            *reading.notes,
            *_left_out_notes(faults),
            *_stuck_in_test(panel, ends, season),
            *_season_notes(season, suggested),
        ],
        left_out=faults,
        filled_cells=_filled_cells(panel, ends),
    )
    for note in meta.notes[len(reading.notes) :]:
        log.warning(note)
    return _with_windows(Series(meta, panel, ends, {}))


def _usable(panel: Panel, params: DataParams, season: int) -> tuple[Panel, IntArray, dict[str, str]]:
    """The series that can be trained on and scored, the ends of their splits (S, 3), and why others cannot.

    Raises:
        InputError: None can; or one cannot that data.channels names.
    """
    faults: dict[str, str] = {}
    ends, lengths = np.zeros((len(panel), 3), dtype=np.int64), (params.context_length, params.prediction_length)
    for number, (name, values) in enumerate(zip(panel.names, panel.each(), strict=True)):
        observed = panel.observed[panel.offsets[number] : panel.offsets[number + 1]]
        try:
            borders = split_borders(params.split, len(values))
            check_windows(borders, *lengths, fewest=2 if len(panel) == 1 else 1)
            _check_train(values[: borders.train_end], observed[: borders.train_end], season, params)
            ends[number] = borders.train_end, borders.validation_end, borders.test_end
        except InputError as error:
            faults[name] = str(error)
    for split in SPLITS:
        counts = np.bincount(find_windows(panel, ends, split, *lengths).series, minlength=len(panel))
        for number in np.flatnonzero(counts == 0).tolist():
            why = f"no window of the {split} split has an observed forecast origin and target"
            faults.setdefault(panel.names[number], why)
    if faults and (params.channels != "all" or len(faults) == len(panel)):
        name, fault = next(iter(faults.items()))
        named = "" if len(panel) == 1 else f"series {quoted(name)}: "
        raise InputError(f"{named}{fault}")
    kept = np.array([name not in faults for name in panel.names])
    return (panel if kept.all() else panel.chosen(np.flatnonzero(kept))), ends[kept], faults


def _check_train(train: FloatArray, observed: BoolArray, season: int, params: DataParams) -> None:
    """Refuse a series that could not be scaled, or that has no error of the seasonal naive to measure by."""
    if season > len(train) // 2:
        raise InputError(
            f"data.season_length ({season}) needs at least two seasons in the train split ({len(train)} steps)"
        )
    if fault := fault_of(train[observed], params.transform) if observed.any() else "has no value in the train split":
        raise InputError(fault)
    pairs = observed[season:] & observed[:-season]
    if not pairs.any():
        raise InputError(f"no two values of the train split are known that lie one season of {season} steps apart")
    if (train[season:] == train[:-season])[pairs].all():
        raise InputError(
            f"repeats one season of {season} steps exactly in the train split, so the seasonal naive has no error to "
            "measure by; leave it out"
        )


def _season_by_times(axis: Axis) -> int | None:
    try:
        return season_length_of(axis)
    except InputError:
        return None


def _other_season(panel: Panel, ends: IntArray, season: int, by_times: int | None) -> int | None:
    """A season that most of the series clearly have, or that their times suggest, and that was not set."""
    looked_at = np.unique(np.linspace(0, len(panel) - 1, LOOKED_AT).astype(np.int64))
    values = list(panel.each())
    found = Counter(suggested_season(values[number][: ends[number, 0]], season) for number in looked_at)
    suggested, count = found.most_common(1)[0]
    if suggested is None or 2 * count <= len(looked_at):
        suggested = by_times if by_times not in {None, 1, season} else None
    return suggested if suggested is not None and 2 * suggested <= ends[:, 0].min() else None


def _season_notes(season: int, suggested: int | None) -> list[str]:
    if suggested is None:
        return []
    told = f"the season is set to {season} steps, but {suggested} are suggested by the series or their times; if they "
    return [f"{told}are right, set data.season_length: {suggested} (the seasonal naive at it stands in the table too)"]


def _left_out_notes(faults: dict[str, str]) -> list[str]:
    """What is said of series that are not trained on."""
    said = [f"series {quoted(name)} is not trained on, but can be forecast: {fault}" for name, fault in faults.items()]
    more = [f"{len(said) - NAMED} more series are not trained on, see {paths.META}"] if len(said) > NAMED else []
    return said[:NAMED] + more


def _stuck_in_test(panel: Panel, ends: IntArray, season: int) -> list[str]:
    """Warnings of series that stand still for longer than ever in train, or repeat a season exactly, in the test split.

    Raises:
        InputError: All series do, so that no error of the seasonal naive is left to compare with.
    """
    stuck, exact = [], 0
    for name, values, (train_end, start, end) in zip(panel.names, panel.each(), ends, strict=True):
        repeats = bool((values[start:end] == values[start - season : end - season]).all())
        still = _still_at_the_end(values[start:end])
        exact += repeats
        if still > max(season, _longest_still(values[:train_end])) and 10 * still >= end - start:
            stuck.append(f"series {quoted(name)} does not move in the last {still} of {end - start} test steps")
        elif repeats:
            stuck.append(f"series {quoted(name)} repeats one season exactly in the test split")
    if exact == len(panel):
        raise InputError(f"{stuck[0]}; take another data.split, or leave it out")
    return stuck[:NAMED] + ([f"{len(stuck) - NAMED} more series do so"] if len(stuck) > NAMED else [])


def _still_at_the_end(values: FloatArray) -> int:
    """How many of the last values are the same."""
    moved = np.flatnonzero(np.diff(values))
    return len(values) - (int(moved[-1]) + 1 if len(moved) else 0)


def _longest_still(values: FloatArray) -> int:
    """The most values in a row that are the same."""
    borders = np.concatenate([[-1], np.flatnonzero(np.diff(values)), [len(values) - 1]])
    return int(np.diff(borders).max())


def _filled_cells(panel: Panel, ends: IntArray) -> Mapping[str, int]:
    """Per split."""
    return {split: int((~panel.part(*split_spans(ends, split)).observed).sum()) for split in SPLITS}


def _with_windows(series: Series) -> Series:
    """The series with the counts of its windows, once all of it is known to be fit for scaling."""
    meta, lengths = series.meta, (series.meta.context_length, series.meta.prediction_length)
    fit_scalers(series.panel, series.ends, meta)[0].check_range(series.panel)
    places: dict[str, Places] = {split: find_windows(series.panel, series.ends, split, *lengths) for split in SPLITS}
    windows = {split: len(found.origins) for split, found in places.items()}
    origins = {split: len(np.unique(series.panel.axis_steps(*found))) for split, found in places.items()}
    lost: dict[str, int] = {
        split: count_possible_windows(series.ends, split, *lengths) - windows[split] for split in SPLITS
    }
    if any(meta.filled_cells.values()):
        log.info(
            "filled cells, for contexts alone: %s; windows left out of training or scores: %s",
            *(", ".join(f"{count} in {split}" for split, count in some.items()) for some in (meta.filled_cells, lost)),
        )
    return replace(series, meta=replace(meta, windows=windows, forecast_origins=origins, windows_left_out=lost))


def _simulate(params: DataParams, with_floors: bool) -> Series:
    world, horizon = params.synthetic, params.prediction_length
    borders = split_borders(params.split, world.length)
    check_windows(borders, params.context_length, horizon)
    origins = forecast_origins(borders.validation_end, borders.test_end, params.context_length, horizon)
    if origins[0] < world.delay - 1:
        raise InputError(
            f"data.synthetic.delay ({world.delay}) must not reach back before the first step of the series; "
            "lower it, or give a longer data.synthetic.length",
        )
    with np.errstate(all="ignore"):  # judged by the result
        values, deviation = synthetic.simulate(world)
    if not (np.abs(values) <= LARGEST).all():
        raise InputError("data.synthetic.*: the simulated series runs off to infinity; give its numbers a smaller unit")
    season = world.season_lengths[0] if params.season_length == "auto" else params.season_length
    _check_train(values[: borders.train_end], np.ones(borders.train_end, dtype=np.bool_), season, params)
    panel, ends = Panel.of(["y"], [values]), np.array([[*asdict(borders).values()]])
    _stuck_in_test(panel, ends, season)
    exactness = "exact" if synthetic.oracle_is_exact(world, horizon) else "monte carlo"
    meta = Meta(params.model_dump(), ["y"], season, Axis(), oracle=exactness, filled_cells=dict.fromkeys(SPLITS, 0))
    return _with_windows(Series(meta, panel, ends, _floors(params, values, deviation, origins) if with_floors else {}))


def _floors(params: DataParams, values: FloatArray, deviation: FloatArray, origins: IntArray) -> dict[str, FloatArray]:
    """See `Series.floors`; that of a context where it has a closed form and is not the oracle's."""
    world, horizon = params.synthetic, params.prediction_length
    oracle = synthetic.oracle_forecast(world, deviation, origins, horizon)
    with np.errstate(all="ignore"):  # judged by the result
        known = context_floor_forecast(world, values, origins, params.context_length, horizon)
        gain = np.nan if known is None else np.square(known - oracle).mean()
    if known is None or not SAME_FLOOR * world.sigma**2 < gain < np.inf:
        return {"oracle": oracle}
    return {"oracle": oracle, "context_floor": known}
