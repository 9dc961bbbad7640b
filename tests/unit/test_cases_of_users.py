"""The files of ../shared/cases: what is read of each, value by value. Skipped where that folder is missing."""

import csv
from pathlib import Path

import numpy as np
import pytest

from rnn_vs_transformer.data.axis import season_length_of
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.sources.tabular import read_path

BESIDE = [parent / "shared" / "cases" for parent in Path(__file__).resolve().parents]
CASES = next(filter(Path.is_dir, BESIDE), None)
pytestmark = pytest.mark.skipif(CASES is None, reason="no folder shared/cases beside the project")
STORES = {"format": "long", "series_column": "store", "target": "sales", "covariates.future": ["promo", "temperature"]}
WIDE = [  # file, series and their columns, season, the last time and the one after it, columns left out
    ("business_hours.csv", {"calls": 1}, 8, ("2022-02-24 16:00:00", "2022-02-25 09:00:00"), []),
    ("large_level_small_spread.csv", {"y": 1}, 7, ("2022-07-21", "2022-07-22"), []),
    ("names (1) with = and [brackets].csv", {"T (degC)": 1, "a=b": 2, "Größe, m²": 3}, 7,
     ("2022-07-21", "2022-07-22"), []),
    ("sensor_stuck_at_the_end.csv", {"a": 1, "b": 2}, 7, ("2022-07-21", "2022-07-22"), []),
    ("local_midnights_with_offset.csv", {"y": 1}, 7, ("2022-11-15", "2022-11-16"), []),
    ("fifteenth_of_month.csv", {"y": 1}, 12, ("2022-08-15", "2022-09-15"), []),
    ("quarter_labels.csv", {"gdp": 1}, 4, ("2009Q4", "2010Q1"), []),
    ("us_dates.csv", {"y": 1}, 7, ("07/21/2022", "07/22/2022"), []),
    ("date_and_hour.csv", {"mw": 2}, 24, ("2022-01-14 23:00:00", "2022-01-15 00:00:00"), []),
    ("compact_dates.csv", {"sales": 1}, 7, ("20220721", "20220722"), []),
    ("unix_seconds.csv", {"load": 1}, 24, ("1641711600", "1641715200"), []),
    ("year_as_number.csv", {"y": 1}, 1, ("2029", "2030"), []),
    ("counter_and_date.csv", {"y": 2}, 7, ("2022-07-21", "2022-07-22"), ["id"]),
    ("pandas_index.csv", {"y": 2}, 7, ("2022-07-21", "2022-07-22"), ["column 1"]),
    ("zero_one_flag.csv", {"sales": 1}, 7, ("2022-07-21", "2022-07-22"), ["holiday"]),
    ("true_false_flag.csv", {"sales": 1}, 7, ("2022-07-21", "2022-07-22"), ["promo"]),
    ("missing_markers.csv", {"y": 1}, 7, ("2022-07-21", "2022-07-22"), []),
    ("columns_start_and_end_apart.csv", {"a": 1, "b": 2, "c": 3}, 7,
     ("2022-07-21", "2022-07-22"), []),
    ("hole_of_60_days_in_test.csv", {"y": 1}, 7, ("2022-10-19", "2022-10-20"), []),
    ("comment_and_trailing_comma.csv", {"y": 1}, 7, ("2022-07-21", "2022-07-22"), []),
]  # fmt: skip


@pytest.fixture
def read(configure):
    """Read a case with some settings of `data`."""

    def reading(name, **changes):
        settings = {f"data.{key.replace('__', '.')}": value for key, value in changes.items()}
        params = configure({"data.source": "csv", "data.missing": "interpolate", **settings}).data
        return read_path(CASES / name, params)

    return reading


def numbers_of(name, column):
    """The numbers of a column, as plain as can be; not-a-number for what is none."""
    with (CASES / name).open(encoding="utf-8") as file:
        rows = list(csv.reader(line for line in file if not line.startswith("#")))[1:]
    known = {"NA", "NaN", "null", "#N/A", "-", ".", ""}
    return np.array([np.nan if row[column] in known else float(row[column]) for row in rows])


@pytest.mark.parametrize(("name", "columns", "season", "labels", "left_out"), WIDE, ids=[case[0] for case in WIDE])
def test_a_wide_case_is_read_as_its_user_expects(read, name, columns, season, labels, left_out):
    """Values to the bit, the roles of the columns, and the axis beyond the last row."""
    reading = read(name)

    panel = reading.panel
    assert panel.names == list(columns)
    for series, observed, column in zip(
        panel.each(), np.split(panel.observed, panel.offsets[1:-1]), columns.values(), strict=True
    ):
        written = numbers_of(name, column)
        assert series[observed].tobytes() == written[~np.isnan(written)].tobytes()
    last = panel.lengths[0] - 1
    assert tuple(reading.axis.labels(np.array([last, last + 1]))) == labels
    assert [column.name for column in reading.columns if column.role == "left out"] == left_out
    assert season_length_of(reading.axis) == season


def test_series_start_and_end_where_their_column_does(read):
    """Nothing is filled outside of them."""
    panel = read("columns_start_and_end_apart.csv").panel

    assert (panel.first_steps.tolist(), panel.lengths.tolist()) == ([0, 40, 0], [200, 160, 190])
    assert panel.observed.all()


def test_a_hole_is_filled_and_marked(read):
    """60 days, on a straight line between the days beside them; none may ever be scored."""
    panel = read("hole_of_60_days_in_test.csv").panel

    assert (~panel.observed).sum() == 60
    start = int((~panel.observed).argmax())
    assert np.allclose(np.diff(panel.values[start - 1 : start + 61], n=2), 0)


def test_markers_are_missing_values(read):
    """NA, NaN, null, #N/A, a dash and a dot."""
    panel = read("missing_markers.csv").panel

    assert np.flatnonzero(~panel.observed).tolist() == [5, 40, 41, 90, 120, 150]


def test_a_comment_and_an_empty_last_column_are_said(read):
    """Nothing is passed over in silence."""
    assert read("comment_and_trailing_comma.csv").notes == [
        "passed over: 1 comment", "passed over: the empty last column, which has no name",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["stores_long.csv", "stores_long_sorted_by_date.csv", "stores_long.parquet"])
def test_stores_are_a_panel_in_any_order_of_rows(read, name):
    """Four series with their own starts and ends, a flag and a number beside them, known ahead."""
    reading = read(name, **{key.replace(".", "__"): value for key, value in STORES.items()})
    panel = reading.panel

    assert panel.names == ["lake", "new", "north", "south"]
    assert (panel.lengths.tolist(), panel.first_steps.tolist()) == ([120, 20, 200, 170], [0, 180, 0, 30])
    assert [(one.name, one.kind, one.known) for one in reading.covariates] == [
        ("promo", "flag", "future"), ("temperature", "number", "future"),
    ]  # fmt: skip
    with (CASES / "stores_long.csv").open(encoding="utf-8") as file:
        rows = sorted(csv.reader(file), key=lambda row: row[:2])[:-1]
    assert panel.values.tolist() == [float(row[2]) for row in rows]
    assert panel.future.tolist() == [[float(row[3]), float(row[4])] for row in rows]


def test_a_long_file_read_as_wide_is_asked_about_its_series(read):
    """Never the advice to drop rows, which are other stores."""
    with pytest.raises(InputError, match=r"several series\? set data\.format: long and data\.series_column: store"):
        read("stores_long_sorted_by_date.csv")


def test_two_columns_that_could_be_forecast_are_asked_about(read):
    """Sales and temperature are both numbers; nobody but the user knows which one is the target."""
    with pytest.raises(InputError, match=r"data\.target: sales, temperature could be forecast"):
        read("stores_long.csv", format="long", series_column="store")
