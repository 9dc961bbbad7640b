"""Whether a file of the user's own will be there in the copies of the workspace in which DVC runs what was queued."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.yaml import read_yaml

LOCK = Path("dvc.lock")


def lack_in_copies(path: Path) -> str:
    """Why copies and clones will lack a file, and what to run; empty where they have it.

    Args:
        path: Of the file, from the root of the workspace.
    """
    notes = [note for place in (path, *path.parents) if place.name and (note := Path(f"{place}.dvc")).is_file()]
    git = shutil.which("git")
    if git is None or paths.in_a_copy() or _is_output(path):
        return ""
    if notes:  # an experiment has them in git's index for as long as it runs, so only a commit counts
        shown = _shown(notes[0])
        known = _listed(git, "ls-tree", "--name-only", "HEAD", "--", str(notes[0]))
        return "" if known else f"git has no commit of {notes[0]} yet; run: git add {shown}, then git commit"
    if _listed(git, "ls-files", "--", str(path)):
        return ""
    return f"neither git nor DVC knows it; run: git add {_shown(path)} (or, where it is large, dvc add {_shown(path)})"


def _listed(git: str, *arguments: str) -> bool:
    """Whether git lists anything, or cannot be asked."""
    literal = {**os.environ, "GIT_LITERAL_PATHSPECS": "1"}
    done = subprocess.run([git, *arguments], capture_output=True, check=False, env=literal)  # noqa: S603 - names of files
    return bool(done.returncode or done.stdout)


def _is_output(path: Path) -> bool:
    """Whether a stage of the user's own makes the file, so that DVC keeps it."""
    stages = (read_yaml(LOCK).get("stages") or {}).values() if LOCK.is_file() else ()
    made = {Path(out["path"]) for stage in stages for out in stage.get("outs", [])}
    return any(place in made for place in (path, *path.parents))


def _shown(path: Path) -> str:
    return shlex.quote(path.as_posix())
