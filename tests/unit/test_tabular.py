"""Reading real series: what is read, and that what cannot be read with certainty is refused in one line."""

import numpy as np
import pytest

from rnn_vs_transformer.data.axis import season_length_of
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.sources.tabular import read_file

DAYS = "time,a\n2020-01-01,1\n2020-01-02,2\n2020-01-03,3\n2020-01-04,4\n2020-01-05,5\n2020-01-06,6\n"


@pytest.fixture
def read(configure, monkeypatch, tmp_path):
    """Write text or bytes to data/raw/series.csv of an empty project and read it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "raw").mkdir(parents=True)

    def write_and_read(content, file="data/raw/series.csv", **settings):
        if content is not None:
            (tmp_path / file).write_bytes(content if isinstance(content, bytes) else content.encode())
        changes = {"data.source": "csv", "data.file": file}
        return read_file(configure({**changes, **{f"data.{name}": value for name, value in settings.items()}}).data)

    return write_and_read


def values_of(reading):
    """Values of each series."""
    return [series.tolist() for series in reading.panel.each()]


def without(text, row):
    """A file less one row, counted as an editor shows it."""
    return "".join(line for number, line in enumerate(text.splitlines(keepends=True), start=1) if number != row)


@pytest.mark.parametrize(
    ("content", "settings", "named"),
    [
        pytest.param(None, {}, ["data/raw/series.csv does not exist"], id="missing file"),
        pytest.param(b"", {}, ["is empty"], id="empty file"),
        pytest.param("time,a\n", {}, ["header but no rows"], id="header only"),
        pytest.param("time,a\n2020-01-01,é\n".encode("latin-1"), {}, ["not UTF-8", "byte 19"], id="Latin-1"),
        pytest.param(DAYS.encode("utf-16")[:31], {}, ["UTF-16"], id="UTF-16, cut off"),
        pytest.param("a,b\nx,y\nz,w\n", {}, ["no numeric column among a, b"], id="no numeric column"),
        pytest.param("x;y\n1\n2\n", {}, ["'x;y'", "data.separator: semicolon"], id="semicolon in a lone name"),
        pytest.param("a,b\n1,2\nx,3\n4,5\n", {}, ["row 3", "column 'a'", "'x'"], id="text in a numeric column"),
        pytest.param("a,b\n1,2\n4,NaN\n4,5\n", {}, ["row 3", "column 'b'", "empty"], id="NaN in a numeric column"),
        pytest.param("a,b\n1,2\n3,4\n-inf,5\n", {}, ["row 4", "column 'a'", "'-inf'"], id="infinity"),
        pytest.param("a,b\n1,2\n1e999,3\n4,5\n", {}, ["row 3", "column 'a'", "'1e999'"], id="overflow"),
        pytest.param("a,b\n1,2\n1_000,3\n4,5\n", {}, ["row 3", "column 'a'", "'1_000'"], id="underscore"),
        pytest.param("a,b\n1,2\n3,\n4,5\n", {}, ["row 3", "column 'b'", "empty"], id="empty cell"),
        pytest.param(DAYS + "2020-01-06,7\n", {}, ["row 8", "column 'time'", "comes more than once"], id="time twice"),
        pytest.param(DAYS + "2020-01-03,7\n", {}, ["row 8", "series_column"], id="time twice, far apart"),
        pytest.param("a,b,a\n1,2,3\n4,5,6\n", {}, ["column 'a'", "more than once"], id="column name twice"),
        pytest.param("a,b\n1,2\n3\n4,5\n", {"missing": "interpolate"}, ["row 3", "1 cell"], id="short row"),
        pytest.param("a,b\n1,2\n3,4,5\n", {}, ["row 3", "3 cells"], id="long row"),
        pytest.param('a,b\n1,"2\n3,4\n', {}, ["data/raw/series.csv"], id="open quote"),
        pytest.param(
            DAYS + "2020-01-07T12:00,7\n", {"missing": "interpolate"}, ["row 8", "column 'time'", "evenly"], id="uneven"
        ),
        pytest.param(without(DAYS, 4), {}, ["row 4", "series 'a'", "1 rows are missing"], id="missing row"),
        pytest.param(
            "time,a\n2020-01-01,1\n2020-13-01,2\n2020-01-03,3\n", {}, ["row 3", "'2020-13-01'"], id="bad time"
        ),
        pytest.param(
            DAYS, {"time_column": "when"}, ["data.time_column", "'when'", "time, a"], id="unknown time column"
        ),
        pytest.param(DAYS, {"channels": ["b"]}, ["data.channels", "'b'", "time, a"], id="unknown channel"),
        pytest.param(DAYS, {"channels": ["time"]}, ["data.channels", "'time'"], id="time as a channel"),
        pytest.param(DAYS, {"channels": ["a", "a"]}, ["data.channels", "'a'"], id="channel twice"),
        pytest.param(DAYS, {"channels": []}, ["data.channels"], id="no channel"),
    ],
)
def test_a_file_that_cannot_be_read_with_certainty_is_refused_in_one_line(read, content, settings, named):
    """The user gets the place and the fault, not a traceback, and never a series that is not what the file says."""
    with pytest.raises(InputError) as refusal:
        read(content, **settings)

    message = str(refusal.value)
    assert "\n" not in message
    assert all(part in message for part in named), message


@pytest.mark.parametrize("file", ["series.csv", "data/series.csv", "data/raw/../series.csv", "data/raw/link.csv"])
def test_a_file_outside_the_raw_folder_is_refused(read, tmp_path, file):
    """DVC tracks data/raw alone, and a link as itself; a file elsewhere could change without a stage being rerun."""
    (tmp_path / "data" / "raw" / "link.csv").symlink_to(tmp_path / "elsewhere.csv")

    with pytest.raises(InputError, match="outside data/raw"):
        read(DAYS, file=file)


@pytest.mark.parametrize("missing", ["error", "interpolate"])
def test_two_rows_are_too_few_to_tell_a_spacing_and_no_crash(read, missing):
    """A short file is refused later, for its length and in one line; reading it must not fail before that."""
    table = read("time,a\n2020-01-01,1\n2020-01-02,2\n", missing=missing)

    assert table.axis.frequency is None
    assert values_of(table) == [[1.0, 2.0]]


def test_values_channels_and_times_are_read_as_written(read):
    """What the file says, to the last digit: all numeric columns, in the file's order, and no label column."""
    table = read("b,when,label,a\n1.25,2020-01-01,x,-3e2\n 2.5 ,2020-01-02,y,0.1\n3,2020-01-03,1,7\n")

    assert table.panel.names == ["b", "a"]
    assert values_of(table) == [[1.25, 2.5, 3.0], [-300.0, 0.1, 7.0]]
    assert (table.settled["time_column"], table.axis.first, table.axis.frequency) == (
        "when",
        "2020-01-01 00:00:00",
        "D",
    )
    assert table.panel.observed.all()


def test_chosen_channels_come_in_the_chosen_order_and_the_others_may_hold_anything(read):
    """`data.channels` is the user's list: its order, and nothing but it, so a fault in another column is none."""
    table = read("a,b,c\n1,x,3\n4,,6\n7,5,9\n", channels=["c", "a"])

    assert table.panel.names == ["c", "a"]
    assert values_of(table) == [[3.0, 6.0, 9.0], [1.0, 4.0, 7.0]]


def test_no_time_column_takes_rows_as_steps(read):
    """With `none` the times are not read, so they may be as uneven as they like."""
    table = read("time,a\n2020-01-01,1\n2020-01-09,2\n2020-01-01,3\n", time_column="none")

    assert values_of(table) == [[1.0, 2.0, 3.0]]
    assert (table.settled["time_column"], table.axis.frequency) == ("none", None)


def test_interpolation_is_exact_on_linear_data(read):
    """On a straight line the values between two known ones lie on it: rows 3 and 4 of a, row 3 of b."""
    table = read("a,b\n1,10\n,\n,8\n7,7\n", missing="interpolate")

    assert values_of(table) == [[1.0, 3.0, 5.0, 7.0], [10.0, 9.0, 8.0, 7.0]]
    assert table.panel.observed.tolist() == [True, False, False, True, True, False, True, True]


def test_missing_rows_are_inserted_where_interpolation_is_allowed(read):
    """A step must be a step of time: the third and the fifth day, not in the file, are filled and marked."""
    table = read(without(without(DAYS, 6), 4) + "2020-01-07,7\n2020-01-08,8\n", missing="interpolate")

    assert table.panel.values.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
    assert np.flatnonzero(~table.panel.observed).tolist() == [2, 4]
    assert table.axis.frequency == "D"


@pytest.mark.parametrize(
    ("times", "season"),
    [
        (["2020-01-01 00:00", "2020-01-01 01:00", "2020-01-01 02:00"], 24),
        (["2020-01-01 00:00", "2020-01-01 02:00", "2020-01-01 04:00"], 12),
        (["2020-01-01 00:00", "2020-01-01 00:15", "2020-01-01 00:30"], 96),
        (["2020-01-01", "2020-01-02", "2020-01-03"], 7),
        (["2020-01-04", "2020-01-11", "2020-01-18"], 52),
        (["2020-01-01", "2020-02-01", "2020-03-01"], 12),
        (["2020-01-31", "2020-02-29", "2020-03-31"], 12),
        (["2020-01-01", "2020-04-01", "2020-07-01"], 4),
        (["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07"], 5),
    ],
)
def test_the_season_follows_from_the_spacing(read, times, season):
    """Hours make a day, days a week, weeks, months and quarters a year."""
    table = read("time,a\n" + "".join(f"{time},{number}\n" for number, time in enumerate(times)))

    assert season_length_of(table.axis) == season


@pytest.mark.parametrize(
    "content",
    [
        "a\n1\n2\n3\n",
        "time,a\n2020-01-01,1\n2020-01-06,2\n2020-01-11,3\n",
    ],
)
def test_a_season_that_nobody_can_know_must_be_given(read, content):
    """Without times, or with steps that do not divide a day or week, a guess would be a straw man."""
    with pytest.raises(InputError, match=r"set data.season_length to") as refusal:
        season_length_of(read(content).axis)

    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "content",
    [
        DAYS.encode("utf-8-sig"),
        DAYS.replace("\n", "\r\n").encode(),
        DAYS.rstrip("\n").encode(),
        DAYS.replace(",", " , "),
    ],
    ids=["byte order mark", "CRLF", "no last line end", "blanks around commas"],
)
def test_files_as_spreadsheets_write_them_are_read_alike(read, content):
    """A byte order mark, Windows line ends and blanks are no part of names or values."""
    table, plain = read(content), read(DAYS)

    assert np.array_equal(table.panel.values, plain.panel.values)
    assert (table.panel.names, table.settled["time_column"], table.axis.frequency) == (["a"], "time", "D")
