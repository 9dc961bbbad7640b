"""The page, put together part by part from the results and the words of a language."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rnn_vs_transformer.claims.claim import Words
from rnn_vs_transformer.claims.speed import OTHER_MACHINE
from rnn_vs_transformer.reporting import over_series, reading, sections
from rnn_vs_transformer.reporting.claims_table import tally, told_claims
from rnn_vs_transformer.reporting.figures import accuracy, cost, panel, probes
from rnn_vs_transformer.reporting.figures.forecasts import forecasts, shown_first
from rnn_vs_transformer.reporting.figures.tuning import tuning
from rnn_vs_transformer.reporting.figures.world_map import world_map
from rnn_vs_transformer.reporting.headline import headline
from rnn_vs_transformer.reporting.opening import Opening, opening
from rnn_vs_transformer.reporting.run_facts import run_facts
from rnn_vs_transformer.reporting.sections import Texts
from rnn_vs_transformer.reporting.wording import SEASON_TOKENS
from rnn_vs_transformer.results import Results

TEMPLATES: Final = Path(__file__).parent / "templates"
OF_RECIPES: Final = ("recipe", "filled", "hollow", "chosen")
"""Marks that tell two recipes apart."""
NO_BREAK: Final = "\u00a0%"
Part = dict[str, Any]
"""Values of the template by name."""


def render(texts: Texts, results: Results, claims: Mapping[str, Any], best: str) -> str:
    """The page; every value is escaped by the template engine. `best` is what forecasts by default."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    parts = (_forecasts, _own_series, _over_series, _general, _cost, _details)
    shown = {name: value for part in parts for name, value in part(texts, results).items()}
    shown |= _first_screen(texts, results, best)
    shown |= {"claims": told_claims(texts, claims), "tally": tally(texts, claims)}
    shown |= {"facts": run_facts(texts, results), "params": results.params}
    nav = [name for name in texts["nav"] if name != "forecasts" or shown["looked"]]
    return environment.get_template("report.html").render(t=texts, nav=nav, **shown)


def _first_screen(texts: Texts, results: Results, best: str) -> Part:
    """The answer, its figure, what to do and what it costs."""
    own = results.meta.source != "synthetic"
    found = None if own else results.studies.get("map")
    many = len(results.meta.series) > 1
    told = opening(found, results.metrics, results.times, best, many=many, ahead=results.needs_ahead)
    return {
        "verdict": results.metrics["comparison"]["verdict"],
        "own": own,
        "opening": _in_language(texts, told),
        "errors": accuracy.errors(texts, results),
        "legend_of_errors": {
            look: words
            for look, words in texts["errors_legend"].items()
            if SEASON_TOKENS in results.metrics or look not in OF_RECIPES
        },
        "intervals": "mse_ci_low" in results.metrics["rnn"],
        "excess": "excess" in results.metrics["rnn"],
    }


def _in_language(texts: Texts, told: Opening) -> dict[str, str]:
    return {
        name: value.told(texts["lang"]).replace(" %", NO_BREAK) if isinstance(value, Words) else value
        for name, value in vars(told).items()
    }


def _forecasts(texts: Texts, results: Results) -> Part:
    return {"looked": forecasts(texts, results), "shown_first": shown_first(results)}


def _own_series(texts: Texts, results: Results) -> Part:
    """What was read, and each series; of simulated series only the latter."""
    own, many = results.meta.source != "synthetic", len(results.meta.series) > 1
    return {
        "reading": reading.reading_table(texts, results.meta),
        "reading_sentences": reading.reading_sentences(texts, results.meta) if own else [],
        "per_series": reading.series_table(texts, results) if many else None,
    }


def _over_series(texts: Texts, results: Results) -> Part:
    """What a panel tells; nothing where there are too few series."""
    if results.ranks.empty:
        return {"ranks": []}
    return {
        "ranks": [*panel.ranks(texts, results), *panel.kinds(texts, results)],
        "difference": results.metrics["over_series"]["critical_difference"],
        "over_series": over_series.over_series_sentences(texts, results),
    }


def _general(texts: Texts, results: Results) -> Part:
    """The map, and what it says in words; and what this run says."""
    told = headline(results.studies, results.metrics, results.times, ahead=results.needs_ahead)
    general, series = ([one.told(texts["lang"]) for one in some] for some in ([told.lead, *told.general], told.series))
    measured = results.studies.get("map", {}).get("measured", "")
    return {"map": list(world_map(texts, results)), "measured": measured, "general": general, "series": series}


def _cost(texts: Texts, results: Results) -> Part:
    """Seconds of this run, and on simulated series time and memory by context length."""
    by_length = list(cost.by_length(texts, results))
    missing = results.cost is None and results.meta.source == "synthetic"
    return {
        "training": list(cost.training(texts, results)),
        "cost": by_length,
        "timed": results.timed,
        "no_cost": OTHER_MACHINE.told(texts["lang"]) if missing else "",
    }


def _details(texts: Texts, results: Results) -> Part:
    """Sentences on this run, its analyses and its search, and the further figures."""
    more = (accuracy.horizon, accuracy.loss, accuracy.decoding, probes.recall, probes.gradients, probes.lag_maps)
    return {
        "details": sections.details(texts, results),
        "analyses": {name: sections.ANALYSES[name](texts, results) for name in results.analyses},
        "tuning": sections.tuning_table(texts, results) if results.searches else None,
        "tuning_intro": sections.tuning_intro(texts, results) if results.searches else "",
        "tuning_figures": list(tuning(texts, results)),
        "more": [figure for figures in more for figure in figures(texts, results)],
    }
