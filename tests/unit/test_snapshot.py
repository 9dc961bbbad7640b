"""Whose results a commit holds: its lock is compared with what stands in it."""

import hashlib
import json
import subprocess

import pytest
import yaml

from tools.snapshot import Snapshot


def md5(content):
    return hashlib.md5(content.encode()).hexdigest()


def folder_md5(**files):
    entries = [{"md5": md5(content), "relpath": name} for name, content in sorted(files.items())]
    return md5(json.dumps(entries, sort_keys=True)) + ".dir"


PARAMS = "a: 1\ntrain: {rate: 1e-5, word: NaN}\n"
FILES = {"params.yaml": PARAMS, "code/x": "x = 1\n", "code/y": "y = 2\n", "reports/metrics.json": "{}\n"}


PIPELINE = {"check": {}, "train": {}, "evaluate": {}}


def lock():
    """What DVC records of a run: `check` passes settings on to `train`, and `evaluate` scores what it trained."""
    given, weights = {"path": "given.json", "md5": "1" * 32}, {"path": "weights", "md5": "2" * 32 + ".dir"}
    return {
        "check": {"deps": [{"path": "params.yaml", "md5": md5(PARAMS)}], "outs": [given]},
        "train": {
            "deps": [given, {"path": "code", "md5": folder_md5(x="x = 1\n", y="y = 2\n")}],
            "params": {"params.yaml": {"train.rate": 1e-05, "train.word": "NaN"}},
            "outs": [weights],
        },
        "evaluate": {"deps": [weights], "outs": [{"path": "reports/metrics.json", "md5": md5("{}\n")}]},
    }


def git(*arguments):
    identity = ("-c", "user.name=tests", "-c", "user.email=tests@example.invalid")
    return subprocess.run(["git", *identity, *arguments], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def commit(tmp_path, monkeypatch):
    """A function that commits files and a lock, and gives the snapshot."""
    monkeypatch.chdir(tmp_path)
    git("init", "--quiet")

    def make(stages, **changed):
        written = {
            "dvc.lock": yaml.safe_dump({"stages": stages}, sort_keys=False),
            "dvc.yaml": yaml.safe_dump({"stages": PIPELINE}),
        }
        for name, content in {**FILES, **written, **changed}.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(content)
        git("add", "--all")
        git("commit", "--quiet", "--message", "run")
        return Snapshot(git("rev-parse", "HEAD"))

    return make


def test_results_that_the_commit_made_are_its_own(commit) -> None:
    assert commit(lock()).foreign("evaluate") == ""


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"params.yaml": PARAMS.replace("a: 1", "a: 2")}, "params.yaml is not what check ran with"),
        ({"params.yaml": PARAMS.replace("1e-5", "1e-4")}, "params.yaml: train.rate is not what train ran with"),
        ({"code/x": "x = 3\n"}, "code is not what train ran with"),
        ({"code/z": "z = 3\n"}, "code is not what train ran with"),
        ({"reports/metrics.json": "{ }\n"}, "reports/metrics.json is not what evaluate ran with"),
    ],
)
def test_what_changed_after_the_run_is_named(commit, changed, reason) -> None:
    assert commit(lock(), **changed).foreign("evaluate") == reason


def test_a_stage_that_ran_later_than_those_behind_it_makes_their_results_foreign(commit) -> None:
    """`dvc exp run check -S ...`: its lock follows the new settings, the metrics are of the old ones."""
    stages, changed = lock(), PARAMS.replace("a: 1", "a: 2")
    stages["check"] = {
        "deps": [{"path": "params.yaml", "md5": md5(changed)}], "outs": [{"path": "given.json", "md5": "3" * 32}]
    }  # fmt: skip
    assert commit(stages, **{"params.yaml": changed}).foreign("evaluate") == "given.json is not what train ran with"


def test_a_folder_of_several_stages_is_followed_to_each_of_them(commit) -> None:
    """DVC's hash of it is of outputs that git does not have, beside a .gitignore that it has."""
    stages, changed = lock(), PARAMS.replace("a: 1", "a: 2")
    stages["train"]["outs"].append({"path": "history/rnn", "md5": "6" * 32 + ".dir"})
    stages["evaluate"]["deps"] = [{"path": "history", "md5": "7" * 32 + ".dir"}]
    ignored = {"history/.gitignore": "/rnn\n"}
    assert commit(stages, **ignored).foreign("evaluate") == ""
    stages["check"]["outs"] = [{"path": "given.json", "md5": "3" * 32}]
    told = commit(stages, **ignored, **{"params.yaml": changed}).foreign("evaluate")
    assert told == "given.json is not what train ran with"


def test_what_the_lock_still_has_of_a_stage_that_is_gone_does_not_count(commit) -> None:
    """Its outputs may have the names of those of a stage of today."""
    stages = {"train_once": {**lock()["train"], "deps": [{"path": "given.json", "md5": "9" * 32}]}, **lock()}
    assert commit(stages).foreign("evaluate") == ""
    assert commit({**lock(), "train_once": stages["train_once"]}).foreign("evaluate") == ""


def test_a_stage_that_never_ran_has_no_results(commit) -> None:
    stages = lock()
    del stages["evaluate"]
    assert commit(stages).foreign("evaluate") == "evaluate did not run"


def test_a_file_that_dvc_tracks_is_known_by_its_dvc_file(commit) -> None:
    stages = lock()
    stages["check"]["deps"].append({"path": "mine.csv", "md5": "4" * 32})
    tracked = {"mine.csv.dvc": yaml.safe_dump({"outs": [{"md5": "4" * 32, "path": "mine.csv"}]})}
    assert commit(stages, **tracked).foreign("evaluate") == ""
    other = {"mine.csv.dvc": yaml.safe_dump({"outs": [{"md5": "5" * 32, "path": "mine.csv"}]})}
    assert commit(stages, **other).foreign("evaluate") == "mine.csv is not what check ran with"
