"""The report: one HTML page that opens from disk, with the verdict, the evidence and what was run."""

import base64
import platform
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import matplotlib.image
import pandas as pd
import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rnn_vs_transformer.reporting.backtest import backtest_sentences
from rnn_vs_transformer.reporting.cells import Cell, number
from rnn_vs_transformer.reporting.claim_findings import not_below_ridge
from rnn_vs_transformer.reporting.claim_rules import RULES
from rnn_vs_transformer.reporting.claim_texts import Piece, tell
from rnn_vs_transformer.reporting.claims import load_claims
from rnn_vs_transformer.reporting.decoding import decoding_sentences
from rnn_vs_transformer.reporting.style import FAMILIES, is_drawn_from
from rnn_vs_transformer.reporting.tables import ORDER, ridge_percents, ridge_sentence, verdict_sentence
from rnn_vs_transformer.reporting.timings import timings_of
from rnn_vs_transformer.reporting.tuning_section import tuning_section
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import fingerprint, read_json, write_bytes

REPORT = Path("reports/index.html")
"""The page; it tells times and the machine, so it differs from run to run."""
VERDICT = Path("reports/verdict.md")
"""The verdict alone, which does not."""
TEMPLATES = Path(__file__).parent / "templates"
PACKAGES = ("torch", "numpy", "pandas", "dvc")
Texts = dict[str, Any]


@dataclass(frozen=True)
class Picture:
    """A figure with its words; the image is PNG as base64."""

    name: str
    title: str
    caption: str
    image: str
    width: int
    height: int


def write_report(language: Literal["en", "zh"]) -> None:
    """Write reports/index.html and, with the verdict alone, reports/verdict.md.

    Raises:
        InputError: A report or figure is missing.
    """
    texts = load_texts(language)
    metrics = read_json(paths.METRICS)
    write_bytes(REPORT, render(texts, metrics, load_claims()).encode())
    write_bytes(VERDICT, f"{verdict_sentence(metrics['comparison'])}\n{ridge_sentence(metrics)}\n".encode())


def load_texts(language: str) -> Texts:
    """The words of the report."""
    texts: Texts = yaml.safe_load((TEMPLATES / f"{language}.yaml").read_text(encoding="utf-8"))
    return texts


def render(texts: Texts, metrics: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """The page; every value is escaped by the template engine."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    comparison = metrics["comparison"]
    difference = 100 * comparison["relative_mse_difference"]
    return environment.get_template("report.html").render(
        t=texts,
        verdict=comparison["verdict"],
        by_how_much=texts["by_how_much"].format(
            size=abs(difference), side=texts["below" if difference < 0 else "above"]
        ),
        interval=texts["interval"].format(low=100 * comparison["ci_low"], high=100 * comparison["ci_high"]),
        turns_round=texts["turns_round"] if read_json(paths.META)["source"] == "synthetic" else "",
        cards=_cards(texts, metrics),
        comparison=comparison_rows(texts, metrics),
        decoding=decoding_sentences(texts),
        backtest=backtest_sentences(texts),
        claims=claim_rows(texts, claims),
        figures=_figures(texts),
        facts=_facts(texts),
        params=paths.PARAMS.read_text(encoding="utf-8"),
        **_tuning(texts, read_json(paths.TUNING)),
    )


def _cards(texts: Texts, metrics: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """The four answers: which family, how sure, at what cost, and when the answer would change."""
    comparison = metrics["comparison"]
    void = [texts["names"][family] for family in not_below_ridge(metrics)]
    which = [
        f"{texts['verdicts'][comparison['verdict']]}{texts['stop']}",
        texts["against_ridge"].format(ridge=metrics["ridge"]["mse"], **ridge_percents(metrics)),
        *([texts["void"].format(names=", ".join(void))] if void else []),
    ]
    if "oracle" in metrics:
        which.append(texts["floor"].format(oracle=metrics["oracle"]["mse"]))
    sure = texts["sure"].format(
        low=100 * comparison["ci_low"],
        high=100 * comparison["ci_high"],
        seeds=int(pd.read_csv(paths.SEEDS)["seed"].nunique()),
        detectable=100 * comparison["minimum_detectable_effect"],
    )
    return [
        (texts["which"], which),
        (texts["how_sure"], [sure, *_training(texts), *_coverage(texts, metrics)]),
        (texts["cost"], _cost(texts)),
        (texts["change"], _change(texts, comparison["verdict"])),
    ]


def _training(texts: Texts) -> list[str]:
    """How long each family was trained and how far its seeds lie apart, and a warning where the budget ended it."""
    seeds, told = pd.read_csv(paths.SEEDS), list[str]()
    budget = yaml.safe_load(paths.PARAMS.read_text(encoding="utf-8"))["train"]
    for family in FAMILIES:
        losses = pd.read_csv(paths.history(family)).groupby("seed")["validation_loss"]
        epochs, best = losses.size(), losses.apply(lambda of_seed: int(of_seed.to_numpy().argmin()) + 1)
        errors = seeds.loc[seeds["family"] == family, "mse"]
        name = texts["names"][family]
        told.append(
            texts["training"].format(
                family=name, fewest=epochs.min(), most=epochs.max(), low=errors.min(), high=errors.max()
            )
        )
        late = int((epochs - best < budget["patience"]).sum())
        if late:
            told.append(texts["unfinished"].format(family=name, late=late, seeds=len(epochs), epochs=budget["epochs"]))
    return told


def _coverage(texts: Texts, metrics: Mapping[str, Any]) -> list[str]:
    shares = {f"{name}_{level}": metrics[name].get(f"coverage_{level}") for name in FAMILIES for level in (80, 95)}
    if None in shares.values():
        return []
    return [texts["coverage"].format(**{name: 100 * share for name, share in shares.items()})]


def _cost(texts: Texts) -> list[str]:
    timings = {family: timings_of(family) for family in FAMILIES}
    if not all(timings.values()):
        return [texts["cost_untimed"]]
    found = {
        key: {family: row[key] for family, row in timings.items() if row} for key in ("train_seconds", "parameters")
    }
    return [texts["cost_timed"].format(**found["train_seconds"]), texts["cost_size"].format(**found["parameters"])]


def _change(texts: Texts, verdict: str) -> list[str]:
    critical = read_json(paths.PROBE).get("critical_lag", {}).get("rnn")
    shorter = critical and critical["against_transformer"] == "shorter" and critical["estimate_is"] == "exact"
    memory = [texts["change_memory"].format(lag=critical["text"].replace(" to ", texts["to"]))] if shorter else []
    meta = read_json(paths.META)
    fewest = 4 * (meta["context_length"] + meta["prediction_length"])
    narrower = [texts["change_inconclusive"].format(windows=fewest)] if verdict == "inconclusive" else []
    scope = "change_scope_tuned" if read_json(paths.TUNING)["families"] else "change_scope"
    return [*memory, *narrower, texts[scope]]


def comparison_rows(texts: Texts, metrics: Mapping[str, Any]) -> list[list[Cell]]:
    """Families, baselines and oracle, one row each."""
    rows = []
    for name in (name for name in ORDER if name in metrics):
        keys = ("mse", "mse_ci_low", "mse_ci_high", "mae", "mase", "skill", "excess")
        scores = [number(metrics[name].get(key), ".3f") for key in keys]
        cost = (timings_of(name) if name in FAMILIES else None) or {}
        sizes = [number(cost.get("parameters"), ",.0f"), number(cost.get("train_seconds"), ".0f")]
        rows.append([Cell(texts["names"][name], texts["names"][name]), *scores, *sizes])
    return rows


def claim_rows(texts: Texts, claims: Mapping[str, Any]) -> list[list[Cell]]:
    """The textbook claims, one row each."""
    rows = []
    for place, (name, claim) in enumerate(claims.items()):
        ends = [claim.get("number_ci_low"), claim.get("number_ci_high")]
        interval = Cell("" if None in ends else f"{ends[0]:.3g} … {ends[1]:.3g}", "" if None in ends else ends[0])
        title = texts["claim_titles"].get(name, claim["claim"])
        verdict = texts["claim_verdicts"][claim["verdict"]]
        sentence = f"{_sentence(texts, claim)} ({_measure(texts, name, claim)})"
        found = number(claim.get("number"), ".3g")
        rows.append(
            [Cell(name, place), Cell(title, title), Cell(verdict, verdict), found, interval, Cell(sentence, sentence)]
        )
    return rows


def _sentence(texts: Texts, claim: Mapping[str, Any]) -> str:
    pieces = [Piece(**one) for one in claim.get("pieces", [])]
    return tell(pieces, texts["lang"]) if pieces else str(claim["sentence"])


def _measure(texts: Texts, name: str, claim: Mapping[str, Any]) -> str:
    """What the number of a claim is, and where the claim is true."""
    if name not in texts["claim_measures"]:
        return str(claim["measure"])
    rule = RULES[name]
    return str(texts["claim_true"][rule.side].format(measure=texts["claim_measures"][name], threshold=rule.threshold))


def _figures(texts: Texts) -> list[Picture]:
    """All figures, but that of the decodings where it would show nothing."""
    absent = {"decoding"} if "not_compared" in read_json(paths.DECODING) else set()
    return [_picture(name, *words) for name, words in texts["figures"].items() if name not in absent]


def _tuning(texts: Texts, report: Mapping[str, Any]) -> dict[str, Any]:
    """What the section on tuning shows; no figure where nothing was tuned."""
    figures = texts["tuning"]["figures"] if report["families"] else {}
    return {
        "tuning": tuning_section(texts, report),
        "tuning_figures": [_tuning_picture(name, title, caption) for name, (title, caption) in figures.items()],
    }


def _tuning_picture(name: str, title: str, caption: str) -> Picture:
    """A figure of the very search that is told: they are not declared, so `dvc exp apply` leaves another's there."""
    path, remedy = paths.FIGURES / f"{name}.png", "dvc repro --force --single-item tuning"
    if path.exists() and not is_drawn_from(path.read_bytes(), paths.TUNING):
        raise InputError(f"{path} is of another search; run: {remedy}")
    return _picture(name, title, caption, remedy)


def _picture(name: str, title: str, caption: str, remedy: str = "dvc repro --force --single-item plot") -> Picture:
    path = paths.FIGURES / f"{name}.png"
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path} is missing; run: {remedy}") from None
    height, width = matplotlib.image.imread(path).shape[:2]
    return Picture(name, title, caption, base64.b64encode(content).decode(), width, height)


def _facts(texts: Texts) -> dict[str, str]:
    """What was run, where and with what."""
    meta = read_json(paths.META)
    source = texts["synthetic"] if meta["source"] == "synthetic" else ", ".join(meta["channels"])
    sizes = {**meta["borders"], **meta, "channels": len(meta["channels"])}
    return {
        "created": pd.Timestamp.now("UTC").strftime("%Y-%m-%d %H:%M UTC"),
        "git": _git_revision() or texts["unknown"],
        "data": f"{source}; {texts['steps'].format(**sizes)}",
        "fingerprint": fingerprint(paths.DEVELOPMENT),
        "versions": ", ".join(
            [f"Python {platform.python_version()}", *(f"{name} {metadata.version(name)}" for name in PACKAGES)]
        ),
        "machine": f"{platform.system()} {platform.machine()}, {_processor()}",
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


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.processor()
