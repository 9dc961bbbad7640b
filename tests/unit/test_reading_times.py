"""Times as people write them: read with certainty and continued, or refused with the setting that would settle it."""

import numpy as np
import pandas as pd
import pytest

from rnn_vs_transformer.data.axis import Axis, season_length_of
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.sources.tabular import read_frame


@pytest.fixture
def read(configure):
    """Read texts or numbers as the times of a noisy series, with some settings of `data`."""

    def reading(times, column="time", others=None, **changes):
        settings = {f"data.{key}": value for key, value in changes.items()}
        params = configure({"data.source": "csv", "data.missing": "interpolate", **settings}).data
        values = np.random.default_rng(0).standard_normal(len(times))
        return read_frame(pd.DataFrame({column: list(times), **(others or {}), "y": values}), params)

    return reading


def beyond(reading, count=2):
    """The labels of the last step and of those after it."""
    last = int(reading.panel.lengths[0]) - 1
    return reading.axis.labels(np.arange(last, last + count))


@pytest.mark.parametrize(
    ("times", "season", "labels"),
    [
        (pd.date_range("2022-01-03", periods=40, freq="D").strftime("%d.%m.%Y"), 7, ["11.02.2022", "12.02.2022"]),
        (pd.date_range("2022-01-03", periods=40, freq="D").strftime("%d/%m/%Y"), 7, ["11/02/2022", "12/02/2022"]),
        (pd.date_range("2022-01-03 00:00", periods=400, freq="h").strftime("%m/%d/%Y %I:%M %p"), 24,
         ["01/19/2022 03:00 PM", "01/19/2022 04:00 PM"]),
        (pd.date_range("2022-01-01", periods=40, freq="MS").strftime("%b %Y"), 12, ["Apr 2025", "May 2025"]),
        (pd.date_range("2022-01-03", periods=40, freq="D").strftime("%d %B %Y"), 7,
         ["11 February 2022", "12 February 2022"]),
        ([f"Q{number % 4 + 1} {2000 + number // 4}" for number in range(30)], 4, ["Q2 2007", "Q3 2007"]),
        ([f"{2000 + number // 12}M{number % 12 + 1:02}" for number in range(30)], 12, ["2002M06", "2002M07"]),
        (pd.date_range("2020-01-06", periods=110, freq="W-MON").strftime("%G-W%V"), 52, ["2022-W06", "2022-W07"]),
        ([f"{2000 + number // 12}-{number % 12 + 1:02}" for number in range(30)], 12,
         ["2002-06-01", "2002-07-01"]),
        (pd.date_range("2020-01-31", periods=30, freq="ME").strftime("%Y-%m-%d"), 12,
         ["2022-06-30", "2022-07-31"]),
        ([201000 + 100 * (number // 12) + number % 12 + 1 for number in range(30)], 12, ["201206", "201207"]),
        ([2022010300 + 100 * (number // 24) + number % 24 for number in range(60)], 24, ["2022010511", "2022010512"]),
        ([1_640_995_200_000 + 60_000 * number for number in range(60)], 1440, ["1640998740000", "1640998800000"]),
        ([1900 + number for number in range(30)], None, ["1929", "1930"]),
        (pd.date_range("2022-01-03", periods=60, freq="D", tz="UTC").strftime("%Y-%m-%dT%H:%M:%SZ"), 7,
         ["2022-03-03 00:00:00+00:00", "2022-03-04 00:00:00+00:00"]),
        (pd.date_range("2022-01-03", periods=60, freq="h").strftime("%Y-%m-%dT%H:%M:%S+05:30"), 24,
         ["2022-01-05 11:00:00+05:30", "2022-01-05 12:00:00+05:30"]),
        (pd.date_range("2022-01-03", periods=60, freq="D", tz="Europe/Berlin"), 7,
         ["2022-03-03 00:00:00+01:00", "2022-03-04 00:00:00+01:00"]),
        (pd.period_range("2020Q1", periods=30, freq="Q"), 4, ["2027-04-01", "2027-07-01"]),
    ],
)  # fmt: skip
def test_times_are_read_and_continued_in_their_own_notation(read, times, season, labels):
    """What the file writes is what the forecast writes."""
    reading = read(times)

    assert beyond(reading) == labels
    if season:
        assert season_length_of(reading.axis) == season
    assert Axis(**vars(reading.axis)).labels(np.arange(3)) == reading.axis.labels(np.arange(3))


@pytest.mark.parametrize(
    ("times", "settings", "labels"),
    [
        (["01/02/2022", "02/02/2022", "03/02/2022", "04/02/2022"], {"time_format": "%d/%m/%Y"}, "05/02/2022"),
        (["01/02/2022", "02/02/2022", "03/02/2022", "04/02/2022"], {"time_format": "%m/%d/%Y"}, "05/02/2022"),
        ([5, 8, 11, 14], {"time_format": "seconds"}, "17"),
        (["1640995200", "1640998800", "1641002400"], {"time_format": "seconds"}, "1641006000"),
    ],
)
def test_a_format_that_is_set_settles_it(read, times, settings, labels):
    """With the same dates, days in one file are months in another."""
    assert beyond(read(times, **settings))[1] == labels


@pytest.mark.parametrize(
    ("times", "settings", "named"),
    [
        (["01/02/2022", "02/02/2022", "03/02/2022"], {}, "could have the day or the month first"),
        (["13.01.22", "14.01.22", "15.01.22"], {}, "two digits"),
        (["13/01/2022", "01/14/2022", "15/01/2022"], {}, "write all alike"),
        (["2022-01-01", "2022-01-02", "2022-01-03"], {"time_format": "%d/%m/%Y"}, "does not fit column 'time'"),
        (["2022-01-01", "2022-01-02", "2022-01-03"], {"time_zone": "Europe/Nowhere"}, "no time zone 'Europe/Nowhere'"),
        (["2022-03-27 01:00", "2022-03-27 02:00", "2022-03-27 03:00"], {"time_zone": "Europe/Berlin"},
         "no time of Europe/Berlin"),
        (["2022-01-01", "soon", "2022-01-03"], {}, "'soon'"),
        ([1, 2, 3], {"time_column": "when"}, "no column 'when'"),
    ],
)  # fmt: skip
def test_times_that_could_be_others_are_refused_with_a_way_out(read, times, settings, named):
    """One line, the cell, and the setting."""
    with pytest.raises(InputError) as refusal:
        read(times, **settings)

    assert named in str(refusal.value)
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize("step", ["h", "30min", "15min"])
@pytest.mark.parametrize("start", ["2022-03-20", "2022-10-25"])
@pytest.mark.parametrize("order", [1, -1])
def test_a_local_clock_is_read_over_the_missing_and_the_doubled_hour(read, step, start, order):
    """As pandas localises them: no hour is filled in March, and the two of October are two."""
    times = pd.date_range(start, periods=15 * 96, freq=step, tz="Europe/Berlin")
    reading = read(times.tz_localize(None).astype(str)[::order], time_zone="Europe/Berlin")

    assert reading.panel.observed.all()
    assert (reading.axis.times(np.arange(len(times))) == times).all()
    assert season_length_of(reading.axis) == {"h": 24, "30min": 48, "15min": 96}[step]


def test_without_a_zone_the_doubled_hour_is_asked_about(read):
    """It is not certain which of the two comes first, nor that they are not of two series."""
    times = pd.date_range("2022-10-25", periods=15 * 24, freq="h", tz="Europe/Berlin").tz_localize(None).astype(str)

    with pytest.raises(InputError, match=r"set data\.time_zone"):
        read(times)


def test_days_on_a_local_clock_are_days(read):
    """23 and 25 hours long, and each one step."""
    times = pd.date_range("2022-03-01", periods=300, freq="D", tz="America/New_York")

    for written in (times.tz_localize(None).astype(str), [time.isoformat() for time in times]):
        reading = read(written, time_zone="America/New_York")
        assert (reading.axis.times(np.arange(300)) == times).all()


@pytest.mark.parametrize("hours", [range(24), [f"{hour}:00" for hour in range(24)], range(1, 25)])
def test_a_date_and_its_hour_are_one_time(read, hours):
    """Found by itself, as no other reading fits; hours that count from 1 end the day at midnight."""
    days = pd.date_range("2022-01-03", periods=12).repeat(24).strftime("%Y-%m-%d")
    reading = read(days, "date", {"hour": list(hours) * 12})

    assert reading.settled["time_column"] == ["date", "hour"]
    assert reading.axis.frequency == "h"
    assert reading.panel.names == ["y"]


def test_year_and_month_are_one_time(read):
    """As statistical offices write them."""
    reading = read(
        [2000 + number // 12 for number in range(60)], "year", {"month": [number % 12 + 1 for number in range(60)]}
    )

    assert (reading.axis.first, reading.axis.frequency) == ("2000-01-01 00:00:00", "MS")


def test_numbers_that_repeat_a_part_of_the_time_are_no_series(read):
    """They are known already; the calendar gives them to a model that is to have them."""
    times = pd.date_range("2022-01-03", periods=60)
    reading = read(
        times.astype(str), "date", {"month": times.month, "dow": times.day_of_week, "unix": times.astype("int64")}
    )

    assert [column.name for column in reading.columns if column.role == "left out"] == ["month", "dow", "unix"]


def test_newest_first_is_turned_round(read):
    """As exchanges export prices."""
    times = pd.date_range("2022-01-03", periods=30)[::-1]
    reading = read(times.astype(str), "date")

    assert reading.axis.first == "2022-01-03 00:00:00"
    assert next(reading.panel.each())[-1] == np.random.default_rng(0).standard_normal(30)[0]


@pytest.mark.parametrize(
    ("opening", "days"), [((9, 17), range(5)), ((8, 20), range(6)), ((22, 24), range(7)), ((9, 12), (0, 2, 4))]
)
def test_opening_hours_are_steps_and_nights_are_not(read, opening, days):
    """Each week the same; the step after the last of a day is the first of the next one."""
    all_hours = pd.date_range("2022-01-03", periods=24 * 7 * 8, freq="h")
    times = [time for time in all_hours if opening[0] <= time.hour < opening[1] and time.day_of_week in days]
    reading = read([str(time) for time in times[:-1]])

    assert reading.panel.observed.all()
    assert beyond(reading) == [str(times[-2]), str(times[-1])]
    assert season_length_of(reading.axis) == opening[1] - opening[0]


def test_a_missing_opening_hour_is_a_gap(read):
    """A holiday is filled for contexts, and no night is."""
    times = [
        time
        for time in pd.date_range("2022-01-03", periods=24 * 7 * 8, freq="h")
        if 9 <= time.hour < 17 and time.day_of_week < 5
    ]
    del times[100:108]

    assert np.flatnonzero(~read([str(time) for time in times]).panel.observed).tolist() == list(range(100, 108))
