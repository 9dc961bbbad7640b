"""Where a series comes from: the synthetic world, or a CSV file."""

import logging

import numpy as np

from rnn_vs_transformer.data.series import Meta, Series
from rnn_vs_transformer.data.splits import (
    LARGEST,
    FloatArray,
    IntArray,
    Scaler,
    check_windows,
    forecast_origins,
    split_borders,
)
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.sources import synthetic, tabular
from rnn_vs_transformer.sources.setar import context_floor_forecast

log = logging.getLogger(__name__)
SPLITS = ("train", "validation", "test")
SAME_FLOOR = 1e-3
"""Of the variance of the noise: by less than this a floor's expected error differs from the oracle's in no table."""


def make_series(params: DataParams, *, with_floors: bool = True) -> Series:
    """Simulate the synthetic world or read the CSV file, and check that windows can be cut from it.

    The floors' forecasts, which can take seconds and refuse nothing, may be left out.

    Raises:
        InputError: The file or the split cannot be used.
    """
    try:
        series = _read(params) if params.source == "csv" else _simulate(params, with_floors)
        _check_channels(series)
    except MemoryError:
        what = params.file if params.source == "csv" else "data.synthetic.length"
        raise InputError(
            f"{what}: the memory is too small for the series; choose fewer data.channels, or a shorter series"
        ) from None
    return series


def _read(params: DataParams) -> Series:
    table = tabular.read_table(params)
    borders = split_borders(params.split, len(table.values))
    check_windows(borders, params.context_length, params.prediction_length)
    season = tabular.season_length_of(table) if params.season_length == "auto" else params.season_length
    parts = np.split(table.filled, [borders.train_end, borders.validation_end, borders.test_end])
    filled = {name: int(part.sum()) for name, part in zip(SPLITS, parts, strict=False)}
    if any(filled.values()):
        log.info("interpolated cells: %s", ", ".join(f"{count} in {name}" for name, count in filled.items()))
    if filled["validation"] or filled["test"]:
        log.warning("a forecast from inside an interpolated gap has seen the value after it")
    meta = Meta("csv", table.channels, borders, season, params.context_length, params.prediction_length, filled, "none",
                table.time_column, table.first_time, table.frequency)  # fmt: skip
    return Series(meta, table.values, {})


def _check_channels(series: Series) -> None:
    """Refuse what could not be scaled or scored: constant channels, and those that repeat one season exactly."""
    meta, train = series.meta, series.values[: series.meta.borders.train_end]
    Scaler.fit(train, meta.channels).check_range(series.values, meta.channels)
    season = meta.season_length
    if season > len(train) // 2:
        raise InputError(
            f"data.season_length ({season}) needs at least two seasons in the train split ({len(train)} steps)"
        )
    test = series.values[meta.borders.validation_end - season : meta.borders.test_end]
    for name, part in (("train", train), ("test", test)):
        exact = (part[season:] == part[:-season]).all(axis=0)
        if exact.any():
            raise InputError(
                f"channel {meta.channels[int(np.argmax(exact))]!r} repeats one season of {season} steps exactly in the "
                f"{name} split, so the seasonal naive has no error to measure by; leave it out of data.channels",
            )


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
    exactness = "exact" if synthetic.oracle_is_exact(world, horizon) else "monte carlo"
    filled = dict.fromkeys(SPLITS, 0)
    meta = Meta("synthetic", ["y"], borders, season, params.context_length, horizon, filled, exactness)
    return Series(meta, values[:, None], _floors(params, values, deviation, origins) if with_floors else {})


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
