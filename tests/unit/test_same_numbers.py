"""Every number that stands on the page more than once is equal: errors, seconds, percentages, intervals and counts."""

import dataclasses
import html
import re
from collections import Counter

import pytest

from rnn_vs_transformer.claims.claim import NAMES
from rnn_vs_transformer.reporting.opening import LOWER_ON_TEST
from rnn_vs_transformer.reporting.report import load_texts
from rnn_vs_transformer.results import load_results

from .conftest import ROW
from .test_headline import OUTCOMES, made_map
from .test_report import LANGUAGES, page_of

DIFFERENCES = {"as set up": (-0.27, -0.37, -0.16), "season tokens": (0.16, 0.09, 0.24), "map": (0.05, -0.11, 0.21),
               "one recipe of the map": OUTCOMES["rnn better"]}  # fmt: skip
"""Estimate and interval of each comparison of the families; no two share an end."""


@LANGUAGES
def test_every_number_that_appears_twice_is_equal(time_training, language) -> None:
    """Figure, table and sentence of one thing agree: errors, seconds and parameters by what they are of."""
    time_training(rnn={"train_seconds": 7.0}, transformer={"train_seconds": 17.5})  # what its epochs take together
    page = html.unescape(page_of(load_results([], "given"), language))
    told: dict[str, set[str]] = {}
    for of, text in re.findall(r'data-of="([^"]+)"[^>]*>([^<]+)<', page):
        told.setdefault(of, set()).add(text.split(" (")[0].removesuffix(" s"))
    twice = (
        "mse rnn",
        "mse transformer",
        "mse mlp",
        "mse ridge",
        "seconds rnn",
        "seconds transformer",
        "parameters rnn",
    )
    assert min(Counter(re.findall(r'data-of="([^"]+)"', page))[of] for of in twice) > 1
    assert all(len(texts) == 1 for texts in told.values()), told
    assert (told["seconds rnn"], told["seconds transformer"]) == ({"7"}, {"18"})
    seconds = re.findall(r"([\d.]+) s for the|训练[^。]*?RNN (?:需 )?([\d.]+) 秒", page)
    assert {one or other for one, other in seconds} in ({"7", "18"}, {"7"})


@pytest.fixture
def two_recipes(results):
    """A run with two recipes and the map, in which every comparison has its own numbers."""
    found = {name: dict(zip(("relative_mse_difference", "ci_low", "ci_high"), ends, strict=True))
             for name, ends in DIFFERENCES.items()}  # fmt: skip
    others = {"minimum_detectable_effect": 0.1, "test_windows": 1958}
    season = {**found["season tokens"], **others, "verdict": "rnn better"}
    best = {**season, "rnn_recipe": "season_tokens", "transformer_recipe": "season_tokens"}
    as_set_up = {**found["as set up"], **others, "verdict": "transformer better", "each_at_its_best": best}
    rows = {"rnn": {**ROW, "mse": 0.111}, "transformer": {**ROW, "mse": 0.128}}
    told = {**results.metrics, "comparison": as_set_up, "season_tokens": {**rows, "comparison": season}}
    study = made_map(recipes=("transformer better", "rnn better"))
    ends = dict(zip(("estimate", "low", "high"), DIFFERENCES["map"], strict=True))
    study["findings"]["mse.at_its_best.all"] |= ends
    return dataclasses.replace(results, metrics=told, studies={"map": study})


def text_of(page: str) -> str:
    """What a reader sees of the page, tags left out."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(page)).split())


@LANGUAGES
def test_every_interval_stands_beside_its_own_estimate(two_recipes, language) -> None:
    """Wherever a percentage is told with its interval, on the first screen, in sentences and in claims."""
    text, to = text_of(page_of(two_recipes, language)), load_texts(language)["to"]
    below, above = (load_texts(language)[side] for side in ("below", "above"))
    interval = rf"([+-]\d+) %{to}([+-]\d+) %"
    found = re.findall(rf"(?:({below}|{above}) (\d+) %|(\d+) % ({below}|{above}))(?:[^%。]|95 %)*?{interval}", text)
    signs = {below: "-", above: "+"}
    told = Counter((signs[side or other_side] + (size or other), low, high)
                   for side, size, other, other_side, low, high in found)  # fmt: skip
    told.update(re.findall(rf"([+-]\d+) % {interval}", text))  # of the claims
    known = {name: tuple(f"{100 * end:+.0f}" for end in ends) for name, ends in DIFFERENCES.items()}
    assert set(told) == set(known.values())
    assert min(told[known[name]] for name in ("as set up", "season tokens")) >= 3
    assert told[known["map"]] >= 2


@LANGUAGES
def test_every_count_that_appears_twice_is_equal(own, language) -> None:
    """Seeds and test windows, in sentences and in what was run."""
    text = text_of(page_of(own, language))
    seeds = re.findall(r"(\d+) seeds (?:per|of the)|(?:每个家族 |的 )(\d+) 个种子", text)
    assert len(seeds) >= 2
    assert {one or other for one, other in seeds} == {"2"}
    windows = re.findall(
        r"([\d,]+) test windows count|to test ([\d,]+);|计入 ([\d,]+) 个测试窗口|测试 ([\d,]+) 个；", text
    )
    assert len(windows) == 2
    assert {"".join(one) for one in windows} == {"1,958"}


@LANGUAGES
def test_the_first_screen_tells_which_recipes_validation_chose(two_recipes, results, language) -> None:
    """Their rows are marked, and that a recipe which was not chosen has a lower test error is told."""
    page, texts = html.unescape(page_of(two_recipes, language)), load_texts(language)
    first = page[: page.index("</header>")]
    assert re.findall(r">([^<>]+) ✓</text>", first) == [
        texts["names"][f"{family}_season_tokens"] for family in ("rnn", "transformer")
    ]
    assert [name for name in NAMES.values() if LOWER_ON_TEST.filled(family=name).told(language) in first] == [
        "Transformer"
    ]
    assert texts["errors_legend"]["chosen"] in first
    alone = html.unescape(page_of(results, language))
    assert texts["errors_legend"]["chosen"] not in alone
    assert "✓" not in alone[: alone.index("</header>")]
