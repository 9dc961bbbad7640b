"""Real DVC in real clones, with settings small enough to run every stage in seconds."""

import itertools
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from small import SMALL

ROOT = Path(__file__).resolve().parents[2]
TIME_LIMIT = 600


@dataclass(frozen=True)
class Clone:
    """A clone of the project in a folder of its own."""

    folder: Path

    def run(self, *command: str, fails: bool = False) -> str:
        """Run a command in the clone; return all that it prints, once its exit status is the expected one."""
        environment = {
            **os.environ,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "OMP_NUM_THREADS": "1",
            "GIT_AUTHOR_NAME": "tests", "GIT_AUTHOR_EMAIL": "tests@example.invalid",
            "GIT_COMMITTER_NAME": "tests", "GIT_COMMITTER_EMAIL": "tests@example.invalid",
        }  # fmt: skip
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=TIME_LIMIT, check=False
        )
        output = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, f"{' '.join(command)} ended with {done.returncode}:\n{output}"
        return output

    def commit(self, message: str) -> None:
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--message", message)

    def set(self, **values: object) -> None:
        """Set keys of params.yaml, dots written as double underscores."""
        set_params(self.folder / "params.yaml", {key.replace("__", "."): value for key, value in values.items()})

    def copy(self, folder: Path) -> "Clone":
        shutil.copytree(self.folder, folder, symlinks=True)
        return Clone(folder)


def set_params(path: Path, values: dict[str, object]) -> None:
    content = yaml.safe_load(path.read_text())
    for key, value in values.items():
        *sections, last = key.split(".")
        section = content
        for name in sections:
            section = section[name]
        assert last in section, key
        section[last] = value
    path.write_text(yaml.safe_dump(content, sort_keys=False))


def told(output: str) -> str:
    """The one line with which a stage ended, beside DVC's own."""
    assert "Traceback" not in output, output
    lines = re.findall(r"error: .*$", output, re.MULTILINE)  # a progress bar may have left its line unfinished
    assert len(lines) == 1, output
    return str(lines[0])


def stages_run(output: str) -> set[str]:
    """Names of the stages that DVC ran, from what it printed."""
    return {line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage '")}


def stage_names(folder: Path) -> list[str]:
    """Names of the stages of dvc.yaml as DVC tells them, a matrix stage by value; `analyse` has none by default."""
    stages = yaml.safe_load((folder / "dvc.yaml").read_text())["stages"]
    assert stages.pop("analyse")["matrix"] == {"analysis": "${report.analyses}"}
    values = {name: stage["matrix"].values() if "matrix" in stage else () for name, stage in stages.items()}
    return ["@".join([name, *chosen]) for name, lists in values.items() for chosen in itertools.product(*lists)]


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone with small settings in which the whole pipeline has run and is committed. Copy it, do not change it."""
    folder = tmp_path_factory.mktemp("finished") / "clone"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    set_params(folder / "params.yaml", {**SMALL, "data.missing": "interpolate"})
    clone = Clone(folder)
    clone.run("git", "init", "--quiet", "--initial-branch", "main")
    clone.commit("small settings")
    rebuilt = stages_run(clone.run("dvc", "repro"))
    assert rebuilt == set(stage_names(folder))
    clone.commit("results")
    return clone


@pytest.fixture
def clone(finished: Clone, tmp_path: Path) -> Clone:
    """A copy of the finished clone, cache included, that a test may change."""
    return finished.copy(tmp_path / "clone")
