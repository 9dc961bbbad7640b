"""Files of the kinds of ../shared/cases, drawn by machine, each with what a reader must find in it."""

import io
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from hypothesis import strategies as st

NAMES = ["y", "load", "T (degC)", "a=b", "Größe, m²", "sales [EUR]", "sensor 1", "温度", "x;y", "2", "it's", 'say "a"']
TIMES = ["date", "Date", "time", "when", "ds", "Datum", "timestamp", "day of record"]


@dataclass
class Expected:
    """A file and its reading."""

    content: bytes
    values: dict
    """Values of each series, from its first to its last known one; not-a-number where they are to be filled."""
    labels: list
    """The last time of the first series, and the one after it, as the axis tells them; empty where not asserted."""
    season: int | None
    settings: dict = field(default_factory=dict)
    left_out: set = field(default_factory=set)
    file: str = "series.csv"


def numbers(draw, count):
    """A noisy season, rounded as exports are, and no flag or counter."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    level, places = draw(st.sampled_from([0.0, 50.0, -3.0, 1e4, 1e9])), draw(st.integers(1, 4))
    return np.round(level + 10 * np.sin(np.arange(count) / 2) + random.standard_normal(count), places)


def table(draw, times, name="date", columns=1):
    """Times as text beside series of numbers."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=columns, max_size=columns, unique=True))
    series = {one: numbers(draw, len(times)) for one in names}
    return pd.DataFrame({name: times, **series}), series


def written(frame, draw, separators=",;\t|"):
    """As some program writes it."""
    separator = draw(st.sampled_from(separators))
    decimal = "," if separator != "," and draw(st.booleans()) else "."
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = frame.to_csv(index=False, sep=separator, decimal=decimal, lineterminator=end)
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])))


SPACINGS = {
    "D": 7, "h": 24, "30min": 48, "15min": 96, "W-MON": 52, "W-FRI": 52, "MS": 12, "ME": 12, "QS": 4, "QE": 4,
    "B": 5, "2h": 12,
}  # fmt: skip


def axis(draw, spacings=tuple(SPACINGS), least=60, most=160):
    """Regular times, and their season."""
    spacing = draw(st.sampled_from(list(spacings)))
    start = pd.Timestamp(1960 + draw(st.integers(0, 60)), draw(st.integers(1, 12)), draw(st.integers(1, 28)))
    times = pd.date_range(start, periods=draw(st.integers(least, most)) + 1, freq=spacing)
    return times, SPACINGS.get(spacing)


def labels_of(times):
    """The last time of a table and the one after it: dates where all are midnights without a zone."""
    times = pd.DatetimeIndex(times)
    dates = times.tz is None and (times == times.normalize()).all()
    return [str(time.date() if dates else time) for time in times[-2:]]


def expected(draw, frame, series, labels, season, **more):
    return Expected(written(frame, draw), series, labels, season, **more)


@st.composite
def iso(draw):
    times, season = axis(draw)
    form = draw(
        st.sampled_from(
            ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M", "%Y%m%dT%H%M%S", "%Y-%m-%d %H:%M:%S.000"]
        )
    )
    frame, series = table(draw, times[:-1].strftime(form), draw(st.sampled_from(TIMES)), draw(st.integers(1, 3)))
    return expected(draw, frame, series, labels_of(times), season)


@st.composite
def business_hours(draw):
    start, hours = draw(st.integers(6, 10)), draw(st.integers(5, 11))
    step = draw(st.sampled_from([1, 2]))
    days = pd.bdate_range("2021-02-01", periods=draw(st.integers(15, 40)))
    times = [
        day + pd.Timedelta(hours=hour) for day in days for hour in range(start, start + hours * step, step) if hour < 24
    ]
    frame, series = table(draw, [str(time)[:16] for time in times[:-1]])
    return expected(draw, frame, series, labels_of(times), len(times) // len(days))


@st.composite
def large_level(draw):
    times, season = axis(draw)
    frame = pd.DataFrame({"date": times[:-1].astype(str)})
    level = 10.0 ** draw(st.integers(6, 12))
    frame["y"] = level + np.random.default_rng(draw(st.integers(0, 99))).normal(0, 1e-2, len(frame))
    return Expected(frame.to_csv(index=False).encode(), {"y": frame["y"].to_numpy()}, labels_of(times), season)


@st.composite
def awkward_names(draw):
    times, season = axis(draw)
    frame, series = table(draw, times[:-1].astype(str), columns=3)
    return expected(draw, frame, series, labels_of(times), season, file=draw(
        st.sampled_from(["a (1) = [b].csv", "größe.csv", "it's.csv", "a b.csv", "x,y.csv", "50%.csv"])))  # fmt: skip


@st.composite
def stuck(draw):
    times, season = axis(draw)
    frame, series = table(draw, times[:-1].astype(str), columns=2)
    name = next(iter(series))
    series[name][-len(frame) // 3 :] = series[name][-len(frame) // 3]
    frame[name] = series[name]
    return expected(draw, frame, series, labels_of(times), season)


@st.composite
def local_midnights(draw):
    zone = draw(st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Sydney", "Europe/London"]))
    times = pd.date_range("2021-02-01", periods=draw(st.integers(300, 500)) + 1, freq="D", tz=zone)
    frame, series = table(draw, [time.isoformat() for time in times[:-1]])
    return expected(draw, frame, series, labels_of(times.tz_localize(None)), 7)


@st.composite
def middle_of_month(draw):
    day = draw(st.integers(2, 28))
    months = pd.date_range("1990-01-01", periods=draw(st.integers(30, 200)) + 1, freq="MS") + pd.Timedelta(days=day - 1)
    frame, series = table(draw, months[:-1].astype(str))
    return expected(draw, frame, series, labels_of(months), 12)


@st.composite
def quarters(draw):
    form = draw(st.sampled_from(["{y}Q{q}", "{y}-Q{q}", "Q{q} {y}", "Q{q}/{y}", "{y} Q{q}", "{y}q{q}"]))
    times = pd.period_range("1960Q3", periods=draw(st.integers(30, 200)) + 1, freq="Q")
    texts = [form.format(y=time.year, q=time.quarter) for time in times]
    frame, series = table(draw, texts[:-1], draw(st.sampled_from(["quarter", "date", "q"])))
    return expected(draw, frame, series, [text.upper() for text in texts[-2:]], 4)


@st.composite
def certain_dates(draw):
    form = draw(
        st.sampled_from(
            ["%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%m-%d-%Y", "%m/%d/%Y %H:%M", "%d %b %Y", "%d.%m.%Y %H:%M"]
        )
    )
    spacing = draw(st.sampled_from(["h", "6h"] if "%H" in form else ["D", "B"]))
    times = pd.date_range("2020-01-01", periods=draw(st.integers(400, 500)) + 1, freq=spacing)
    frame, series = table(draw, times[:-1].strftime(form), draw(st.sampled_from(TIMES)))
    return expected(draw, frame, series, list(times[-2:].strftime(form)), {"h": 24, "6h": 4, "D": 7, "B": 5}[spacing])


@st.composite
def two_columns(draw):
    step = draw(st.sampled_from([1, 2, 3, 6]))
    times = pd.date_range("2022-01-03", periods=24 // step * draw(st.integers(8, 20)) + 1, freq=f"{step}h")
    frame, series = table(draw, times[:-1].strftime(draw(st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%Y%m%d"]))))
    name = draw(st.sampled_from(["hour", "Stunde", "time of day", "Hour"]))
    hours = times[:-1].hour if draw(st.booleans()) else times[:-1].strftime("%H:%M")
    frame.insert(1, name, hours)
    return expected(draw, frame, series, labels_of(times), 24 // step)


@st.composite
def compact(draw):
    spacing, form, season = draw(
        st.sampled_from(
            [
                ("D", "%Y%m%d", 7),
                ("MS", "%Y%m", 12),
                ("h", "%Y%m%d%H", 24),
                ("h", "%Y%m%d%H%M", 24),
                ("W-MON", "%Y%m%d", 52),
            ]
        )
    )
    times = pd.date_range("2001-01-01", periods=draw(st.integers(30, 300)) + 1, freq=spacing)
    frame, series = table(draw, times[:-1].strftime(form), draw(st.sampled_from(["day", "date", "x", "Tag"])))
    return expected(draw, frame, series, list(times[-2:].strftime(form)), season)


@st.composite
def epochs(draw):
    scale = draw(st.sampled_from([1, 1000, 1_000_000]))
    step, season = draw(st.sampled_from([(3600, 24), (900, 96), (86400, 7), (60, 1440)]))
    start = draw(st.integers(500_000, 500_000 + 20_000)) * 86400 // 30
    seconds = (start // 86400 * 86400 + step * np.arange(draw(st.integers(30, 300)) + 1)) * scale
    frame, series = table(draw, seconds[:-1], draw(st.sampled_from(["unix", "timestamp", "x", "epoch", "time"])))
    return expected(draw, frame, series, [str(number) for number in seconds[-2:]], season)


@st.composite
def years(draw):
    start = draw(st.integers(1700, 1990))
    numbers_of_years = np.arange(start, start + draw(st.integers(20, 100)) + 1)
    frame, series = table(draw, numbers_of_years[:-1], draw(st.sampled_from(["year", "Year", "Jahr", "x"])))
    return expected(draw, frame, series, [str(year) for year in numbers_of_years[-2:]], 1)


@st.composite
def counters(draw):
    times, season = axis(draw)
    frame, series = table(draw, times[:-1].astype(str))
    name = draw(st.sampled_from(["id", "", "index", "row", "Unnamed: 0", "nr"]))
    frame.insert(0, name, np.arange(len(frame)) + draw(st.integers(0, 1000)))
    return expected(draw, frame, series, labels_of(times), season, left_out={name or "column 1"})


@st.composite
def flags(draw):
    times, season = axis(draw)
    frame, series = table(draw, times[:-1].astype(str))
    flag = np.random.default_rng(draw(st.integers(0, 99))).random(len(frame)) < 0.3
    flag[:2] = [True, False]
    pair = draw(st.sampled_from([(1, 0), ("True", "False"), ("yes", "no"), ("TRUE", "FALSE"), (1.0, 0.0), ("Y", "N")]))
    name = draw(st.sampled_from(["promo", "holiday", "open?", "is_weekend"]))
    frame[name] = [pair[0] if one else pair[1] for one in flag]
    return expected(draw, frame, series, labels_of(times), season, left_out={name})


@st.composite
def missing(draw):
    times, season = axis(draw)
    frame, series = table(draw, times[:-1].astype(str), columns=2)
    cells = draw(st.lists(st.integers(1, len(frame) - 2), min_size=1, max_size=9, unique=True))
    for name in series:
        text = frame[name].astype(object)
        for cell in cells:
            text[cell] = draw(st.sampled_from(["NA", "NaN", "null", "#N/A", "", "-", ".", "n/a", "None", "nan"]))
            series[name][cell] = np.nan
        frame[name] = text
    text = frame.to_csv(index=False)
    return Expected(text.encode(), series, labels_of(times), season)


@st.composite
def starts_and_ends(draw):
    times, season = axis(draw, ("D", "h", "MS"))
    frame, series = table(draw, times[:-1].astype(str), columns=3)
    for name in list(series)[1:]:
        start, end = draw(st.integers(0, 20)), draw(st.integers(0, 20))
        frame.loc[frame.index < start, name] = np.nan
        frame.loc[frame.index >= len(frame) - end, name] = np.nan
        series[name] = series[name][start : len(frame) - end]
    return expected(draw, frame, series, labels_of(times), season)


@st.composite
def holes(draw):
    times, season = axis(draw, ("D", "h", "MS", "W-MON"), least=100)
    frame, series = table(draw, times[:-1].astype(str))
    start, length = draw(st.integers(40, 60)), draw(st.integers(1, 30))
    name = next(iter(series))
    series[name][start : start + length] = np.nan
    frame = frame.drop(index=range(start, start + length))
    return expected(draw, frame, series, labels_of(times), season)


@st.composite
def comments(draw):
    times, season = axis(draw)
    frame, series = table(draw, times[:-1].astype(str))
    text = frame.to_csv(index=False)
    if draw(st.booleans()):
        text = text.replace("\n", ",\n" if draw(st.booleans()) else ",,\n")
    above = draw(st.lists(st.sampled_from(["# exported 2022-07-22\n", "# a, b, c\n", "#\n", "\n"]), max_size=3))
    below = draw(st.sampled_from(["", "\n", "# end\n", "\n\n"]))
    return Expected("".join([*above, text, below]).encode(), series, labels_of(times), season)


@st.composite
def stores(draw):
    times, season = axis(draw, ("D", "h", "MS"), least=60)
    names = draw(
        st.lists(
            st.sampled_from(["north", "lake", "1", "002", "Zürich", "a b", "new"]), min_size=2, max_size=5, unique=True
        )
    )
    parts, series = [], {}
    for name in sorted(names):
        start, end = draw(st.integers(0, 20)), draw(st.integers(0, 20))
        rows = times[start : len(times) - 1 - end]
        series[name] = numbers(draw, len(rows))
        promo = np.arange(len(rows)) % 5 == 0
        parts.append(
            pd.DataFrame({"store": name, "date": rows.astype(str), "sales": series[name], "promo": promo.astype(int)})
        )
    frame = pd.concat(parts)
    order = draw(st.sampled_from(["as it is", "by date", "shuffled"]))
    if order != "as it is":
        frame = frame.sort_values("date", kind="stable") if order == "by date" else frame.sample(frac=1, random_state=0)
    changes = {"format": "long", "series_column": "store", "covariates.future": ["promo"]}
    kind = draw(st.sampled_from(["csv", "csv.gz", "parquet", "feather"]))
    if kind == "csv":
        return Expected(written(frame, draw), series, [], season, settings=changes)
    buffer = io.BytesIO()
    if kind == "csv.gz":
        frame.to_csv(buffer, index=False, compression="gzip")
    elif kind == "parquet":
        frame.to_parquet(buffer)
    else:
        frame.reset_index(drop=True).to_feather(buffer)
    return Expected(buffer.getvalue(), series, [], season, settings=changes, file=f"series.{kind}")


@st.composite
def local_hours(draw):
    zone = draw(st.sampled_from(["Europe/Berlin", "America/New_York"]))
    start = draw(st.sampled_from(["2022-03-10", "2022-10-25", "2022-03-01"]))
    times = pd.date_range(
        start, periods=24 * draw(st.integers(10, 40)) + 1, freq=draw(st.sampled_from(["h", "30min"])), tz=zone
    )
    frame, series = table(draw, times[:-1].tz_localize(None).astype(str))
    season = 24 if times.freqstr == "h" else 48
    return expected(draw, frame, series, labels_of(times), season, settings={"time_zone": zone})


@st.composite
def rows(draw):
    names = [f"H{number}" for number in range(1, draw(st.integers(3, 12)) + 1)]
    most = draw(st.integers(30, 60))
    series = {name: numbers(draw, draw(st.integers(10, most))) for name in names}
    series[names[0]] = numbers(draw, most)
    frame = pd.DataFrame([[name, *one, *[""] * (most - len(one))] for name, one in series.items()])
    frame.columns = [f"V{number}" for number in range(1, most + 2)]
    return Expected(
        frame.to_csv(index=False).encode(),
        dict(sorted(series.items())),
        [],
        None,
        settings={"format": "rows", "series_column": "V1"},
    )


KINDS = [
    iso, business_hours, large_level, awkward_names, stuck, local_midnights, middle_of_month, quarters, certain_dates,
    two_columns, compact, epochs, years, counters, flags, missing, starts_and_ends, holes, comments, stores,
    local_hours, rows,
]  # fmt: skip
