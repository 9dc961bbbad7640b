"""Frames of pandas and polars, kinds of files, covariates, and the values ahead that a forecast needs."""

import gzip

import numpy as np
import pandas as pd
import polars as pl
import pytest

from rnn_vs_transformer.data.axis import Axis
from rnn_vs_transformer.data.covariates import Covariate, calendar_columns
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.sources.future import read_future
from rnn_vs_transformer.sources.tabular import read_file, read_frame, read_path, write_frame

DAYS = pd.date_range("2022-01-03", periods=30, freq="D")
NOISE = np.random.default_rng(0).standard_normal(60)


@pytest.fixture
def params(configure):
    """Settings of `data` with some changes."""

    def change(**changes):
        settings = {f"data.{key.replace('__', '.')}": value for key, value in changes.items()}
        return configure({"data.source": "csv", "data.missing": "interpolate", **settings}).data

    return change


def refusal(function, *arguments):
    with pytest.raises(InputError) as error:
        function(*arguments)
    assert str(error.value).isprintable()
    return str(error.value)


def stores():
    """Two series of 30 and 20 days, with a promotion, a price, a region and a kind of day."""
    frame = pd.DataFrame({
        "store": ["b"] * 30 + ["a"] * 20, "day": [*DAYS, *DAYS[10:]], "sales": NOISE[:50],
        "promo": [number % 3 == 0 for number in range(50)], "price": np.arange(50.0) ** 2,
        "region": ["north"] * 30 + ["south"] * 20, "kind": ["x", "y", "z", "y", "x"] * 10,
    })  # fmt: skip
    return frame.sample(frac=1, random_state=0)


LONG = {
    "format": "long", "series_column": "store", "target": "sales", "covariates__past": ["price"],
    "covariates__future": ["promo", "kind"], "covariates__static": ["region"], "covariates__calendar": ["weekday"],
}  # fmt: skip


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(pd.Series(NOISE[:30], index=DAYS), id="a Series"),
        pytest.param(pd.Series(NOISE[:30], index=DAYS, name="y").to_frame(), id="times as index"),
        pytest.param(pd.DataFrame({"ds": DAYS, "y": NOISE[:30]}), id="times as column"),
        pytest.param(pd.DataFrame({"ds": DAYS.date, "y": NOISE[:30]}), id="dates as column"),
        pytest.param(pd.DataFrame({"ds": DAYS.astype(str), "y": NOISE[:30].astype(str)}), id="all text"),
        pytest.param(pd.DataFrame({"ds": DAYS, "y": pd.array(NOISE[:30], dtype="Float64")}), id="nullable numbers"),
        pytest.param(pd.Series(NOISE[:30], index=DAYS.to_period("D")), id="periods as index"),
        pytest.param(pl.DataFrame({"ds": list(DAYS), "y": NOISE[:30]}), id="polars"),
        pytest.param(pd.DataFrame({"ds": DAYS, "y": NOISE[:30]}, index=np.arange(7, 37)), id="an index of numbers"),
    ],
)
def test_frames_of_any_make_are_read_alike(params, frame):
    """The same numbers and days."""
    reading = read_frame(frame, params())

    assert reading.panel.names == ["y"]
    assert reading.panel.values.tobytes()  # noqa: PD011 - a panel is no frame == NOISE[:30].tobytes()
    assert (reading.axis.first, reading.axis.frequency) == ("2022-01-03 00:00:00", "D")


def test_a_frame_keeps_its_zone(params):
    """Times of the forecast are in the zone of the frame, not in UTC."""
    times = pd.date_range("2022-03-20", periods=400, freq="h", tz="Europe/Berlin")
    reading = read_frame(pd.Series(np.resize(NOISE, 400), index=times), params())

    assert reading.axis.zone == "Europe/Berlin"
    assert reading.axis.labels(np.array([399, 400])) == ["2022-04-05 16:00:00+02:00", "2022-04-05 17:00:00+02:00"]


@pytest.mark.parametrize("frame", [[1, 2], np.arange(3), {"a": [1]}, pd.DataFrame(), pd.DataFrame({"a": []})])
def test_what_is_no_frame_is_refused_in_one_line(params, frame):
    assert refusal(read_frame, frame, params())


@pytest.mark.parametrize("name", ["a.parquet", "a.feather", "a.csv", "a.csv.gz"])
@pytest.mark.parametrize("make", [lambda frame: frame, pl.from_pandas])
def test_a_frame_that_is_written_is_read_back(params, tmp_path, monkeypatch, name, make):
    """Into data/raw, where `data.file` looks for it."""
    monkeypatch.chdir(tmp_path)
    path = write_frame(make(stores()), name)

    reading = read_file(params(file=path.as_posix(), **LONG))

    assert list(np.concatenate(list(reading.panel.each()))) == [*NOISE[30:50], *NOISE[:30]]


@pytest.mark.parametrize("name", ["a.xlsx", "../a.csv", "a"])
def test_a_frame_is_not_written_elsewhere(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)

    assert "expected a name like" in refusal(write_frame, stores(), name)


@pytest.mark.parametrize("name", ["a.parquet", "a.feather", "a.csv.gz", "a.csv"])
@pytest.mark.parametrize("content", [b"", b"PAR1", b"\x1f\x8b\x08\x00", b"\xff\xfe\x00", b"ARROW1\0\0abc"])
def test_a_damaged_file_is_refused_in_one_line(params, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)

    assert name in refusal(read_path, tmp_path / name, params())


def test_a_download_that_broke_off_is_refused(params, tmp_path):
    content = gzip.compress(pd.DataFrame({"ds": DAYS, "y": NOISE[:30]}).to_csv(index=False).encode())
    (tmp_path / "a.csv.gz").write_bytes(content[:-40])

    assert "cut off" in refusal(read_path, tmp_path / "a.csv.gz", params())


def test_covariates_stand_in_their_columns(params):
    """Past, then future with the calendar last, then static; words are one-hot."""
    reading = read_frame(stores(), params(**LONG))
    panel = reading.panel

    assert panel.names == ["a", "b"]
    assert [(one.name, one.known, one.kind) for one in reading.covariates] == [
        ("price", "past", "number"), ("promo", "future", "flag"), ("kind", "future", "category"),
        ("calendar weekday", "future", "category"), ("region", "static", "category"),
    ]  # fmt: skip
    assert panel.past[:, 0].tolist() == [float(number) ** 2 for number in [*range(30, 50), *range(30)]]
    assert panel.future[:2].tolist() == [
        [1, 1, 0, 0, *(day == 3 for day in range(7))],
        [0, 0, 1, 0, *(day == 4 for day in range(7))],
    ]
    assert panel.static.tolist() == [[0, 1], [1, 0]]


def test_the_order_of_rows_changes_nothing(params):
    """A panel is a set of series."""
    one, other = (read_frame(frame, params(**LONG)).panel for frame in (stores(), stores().sort_values("day")))

    assert all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in ("values", "past", "future", "static")
    )


def test_a_panel_and_its_wide_twin_are_the_same(params):
    """Series in the order of their names."""
    wide = pd.DataFrame({"day": DAYS, "a": NOISE[:30], "b": [np.nan] * 5 + list(NOISE[30:55])})
    long = wide.melt("day", var_name="store", value_name="sales").dropna()
    one = read_frame(wide, params()).panel
    other = read_frame(long, params(format="long", series_column="store")).panel

    assert one.names == other.names
    assert all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("values", "observed", "offsets", "first_steps")
    )


def test_numbers_are_filled_forward_and_never_backward(params):
    """What was not known at a step must not reach it."""
    frame = pd.DataFrame({"day": DAYS, "y": NOISE[:30], "c": [np.nan, 1.0, np.nan, 5.0] + [7.5] * 26})

    past = read_frame(frame, params(covariates__past=["c"])).panel.past[:, 0]

    assert np.isnan(past[0])
    assert past[1:5].tolist() == [1.0, 1.0, 5.0, 7.5]


def test_new_data_is_read_as_the_old_was(params):
    """Levels, spacing and roles are those of training, even where a short file would tell others."""
    settings = params(**LONG)
    trained = read_frame(stores(), settings)
    settled = settings.model_copy(update=trained.settled)
    short = stores()[lambda frame: (frame["store"] == "a") & (frame["day"] > DAYS[27])]

    new = read_frame(short, settled, trained.covariates, trained.axis)

    assert new.axis.frequency == "D"
    assert new.axis.first == str(DAYS[28])
    assert new.panel.future.shape == (2, 1 + 3 + 7)


def test_values_ahead_are_those_after_the_end_of_each_series(params):
    """Each series has its own end, and its own future."""
    settings = params(**LONG)
    frame = stores()
    early = frame[frame["day"] < np.where(frame["store"] == "a", DAYS[20], DAYS[25])]
    reading = read_frame(early, settings)

    ahead = read_future(frame, settings, reading.covariates, reading, 3)

    assert ahead.shape == (2, 3, 11)
    assert ahead[:, :, 0].tolist() == [
        [float(number % 3 == 0) for number in start] for start in (range(40, 43), range(25, 28))
    ]
    assert ahead[0, 0, 4:].tolist() == [float(day == DAYS[20].day_of_week) for day in range(7)]


def test_a_missing_value_ahead_is_named_with_series_time_and_column(params):
    """Nobody can guess next week's promotions."""
    settings = params(**LONG)
    reading = read_frame(stores(), settings)

    assert "series 'a', 2022-02-02 00:00:00: no value for 'promo'" in refusal(
        read_future, stores(), settings, reading.covariates, reading, 2
    )
    assert "--future FILE" in refusal(read_future, None, settings, reading.covariates, reading, 2)
    strange = pd.DataFrame(
        {"store": ["a", "b"], "day": [DAYS[-1] + pd.Timedelta(days=1)] * 2, "promo": [1, 0], "kind": ["x", "new"]}
    )
    assert "'new', which training has not seen" in refusal(
        read_future, strange, settings, reading.covariates, reading, 1
    )


def test_a_calendar_needs_no_file(params):
    settings = params(covariates__calendar=["month", "weekday"])
    reading = read_frame(pd.Series(NOISE[:30], index=DAYS), settings)

    ahead = read_future(None, settings, reading.covariates, reading, 2)

    assert ahead.argmax(axis=2).tolist() == [[1, 1]]
    assert ahead[0, :, 12:].argmax(axis=1).tolist() == [2, 3]


def test_holidays_are_those_of_the_country():
    """By the package holidays; days that are none are 0."""
    axis = Axis(first="2022-12-24", frequency="D")

    assert calendar_columns(axis, np.arange(4), ["holiday"], "DE").ravel().tolist() == [0, 1, 1, 0]
    with pytest.raises(InputError, match="knows no country 'XX'"):
        calendar_columns(axis, np.arange(4), ["holiday"], "XX")


def test_a_static_value_that_changes_is_refused(params):
    frame = stores().assign(region=[str(number % 2) for number in range(50)])

    assert "changes within series" in refusal(read_frame, frame, params(**LONG))


def test_a_time_that_a_series_has_twice_is_refused(params):
    frame = stores()
    frame = pd.concat([frame, frame.iloc[[3]]], ignore_index=True)

    assert "already" in refusal(read_frame, frame, params(**LONG))


@pytest.mark.parametrize(
    ("values", "kind", "levels"),
    [
        (np.array([0.0, 1.0, np.nan]), "flag", []), (np.array([0.0, 2.0]), "number", []), (["yes", "no"], "flag", []),
        (["b", "a", None], "category", ["a", "b"]), (["True", "False"], "flag", []),
    ],
)  # fmt: skip
def test_kinds_of_covariates_are_told_from_their_values(values, kind, levels):
    covariate = Covariate.of("c", "past", values)

    assert (covariate.kind, covariate.levels) == (kind, levels)


def test_rows_that_are_series_are_read(params):
    """As the M4 files: unequal lengths, empty cells at the end."""
    frame = pd.DataFrame(
        [["H1", 1.5, 2.0, 4.0, 3.0], ["H2", 5.0, 6.5, np.nan, np.nan]], columns=["V1", "V2", "V3", "V4", "V5"]
    )
    panel = read_frame(frame, params(format="rows", series_column="V1")).panel

    assert panel.names == ["H1", "H2"]
    assert [series.tolist() for series in panel.each()] == [[1.5, 2.0, 4.0, 3.0], [5.0, 6.5]]


def test_rows_may_have_times_for_names(params):
    frame = pd.DataFrame(
        [["x", *NOISE[:12]], ["y", np.nan, *NOISE[:11]]],
        columns=["id", *[f"2020-{month:02}" for month in range(1, 13)]],
    )
    reading = read_frame(frame, params(format="rows", series_column="id", covariates__calendar=["month"]))

    assert (reading.axis.first, reading.axis.frequency) == ("2020-01-01 00:00:00", "MS")
    assert reading.panel.first_steps.tolist() == [0, 1]


@pytest.mark.parametrize(
    "columns", [[f"V{number}" for number in range(1, 962)], [f"2020-01-01 {number}" for number in range(961)]]
)
def test_rows_that_are_series_are_asked_about(params, columns):
    """960 columns of 245 rows with a name each are no 960 series."""
    values = np.random.default_rng(0).standard_normal((245, 960))
    frame = pd.DataFrame(values, columns=columns[1:])
    frame.insert(0, columns[0], [f"H{number}" for number in range(245)])

    assert "set data.format: rows and data.series_column" in refusal(read_frame, frame, params())
