"""The headline: every outcome of the numbers has its sentence, in both languages."""

import itertools

import pytest

from rnn_vs_transformer.reporting import headline
from rnn_vs_transformer.reporting.headline import change, controls, cost, general, on_this_series

OUTCOMES = {
    "rnn better": (0.2, 0.1, 0.3),
    "transformer better": (-0.2, -0.3, -0.1),
    "equivalent": (0.01, -0.01, 0.03),
    "inconclusive": (-0.1, -0.3, 0.1),
}
STARTS = {control: words.en.split("{")[0].rstrip("(") for control, words in headline.NOT_BEATEN.items()}
VERDICTS = pytest.mark.parametrize("verdict", OUTCOMES)


def made_map(verdict="equivalent", tutorial=(2, 16), season=(5, 2), kinds=tuple(OUTCOMES), ridge=-0.1):
    """A map's summary: the outcome over all cases, those of the kinds, and how often each is better."""
    estimate, low, high = OUTCOMES[verdict]
    counts = {"tutorial": tutorial, "season_tokens": season, "at_its_best": (5, 1)}
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
        f"mse.at_its_best.{kind}": dict(zip(("estimate", "low", "high"), OUTCOMES[of_kind], strict=True)) | {"units": 5}
        for kind, of_kind in zip(headline.KINDS, itertools.cycle(kinds), strict=False)
    }
    findings |= {
        f"ridge.{family}.at_its_best.{kind}": {"high": ridge}
        for family in ("rnn", "transformer") for kind in headline.KINDS
    }  # fmt: skip
    findings["mse.at_its_best.all"] = {"estimate": estimate, "low": low, "high": high, "units": 8}
    return {"margin": 0.05, "cells": cells, "findings": findings}


def comparison(verdict):
    estimate, low, high = OUTCOMES[verdict]
    return {"verdict": verdict, "relative_mse_difference": estimate, "ci_low": low, "ci_high": high}


def made_metrics(tutorial="transformer better", season="rnn better", best="inconclusive", beaten=()):
    """Metrics with these verdicts; in season tokens, which are best, `beaten` holds (family, control) not beaten."""
    row = {"mse": 0.1, "ridge_difference_ci_high": -0.1, "mlp_difference_ci_high": -0.1}
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
    assert next(general(made_map(verdict))) == headline.GENERAL[verdict]


def test_the_numbers_of_the_general_answer() -> None:
    _, first, *_ = general(made_map("transformer better"))
    assert "20 % below the RNN's (95 % interval -30 % to -10 %)" in first.en
    assert "低 20 %(95 % 区间 -30 % 至 -10 %)" in first.zh
    assert "Of 32 cells" in first.en
    assert "better in 5, the Transformer in 1; in 7 no difference matters, 19 are open" in first.en


@VERDICTS
def test_every_kind_is_named_where_it_belongs(verdict) -> None:
    """Kinds that differ are told apart; where all have one outcome, one sentence names them all."""
    told = list(headline.where(made_map()))
    assert len(told) == len(OUTCOMES)
    for language in ("en", "zh"):
        text = "\n".join(sentence.told(language) for sentence in told)
        assert all(text.count(f"{name.told(language)}") == 1 for name in headline.KINDS.values())
    (said,) = headline.where(made_map(kinds=(verdict,)))
    assert said.en.startswith(headline.WHERE[verdict].en)


@VERDICTS
def test_a_better_family_that_does_not_beat_ridge_is_said_not_to(verdict) -> None:
    (below,), (above,) = (headline.where(made_map(kinds=(verdict,), ridge=high)) for high in (-0.1, 0.1))
    assert "ridge" not in below.en
    assert above.en.count("not shown to beat ridge") == (8 if "better" in verdict else 0)
    assert above.zh.count("岭回归") == (8 if "better" in verdict else 0)


@pytest.mark.parametrize(
    ("tutorial", "season", "expected"),
    [((2, 16), (5, 2), "turns"), ((2, 16), (1, 9), "keeps"), ((2, 16), (3, 3), "changes"), ((0, 0), (4, 1), "changes")],
)
def test_what_the_recipe_does_in_the_map(tutorial, season, expected) -> None:
    *_, told = general(made_map(tutorial=tutorial, season=season))
    assert told.en.startswith(headline.RECIPE[expected].en)
    assert f"the Transformer is better in {tutorial[1]} cells and the RNN in {tutorial[0]}" in told.en


def test_without_the_map_the_general_answer_is_said_to_be_missing() -> None:
    assert list(general(None)) == [headline.NO_MAP]


@pytest.mark.parametrize(("first", "second"), list(itertools.product(OUTCOMES, OUTCOMES)))
def test_every_pair_of_verdicts(first, second) -> None:
    """Exchanging them changes nothing; only opposite winners turn the verdict round."""
    said = change(first, second)
    assert said == change(second, first)
    assert (said == "keeps") == (first == second)
    assert (said == "turns") == ({first, second} == {"rnn better", "transformer better"})
    told = [sentence.en for sentence in on_this_series(made_metrics(first, second))]
    assert headline.RECIPES_SAY[said].en in told
    assert headline.SAID[first].en in told[0]
    assert headline.SAID[second].en in told[1]


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
    told = [sentence.en for sentence in controls(made_metrics(beaten=beaten))]
    names = {"rnn": "RNN", "transformer": "Transformer"}
    for control in ("ridge", "mlp"):
        listed = [names[family] for family, other in beaten if other == control]
        (said,) = [sentence for sentence in told if sentence.startswith(STARTS[control])] or [""]
        assert said.endswith(f": {', '.join(listed)}." if listed else "")
        assert bool(said) == bool(listed)
    assert (told == [headline.BEATEN.en]) == (not beaten)


def test_cost_is_told_of_what_was_timed() -> None:
    seconds = {"rnn": 12.0, "transformer": 53.0, "rnn_season_tokens": 3.0, "transformer_season_tokens": 5.0}
    times = {name: {"train_seconds": value} for name, value in seconds.items()}
    (both,) = cost(times)
    assert both.en == (
        "One training takes 12 s for the RNN and 53 s for the Transformer; with one season per token 3 s and 5 s, "
        "on one thread."
    )
    (one,) = cost({name: times[name] for name in ("rnn", "transformer", "rnn_season_tokens")})
    assert "season" not in one.en
    assert list(cost({"rnn": times["rnn"]})) == []


def test_the_markdown_has_one_bold_sentence_and_a_list() -> None:
    first, empty, *others = headline.markdown(list(on_this_series(made_metrics())), "zh").splitlines()
    assert first.startswith("**本序列")
    assert not empty
    assert others
    assert all(line.startswith("- ") for line in others)
