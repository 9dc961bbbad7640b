"""Sentences and rows of the report's sections, from the results of one run and the words of a language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rnn_vs_transformer.claims.accuracy import not_below_ridge
from rnn_vs_transformer.claims.judge import Judged, rule_of
from rnn_vs_transformer.reporting.tables import ORDER, ridge_percents
from rnn_vs_transformer.results import Results
from rnn_vs_transformer.settings.family.families import FAMILIES

Texts = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """What a table shows, and the value that it is sorted by; an empty one comes last."""

    text: str
    value: str | float = ""


def number(value: float | None, form: str) -> Cell:
    """A number in a format such as `.3f`; an empty cell where there is none."""
    return Cell("") if value is None else Cell(format(value, form), value)


def word(text: str) -> Cell:
    """A text, sorted by itself."""
    return Cell(text, text)


def signed_percents(found: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    """Values of sentences on a relative difference with its interval: size, side, low, high, in per cent."""
    difference, low, high = (100 * found[key] for key in ("relative_mse_difference", "ci_low", "ci_high"))
    return {"size": abs(difference), "side": texts["below" if difference < 0 else "above"], "low": low, "high": high}


def cards(texts: Texts, results: Results) -> list[tuple[str, list[str]]]:
    """The four answers: which family, how sure, at what cost, and when the answer would change."""
    metrics = results.metrics
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
        **signed_percents(comparison, texts),
        seeds=int(results.seeds["seed"].nunique()),
        detectable=100 * comparison["minimum_detectable_effect"],
    )
    return [
        (texts["which"], which),
        (texts["how_sure"], [sure, *_training(texts, results), *_coverage(texts, metrics)]),
        (texts["cost"], _cost(texts, results)),
        (texts["change"], _change(texts, results)),
    ]


def _training(texts: Texts, results: Results) -> list[str]:
    """How long each family was trained and how far its seeds lie apart, and a warning where the budget ended it."""
    told = []
    for family, history in results.histories.items():
        losses, budget = history.groupby("seed")["validation_loss"], results.settings[family]["train"]
        epochs, best = losses.size(), losses.apply(lambda of_seed: int(of_seed.to_numpy().argmin()) + 1)
        errors = results.seeds.loc[results.seeds["family"] == family, "mse"]
        spread = {"fewest": epochs.min(), "most": epochs.max(), "low": errors.min(), "high": errors.max()}
        name = texts["names"][family]
        told.append(texts["training"].format(family=name, **spread))
        late = int((epochs - best < budget["patience"]).sum())
        if late:
            told.append(texts["unfinished"].format(family=name, late=late, seeds=len(epochs), epochs=budget["epochs"]))
    return told


def _coverage(texts: Texts, metrics: Mapping[str, Any]) -> list[str]:
    shares = {f"{name}_{level}": metrics[name].get(f"coverage_{level}") for name in FAMILIES for level in (80, 95)}
    if None in shares.values():
        return []
    return [texts["coverage"].format(**{name: 100 * share for name, share in shares.items()})]


def _cost(texts: Texts, results: Results) -> list[str]:
    times = results.times.training
    if len(times) < len(FAMILIES):
        return [texts["cost_untimed"]]
    return [
        texts[sentence].format(**{family: found[key] for family, found in times.items()})
        for sentence, key in (("cost_timed", "train_seconds"), ("cost_size", "parameters"))
    ]


def _change(texts: Texts, results: Results) -> list[str]:
    critical = results.probe.get("critical_lag", {}).get("rnn")
    shorter = critical and critical["against_transformer"] == "shorter" and critical["estimate_is"] == "exact"
    memory = [texts["change_memory"].format(lag=critical["text"].replace(" to ", texts["to"]))] if shorter else []
    fewest = 4 * (results.meta["context_length"] + results.meta["prediction_length"])
    unsure = results.metrics["comparison"]["verdict"] == "inconclusive"
    narrower = [texts["change_inconclusive"].format(windows=fewest)] if unsure else []
    return [*memory, *narrower, texts["change_scope_tuned" if results.tuned else "change_scope"]]


def comparison_rows(texts: Texts, results: Results) -> list[list[Cell]]:
    """Families, baselines and oracle, one row each."""
    rows, keys = [], ("mse", "mse_ci_low", "mse_ci_high", "mae", "mase", "skill", "excess")
    for name in (name for name in ORDER if name in results.metrics):
        scores = [number(results.metrics[name].get(key), ".3f") for key in keys]
        cost = results.times.training.get(name, {})
        sizes = [number(cost.get("parameters"), ",.0f"), number(cost.get("train_seconds"), ".0f")]
        rows.append([word(texts["names"][name]), *scores, *sizes])
    return rows


def claim_rows(texts: Texts, judged: list[Judged]) -> list[list[Cell]]:
    """The tutorial's claims, one row each."""
    language, rows = texts["lang"], []
    for place, one in enumerate(judged):
        claim, found = one.claim, one.measured.found
        interval = Cell("")
        if found is not None and found.low is not None:
            interval = Cell(f"{found.low:.3g} … {found.high:.3g}", found.low)
        rows.append(
            [
                Cell(claim.name, place),
                word(claim.title.tell(language, {})),
                word(texts["claim_verdicts"][one.verdict]),
                number(None if found is None else found.mean, ".3g"),
                interval,
                word(f"{one.measured.sentence(language)} ({rule_of(claim, language)})"),
            ]
        )
    return rows


def decoding_sentences(texts: Texts, report: Mapping[str, Any]) -> list[str]:
    """What the comparison of the decodings found, a sentence per family, or why nothing was compared."""
    words = texts["decoding"]
    if "not_compared" in report:
        return [words["no_other"]]
    return [
        _decoding_sentence(texts, family, report)
        if family in report
        else words["left_out"].format(family=texts["names"][family])
        for family in FAMILIES
    ]


def _decoding_sentence(texts: Texts, family: str, report: Mapping[str, Any]) -> str:
    words, found = texts["decoding"], report[family]
    values = {"last": len(report["steps"][f"{family}_direct"])}
    for mode in ("direct", "autoregressive"):
        steps = list(report["steps"][f"{family}_{mode}"].values())
        values |= {mode: found[mode]["mse"], f"{mode}_first": steps[0], f"{mode}_last": steps[-1]}
    return str(words["found"]).format(
        family=texts["names"][family],
        verdict=words["verdicts"][found["verdict"]],
        seeds=report["seeds"],
        work=found["autoregressive"]["multiply_adds_per_window"] / found["direct"]["multiply_adds_per_window"],
        **signed_percents(found, texts),
        **values,
    )


def backtest_sentences(texts: Texts, report: Mapping[str, Any], fixed: Mapping[str, Any]) -> list[str]:
    """How both families and ridge fare with refits, beside the fixed split."""
    words, comparison = texts["backtest"], report["comparison"]
    errors = {
        f"{name}_{split}": metrics[name]["mse"]
        for split, metrics in (("refit", report), ("fixed", fixed))
        for name in (*FAMILIES, "ridge")
    }
    verdict = texts["verdicts"][comparison["verdict"]]
    return [
        words["found"].format(every=report["refit"], refits=report["refits"], **errors),
        words["verdict"].format(verdict=verdict, **signed_percents(comparison, texts)),
    ]


def tuning_section(texts: Texts, tuned: Mapping[str, Any]) -> dict[str, Any] | None:
    """Introduction and rows of the section on tuning; None where nothing was tuned."""
    if not tuned:
        return None
    words, rows = texts["tuning"], []
    for family, found in tuned.items():
        changed = {key: value for key, value in found["chosen"].items() if value != found["current"][key]}
        said = ", ".join(f"{key} = {_short(value)}" for key, value in changed.items()) or words["unchanged"]
        counts = [number(len(found["trials"]), "d"), number(found["pruned"], "d")]
        keys = ("current_validation_mse", "best_validation_mse", "chosen_on_fresh_seeds")
        losses = [number(found[key], ".4f") for key in keys]
        rows.append([word(texts["names"][family]), *counts, *losses, word(said)])
    runs = tuned["rnn"]
    budget = words["budgets"][runs["plan"]["budget"]]
    counts_told = {family: len(found["trials"]) for family, found in tuned.items()}
    return {"intro": words["intro"].format(**counts_told, epochs=runs["epochs"], budget=budget), "rows": rows}


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
