"""Any CSV file is read as its writer meant it, or refused in one line: never a traceback, a hang, or wrong numbers."""

import csv
import datetime as dt
import io
import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from guards import result_or_refusal
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnn_vs_transformer.sources.tabular import read_file

CASES = 5 * settings().max_examples
"""200 in `make test`, 2,000 in `make nightly`."""
START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
STEPS = {"h": dt.timedelta(hours=1), "D": dt.timedelta(days=1), "W-WED": dt.timedelta(days=7)}
TIME_FORMATS = [
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S+00:00", "%Y/%m/%d %H:%M", "%Y%m%dT%H%M%S",
    "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M", "%d-%m-%y %H:%M", "%s", "%d %b %Y %H:%M", "%H:%M",
]  # fmt: skip
NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-1e6, 1e6).map(lambda number: round(number, 3)),
    st.integers(-(10**7), 10**7).map(float),
    st.sampled_from([-0.0, 5e-324, 2.2e-308, 1e100, 1e308, -1e308, 1e16 + 2, 0.1]),
)
NAMES = st.one_of(
    st.sampled_from(["a", "b", "temp", "time", "date", "all", "none", "auto", "channel", "step", "forecast", "y", "0"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8),
    st.sampled_from(
        ["=cmd()", "@x", "+1", "-x", "Größe", "温度", "a\u202eb", "x;y", "2020-01-01", "1.5", "NaN", '"q"']
    ),
)


@dataclass(frozen=True)
class Dialect:
    """How a program wrote a table."""

    delimiter: str = ","
    decimal: str = "."
    thousands: str = ""
    places: int | None = None
    """Digits after the decimal sign; None writes all of them."""
    line_end: str = "\n"
    encoding: str = "utf-8"
    quoting: int = csv.QUOTE_MINIMAL
    blank: str = ""
    time_format: str = TIME_FORMATS[0]
    empty: str = ""

    def number(self, value):
        """A number as text, and the value that the text stands for."""
        if math.isnan(value):
            return self.empty, value
        if self.places is None:
            return repr(value).replace(".", self.decimal), value
        text = f"{value:,.{self.places}f}"
        signs = {",": self.thousands, ".": self.decimal}
        return "".join(signs.get(letter, letter) for letter in text), float(f"{value:.{self.places}f}")


@dataclass
class Case:
    """A written file and what a reader must find in it."""

    content: bytes
    names: list = field(default_factory=list)
    values: object = None
    times: list = field(default_factory=list)


NOTATIONS = [(".", "", None), (",", "", None), (".", ",", 2), (",", ".", 2), (",", " ", 1), (".", "'", 1)]
"""Of other countries; a lone dot between thousands is left out: where it may be a decimal sign the file is refused."""


@st.composite
def dialects(draw):
    decimal, thousands, places = draw(st.sampled_from(NOTATIONS))
    plain = draw(st.booleans())
    return Dialect(
        delimiter="," if plain else draw(st.sampled_from(",;\t|")),
        decimal=decimal, thousands=thousands, places=places,
        line_end=draw(st.sampled_from(["\n", "\r\n", "\r"])),
        encoding=draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        blank=draw(st.sampled_from(["", " "])),
        time_format=draw(st.sampled_from(TIME_FORMATS)),
        empty=draw(st.sampled_from(["", "", " ", "NA", "NaN", "null", "-", "N/A"])),
    )  # fmt: skip


@st.composite
def files(draw):
    """A table of known values, written in one of the dialects of this world."""
    dialect = draw(dialects())
    names = draw(st.lists(NAMES, min_size=1, max_size=4))
    rows = draw(st.integers(1, 8))
    cells = st.one_of(NUMBERS, NUMBERS, NUMBERS, st.just(math.nan))
    table = [[dialect.number(draw(cells)) for _ in names] for _ in range(rows)]
    header, times, lines = list(names), [], [[text for text, _ in row] for row in table]
    if draw(st.booleans()):
        step = STEPS[draw(st.sampled_from(sorted(STEPS)))]
        times = [START + number * step for number in range(rows)]
        header = [draw(st.sampled_from(["time", "when", "Date"])), *header]
        lines = [[time.strftime(dialect.time_format), *line] for time, line in zip(times, lines, strict=True)]
    if draw(st.booleans()):
        header, lines = [*header, "label"], [[*line, draw(st.sampled_from("xyz"))] for line in lines]
    text = io.StringIO()
    writer = csv.writer(text, delimiter=dialect.delimiter, lineterminator=dialect.line_end, quoting=dialect.quoting)
    writer.writerows([dialect.blank + cell + dialect.blank for cell in line] for line in [header, *lines])
    content = text.getvalue().encode(dialect.encoding, errors="replace")
    written = [name.encode(dialect.encoding, errors="replace").decode(dialect.encoding) for name in names]
    return Case(content, written, np.array([[value for _, value in row] for row in table]), times)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """An empty project."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "data" / "raw").mkdir(parents=True)
    return folder


@pytest.fixture(scope="module")
def read(project, configure):
    """Read bytes as `data/raw/series.csv`, or None where they are refused."""
    asked = configure({"data.source": "csv", "data.file": "data/raw/series.csv", "data.missing": "interpolate"}).data

    def reading(content):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(project)
            (project / "data" / "raw" / "series.csv").write_bytes(content)
            return result_or_refusal(read_file, asked)

    return reading


@settings(max_examples=CASES)
@example(Case(b"a,b\n,0.0\n", ["a", "b"], np.array([[math.nan, 0.0]]), []))
@given(files())
def test_a_written_table_is_read_back_equal_or_refused(read, case):
    """Whatever program and country a file comes from, a number in it is never taken for another one.

    A column that is left out is one without numbers, a flag or a counter, and is said to be.
    """
    reading = read(case.content)
    if reading is None:
        return
    panel = reading.panel
    names = dict(zip(map(str.strip, case.names), case.values.T, strict=True))
    left_out = {column.name for column in reading.columns if column.role == "left out"} - {"label"}
    assert panel.names == [name for name in names if name not in left_out]
    for name in left_out:
        known = names[name][~np.isnan(names[name])]
        assert len(known) == 0 or set(known) <= {0.0, 1.0} or np.ptp(np.diff(known)) == 0
    for name, series, observed in zip(
        panel.names, panel.each(), np.split(panel.observed, panel.offsets[1:-1]), strict=True
    ):
        known = np.flatnonzero(~np.isnan(names[name]))
        written = names[name][known[0] : known[-1] + 1]
        assert np.array_equal(observed, ~np.isnan(written))
        assert series[observed].tobytes() == written[observed].tobytes(), "to the bit, the sign of zero included"
    if reading.axis.first is not None:
        assert reading.axis.first.startswith("2020-01-01 00:00:00")
    assert (reading.settled["time_column"] == "none") == (not case.times), "times are neither overlooked nor invented"


@settings(max_examples=CASES)
@given(st.one_of(
    st.binary(max_size=300),
    st.text(st.sampled_from("aé01.,;-+e\n\r\t\"' :TZ_x\ufeff\0"), max_size=200).map(str.encode),
    st.text('0123456789.-,\n"', max_size=100).map("a,b\n{}".format).map(str.encode),
))  # fmt: skip
@example(b"a\n" + b"1" * 500)
@example(b'a\n"' + b"1" * 200_000)
@example(b"a,b\n" + b"," * 1000)
def test_any_bytes_are_read_or_refused_in_one_line(read, content):
    """A file that somebody else made is the first thing that this code meets."""
    table = read(content)

    if table is not None:
        assert table.panel.values.shape == table.panel.observed.shape
        assert np.isfinite(table.panel.values).all()


@settings(max_examples=CASES)
@given(files(), st.data())
def test_a_damaged_file_is_read_or_refused_in_one_line(read, case, data):
    """A download that broke off, a byte that flipped, a line that was lost."""
    content = bytearray(case.content)
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 20)))
    content[start:end] = data.draw(st.binary(max_size=4))

    table = read(bytes(content))

    assert table is None or np.isfinite(table.panel.values).all()
