"""A stage whose inputs change while it runs is refused: DVC would record the new input with the old result."""

import hashlib
import os
import re
import sys
import time

import pytest

from rnn_vs_transformer.runtime import files
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import fingerprint
from rnn_vs_transformer.runtime.inputs import read_inputs

SETTINGS = "model:\n  width: 8\n  heads: 2\ntrain:\n  epochs: 2\nreport:\n  language: en\n"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A folder with settings and a series, in which a module of ours is loaded."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(SETTINGS)
    (tmp_path / "mine.csv").write_text("y\n1\n")
    (tmp_path / "stages_of_mine.py").write_text("")
    module = type(sys)("stages.of_mine")
    module.__file__ = str(tmp_path / "stages_of_mine.py")
    monkeypatch.setitem(sys.modules, "stages.of_mine", module)
    return tmp_path


def read(workspace):
    return read_inputs("train", ("model", "train"), [workspace / "mine.csv"])


def refused(text):
    told = f"{text} changed while train was running, so its results are not recorded; run again: dvc repro"
    return pytest.raises(InputError, match=f"^{re.escape(told)}$")


def test_inputs_that_stay_are_accepted_and_so_is_what_the_stage_does_not_read(workspace):
    """Nobody loses an hour of training for a changed colour, a touched file or a file put back."""
    inputs = read(workspace)
    (workspace / "mine.csv").write_text("y\n2\n")
    (workspace / "mine.csv").write_text("y\n1\n")
    (workspace / "stages_of_mine.py").touch()
    (workspace / "other.csv").write_text("new")
    (workspace / "params.yaml").write_text(SETTINGS.replace("language: en", "language: zh") + "# a comment\n")
    inputs.require_unchanged()


def test_code_that_is_loaded_is_an_input(workspace):
    inputs = read(workspace)
    (workspace / "stages_of_mine.py").write_text("# another line")
    with refused("stages_of_mine.py"):
        inputs.require_unchanged()


def test_of_a_large_file_the_time_decides(workspace, monkeypatch):
    """Reading gigabytes twice would cost more than it saves."""
    monkeypatch.setattr("rnn_vs_transformer.runtime.inputs.LARGE_BYTES", 2)
    inputs = read(workspace)
    inputs.require_unchanged()
    os.utime(workspace / "mine.csv", (0, 0))
    with refused("mine.csv"):
        inputs.require_unchanged()


@pytest.mark.parametrize("content", ["y\n2\n", None])
def test_a_changed_or_removed_file_is_named(workspace, content):
    inputs = read(workspace)
    (workspace / "mine.csv").unlink()
    if content:
        (workspace / "mine.csv").write_text(content)
    with refused("mine.csv"):
        inputs.require_unchanged()


@pytest.mark.parametrize(
    ("change", "key"),
    [(("width: 8", "width: 16"), "model"), (("epochs: 2", "epochs: 3"), "train"), (("  width: 8\n", ""), "model")],
)
def test_a_changed_section_that_the_stage_reads_is_named(workspace, change, key):
    inputs = read(workspace)
    (workspace / "params.yaml").write_text(SETTINGS.replace(*change))
    with refused(f"params.yaml: {key}"):
        inputs.require_unchanged()


def test_several_changes_are_counted(workspace):
    inputs = read(workspace)
    (workspace / "mine.csv").write_text("")
    (workspace / "params.yaml").write_text(SETTINGS.replace("epochs: 2", "epochs: 3"))
    with refused("mine.csv and 1 more"):
        inputs.require_unchanged()


def test_a_stage_that_reads_all_settings_is_told_of_any_change(workspace):
    inputs = read_inputs("train", ("",))
    (workspace / "params.yaml").write_text(SETTINGS.replace("language: en", "language: zh"))
    with refused("params.yaml"):
        inputs.require_unchanged()


def test_a_file_that_lies_as_it_did_is_read_once(workspace, monkeypatch):
    """And again when it was written in between, however alike it looks; within the clock's tick always."""
    file, reads = workspace / "mine.csv", []
    read_whole = hashlib.file_digest
    monkeypatch.setattr("hashlib.file_digest", lambda *given: reads.append(1) or read_whole(*given))
    monkeypatch.setattr(files, "SETTLED_AFTER_NS", 10**18)
    assert fingerprint(file) == fingerprint(file)
    assert len(reads) == 2  # written just now
    monkeypatch.setattr(files, "SETTLED_AFTER_NS", -1)
    first = {fingerprint(file) for _ in range(3)}
    assert (len(first), len(reads)) == (1, 3)
    time.sleep(0.02)
    seen = file.stat()
    file.write_text("y\n2\n")
    os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert fingerprint(file) not in first
