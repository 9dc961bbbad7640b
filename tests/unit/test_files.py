"""Files: whole or not at all, and read back as they were written."""

import errno
import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from rnn_vs_transformer.runtime.errors import InputError, tell_system_error
from rnn_vs_transformer.runtime.files import (
    fingerprint,
    finite,
    read_arrays,
    read_json,
    write_arrays,
    write_bytes,
    write_json,
    write_table,
)


@pytest.mark.parametrize("before", [[], [b"old"]], ids=["first", "again"])
def test_a_failing_write_leaves_what_was_there_and_names_the_file_and_the_remedy(tmp_path, monkeypatch, before):
    """DVC caches whatever lies there after a stage; half a file must never be taken for a result."""
    path = tmp_path / "metrics.json"
    for content in before:
        write_bytes(path, content)

    def refuse(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space left") as error:
        write_bytes(path, b"new" * 1000)

    assert [file.read_bytes() for file in tmp_path.iterdir()] == before
    assert tell_system_error(error.value) == (
        f"{path}: No space left on device; free some space, then run: dvc repro (what was there before: dvc checkout)"
    )


def test_a_folder_that_cannot_be_made_is_told_likewise(tmp_path):
    (tmp_path / "models").write_bytes(b"a file in the way")

    with pytest.raises(OSError, match="weights") as error:
        write_bytes(tmp_path / "models" / "weights", b"")

    assert tell_system_error(error.value).startswith(f"{tmp_path / 'models' / 'weights'}: ")
    assert tell_system_error(OSError("of our own")).startswith("of our own; ")


def test_what_a_killed_process_left_is_taken_away_and_what_a_running_one_writes_is_not(tmp_path):
    """SIGKILL in the middle of a write leaves a temporary file, which nobody else would ever remove."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left, written = (tmp_path / f".metrics.json.{process}.tmp" for process in (ended.pid, os.getppid()))
    left.write_bytes(b"half")
    written.write_bytes(b"half")

    write_bytes(tmp_path / "metrics.json", b"whole")

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([written.name, "metrics.json"])


def test_a_write_makes_its_folders_and_leaves_nothing_else(tmp_path):
    """An output folder belongs to DVC, which would cache a forgotten temporary file with it."""
    write_bytes(tmp_path / "models" / "rnn" / "weights", b"first")
    write_bytes(tmp_path / "models" / "rnn" / "weights", b"second")

    assert [(file.name, file.read_bytes()) for file in (tmp_path / "models" / "rnn").iterdir()] == [
        ("weights", b"second")
    ]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_json_refuses_what_json_does_not_know(tmp_path, value):
    """Python would write NaN, and no other reader of the metrics would read it; the old file stays."""
    path = tmp_path / "metrics.json"
    write_json(path, {"mse": 1.0})

    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"mse": value})
    with pytest.raises(ValueError, match="expected a finite number"):
        finite(value)

    assert read_json(path) == {"mse": 1.0}


def test_json_is_the_same_bytes_for_the_same_content(tmp_path):
    """`dvc metrics diff` and the cache both live on it; a float is written so that it reads back the same."""
    content = {"rnn": {"mse": 0.1 + 0.2}, "verdict": "equivalent"}
    write_json(tmp_path / "a.json", content)
    write_json(tmp_path / "b.json", content)

    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert read_json(tmp_path / "a.json") == content
    assert (tmp_path / "a.json").read_bytes().endswith(b"}\n")


def test_a_table_keeps_float32_whole(tmp_path):
    """Forecasts are float32 and travel through CSV; nine digits bring back every bit."""
    bits = np.random.default_rng(0).integers(0, 2**32, size=2000, dtype=np.uint32)
    numbers = bits.view(np.float32)
    numbers = numbers[np.isfinite(numbers)]

    write_table(tmp_path / "table.csv", pd.DataFrame({"forecast": numbers, "step": np.arange(len(numbers))}))
    table = pd.read_csv(tmp_path / "table.csv")

    assert np.array_equal(table["forecast"].to_numpy(np.float32), numbers)
    assert table["step"].tolist() == list(range(len(numbers)))
    assert list(table.columns) == ["forecast", "step"]
    assert b"\r" not in (tmp_path / "table.csv").read_bytes()


def test_arrays_come_back_with_every_bit_and_type(tmp_path):
    """Weights and series pass between stages this way; a view with strides must arrive in its own order."""
    arrays = {"weights": np.random.default_rng(0).standard_normal((3, 4)).T, "half": np.arange(3, dtype=np.float32) / 2}

    write_arrays(tmp_path / "arrays.safetensors", arrays)
    read = read_arrays(tmp_path / "arrays.safetensors")

    assert read.keys() == arrays.keys()
    for name, array in arrays.items():
        assert np.array_equal(read[name], array)
        assert read[name].dtype == array.dtype


@pytest.mark.parametrize("reader", [read_json, read_arrays])
@pytest.mark.parametrize(
    ("content", "fault"), [(None, "is missing"), (b"{", "is damaged"), (b"\xff\xfe", "is damaged")]
)
def test_a_missing_or_damaged_file_is_told_in_one_line(tmp_path, reader, content, fault):
    """The user learns which file, and the one command that brings it back."""
    path = tmp_path / "file"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(InputError, match=f"{path} {fault}.*; run: dvc repro") as error:
        reader(path)

    assert "\n" not in str(error.value)


def test_a_cut_off_file_of_arrays_is_damaged(tmp_path):
    """A copy that broke off must not load as smaller weights."""
    path = tmp_path / "arrays.safetensors"
    write_arrays(path, {"weights": np.arange(100.0)})
    path.write_bytes(path.read_bytes()[:-8])

    with pytest.raises(InputError, match="is damaged"):
        read_arrays(path)


def test_a_fingerprint_tells_contents_apart(tmp_path):
    """Timings are known by it to belong to their training run: one changed digit is another run."""
    for name, content in [("a", {"mse": 0.1}), ("b", {"mse": 0.1}), ("c", {"mse": 0.2})]:
        (tmp_path / name).write_text(json.dumps(content))

    a, b, c = (fingerprint(tmp_path / name) for name in "abc")

    assert a == b != c
    with pytest.raises(InputError, match="d is missing; run: dvc repro"):
        fingerprint(tmp_path / "d")


def test_a_fingerprint_of_a_folder_tells_its_files_apart(tmp_path):
    """What a killed writer has left there is none of them."""
    for name in ("a/x/one", "b/x/one", "c/x/two", "d/x/one"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(str("d/" in name))
    (tmp_path / "b/x/.one.1.tmp").write_text("half")
    assert fingerprint(tmp_path / "a") == fingerprint(tmp_path / "b")
    assert len({fingerprint(tmp_path / name) for name in "acd"}) == 3
