"""The report: one HTML page that opens from disk, with the verdict, the evidence and what was run."""

from pathlib import Path
from typing import Final, Literal

import yaml

from rnn_vs_transformer.claims.judge import judge_all
from rnn_vs_transformer.reporting.headline import headline, markdown
from rnn_vs_transformer.reporting.page import TEMPLATES, render
from rnn_vs_transformer.reporting.sections import Texts
from rnn_vs_transformer.results import Results
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import read_json, write_bytes, write_json

REPORT: Final = Path("reports/index.html")
"""The page; it tells times and the machine, so it differs from run to run."""
PACKAGED: Final = Path("models/forecaster/manifest.json")
"""Tells what validation chose, as `best`."""
VERDICT: Final = Path("reports/verdict.md")
"""The verdict alone, which does not."""


def chosen_forecaster() -> str:
    """What validation chose, which forecasts by default.

    Raises:
        InputError: The packaged forecaster is of another version.
    """
    name = read_json(PACKAGED).get("best")
    if name is None:
        raise InputError(f"{PACKAGED} is of another version; make it anew: dvc repro package")
    return str(name)


def write_report(results: Results, language: Literal["en", "zh"], best: str) -> str:
    """Write reports/index.html, reports/claims.json and, with the answer but for times, reports/verdict.md.

    Args:
        results: Of all stages before.
        language: Of the page and of what is returned.
        best: The forecaster that validation chose.

    Returns:
        The answer in plain text.
    """
    claims = judge_all(results)
    page = render(load_texts(language), results, claims, best)
    write_json(paths.CLAIMS, claims)
    write_bytes(REPORT, page.encode())
    told = headline(results.studies, results.metrics, times={}, ahead=results.needs_ahead)
    own = results.meta.source != "synthetic"
    write_bytes(VERDICT, f"{markdown(told, 'en', own=own)}\n".encode())
    return markdown(told, language, own=own).replace("**", "")


def load_texts(language: str) -> Texts:
    """The words of the report."""
    texts: Texts = yaml.safe_load((TEMPLATES / f"{language}.yaml").read_text(encoding="utf-8"))
    return texts
