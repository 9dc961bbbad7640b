"""`inspect`: how a file is read, and a command that a shell, Hydra and DVC take as it stands."""

import shlex

import numpy as np
import pandas as pd
import pytest
from dvc.utils.hydra import apply_overrides
from ruamel.yaml import YAML

from rnn_vs_transformer.__main__ import main
from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.settings.whole import load_params
from rnn_vs_transformer.sources.advice import borders_of, shifts, too_short, trend
from rnn_vs_transformer.sources.propose import command
from rnn_vs_transformer.sources.tabular import read_file

NAMES = [
    "T (degC)", "a=b", "Größe, m²", "it's", 'say "a"', "back\\", 'a\\"b', "null", "1", "x;y", "$HOME `ls`",
    "a:b", "{x}", " lead", "${oc.env:HOME}", "true", "2022-01-01", "a\\b", "温度", "[x]", "*", "~", "#", "a b",
    "names (1) with = and [brackets]", "-x", "1e5",
]  # fmt: skip


@pytest.fixture
def project(tmp_path, monkeypatch, root):
    """An empty project with the settings of this one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "params.yaml").write_bytes((root / "params.yaml").read_bytes())
    return tmp_path


def stores(count=60):
    days = pd.date_range("2022-01-03", periods=count).astype(str)
    return pd.DataFrame({
        "store": np.repeat(["b", "a"], count), "date": [*days, *days],
        "sales": np.random.default_rng(0).standard_normal(2 * count), "promo": np.arange(2 * count) % 5 == 0,
        "temperature": np.random.default_rng(1).standard_normal(2 * count),
        "region": np.repeat(["north", "south"], count),
        "remark": [f"no {number}" for number in range(2 * count)],
    })  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_arrives_in_the_settings_as_it_is_in_the_file(project, name):
    """Through the shell, Hydra's grammar and YAML, each with signs of its own."""
    words = shlex.split(command({"file": f"data/raw/{name}.csv", "channels": [name, "b"]}))
    assert words[:3] == ["dvc", "exp", "run"]

    apply_overrides(project / "params.yaml", words[4::2])

    data = YAML(typ="safe").load(project / "params.yaml")["data"]
    assert (data["file"], data["channels"]) == (f"data/raw/{name}.csv", [name, "b"])


@pytest.mark.parametrize("file", ["data/raw/names (1) with = and [brackets].csv", "data/raw/größe.parquet"])
def test_the_command_that_is_printed_reads_the_file(project, capsys, file):
    """A long file: its series, its target, and what is known besides, found by trying."""
    if file.endswith("parquet"):
        stores().to_parquet(file)
    else:
        stores().to_csv(file, index=False)

    main(["inspect", file])

    printed = capsys.readouterr().out.splitlines()
    apply_overrides(project / "params.yaml", shlex.split(printed[-1])[4::2])
    reading = read_file(load_params().data)
    assert reading.panel.names == ["a", "b"]
    assert [(one.name, one.known, one.kind) for one in reading.covariates] == [
        ("temperature", "past", "number"), ("promo", "future", "flag"), ("region", "static", "category"),
    ]  # fmt: skip
    assert any(line.split() == ["remark", "left", "out", "not", "named", "in", "the", "settings"] for line in printed)
    assert any("2 series of 60 steps out of 120 rows" in line for line in printed)
    assert any("spacing D; season 7; 0 values filled" in line for line in printed)


def test_settings_of_the_last_file_are_taken_back(project, capsys):
    """A wide file after a long one."""
    text = (project / "params.yaml").read_text()
    (project / "params.yaml").write_text(
        text.replace("format: wide ", "format: long ").replace("series_column: none ", "series_column: id ")
    )
    pd.DataFrame({"date": pd.date_range("2022-01-03", periods=40), "y": stores()["sales"][:40]}).to_csv(
        "data/raw/a.csv", index=False
    )

    main(["inspect", "data/raw/a.csv"])

    assert capsys.readouterr().out.splitlines()[-1] == (
        "dvc exp run -S data.source=csv -S data.file=data/raw/a.csv -S data.format=wide -S data.series_column=none"
        " -S data.context_length=8 -S data.prediction_length=2"
    )


def test_a_file_elsewhere_is_copied_first(project, capsys):
    """Only data/raw is tracked."""
    (project / "a b.csv").write_text("date,y\n2022-01-03,1.5\n2022-01-04,3\n2022-01-05,2\n")

    main(["inspect", "a b.csv"])

    assert capsys.readouterr().out.splitlines()[-2:] == [
        "cp 'a b.csv' data/raw/",
        (
            "dvc exp run -S data.source=csv -S 'data.file=\"data/raw/a b.csv\"' -S data.context_length=2 "
            "-S data.prediction_length=1"
        ),
    ]  # fmt: skip


def test_rows_that_are_series_are_proposed_as_such(project, capsys):
    frame = pd.DataFrame(
        np.random.default_rng(0).standard_normal((5, 40)), columns=[f"V{number}" for number in range(2, 42)]
    )
    frame.insert(0, "V1", [f"M{number}" for number in range(5)])
    frame.to_csv("data/raw/m4.csv", index=False)

    main(["inspect", "data/raw/m4.csv"])

    printed = capsys.readouterr().out.splitlines()
    assert "-S data.format=rows -S data.series_column=V1" in printed[-1]
    assert any("5 series of 40 steps" in line for line in printed)


@pytest.mark.parametrize("content", ["", "a\nx\ny\n", "date,y\n01/02/2022,1\n02/02/2022,2\n"])
def test_what_nothing_reads_is_told_in_one_line(project, content):
    (project / "a.csv").write_text(content)

    with pytest.raises(SystemExit) as error:
        main(["inspect", "a.csv"])

    assert str(error.value).startswith("error: ")
    assert str(error.value).isprintable()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["data/raw/none.csv"], "data/raw/none.csv does not exist; put your file into data/raw/"),
        (["data/raw/stores.csv", "-S", "data.sep=x"], "-S data.sep: Extra inputs are not permitted; the keys"),
    ],
)
def test_what_cannot_be_inspected_is_told_in_one_line_with_what_to_do(project, asked, told) -> None:
    stores().to_csv(project / "data/raw/stores.csv", index=False)
    with pytest.raises(SystemExit) as ended:
        main(["inspect", *asked])
    assert f"error: {told}" in str(ended.value)
    assert "\n" not in str(ended.value)


def panel_of(values):
    return Panel.of([str(number) for number in range(len(values))], values)


def data(**changes):
    """Settings with a context of 20 and 10 steps ahead."""
    return load_params().data.model_copy(update={"context_length": 20, "prediction_length": 10, **changes})


@pytest.mark.parametrize("scale", [1.0, 1e6])
def test_a_trend_is_found_whatever_the_unit_and_the_test_steps(project, scale):
    noise = np.random.default_rng(0).standard_normal(600)
    rising = noise + 0.02 * np.arange(600)
    swapped = np.concatenate([rising[:420], noise[420:]])

    def found(*values):
        panel = panel_of([scale * one for one in values])
        return trend(shifts(panel, borders_of(panel, data())))

    assert found(noise) is None
    assert found(rising) == pytest.approx(2.18, abs=0.01)
    assert found(swapped) == found(rising)
    assert found(noise, noise, rising) is None


def test_a_season_does_not_hide_a_trend(project):
    """Of a week of 100 and a level that rises by 5 from train to validation only the level counts."""
    level = np.random.default_rng(0).standard_normal(600) + 5.0 * (np.arange(600) >= 300)
    panel = panel_of([level, level + 100 * np.sin(2 * np.pi * np.arange(600) / 7)])
    alone, seasonal = shifts(panel, borders_of(panel, data()), 7)
    assert seasonal == pytest.approx(alone)
    assert alone == pytest.approx(5.0, rel=0.1)
    assert shifts(panel, borders_of(panel, data()))[1] < 0.2
    panel.observed[panel.offsets[1] + 300 :] = False
    assert shifts(panel, borders_of(panel, data()), 7)[1] == 0, "nothing was observed in validation"
    panel.observed[330:420] = False
    np.put(panel.values, range(330, 420), 1e9)
    assert shifts(panel, borders_of(panel, data()), 7)[0] == pytest.approx(5.0, rel=0.1), "filled steps tell nothing"
    short = panel_of([np.arange(20.0) % 7])
    assert shifts(short, borders_of(short, data()), 7) == shifts(short, borders_of(short, data())), "two seasons"


def test_the_one_series_that_moves_is_named(project, capsys):
    days, draw = pd.date_range("2022-01-03", periods=600), np.random.default_rng(0)
    table = pd.DataFrame({"date": days, **{name: draw.standard_normal(600) for name in "abc"}})
    table["b"] += 0.02 * np.arange(600)
    table.to_csv("data/raw/a.csv", index=False)
    main(["inspect", "data/raw/a.csv"])
    told = capsys.readouterr().out
    assert "trend: from train to validation 1 of 3 series moved by more than 1 standard deviation, 'b' most (2." in told
    assert "try -S model.instance_norm=last too" in told
    assert "instance_norm" not in told.splitlines()[-1]


def test_the_command_takes_up_a_trend_unless_the_models_do_already(project, capsys):
    times = pd.date_range("2022-01-03", periods=600)
    pd.DataFrame({"date": times, "y": stores(600)["sales"][:600] + 0.02 * np.arange(600)}).to_csv("data/raw/a.csv")

    main(["inspect", "data/raw/a.csv"])
    told = capsys.readouterr().out
    assert "trend: from train to validation the series moved by 2." in told
    assert told.splitlines()[-1].endswith(" -S model.instance_norm=last")

    apply_overrides(project / "params.yaml", ["model.instance_norm=last"])
    main(["inspect", "data/raw/a.csv"])
    again = capsys.readouterr().out
    assert "trend" not in again
    assert "instance_norm" not in again


def test_too_few_steps_for_a_verdict_are_told_before_anything_is_trained(project):
    """A test split of 0.3 needs four blocks of 30 windows; ten series need none; other times count too."""

    def told(*lengths, first=0, **changes):
        params = data(**changes)
        panel = panel_of([np.arange(steps) % 7.0 for steps in lengths])
        panel.first_steps[-1] = first
        return too_short(panel, borders_of(panel, params), params)

    assert told(430) == []  # 0.3 of them are 129, which hold 120 windows
    assert told(426)[0].startswith(
        "too short for a verdict: 119 test windows hold fewer than 4 independent blocks of 30"
    )
    assert told(426, 426) == told(426)
    assert told(426, 426, first=1) == []
    assert told(*[100] * 10) == []
    with pytest.raises(InputError, match=r"data\.split asks for 100 \+ 50 \+ 50 steps"):
        told(100, split=[100, 50, 50])
