"""The headline: every outcome of the numbers has its sentence, in both languages."""

import itertools

import pandas as pd
import pytest

from rnn_vs_transformer.evaluation.evaluate import SIMPLE
from rnn_vs_transformer.reporting import general as in_general
from rnn_vs_transformer.reporting import headline, this_series
from rnn_vs_transformer.reporting.general import general
from rnn_vs_transformer.reporting.this_series import controls, cost, on_this_series
from rnn_vs_transformer.reporting.wording import change

OUTCOMES = {
    "rnn better": (0.2, 0.1, 0.3),
    "transformer better": (-0.2, -0.3, -0.1),
    "equivalent": (0.01, -0.01, 0.03),
    "inconclusive": (-0.1, -0.3, 0.1),
}
SAID_OF = {control: words.en.split("}")[1].split("{")[0] for control, words in this_series.NOT_BEATEN.items()}
VERDICTS = pytest.mark.parametrize("verdict", OUTCOMES)


def over(verdict, **others):
    return dict(zip(("estimate", "low", "high"), OUTCOMES[verdict], strict=True)) | others


def made_map(
    verdict="equivalent",
    tutorial=(2, 16),
    season=(5, 2),
    kinds=tuple(OUTCOMES),
    recipes=("transformer better", "inconclusive"),
    ridge=-0.2,
    p=0.001,
):
    """A map's summary: the outcome over all cases, those of the kinds, and how often each is better."""
    counts = {"tutorial": tutorial, "season_tokens": (5, 2), "at_its_best": (5, 1)}
    cells = {
        name: {
            "rnn better": rnn,
            "transformer better": transformer,
            "equivalent": 7,
            "inconclusive": 25 - rnn - transformer,
        }
        for name, (rnn, transformer) in counts.items()
    }
    findings = {
        f"mse.at_its_best.{kind}": over(of_kind, units=5, p=p)
        for kind, of_kind in zip(in_general.KINDS, itertools.cycle(kinds), strict=False)
    }
    findings |= {
        f"ridge.{family}.at_its_best.{kind}": {"estimate": ridge, "low": ridge - 0.1, "high": ridge + 0.1, "units": 8}
        for family in ("rnn", "transformer") for kind in (*in_general.KINDS, "all")
    }  # fmt: skip
    findings["mse.at_its_best.all"] = over(verdict, units=8)
    findings |= {
        f"mse.{recipe}.all": over(said) for recipe, said in zip(("tutorial", "season_tokens"), recipes, strict=True)
    }
    return {"measured": "2026-01-01", "margin": 0.05, "cells": cells, "findings": findings}


def made_cells():
    """Two kinds at two lengths with each recipe, and a context that is not the usual one."""
    rows = [
        (recipe, case, steps, length, 0.2 if (case, steps) == ("drift", 1000) else -0.03)
        for recipe in ("at_its_best", "tutorial", "tutorial_gru", "season_tokens")
        for case, steps, length in (("short_memory", 1000, 96), ("short_memory", 4000, 96), ("short_memory", 4000, 48),
                                    ("drift", 1000, 192), ("drift", 4000, 192))
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["comparison", "case", "steps", "context_length", "relative_difference"])
    beaten = dict.fromkeys(("rnn_better_than_ridge", "transformer_better_than_ridge"), False)
    verdicts = table["relative_difference"].map(lambda value: "rnn better" if value > 0.1 else "inconclusive")
    return table.assign(ci_low=-0.1, ci_high=0.3, verdict=verdicts, **beaten)


def comparison(verdict):
    estimate, low, high = OUTCOMES[verdict]
    return {"verdict": verdict, "relative_mse_difference": estimate, "ci_low": low, "ci_high": high}


def made_metrics(tutorial="transformer better", season="rnn better", best="inconclusive", beaten=()):
    """Metrics with these verdicts; in season tokens, which are best, `beaten` holds (family, control) not beaten."""
    row = {"mse": 0.1, "validation_mse": 0.1, "ridge_difference_ci_high": -0.1, "mlp_difference_ci_high": -0.1}
    at_best = {
        family: row | {f"{other}_difference_ci_high": 0.1 for which, other in beaten if which == family}
        for family in ("rnn", "transformer")
    }
    chosen = {"rnn_recipe": "season_tokens", "transformer_recipe": "season_tokens"}
    return {
        "rnn": row, "transformer": row, "ridge": {"mse": 0.14}, "mlp": {"mse": 0.112},
        "comparison": comparison(tutorial) | {"each_at_its_best": comparison(best) | chosen},
        "season_tokens": at_best | {"comparison": comparison(season)},
    }  # fmt: skip


@VERDICTS
def test_the_general_answer_follows_the_map(verdict) -> None:
    assert next(general(made_map(verdict))) == in_general.GENERAL[verdict]


def test_the_numbers_of_the_general_answer() -> None:
    _, first, *_ = general(made_map("transformer better"))
    assert "20 % below the RNN's (95 % interval -30 % to -10 %)" in first.en
    assert "低 20 %（95 % 区间 -30 % 至 -10 %）" in first.zh
    assert "Of 32 cells" in first.en
    assert "better in 5, the Transformer in 1; in 7 they are equal to within 5 %, 19 are undecided" in first.en


@VERDICTS
def test_every_kind_is_named_where_it_belongs(verdict) -> None:
    """Kinds that differ are told apart; where all have one outcome, one sentence names them all."""
    told = list(in_general.where(made_map()))
    assert len(told) == len(OUTCOMES) + 1  # and what remains when corrected
    for language in ("en", "zh"):
        text = "\n".join(sentence.told(language) for sentence in told)
        assert all(text.count(name.told(language)) >= 1 for name in in_general.KINDS.values())
    said, _ = in_general.where(made_map(kinds=(verdict,)))
    assert said.en.startswith(in_general.WHERE[verdict].en)


@VERDICTS
@pytest.mark.parametrize(("ridge", "note"), [(-0.2, ""), (0.0, "not shown to beat ridge"), (0.2, "worse than ridge")])
def test_how_the_better_family_fares_against_ridge_is_said(verdict, ridge, note) -> None:
    """The difference from ridge is `ridge` +- 0.1; where no family is better, only that both lose is said."""
    told, _ = in_general.where(made_map(kinds=(verdict,), ridge=ridge))
    if "better" in verdict:
        assert told.en.count(f"%, {note}") == (8 if note else 0)
    else:
        assert told.en.count("%, both worse than ridge") == (8 if ridge > 0.1 else 0)


@pytest.mark.parametrize(("ridge", "said"), [(-0.2, "Both beat"), (0.0, "neither"), (0.2, "neither")])
def test_the_general_answer_says_whether_ridge_is_beaten(ridge, said) -> None:
    assert said in in_general.against_ridge(made_map(ridge=ridge)).en


@pytest.mark.parametrize(("p", "remain"), [(0.001, True), (0.02, False)])
def test_what_remains_when_all_kinds_are_looked_at(p, remain) -> None:
    """Eight p-values of 0.02 are none below 0.05 by Holm's correction."""
    told = in_general.corrected(made_map(kinds=("rnn better",), p=p)).en
    assert told.endswith("two seasons, regimes at random times." if remain else ": none.")


@pytest.mark.parametrize(
    ("recipes", "expected"),
    [
        (("transformer better", "rnn better"), "turns"),
        (("transformer better", "inconclusive"), "changes"),
        (("equivalent", "equivalent"), "keeps"),
    ],
)
def test_what_the_recipe_does_in_the_map(recipes, expected) -> None:
    *_, told = general(made_map(tutorial=(2, 16), recipes=recipes))
    assert told.en.startswith(in_general.RECIPE[expected].en)
    assert "the Transformer is better in 16 cells and the RNN in 2" in told.en


def test_without_the_map_the_general_answer_is_said_to_be_missing() -> None:
    assert list(general(None)) == [in_general.NO_MAP]


@pytest.mark.parametrize(("first", "second"), list(itertools.product(OUTCOMES, OUTCOMES)))
def test_every_pair_of_verdicts(first, second) -> None:
    """Exchanging them changes nothing; only opposite winners turn the verdict round."""
    said = change(first, second)
    assert said == change(second, first)
    assert (said == "keeps") == (first == second)
    assert (said == "turns") == ({first, second} == {"rnn better", "transformer better"})
    told = [sentence.en for sentence in on_this_series(made_metrics(first, second))]
    assert this_series.RECIPES_SAY[said].en in told
    assert this_series.SAID[first].en in told[0]
    assert this_series.SAID[second].en in told[1]


def test_without_the_second_recipe_nothing_is_told_of_it() -> None:
    metrics = made_metrics()
    del metrics["season_tokens"]
    best = metrics["comparison"]["each_at_its_best"]
    best |= {"rnn_recipe": "tutorial", "transformer_recipe": "tutorial"}
    told = [sentence.en for sentence in on_this_series(metrics)]
    assert len(told) == 2
    assert not any("season" in sentence for sentence in told)


@pytest.mark.parametrize(
    "beaten",
    [
        (),
        [("rnn", "ridge")],
        [("transformer", "mlp")],
        list(itertools.product(("rnn", "transformer"), ("ridge", "mlp"))),
    ],
)
def test_families_that_do_not_beat_the_controls_are_named(beaten) -> None:
    """That no family beats ridge is said first of all, and not again here."""
    told = [sentence.en for sentence in controls(made_metrics(beaten=beaten))]
    names = {"rnn": "RNN", "transformer": "Transformer"}
    for control in ("ridge", "mlp"):
        listed = [names[family] for family, other in beaten if other == control]
        listed = [] if control == "ridge" and len(listed) == len(names) else listed
        (said,) = [sentence for sentence in told if SAID_OF[control] in sentence] or [""]
        assert said.startswith(f"{', '.join(listed)}: " if listed else "")
        assert bool(said) == bool(listed)
    assert (told == [this_series.BEATEN.en]) == (not beaten)


BOTH = [("rnn", "ridge"), ("transformer", "ridge")]
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])


def forecast_command(sentence):
    """The value of --family in the command that a sentence ends with."""
    command = sentence[sentence.index("python -m") :].split()
    assert command[:4] == ["python", "-m", "rnn_vs_transformer", "forecast"]
    return command[command.index("--family") + 1]


@LANGUAGES
def test_where_no_family_beats_ridge_it_is_said_first_with_the_command(language) -> None:
    first, *others = on_this_series(made_metrics(beaten=BOTH))
    assert "0.140" in first.told(language)
    assert forecast_command(first.told(language)) == "ridge"
    assert not any(SAID_OF["ridge"] in sentence.en for sentence in others)
    assert this_series.BEATEN not in others


@LANGUAGES
@pytest.mark.parametrize("name", ["last_value", "seasonal_naive"])
def test_the_best_of_the_simple_forecasts_is_what_must_be_beaten(language, name) -> None:
    """Exchange rates: both families beat ridge by a hair, and neither the last value, which then will do."""
    metrics = made_metrics()
    metrics |= {"last_value": {"mse": 0.5}, "seasonal_naive": {"mse": 0.5}, name: {"mse": 0.1}}
    first, *_ = on_this_series(metrics)
    assert this_series.SIMPLE[name].told(language) in first.told(language)
    assert forecast_command(first.told(language)) == name

    metrics["season_tokens"]["rnn"] = metrics["season_tokens"]["rnn"] | {f"{name}_difference_ci_high": -0.1}
    assert not any("python -m" in sentence.en for sentence in on_this_series(metrics))


@pytest.mark.parametrize("ahead", [False, True])
def test_the_command_names_what_is_known_ahead_where_a_forecast_needs_it(ahead) -> None:
    told = next(on_this_series(made_metrics(beaten=BOTH), ahead=ahead)).en
    assert ("--input FILE --future AHEAD --output" in told) == ahead


def test_where_the_mlp_beats_the_simple_forecast_its_command_is_given() -> None:
    metrics = made_metrics(beaten=BOTH)
    metrics["mlp"] = {"mse": 0.112, "ridge_difference_ci_high": -0.01}
    assert forecast_command(next(on_this_series(metrics)).en) == "mlp"


def test_where_a_family_beats_ridge_nothing_comes_before_the_verdict() -> None:
    first, *_ = on_this_series(made_metrics(beaten=BOTH[:1]))
    assert first.en.startswith(this_series.SETTINGS["tutorial"].en)


def test_the_simple_forecasts_are_those_that_are_scored() -> None:
    assert set(this_series.SIMPLE) == set(SIMPLE)


@LANGUAGES
def test_too_few_data_are_said_and_nothing_else(language) -> None:
    """No difference, no interval, no word on who beats what."""
    metrics = made_metrics()
    lacking = {"verdict": "not enough data", "test_windows": 150.0, "enough_test_windows": 480.0}
    metrics["comparison"] = {**lacking, "each_at_its_best": {**lacking, "rnn_recipe": "tutorial"}}
    (said,) = on_this_series(metrics)
    assert "150" in said.told(language)
    assert "480" in said.told(language)
    assert "%" not in said.told(language)


def test_cost_is_told_of_what_was_timed() -> None:
    seconds = {"rnn": 12.0, "transformer": 53.0, "rnn_season_tokens": 3.0, "transformer_season_tokens": 5.0}
    host = "AMD EPYC, 2 cores, host 5bce98"
    times = {name: {"train_seconds": value, "machine": host} for name, value in seconds.items()}
    (both,) = cost(times)
    assert both.en == (
        "One training takes 12 s for the RNN and 53 s for the Transformer; with one season per token 3 s and 5 s, "
        "on one thread."
    )
    (one,) = cost({name: times[name] for name in ("rnn", "transformer", "rnn_season_tokens")})
    assert "season" not in one.en
    assert list(cost({"rnn": times["rnn"]})) == []
    elsewhere = {name: {**row, "machine": f"{host}, NVIDIA H100"} for name, row in times.items()}
    assert next(cost(elsewhere)).en.endswith("3 s and 5 s, on NVIDIA H100.")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_markdown_has_one_bold_sentence_and_two_lists(language) -> None:
    told = headline.headline({"map": made_map()}, made_metrics(), {})
    first, *others = headline.markdown(told, language).splitlines()
    assert first == f"**{told.lead.told(language)}**"
    lists = [line for line in others if line.startswith("- ")]
    assert len(lists) == len(told.general) + len(told.series)
    assert [line for line in others if line and line not in lists] == [
        headline.IN_GENERAL.told(language), headline.THIS_SERIES.told(language)
    ]  # fmt: skip


def test_the_markdown_has_no_title_without_a_list() -> None:
    """Of too few data on a user's own series there is one sentence, which leads."""
    found = headline.headline({"map": made_map()}, made_metrics(), {})
    told = headline.markdown(headline.Headline(found.lead, found.general, found.series[:1]), "en", own=True)
    assert told.startswith(f"**{found.series[0].en}**")
    assert headline.THIS_SERIES.en not in told
    assert headline.IN_GENERAL.en in told
