"""The report: one HTML page that opens from disk, with the verdict, the evidence and what was run."""

import base64
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any, Final, Literal

import matplotlib.image
import pandas as pd
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rnn_vs_transformer.claims.claim import Words
from rnn_vs_transformer.claims.judge import judge_all
from rnn_vs_transformer.claims.speed import OTHER_MACHINE
from rnn_vs_transformer.reporting import over_series, reading, sections
from rnn_vs_transformer.reporting.headline import IN_GENERAL, THIS_SERIES, Headline, headline, markdown
from rnn_vs_transformer.reporting.sections import Texts
from rnn_vs_transformer.results import Results, figure_path
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_bytes, write_json

REPORT: Final = Path("reports/index.html")
"""The page; it tells times and the machine, so it differs from run to run."""
VERDICT: Final = Path("reports/verdict.md")
"""The verdict alone, which does not."""
Answers = list[tuple[str, list[str]]]
TEMPLATES: Final = Path(__file__).parent / "templates"


def write_report(results: Results, language: Literal["en", "zh"]) -> str:
    """Write reports/index.html, reports/claims.json and, with the answer but for times, reports/verdict.md.

    Returns:
        The answer in plain text.

    Raises:
        InputError: A figure is missing.
    """
    claims = judge_all(results)
    page = render(load_texts(language), results, claims)
    write_json(paths.CLAIMS, claims)
    write_bytes(REPORT, page.encode())
    told, own = headline(results.studies, results.metrics, times={}), results.meta.source != "synthetic"
    write_bytes(VERDICT, f"{markdown(told, 'en', own=own)}\n".encode())
    return markdown(told, language, own=own).replace("**", "")


def load_texts(language: str) -> Texts:
    """The words of the report."""
    texts: Texts = yaml.safe_load((TEMPLATES / f"{language}.yaml").read_text(encoding="utf-8"))
    return texts


def render(texts: Texts, results: Results, claims: Mapping[str, Any]) -> str:
    """The page; every value is escaped by the template engine."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    told = headline(results.studies, results.metrics, results.times)
    own = results.meta.source != "synthetic"
    return environment.get_template("report.html").render(
        t=texts,
        verdict=results.metrics["comparison"]["verdict"],
        own=own,
        lead=(told.series[0] if own else told.lead).told(texts["lang"]),
        answers=_answers(texts, THIS_SERIES, told.series[1:]) if own else _both_answers(texts, told),
        general=_answers(texts, IN_GENERAL, [told.lead, *told.general]),
        map=_map(texts, results),
        cards=sections.cards(texts, results),
        comparison=sections.comparison_rows(texts, results),
        intervals="mse_ci_low" in results.metrics["rnn"],
        reading=reading.reading_rows(results.meta),
        reading_sentences=reading.reading_sentences(texts, results.meta) if own else [],
        **_over_series(texts, results),
        per_series=reading.series_rows(texts, results) if len(results.meta.series) > 1 else None,
        analyses={name: sections.ANALYSES[name](texts, results) for name in results.analyses},
        claims=sections.claim_rows(texts, claims),
        tuning=sections.tuning_rows(texts, results),
        tuning_intro=sections.tuning_intro(texts, results) if results.searches else "",
        tuning_figures=_pictures(texts["tuning"]["figures"] if results.searches else {}),
        figures=_pictures(_shown(texts, results)),
        facts=_facts(texts, results),
        params=results.params,
    )


def _over_series(texts: Texts, results: Results) -> dict[str, Any]:
    """What a panel tells; nothing where there are too few series."""
    if results.ranks.empty:
        return {"ranks": []}
    return {
        "ranks": over_series.rank_rows(texts, results),
        "difference": results.metrics["over_series"]["critical_difference"],
        "over_series": over_series.over_series_sentences(texts, results),
        "over_series_figures": _pictures(texts["over_series"]["figures"]),
    }


def _both_answers(texts: Texts, told: Headline) -> Answers:
    return _answers(texts, IN_GENERAL, told.general) + _answers(texts, THIS_SERIES, told.series)


def _answers(texts: Texts, title: Words, sentences: Sequence[Words]) -> Answers:
    """A title, and the sentences below it."""
    return [(title.told(texts["lang"]), [one.told(texts["lang"]) for one in sentences])]


def _shown(texts: Texts, results: Results) -> dict[str, tuple[str, str]]:
    """Title and caption of each figure.

    No decodings where none were compared, no cost of another machine; on a user's own series nothing of artificial
    tasks, and where there is one alone, no best and worst.
    """
    left_out = set() if "steps" in results.analyses.get("decoding", {}) else {"decoding"}
    left_out |= {"series"} if len(results.meta.series) == 1 else set()
    left_out |= set() if results.meta.source == "synthetic" else {"recall", "cost"}
    shown = {name: words for name, words in texts["figures"].items() if name not in left_out}
    if results.cost is None and "cost" in shown:
        shown["cost"] = (shown["cost"][0], OTHER_MACHINE.told(texts["lang"]))
    return shown


def _map(texts: Texts, results: Results) -> list[dict[str, Any]]:
    """The picture of the map, where the study lies here."""
    if "map" not in results.studies:
        return []
    title, caption = texts["map"]
    told = {"name": "map", "title": title, "caption": caption.format(measured=results.studies["map"]["measured"])}
    return [{**told, **_image(paths.STUDIES / "map.png")}]


def _pictures(figures: Mapping[str, tuple[str, str]]) -> list[dict[str, Any]]:
    told = ({"name": name, "title": title, "caption": caption} for name, (title, caption) in figures.items())
    return [{**one, **_image(figure_path(one["name"]))} for one in told]


def _image(path: Path) -> dict[str, Any]:
    """A PNG as base64, with its size in pixels."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path} is missing; run: dvc repro --force --single-item plot") from None
    height, width = matplotlib.image.imread(path).shape[:2]
    return {"image": base64.b64encode(content).decode(), "width": width, "height": height}


def _facts(texts: Texts, results: Results) -> dict[str, str]:
    """What was run, where and with what."""
    meta = results.meta
    source = texts["synthetic"] if meta.source == "synthetic" else meta.settings["file"]
    sizes = {"series": len(meta.series), "context_length": meta.context_length, "season": meta.season_length,
             "prediction_length": meta.prediction_length, **meta.windows}  # fmt: skip
    packages = (f"{name} {metadata.version(name)}" for name in ("torch", "numpy", "pandas", "dvc"))
    return {
        "created": pd.Timestamp.now("UTC").strftime("%Y-%m-%d %H:%M UTC"),
        "git": _git_revision() or texts["unknown"],
        "data": f"{source}; {texts['steps'].format(**sizes)}",
        "fingerprint": results.metrics["data"]["fingerprint"],
        "versions": ", ".join((f"Python {platform.python_version()}", *packages)),
        "machine": f"{platform.system()} {platform.machine()}, {results.machine}",
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
