"""The tutorial's commands, read from its file and run in their order in a clone of small models."""

import re
from pathlib import Path

import pytest
from conftest import ROOT, Clone, set_params

INSTALL = ["make setup", ". .venv/bin/activate"]
"""What a clone of the tests has done already, in the environment that runs them."""


def commands(path: Path) -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert all(line.startswith("$ ") for line in lines), "a line of output or a continued command would not be run"
    return [line.removeprefix("$ ") for line in lines]


def test_both_languages_give_the_same_commands() -> None:
    assert commands(ROOT / "docs/tutorial.md") == commands(ROOT / "docs/tutorial.zh-CN.md")


@pytest.mark.slow
def test_every_command_of_the_tutorial_works(finished: Clone, tmp_path: Path) -> None:
    """A reader copies them one after the other; each must end well and leave what the text says."""
    clone = finished.copy(tmp_path / "clone")
    set_params(clone.folder / "params.yaml", {"train.epochs": 1})
    told = commands(ROOT / "docs/tutorial.md")
    assert told[: len(INSTALL)] == INSTALL
    clone.run("make", "--dry-run", "setup")
    outputs = {command: clone.run("bash", "-c", command) for command in told[len(INSTALL) :]}
    assert "- As set up: " in outputs["cat reports/verdict.md"]
    for forecast in (clone.folder / "forecast.csv", tmp_path / "forecast.csv"):
        assert forecast.read_text().splitlines()[0].startswith("time,series,forecast,low_80,high_80")
        assert len(forecast.read_text().splitlines()) == 1 + 13
    here, colleague = (out for cmd, out in outputs.items() if "cell=gru" in cmd)
    assert "Running stage 'train@rnn'" in here
    assert "Running stage 'train@transformer'" not in here
    assert "Running stage 'train" not in colleague


def test_an_artifact_without_an_annotated_tag_is_not_found(clone: Clone) -> None:
    """Why the tutorial insists on `-a`."""
    clone.run("git", "tag", "forecaster@v0.1.0")
    output = clone.run("dvc", "artifacts", "get", ".", "forecaster", "--out", "fetched", fails=True)
    assert "Unable to find artifact" in output
