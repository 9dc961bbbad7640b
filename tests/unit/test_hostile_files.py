"""Files that have broken other readers, one by one: what is read of each, or with which words it is refused."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.settings.whole import load_params
from rnn_vs_transformer.sources.make import make_series
from rnn_vs_transformer.sources.tabular import read_file

GIBIBYTE = 2**30


@pytest.fixture
def asked(configure, monkeypatch, tmp_path):
    """A function that writes a file to data/raw and gives the settings that name it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "raw").mkdir(parents=True)

    def write(content, file="data/raw/series.csv", **changes):
        if content is not None:
            Path(file).write_bytes(content if isinstance(content, bytes) else content.encode())
        settings = {"data.source": "csv", "data.file": file, "data.missing": "interpolate"}
        return configure({**settings, **{f"data.{name}": value for name, value in changes.items()}}).data

    return write


def refusal(function, *arguments):
    with pytest.raises(InputError) as error:
        function(*arguments)
    assert str(error.value).isprintable()
    return str(error.value)


def times(*texts):
    return "time,a\n" + "".join(f"{text},{number}\n" for number, text in enumerate(texts))


@pytest.mark.parametrize(
    ("content", "values"),
    [
        pytest.param("\ufeffa,b\r\n1,2\r\n3,4\r\n", [[1, 2], [3, 4]], id="byte order mark and CRLF"),
        pytest.param("a,b\r1,2\r3,4\r", [[1, 2], [3, 4]], id="carriage returns alone"),
        pytest.param('"a","b"\n"1","2"\n"3","4"\n', [[1, 2], [3, 4]], id="all in quotes"),
        pytest.param("a\n-0.0\n2\n", [[-0.0], [2]], id="negative zero"),
        pytest.param("a\n5e-324\n1e-310\n", [[5e-324], [1e-310]], id="denormal numbers"),
        pytest.param("a\n1e100\n-1e100\n", [[1e100], [-1e100]], id="the largest numbers"),
        pytest.param("a\n0.1\n9007199254740993\n", [[0.1], [9007199254740992.0]], id="nearest doubles"),
        pytest.param("a,label\n1,=cmd()\n2,@x\n", [[1], [2]], id="formulas in a column of labels"),
        pytest.param("Größe,温度,a b\n1,2,3\n4,5,6\n", [[1, 2, 3], [4, 5, 6]], id="Unicode in names"),
        pytest.param("channel,step,forecast,y,all\n1,2,3,4,5\n6,7,8,9,10\n", None, id="names that are ours"),
        pytest.param("date,0,1\n2020-01-01,5,6\n2020-01-02,7,8\n", [[5, 6], [7, 8]], id="channels that are numbered"),
        pytest.param("0,1\n5,6\n7,8\n", [[5, 6], [7, 8]], id="numbered channels without times"),
    ],
)
def test_what_can_be_read_with_certainty_is_read_to_the_bit(asked, content, values):
    """Harmless oddities are no reason to turn a file away."""
    table = read_file(asked(content))

    expected = np.array(values or [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]], dtype=np.float64)
    assert table.panel.values.tobytes() == expected.T.tobytes()


@pytest.mark.parametrize(
    ("content", "named"),
    [
        pytest.param('a,b\n"1,5",2\n"2,5",3\n', "row 2, column 'a': '1,5'", id="decimal commas"),
        pytest.param('a,b\n"1,234",2\n"2,345",3\n', "row 2, column 'a': '1,234'", id="commas between thousands"),
        pytest.param("a,b\n1 234,2\n2 345,3\n", "row 2, column 'a': '1 234'", id="blanks between thousands"),
        pytest.param("a,b\n1.234.567,2\n2.345.678,3\n", "'1.234.567'", id="dots between thousands"),
        pytest.param("a;b\n1.234;2\n2.345;3\n", "'1.234' may be 1234 or 1.234", id="lone dots, semicolons"),
        pytest.param("a,b\n950,2\n1.010,3\n", "'1.010' may be 1010", id="lone dots beside whole numbers"),
        pytest.param("a,b\n5%,2\n6%,3\n", "'5%'", id="percent"),
        pytest.param("a,b\n1,2\n5,=cmd()\n6,7\n", "row 3, column 'b'", id="a formula among numbers"),
        pytest.param("=cmd(),b\n1,2\n", "begins like a formula", id="a formula as a name"),
        pytest.param("@SUM(A1),b\n1,2\n", "begins like a formula", id="another formula as a name"),
        pytest.param('"a\nb",c\n1,2\n', "cannot be shown", id="a line end in a name"),
        pytest.param("a\u202eb,c\n1,2\n", "cannot be shown", id="a name that runs backwards"),
        pytest.param("a, a \n1,2\n", "more than once", id="a name twice but for blanks"),
        pytest.param("1.5,2.5\n1,2\n", "put a row with names above it", id="no header"),
        pytest.param("2020-01-01,5\n2020-01-02,6\n2020-01-03,7\n", "put a row with names", id="no header, times"),
        pytest.param("7,9\n1,2\n", "put a row with names above it", id="no header, whole numbers"),
        pytest.param("d,a\n01/02/2020,1\n02/02/2020,2\n", "set data.time_format", id="days or months first"),
        pytest.param("d,a\n13/01/2020,1\n01/14/2020,2\n", "the day first and '01/14/2020' the month", id="both first"),
        pytest.param("d,a\n13/01/20,1\n14/01/20,2\n", "set data.time_format, as in %d/%m/%y", id="years of two digits"),
        pytest.param("time,a\n5,1.5\n7,2.5\n6,3.5\n", "holds numbers and not times", id="numbers for times"),
        pytest.param("a\n1e308\n2\n3\n", "row 2, column 'a': expected a finite number of at most 1e+100", id="1e308"),
        pytest.param("a\n" + "1" * 400 + "\n2\n3\n", "row 2, column 'a'", id="400 digits"),
        pytest.param("a\n1\n" + "x" * 90_000 + "\n3\n", "row 3, column 'a'", id="a cell of 90,000 letters"),
        pytest.param('a\n"' + "1" * 200_000 + '"\n', "field larger than field limit", id="a cell of 200,000 digits"),
        pytest.param(b"a\n1\n" + b"2\n" * 9000 + b"\xff\n", "byte 18005", id="a byte that is no UTF-8, far down"),
        pytest.param(times("2016-12-31T23:59:59", "2016-12-31T23:59:60", "2017-01-01"), "row 3", id="a leap second"),
        pytest.param(times("2020-01-01T00:00", "2020-01-01T01:00+01:00", "2020-01-01T02:00"), "offset", id="offsets"),
        pytest.param(
            times("2020-10-25 01:00", "2020-10-25 02:00", "2020-10-25 02:00", "2020-10-25 03:00"),
            "where clocks were put back, set data.time_zone, or write times with their offset",
            id="the hour that comes twice in autumn",
        ),
        pytest.param(times("2020-01-01", "now", "2020-01-03"), "row 3, column 'time'", id="now"),
        pytest.param(times("2020-01-01", "today", "2020-01-03"), "row 3, column 'time'", id="today"),
        pytest.param(times("2020-01-01", "2020-01-02", "2999-01-01"), "would have to be filled in", id="a far year"),
    ],
)  # fmt: skip
def test_what_could_be_read_in_two_ways_is_refused_with_a_way_out(asked, content, named):
    """A number that is silently another one is worse than none."""
    assert named in refusal(read_file, asked(content))


@pytest.mark.parametrize(
    ("hours", "first"),
    [
        (["10-25T01:00+02", "10-25T02:00+02", "10-25T02:00+01", "10-25T03:00+01"], "10-24 23:00:00+00:00"),
        (["03-29T00:00+01", "03-29T01:00+01", "03-29T03:00+02", "03-29T04:00+02"], "03-28 23:00:00+00:00"),
    ],
)
def test_offsets_that_change_with_the_season_are_one_time_axis(asked, hours, first):
    """In autumn an hour comes twice, in spring one is left out; with their offsets all are evenly spaced."""
    table = read_file(asked(times(*(f"2020-{hour}:00" for hour in hours)), missing="error"))

    assert (table.axis.frequency, table.axis.first) == ("h", f"2020-{first}")


def test_an_offset_that_begins_far_down_is_refused(asked):
    """Blocks of rows are read one after another; what does not agree across them must not slip through."""
    hours = np.datetime64("2020-01-01T00", "h") + np.arange(100_002)
    rows = [f"{hour}:00{'' if number < 100_000 else 'Z'}" for number, hour in enumerate(hours)]

    assert "some times have an offset from UTC" in refusal(read_file, asked(times(*rows)))


def test_nanoseconds_beside_far_years_are_refused(asked):
    """No unit holds both, and what does not fit must not wrap around."""
    text = times("1500-01-01", "2020-01-02T00:00:00.000000001", "2020-01-03")

    assert "column 'time'" in refusal(read_file, asked(text))


@pytest.mark.parametrize(
    ("present", "absent", "frequency"),
    [
        (["2020-01-01", "2020-02-01", "2020-04-01", "2020-05-01"], [2], "MS"),
        (["2020-01-31", "2020-02-29", "2020-03-31", "2020-05-31"], [3], "ME"),
        (["2020-01-01", "2020-04-01", "2020-10-01"], [2], "QS-JAN"),
        ([f"2021-03-{day:02}" for day in (1, 2, 3, 4, 5, 8, 10, 11, 12, 15, 16, 17, 18, 19, 22, 23)], [6], "B"),
    ],
)
def test_a_missing_month_or_working_day_is_a_gap_and_no_fault(asked, present, absent, frequency):
    """Months are of uneven length and weeks end on Friday; a calendar knows that, so a hole is found and filled."""
    table = read_file(asked(times(*present)))

    assert np.flatnonzero(~table.panel.observed).tolist() == absent
    assert table.axis.frequency == frequency
    assert "1 rows are missing" in refusal(read_file, asked(times(*present), missing="error"))


def test_three_compact_dates_are_times_where_the_column_is_named(asked):
    """Few numbers could be anything, so the user has to say that they are no series."""
    table = read_file(asked("day,a\n20200101,1\n20200102,2\n20200103,3\n", time_column="day"))

    assert (table.panel.names, table.axis.frequency) == (["a"], "D")


def test_ten_thousand_columns_are_read(asked):
    """A wide panel, as of sensors, is read in seconds."""
    values = np.arange(50_000.0).reshape(5, 10_000)
    names = ",".join(f"sensor {number}" for number in range(10_000))
    rows = "\n".join(",".join(map(str, row)) for row in values)

    table = read_file(asked(f"{names}\n{rows}\n"))

    assert np.array_equal(table.panel.values, values.T.ravel())
    assert len(table.panel.names) == 10_000


@pytest.mark.parametrize(
    "file",
    ["../outside.csv", "data/raw/../../outside.csv", "/etc/passwd", "data/raw/a\0b.csv", "data/raw/" + "x" * 300,
     "data/raw", "data/raw/a\nb.csv", "~/x.csv", "http://example.invalid/a.csv"],
)  # fmt: skip
def test_a_path_that_leads_elsewhere_or_nowhere_is_refused_in_one_line(asked, file):
    """The name comes from a setting, and a setting may come from anybody's experiment."""
    Path("../outside.csv").write_text("a\n1\n2\n")

    assert "data.file" in refusal(read_file, asked(None, file=file))


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_a_file_that_must_not_be_read_is_told_in_one_line(asked):
    """Somebody else's permissions are no reason for a traceback."""
    settings = asked("a\n1\n")
    Path(settings.file).chmod(0)

    assert "Permission denied" in refusal(read_file, settings)


def test_a_series_that_leaves_the_world_of_its_train_split_is_refused(asked):
    """A mistyped exponent in test would end in an infinite loss, long after the training."""
    rows = [f"{np.sin(step)}" for step in range(200)]
    settings = asked("a\n" + "\n".join([*rows[:-3], "1e60", *rows[-2:]]) + "\n", season_length=7)

    assert "step 197 is 1e+60" in refusal(make_series, settings)


@pytest.mark.slow
def test_a_file_of_a_gigabyte_is_read_within_two_gibibytes(tmp_path, root):
    """Text is read row by row, so the memory holds the numbers alone; a file for which that is too much is refused."""
    folder = tmp_path / "data" / "raw"
    folder.mkdir(parents=True)
    values = np.random.default_rng(0).standard_normal((20_000, 8))
    rows = "".join(",".join(f"{number:.6f}" for number in row) + "\n" for row in values).encode()
    with (folder / "big.csv").open("wb") as file:
        file.write(b"a,b,c,d,e,f,g,h\n")
        for _ in range(GIBIBYTE // len(rows) + 1):
            file.write(rows)
    (tmp_path / "params.yaml").write_bytes((root / "params.yaml").read_bytes())

    done = {
        name: run_limited(tmp_path, limit) for name, limit in (("read", 2 * GIBIBYTE), ("refused", 3 * GIBIBYTE // 4))
    }

    assert done["read"].stdout.split() == [str(20_000 * (GIBIBYTE // len(rows) + 1)), "8"], done["read"].stderr
    assert "InputError: data/raw/big.csv: the memory is too small" in done["refused"].stderr


LIMITED = """
import resource, sys
from rnn_vs_transformer.sources.make import make_series
from rnn_vs_transformer.settings.whole import load_params
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
changes = {"source": "csv", "file": "data/raw/big.csv", "season_length": 24}
print(*make_series(load_params().data.model_copy(update=changes)).values.shape)
"""


def run_limited(folder, limit):
    """Read data/raw/big.csv in a process of its own, with `limit` bytes of address space."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", LIMITED, str(limit)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("  seeds: 5\ntrain:\n", 'duplicate key "train"'),
        ("  seeds: 5\n  seeds: 6\n", 'duplicate key "seeds"'),
        ("  seeds: 1:30\n", "got '1:30'"),
        ("  seeds: yes\n", "got 'yes'"),
        ("  seeds: 2020-13-45\n", "not valid YAML"),
        ("  seeds: !!python/object/apply:os.system [ls]\n", "not valid YAML"),
    ],
)
def test_settings_that_readers_of_yaml_disagree_on_are_refused(tmp_path, root, change, named):
    """Some keep the last of two equal keys, take 1:30 for ninety and `yes` for a truth value."""
    path = tmp_path / "params.yaml"
    path.write_text((root / "params.yaml").read_text().replace("  seeds: 5\n", change, 1))

    assert named in refusal(load_params, path)


def test_settings_that_are_no_file_or_no_settings_are_refused_in_one_line(tmp_path):
    """A folder in its place, or something else altogether."""
    (tmp_path / "params.yaml").mkdir()
    (tmp_path / "large.yaml").write_text("#" * 200_000)

    assert "Is a directory" in refusal(load_params, tmp_path / "params.yaml")
    assert "larger than" in refusal(load_params, tmp_path / "large.yaml")
