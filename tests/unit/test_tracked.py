"""A data file that no copy of the workspace would have is named, with the command that mends it."""

import subprocess
from pathlib import Path

import pytest

from rnn_vs_transformer.runtime.tracked import lack_in_copies

NAMES = pytest.mark.parametrize("name", ["data/raw/mine.csv", "data/raw/Umsätze 2024 [kg].csv", "mine.csv"])


@pytest.fixture(autouse=True)
def _repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "--quiet"], check=True)


def make(name):
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("y\n1\n")
    return path


def add(name):
    subprocess.run(["git", "--literal-pathspecs", "add", "--", str(name)], check=True)


def commit():
    identity = ("-c", "user.name=tests", "-c", "user.email=tests@example.invalid")
    subprocess.run(["git", *identity, "commit", "--quiet", "--allow-empty", "--message", "more"], check=True)


@NAMES
def test_a_file_that_nobody_knows_is_named_for_the_shell(name) -> None:
    told = lack_in_copies(make(name))
    assert told.startswith("neither git nor DVC knows it; run: git add ")
    command = told.partition("run: ")[2].partition(" (or")[0]
    subprocess.run(["bash", "-c", command], check=True)
    assert lack_in_copies(Path(name)) == ""


def test_another_file_of_the_pattern_is_not_this_one() -> None:
    """Brackets are no pattern in a name."""
    add(make("data/raw/m k.csv"))
    assert lack_in_copies(make("data/raw/m [kg].csv")) != ""


@NAMES
def test_a_file_that_dvc_tracks_is_known_once_its_dvc_file_is_committed(name) -> None:
    """An experiment has every .dvc file in git's index while it runs, and takes it out again."""
    path = make(name)
    note = make(f"{name}.dvc")
    commit()
    add(note)
    told = lack_in_copies(path)
    assert told.startswith(f"git has no commit of {note} yet; run: git add ")
    commit()
    assert lack_in_copies(path) == ""


def test_a_file_in_a_folder_that_dvc_tracks_is_known() -> None:
    add(make("data/raw.dvc"))
    commit()
    assert lack_in_copies(make("data/raw/mine.csv")) == ""


def test_what_is_there_in_a_copy_is_not_asked_for(tmp_path, monkeypatch) -> None:
    copy = tmp_path / ".dvc/tmp/exps/standalone/x"
    copy.mkdir(parents=True)
    monkeypatch.chdir(copy)
    assert lack_in_copies(make("mine.csv")) == ""


def test_the_output_of_a_stage_is_known() -> None:
    Path("dvc.lock").write_text("stages: {mine: {outs: [{path: data/raw/made.csv}, {path: data/other}]}}\n")
    assert lack_in_copies(make("data/raw/made.csv")) == ""
    assert lack_in_copies(make("data/other/x.csv")) == ""
    assert lack_in_copies(make("data/raw/mine.csv")) != ""


def test_without_a_repository_nothing_is_asked_for(tmp_path, monkeypatch) -> None:
    (tmp_path / ".git").rename(tmp_path / "git")
    assert lack_in_copies(make("mine.csv")) == ""
    monkeypatch.setenv("PATH", "")
    assert lack_in_copies(make("mine.csv")) == ""
