"""The parts of the report: sentences and table rows, from the results and the words of a language."""

from collections.abc import Iterable, Mapping
from itertools import compress
from typing import Any, Final

from rnn_vs_transformer.claims.accuracy import not_below_ridge
from rnn_vs_transformer.claims.learning import best_epochs
from rnn_vs_transformer.data.evidence import FEWEST_BLOCKS, FEWEST_SERIES, NOT_ENOUGH
from rnn_vs_transformer.reporting.tables import Cell, Table, cell, number
from rnn_vs_transformer.reporting.this_series import TOO_LITTLE
from rnn_vs_transformer.results import Results, in_seconds, rows_of
from rnn_vs_transformer.settings.family.families import FAMILIES

Texts = Mapping[str, Any]
SCORES: Final = ("mse", "mse_ci_low", "mse_ci_high", "mae", "mase", "skill", "excess")
"""Columns of the comparison, by their names in the metrics."""
NEAR_END: Final = 0.25
"""Share of the patience: who was best in so few last epochs was still improving."""


def ridge_percents(metrics: Mapping[str, Any]) -> dict[str, list[float]]:
    """Each family's difference from ridge and the ends of its interval, in per cent."""
    ends = ("", "_ci_low", "_ci_high")
    return {family: [100 * metrics[family][f"ridge_difference{end}"] for end in ends] for family in FAMILIES}


def difference_words(texts: Texts, found: Mapping[str, Any]) -> dict[str, Any]:
    """A relative difference of MSE as the sentences tell it: size, side and interval, in per cent."""
    difference = 100 * found["relative_mse_difference"]
    side = texts["below" if difference < 0 else "above"]
    return {"size": abs(difference), "side": side, "low": 100 * found["ci_low"], "high": 100 * found["ci_high"]}


def details(texts: Texts, results: Results) -> list[tuple[str, list[str]]]:
    """How the families compare with a linear forecast, how sure that is, and when it would change."""
    return [
        (texts["how_sure"], [_sure(texts, results), *_coverage(texts, results.metrics)]),
        (texts["which"], [*_which(texts, results.metrics), *_training(texts, results)]),
        (texts["change"], list(_change(texts, results))),
    ]


def _sure(texts: Texts, results: Results) -> str:
    comparison = results.metrics["comparison"]
    if results.lacks_data:
        return str(texts["not_enough"])
    return str(texts["sure"]).format(
        **difference_words(texts, comparison),
        seeds=int(results.seeds["seed"].nunique()),
        detectable=100 * comparison["minimum_detectable_effect"],
    )


def _which(texts: Texts, metrics: Mapping[str, Any]) -> Iterable[str]:
    if metrics["comparison"]["verdict"] == NOT_ENOUGH:
        return
    yield texts["against_ridge"].format(ridge=metrics["ridge"]["mse"], **ridge_percents(metrics))
    if void := [texts["names"][family] for family in not_below_ridge(metrics)]:
        yield texts["void"].format(names=texts["list_comma"].join(void))
    if "oracle" in metrics:
        yield texts["floor"].format(oracle=metrics["oracle"]["mse"])


def _training(texts: Texts, results: Results) -> Iterable[str]:
    """How long each family was trained and how far its seeds lie apart, and a warning where the budget ended it."""
    for family in FAMILIES:
        name, budget = texts["names"][family], results.settings[family]["train"]
        history = results.histories[family]
        epochs, best = history.groupby("seed")["epoch"].max(), best_epochs(history)
        errors = results.seeds.loc[results.seeds["forecaster"] == family, "mse"]
        spread = {"fewest": epochs.min(), "most": epochs.max(), "low": errors.min(), "high": errors.max()}
        yield texts["training"].format(family=name, **spread)
        near_end = epochs - best <= NEAR_END * budget["patience"]
        late = int((near_end & (epochs == budget["epochs"])).sum())
        if late and budget["epochs"] > budget["patience"]:  # with no more, the budget ends every training
            yield texts["unfinished"].format(family=name, late=late, seeds=len(epochs), epochs=budget["epochs"])


def _coverage(texts: Texts, metrics: Mapping[str, Any]) -> list[str]:
    shares = {f"{name}_{level}": metrics[name].get(f"coverage_{level}") for name in FAMILIES for level in (80, 95)}
    if None in shares.values():
        return []
    return [
        texts["coverage"].format(**{name: 100 * share for name, share in shares.items()}),
        *_quantiles(texts, metrics),
    ]


def _quantiles(texts: Texts, metrics: Mapping[str, Any]) -> list[str]:
    """Of families that were trained with quantiles, how these covered, and their loss."""
    rows, said = {name: metrics.get(f"{name}_mean_of_seeds", {}) for name in FAMILIES}, []
    for level in (80, 95):
        shares = {name: row[key] for name, row in rows.items() if (key := f"cqr_coverage_{level}") in row}
        if len(shares) == len(FAMILIES):
            percents = {name: 100 * share for name, share in shares.items()}
            said.append(texts["quantiles_covered"].format(level=level, **percents))
    if all("wql" in row for row in rows.values()):
        said.append(texts["quantile_loss"].format(**{name: row["wql"] for name, row in rows.items()}))
    return said


def _change(texts: Texts, results: Results) -> Iterable[str]:
    on_own = results.meta.source != "synthetic"
    critical = {} if on_own else results.probe.get("critical_lag", {}).get("rnn")
    if critical and critical["against_transformer"] == "shorter" and critical["estimate_is"] == "exact":
        yield texts["change_memory"].format(lag=critical["text"].replace(" to ", texts["to"]))
    if results.lacks_data:
        yield TOO_LITTLE.filled(blocks=FEWEST_BLOCKS, series=FEWEST_SERIES, **results.metrics["comparison"]).told(
            texts["lang"]
        )
    elif results.metrics["comparison"]["verdict"] == "inconclusive":
        fewest = 4 * results.block_length
        yield texts["change_inconclusive"].format(windows=fewest)
    yield texts["change_scope_tuned" if results.searches else "change_scope"]


def comparison_table(texts: Texts, results: Results) -> Table:
    """Families, baselines, floors and forecasters from elsewhere, one row each; a column that none has is left out."""
    rows = []
    found = rows_of(results.metrics)
    ours = [name for name in texts["names"] if name in found]
    for name in [*ours, *(name for name in found if name not in ours)]:
        spent = results.times.get(name, {})
        scores = [number(found[name].get(key), ".3f", f"{key} {name}") for key in SCORES]
        seconds = spent.get("train_seconds")
        told = Cell("") if seconds is None else Cell(in_seconds(seconds), seconds, f"seconds {name}")
        rows.append(
            [
                cell(texts["names"].get(name, name)),
                *scores,
                number(spent.get("parameters"), ",.0f", f"parameters {name}"),
                told,
            ]
        )
    filled = [any(row[place].text for row in rows) for place in range(len(texts["columns"]))]
    return Table(list(compress(texts["columns"], filled)), [list(compress(row, filled)) for row in rows])


def decoding_sentences(texts: Texts, results: Results) -> list[str]:
    """What was found on the two ways of decoding, a sentence per family, or why nothing was compared."""
    report = results.analyses["decoding"]
    if "not_compared" in report:
        return [texts["decoding"]["no_other"]]
    return [_decoding(texts, family, report) for family in FAMILIES]


def _decoding(texts: Texts, family: str, report: Mapping[str, Any]) -> str:
    words, name, found = texts["decoding"], texts["names"][family], report.get(family)
    if found is None:
        return str(words["left_out"].format(family=name))
    modes = ("direct", "autoregressive")
    steps = {mode: list(report["steps"][f"{family}_{mode}"].values()) for mode in modes}
    direct, autoregressive = (found[mode]["multiply_adds_per_window"] for mode in modes)
    counts = {"seeds": report["seeds"], "last": len(steps["direct"]), "work": autoregressive / direct}
    verdict = words["verdicts"][found["verdict"]]
    if found["verdict"] == NOT_ENOUGH:
        return f"{name}: {verdict}."
    return str(words["found"]).format(
        **{"family": name, "verdict": verdict, **difference_words(texts, found), **counts},
        **{mode: found[mode]["mse"] for mode in modes},
        **{f"{mode}_first": errors[0] for mode, errors in steps.items()},
        **{f"{mode}_last": errors[-1] for mode, errors in steps.items()},
    )


def backtest_sentences(texts: Texts, results: Results) -> list[str]:
    """How both families and ridge fare with refits, beside the fixed split."""
    words, report, fixed = texts["backtest"], results.analyses["backtest"], results.metrics
    splits = {"refit": report, "fixed": fixed}
    errors = {f"{name}_{split}": splits[split][name]["mse"] for split in splits for name in (*FAMILIES, "ridge")}
    verdict, comparison = texts["verdicts"][report["comparison"]["verdict"]], report["comparison"]
    lacking = comparison["verdict"] == NOT_ENOUGH
    told = words["verdict"].format(verdict=verdict, **difference_words(texts, comparison)) if not lacking else verdict
    return [words["found"].format(every=report["refit"], refits=report["refits"], **errors), told]


ANALYSES: Final = {"decoding": decoding_sentences, "backtest": backtest_sentences}
"""What is told of each analysis that may be listed."""


def tuning_intro(texts: Texts, results: Results) -> str:
    """What was tried on which budget."""
    search, words = results.searches["rnn"], texts["tuning"]
    counts = {family: len(one.trials) for family, one in results.searches.items()}
    return str(words["intro"].format(**counts, epochs=search.epochs, budget=words["budgets"][search.budget]))


def tuning_table(texts: Texts, results: Results) -> Table:
    """What tuning gave each family, one row each; of the chosen values those that are not the current ones."""
    rows = []
    for family, search in results.searches.items():
        chosen = search.trials[search.chosen]["values"]
        changed = ((key, value) for key, value in chosen.items() if value != search.current[key])
        told = [f"{key} = {value:.3g}" if isinstance(value, float) else f"{key} = {value}" for key, value in changed]
        said = ", ".join(told) or texts["tuning"]["unchanged"]
        best = min(loss for loss in search.best if loss is not None)
        losses = [number(loss, ".4f") for loss in (search.untuned, best, search.chosen_on_fresh_seeds)]
        states = [trial["state"] for trial in search.trials]
        counts = [number(len(states), "d"), number(states.count("pruned"), "d")]
        rows.append([cell(texts["names"][family]), *counts, *losses, cell(said)])
    return Table(texts["tuning"]["columns"], rows, words=(0, 6))
