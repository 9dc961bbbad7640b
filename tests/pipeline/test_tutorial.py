"""The tutorial's commands, read from its file and run in their order in a clone of small models."""

import re
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT, Clone, set_params

INSTALL = ["make setup", ". .venv/bin/activate"]
"""What a clone of the tests has done already, in the environment that runs them."""


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)


def commands(path: Path) -> list[str]:
    """The commands of a page, those that go on over a line in one piece."""
    lines = [line for block in blocks(path, "console") for line in block.replace("\\\n", "").splitlines()]
    assert all(line.startswith("$ ") for line in lines), "a line of output would not be run"
    return [line.removeprefix("$ ") for line in lines]


def scripts(path: Path) -> dict[str, str]:
    """The Python files that the reader saves, by the name in their first line."""
    return {block.splitlines()[0].removeprefix("# "): block for block in blocks(path, "python")}


def test_both_languages_give_the_same_commands_and_files() -> None:
    english, chinese = (ROOT / "docs" / name for name in ("tutorial.md", "tutorial.zh-CN.md"))
    assert commands(english) == commands(chinese)
    assert scripts(english) == scripts(chinese)


@pytest.mark.slow
def test_every_command_of_the_tutorial_works(finished: Clone, tmp_path: Path) -> None:
    """A reader copies them one after the other; each must end well and leave what the text says."""
    clone = finished.copy(tmp_path / "clone")
    set_params(clone.folder / "params.yaml", {"train.epochs": 1})
    told = commands(ROOT / "docs/tutorial.md")
    assert told[: len(INSTALL)] == INSTALL
    clone.run("make", "--dry-run", "setup")
    for name, content in scripts(ROOT / "docs/tutorial.md").items():
        (clone.folder / name).write_text(content)
    outputs = {command: clone.run("bash", "-c", command) for command in told[len(INSTALL) :]}
    assert "- As set up: " in outputs["cat reports/verdict.md"]
    for forecast in (clone.folder / "forecast.csv", tmp_path / "forecast.csv"):
        assert forecast.read_text().splitlines()[0].startswith("time,series,forecast,low_80,high_80")
        assert len(forecast.read_text().splitlines()) == 1 + 13
    here, colleague = (out for cmd, out in outputs.items() if "cell=gru" in cmd)
    assert "Running stage 'train@rnn'" in here
    assert "Running stage 'train@transformer'" not in here
    assert "Running stage 'train" not in colleague
    check_stores(clone, outputs["python stock.py"])


def check_stores(clone: Clone, stock: str) -> None:
    """A week of every store in the file, and the same numbers by Python, of the day that the text asks for."""
    table = pd.read_csv(clone.folder / "store_forecasts.csv")
    assert table.groupby("series").size().to_dict() == dict.fromkeys(("lake", "north", "south"), 7)
    assert set(table["time"]) == {f"2024-07-{day}" for day in range(19, 26)}
    busiest = table.loc[table.groupby("series")["high_80"].idxmax()]
    for row in busiest.itertuples():
        [found] = re.findall(rf"{row.series} +{row.time} +\S+ +(\S+)", stock)
        assert float(found) == pytest.approx(row.high_80, rel=1e-5)


def test_an_artifact_without_an_annotated_tag_is_not_found(clone: Clone) -> None:
    """Why the tutorial insists on `-a`."""
    clone.run("git", "tag", "forecaster@v0.1.0")
    output = clone.run("dvc", "artifacts", "get", ".", "forecaster", "--out", "fetched", fails=True)
    assert "Unable to find artifact" in output
