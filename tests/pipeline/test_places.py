"""Workspaces, clones and files as people have them: spaces, shallow clones, other line ends, names with anything."""

import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT, Clone, stages_run

pytestmark = pytest.mark.slow
MINE = "data/raw/Umsätze 2024 [kg].csv"
COLUMNS = ["Menge [kg]", "Anteil=x", "Straße, Süd"]


def write_series(clone: Clone, name: str = MINE) -> None:
    """Three columns of 150 days, whose names need quotes."""
    days = pd.date_range("2024-01-01", periods=150).strftime("%Y-%m-%d")
    values = np.random.default_rng(0).normal(size=(150, 3)).round(3)
    pd.DataFrame(values, columns=COLUMNS).assign(Tag=days).to_csv(clone.folder / name, index=False)


def table(clone: Clone) -> str:
    """What `make experiments` prints in the clone."""
    return clone.run("make", "--no-print-directory", "-o", ".venv/.ready", "experiments")


def test_a_workspace_whose_path_has_a_space(finished: Clone, tmp_path: Path) -> None:
    """Nothing is done again in its new place, and all that is run there by name works."""
    clone = finished.copy(tmp_path / "my work (2)")
    assert stages_run(clone.run("dvc", "repro")) == set()
    output = clone.run("dvc", "exp", "run", "--name", "one", "-S", "model.heads=1", "package")
    assert "train@transformer" in stages_run(output)
    (clone.folder / "my series.csv").write_text("y\n" + "\n".join(str(step % 8) for step in range(30)) + "\n")
    clone.run(sys.executable, "-m", "rnn_vs_transformer", "forecast", "--input", "my series.csv", "--output", "out.csv")
    clone.run("dvc", "exp", "run", "--temp", "--name", "apart", "-S", "model.heads=2", "-S", "model.cell=gru", "check")
    shown = table(clone)
    assert "| one " in shown
    assert "Without results of their own: apart." in shown


def test_a_clone_of_depth_one(finished: Clone, tmp_path: Path) -> None:
    """Its lock is in step without the history, and experiments and tables need none."""
    clone = Clone(tmp_path / "shallow")
    finished.run("git", "clone", "--quiet", "--depth", "1", finished.folder.as_uri(), str(clone.folder))
    assert clone.run("git", "rev-list", "--count", "HEAD").strip() == "1"
    assert stages_run(clone.run("dvc", "repro", "--allow-missing", "--dry")) == set()
    clone.run("dvc", "exp", "run", "--name", "one", "-S", "model.heads=1", "check")
    shown = table(clone)
    assert re.search(r"^\| main +\| synthetic [0-9a-f]{12} ", shown, re.MULTILINE), shown
    assert "Without results of their own: one." in shown


def test_a_clone_with_line_ends_of_windows(finished: Clone, tmp_path: Path) -> None:
    """`.gitattributes` keeps every byte that DVC hashes, so that nothing is taken for changed."""
    origin, clone = finished.copy(tmp_path / "origin"), Clone(tmp_path / "clone")
    series = "data/raw/from windows.csv"
    (origin.folder / series).write_bytes(b"day,y\r\n2024-01-01,1\r\n")
    origin.commit("a file of the user's own")
    origin.run("git", "clone", "--quiet", "--config", "core.autocrlf=true", ".", str(clone.folder))
    assert (clone.folder / series).read_bytes() == (origin.folder / series).read_bytes()
    assert stages_run(clone.run("dvc", "repro", "--allow-missing", "--dry")) == set()
    assert b"\r\n" not in (clone.folder / "params.yaml").read_bytes()
    clone.set(model__heads=1)
    assert clone.run("git", "status", "--short").split() == ["M", "params.yaml"]


def test_names_with_spaces_brackets_and_umlauts_as_the_page_tells_them(clone: Clone) -> None:
    """Pasted into a shell, through Hydra's grammar, params.yaml, dvc.yaml and the reader."""
    write_series(clone)
    page = (ROOT / "docs/data.md").read_text(encoding="utf-8").replace("\\\n", "")
    [pasted] = re.findall(r"^\$ (dvc exp run -S data.source=csv .*Umsätze.*)$", page, re.MULTILINE)
    output = clone.run("bash", "-c", f"{pasted} generate")
    assert json.loads((clone.folder / "data/meta.json").read_text())["series"] == COLUMNS
    [line] = [line for line in output.splitlines() if "neither git nor DVC" in line]
    assert line.startswith(f"--queue, --temp and clones will lack {MINE}: ")

    command = line.partition("run: ")[2].partition(" (or")[0]
    clone.run("bash", "-c", f"{pasted} --temp check -S data.season_length=7", fails=True)
    clone.run("bash", "-c", command)
    assert "neither git nor DVC" not in clone.run("bash", "-c", f"{pasted} --temp check -S data.season_length=7")


def test_a_file_that_dvc_tracks_is_there_in_a_copy_of_the_workspace(clone: Clone) -> None:
    write_series(clone, "data/raw/mine.csv")
    clone.run("dvc", "add", "data/raw/mine.csv")
    settings = ("-S", "data.source=csv", "-S", "data.file=data/raw/mine.csv")
    output = clone.run("dvc", "exp", "run", *settings, "check")
    assert "will lack data/raw/mine.csv: git has no commit of data/raw/mine.csv.dvc yet" in output
    clone.run("git", "add", "data/raw")
    clone.run("git", "commit", "--quiet", "--message", "mine", "data/raw")
    for place in ((), ("--temp",)):
        output = clone.run(
            "dvc", "exp", "run", *settings, "-S", f"data.season_length={7 + len(place)}", *place, "check"
        )
        assert "check" in stages_run(output)
        assert "will lack" not in output


def test_a_colleague_who_pulls_the_run_cache_trains_nothing_again(finished: Clone, tmp_path: Path) -> None:
    """An experiment that was never committed is known by its inputs; the way of the tutorial."""
    clone, colleague = finished.copy(tmp_path / "clone"), Clone(tmp_path / "colleague")
    clone.run("dvc", "remote", "add", "--default", "store", str(tmp_path / "store"))
    clone.run("git", "commit", "--quiet", "--message", "remote", ".dvc/config")
    experiment = ("dvc", "exp", "run", "-S", "model.heads=1", "train@transformer")
    assert "train@transformer" in stages_run(clone.run(*experiment, "--name", "one"))
    clone.run("git", "restore", ".")
    clone.run("dvc", "checkout", "--force")
    clone.run("dvc", "push", "--run-cache")
    clone.run("git", "clone", "--quiet", "--bare", ".", "../team.git")
    clone.run("dvc", "exp", "push", "--run-cache", "../team.git", "one")

    colleague.folder.mkdir()
    colleague.run("git", "clone", "--quiet", "../team.git", ".")
    colleague.run("dvc", "pull", "--run-cache")
    assert stages_run(colleague.run("dvc", "repro")) == {"report"}, "the page is in nobody's cache"
    output = colleague.run(*experiment, "--pull")
    assert stages_run(output) == set()
    assert "Stage 'train@transformer' is cached - skipping run" in output


def test_a_remote_of_a_repository_at_a_url_needs_a_place_of_its_own(finished: Clone, tmp_path: Path) -> None:
    """DVC clones what a URL names, and looks for a relative remote beside that; as the tutorial names it, it works."""
    clone = finished.copy(tmp_path / "clone")
    clone.run("dvc", "remote", "add", "--default", "store", "../store")
    clone.commit("remote")
    clone.run("dvc", "push", "models/forecaster")
    shutil.rmtree(clone.folder / ".dvc/cache")
    elsewhere = Clone(tmp_path)
    get = ("dvc", "get", clone.folder.as_uri(), "models/forecaster", "--out")
    elsewhere.run(*get, "relative", fails=True)
    clone.run("bash", "-c", 'dvc remote modify store url "$PWD/../store"')
    clone.commit("place of the remote")
    elsewhere.run(*get, "absolute")
    assert (tmp_path / "absolute/manifest.json").is_file()
