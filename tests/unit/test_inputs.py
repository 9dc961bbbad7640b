"""A stage whose inputs change while it runs is refused: DVC would record the new input with the old result."""

import os
import re

import pytest
import yaml

from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.inputs import PIPELINE, _declaration, read_inputs

DVC = """stages:
  other:
    deps:
    - other.csv
  train:
    desc: Train the thing
    cmd: python -m stages.train
    deps:
    - ${data.file}
    - folder
    - gone.csv

    params:  # a comment
    - model.width
    - train
    outs:
    - weights
  last:
    deps:
    - other.csv
"""
SETTINGS = "model:\n  width: 8\n  heads: 2\ntrain:\n  epochs: 2\n"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / PIPELINE).write_text(DVC)
    (tmp_path / "params.yaml").write_text(SETTINGS)
    (tmp_path / "mine.csv").write_text("y\n1\n")
    (tmp_path / "folder").mkdir()
    return tmp_path


def refused(text):
    told = (
        rf"^{re.escape(text)} changed while train was running, so its results are not recorded; run again: dvc repro$"
    )
    return pytest.raises(InputError, match=told)


def test_inputs_that_stay_are_accepted_and_so_is_what_the_stage_does_not_read(workspace):
    """Nobody loses an hour of training for a changed colour, a touched file or a file put back."""
    inputs = read_inputs("train", "mine.csv")
    (workspace / "mine.csv").write_text("y\n2\n")
    (workspace / "mine.csv").write_text("y\n1\n")
    (workspace / "other.csv").write_text("new")
    (workspace / "params.yaml").write_text(SETTINGS.replace("heads: 2", "heads: 4") + "# a comment\n")
    inputs.require_unchanged()


def test_a_folder_is_all_that_lies_in_it(workspace):
    """The weights of a family are one dependency."""
    (workspace / "folder/deep").mkdir()
    (workspace / "folder/deep/weights").write_text("old")
    inputs = read_inputs("train", "mine.csv")
    (workspace / "folder/deep/weights").write_text("new")
    (workspace / "folder/more").write_text("new")
    with refused("folder/deep/weights and 1 more"):
        inputs.require_unchanged()


def test_of_a_large_file_the_time_decides(workspace, monkeypatch):
    """Reading gigabytes twice would cost more than it saves."""
    monkeypatch.setattr("rnn_vs_transformer.runtime.inputs.LARGE_BYTES", 2)
    inputs = read_inputs("train", "mine.csv")
    inputs.require_unchanged()
    os.utime(workspace / "mine.csv", (0, 0))
    with refused("mine.csv"):
        inputs.require_unchanged()


@pytest.mark.parametrize("content", ["y\n2\n", None])
def test_a_changed_or_removed_file_is_named(workspace, content):
    inputs = read_inputs("train", "mine.csv")
    (workspace / "mine.csv").unlink()
    if content:
        (workspace / "mine.csv").write_text(content)
    with refused("mine.csv"):
        inputs.require_unchanged()


def test_a_file_that_was_not_there_is_an_input_too(workspace):
    inputs = read_inputs("train", "mine.csv")
    (workspace / "gone.csv").write_text("here")
    with refused("gone.csv"):
        inputs.require_unchanged()


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (("width: 8", "width: 16"), "model.width"),
        (("epochs: 2", "epochs: 3"), "train"),
        (("  width: 8\n", ""), "model.width"),
    ],
)
def test_a_changed_setting_that_the_stage_reads_is_named(workspace, change, key):
    inputs = read_inputs("train", "mine.csv")
    (workspace / "params.yaml").write_text(SETTINGS.replace(*change))
    with refused(f"params.yaml: {key}"):
        inputs.require_unchanged()


def test_several_changes_are_counted(workspace):
    inputs = read_inputs("train", "mine.csv")
    (workspace / "mine.csv").write_text("")
    (workspace / "params.yaml").write_text(SETTINGS.replace("epochs: 2", "epochs: 3"))
    with refused("mine.csv and 1 more"):
        inputs.require_unchanged()


def test_every_stage_of_the_project_is_found_as_dvc_reads_it(root):
    """The entry is cut out of the text, for speed; it must be the one that DVC goes by."""
    text = (root / PIPELINE).read_text()
    for stage, content in yaml.safe_load(text)["stages"].items():
        assert _declaration(text, stage) == content
    with pytest.raises(ValueError, match="no stage unknown"):
        _declaration(text, "unknown")
