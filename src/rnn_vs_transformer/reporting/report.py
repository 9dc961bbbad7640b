"""The report: one HTML page that opens from disk, with the verdict, the evidence and what was run."""

import base64
import platform
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import matplotlib.image
import pandas as pd
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rnn_vs_transformer.claims.judge import Judged
from rnn_vs_transformer.claims.table import claims_report, judge_claims
from rnn_vs_transformer.reporting.sections import (
    Texts,
    backtest_sentences,
    cards,
    claim_rows,
    comparison_rows,
    decoding_sentences,
    signed_percents,
    tuning_section,
)
from rnn_vs_transformer.reporting.tables import ridge_sentence, verdict_sentence
from rnn_vs_transformer.results import Results
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import fingerprint, write_bytes, write_json
from rnn_vs_transformer.runtime.machine import machine_label

REPORT: Final = Path("reports/index.html")
"""The page; it tells times and the machine, so it differs from run to run."""
VERDICT: Final = Path("reports/verdict.md")
"""The verdict alone, which does not."""
TEMPLATES: Final = Path(__file__).parent / "templates"
PACKAGES: Final = ("torch", "numpy", "pandas", "dvc")


@dataclass(frozen=True)
class Picture:
    """A figure with its words; the image is PNG as base64."""

    name: str
    title: str
    caption: str
    image: str
    width: int
    height: int


def write_report(results: Results, language: str) -> str:
    """Write reports/index.html, reports/claims.json and, with the verdict alone, reports/verdict.md.

    Returns:
        The verdict, in words.

    Raises:
        InputError: A figure is missing.
    """
    judged = judge_claims(results)
    verdict = f"{verdict_sentence(results.metrics['comparison'])}\n{ridge_sentence(results.metrics)}\n"
    write_json(paths.CLAIMS, claims_report(judged))
    write_bytes(REPORT, render(load_texts(language), results, judged).encode())
    write_bytes(VERDICT, verdict.encode())
    return verdict.replace("**", "").strip()


def load_texts(language: str) -> Texts:
    """The words of the report."""
    texts: Texts = yaml.safe_load((TEMPLATES / f"{language}.yaml").read_text(encoding="utf-8"))
    return texts


def render(texts: Texts, results: Results, judged: list[Judged]) -> str:
    """The page; every value is escaped by the template engine."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    comparison, analyses = results.metrics["comparison"], results.analyses
    percents = signed_percents(comparison, texts)
    return environment.get_template("report.html").render(
        t=texts,
        verdict=comparison["verdict"],
        by_how_much=texts["by_how_much"].format(**percents),
        interval=texts["interval"].format(**percents),
        turns_round=texts["turns_round"] if results.meta["source"] == "synthetic" else "",
        cards=cards(texts, results),
        comparison=comparison_rows(texts, results),
        decoding=decoding_sentences(texts, analyses["decoding"]) if "decoding" in analyses else [],
        backtest=backtest_sentences(texts, analyses["backtest"], results.metrics) if "backtest" in analyses else [],
        claims=claim_rows(texts, judged),
        figures=list(_pictures(texts["figures"])),
        facts=_facts(texts, results),
        params=paths.PARAMS.read_text(encoding="utf-8"),
        tuning=tuning_section(texts, results.tuned),
        tuning_figures=list(_pictures(texts["tuning"]["figures"])),
    )


def _pictures(words: dict[str, Any]) -> Iterator[Picture]:
    """The figures that the stage `plot` has drawn for this run, in the order of the words on them."""
    if not (paths.FIGURES / "test_error.png").exists():
        raise InputError(f"{paths.FIGURES} lacks its figures; run: dvc repro --force --single-item plot")
    for name, (title, caption) in words.items():
        found = [path for folder in (paths.FIGURES, paths.TIMES) if (path := folder / f"{name}.png").exists()]
        if found:
            height, width = matplotlib.image.imread(found[0]).shape[:2]
            yield Picture(name, title, caption, base64.b64encode(found[0].read_bytes()).decode(), width, height)


def _facts(texts: Texts, results: Results) -> dict[str, str]:
    """What was run, where and with what."""
    meta = results.meta
    source = texts["synthetic"] if meta["source"] == "synthetic" else ", ".join(meta["channels"])
    sizes = {**meta["borders"], **meta, "channels": len(meta["channels"])}
    versions = [f"Python {platform.python_version()}", *(f"{name} {metadata.version(name)}" for name in PACKAGES)]
    return {
        "created": pd.Timestamp.now("UTC").strftime("%Y-%m-%d %H:%M UTC"),
        "git": _git_revision() or texts["unknown"],
        "data": f"{source}; {texts['steps'].format(**sizes)}",
        "fingerprint": fingerprint(paths.DEVELOPMENT),
        "versions": ", ".join(versions),
        "machine": f"{platform.system()} {platform.machine()}, {machine_label()}",
        "command": "dvc repro",
    }


def _git_revision() -> str:
    """The commit, with a plus sign where files differ from it; empty without git."""
    git = shutil.which("git")
    if git is None:
        return ""
    asked = [git, "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)  # noqa: S603 - no text from outside
    return done.stdout.strip()
