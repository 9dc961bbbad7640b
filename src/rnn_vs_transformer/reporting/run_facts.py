"""What was run, where and with what."""

import platform
import shutil
import subprocess
from importlib import metadata

import pandas as pd

from rnn_vs_transformer.reporting.sections import Texts
from rnn_vs_transformer.results import Results


def run_facts(texts: Texts, results: Results) -> dict[str, str]:
    """What was run, where and with what."""
    meta = results.meta
    source = texts["synthetic"] if meta.source == "synthetic" else meta.settings["file"]
    sizes = {"series": len(meta.series), "context_length": meta.context_length, "season": meta.season_length,
             "prediction_length": meta.prediction_length, **meta.windows}  # fmt: skip
    packages = (f"{name} {metadata.version(name)}" for name in ("torch", "numpy", "pandas", "dvc"))
    return {
        "created": pd.Timestamp.now("UTC").strftime("%Y-%m-%d %H:%M UTC"),
        "git": git_revision() or texts["unknown"],
        "data": f"{source}; {texts['steps'].format(**sizes)}",
        "fingerprint": results.metrics["data"]["fingerprint"],
        "versions": ", ".join((f"Python {platform.python_version()}", *packages)),
        "machine": f"{platform.system()} {platform.machine()}, {results.machine}",
        "command": "dvc repro",
    }


def git_revision() -> str:
    """The commit, with a plus sign where files differ from it; empty without git."""
    git = shutil.which("git")
    if git is None:
        return ""
    asked = [git, "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 - no text from outside
    return done.stdout.strip()
