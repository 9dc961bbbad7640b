"""The report: complete in both languages, self-contained, and safe with any text."""

import dataclasses
import html
import json
import re
import string
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest

from rnn_vs_transformer.claims.claim import COLUMNS, Group
from rnn_vs_transformer.claims.judge import CLAIMS, InColumn, Verdict, judge_all
from rnn_vs_transformer.reporting import report
from rnn_vs_transformer.reporting.claims_table import told_claims
from rnn_vs_transformer.reporting.general import GENERAL
from rnn_vs_transformer.reporting.opening import ALONE, MANY
from rnn_vs_transformer.reporting.report import REPORT, VERDICT, load_texts, write_report
from rnn_vs_transformer.reporting.sections import comparison_table, decoding_sentences
from rnn_vs_transformer.reporting.this_series import SAID, SETTINGS
from rnn_vs_transformer.results import load_results
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import read_json, write_json, write_table
from rnn_vs_transformer.settings.family.families import FAMILIES

from .conftest import decoding_report
from .test_headline import made_cells, made_map

LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])
ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / ".browser/axe.min.js"
RUN_AXE = """
axe.run().then(({passes, violations}) => document.title = JSON.stringify({
  dark: matchMedia("(prefers-color-scheme: dark)").matches,
  passes: passes.length,
  violations: violations.filter(({impact}) => ["serious", "critical"].includes(impact))
    .map(({id, nodes}) => [id, ...nodes.map((node) => node.html.slice(0, 200))]),
}));
"""
PROBE = """<script>
addEventListener("load", () => {
  const below = (id) => document.getElementById(id).getBoundingClientRect().bottom;
  const first = Math.max(below("verdict"), ...["errors svg", "facts dd", "first-cost"].map(
    (name) => document.querySelector(`#${name}`).getBoundingClientRect().bottom));
  const claims = document.getElementById("claims").getBoundingClientRect().height;
  const closed = document.querySelectorAll("details:not([open])").length;
  document.querySelectorAll("details").forEach((one) => one.open = true);
  const wide = [document.documentElement, ...document.querySelectorAll("table, pre")].filter(
    (one) => one.scrollWidth > one.clientWidth + 1 || one.getBoundingClientRect().right > innerWidth + 1)
    .map((one) => one.id || one.className || one.tagName);
  const drawn = () => document.querySelector("#forecasts-figure svg .k-rnn .line").getAttribute("d");
  const windows = [drawn()];
  document.getElementById("look-earlier").click();
  windows.push(drawn());
  document.getElementById("look-later").click();
  windows.push(drawn());
  document.getElementById("show-rnn").click();
  const hidden = !document.querySelector("#forecasts-figure svg .k-rnn");
  const rows = document.querySelectorAll("#look-body tr").length;
  const unfolded = document.querySelector("#claim-A2 details table").getBoundingClientRect().height;
  document.title = JSON.stringify({first, claims, closed, wide, windows, hidden, rows, unfolded,
    verdict: document.getElementById("verdict").dataset.verdict, lang: document.documentElement.lang});
});
</script></body>"""


def page_of(results, language="en"):
    """The page as it is written."""
    write_report(results, language, "mlp")
    return REPORT.read_text()


@LANGUAGES
def test_a_search_is_told_with_its_table_and_figures(tune, language) -> None:
    page, texts = page_of(tune(), language), load_texts(language)
    table = page[page.index('id="tuned"') :]
    table = table[: table.index("</table>")]
    assert table.count(">0.3000<") == 2
    assert table.count(">train.learning_rate = 0.002, model.rnn_width = 16<") == 1  # what was changed, and no more
    assert all(page.count(f'<figure id="tuning_{name}">') == 1 for name in ("progress", "seconds", "values"))
    assert texts["change_scope_tuned"] in page
    assert texts["change_scope"] not in page


def test_without_a_search_nothing_is_told_of_one(results) -> None:
    page = page_of(results)
    assert 'id="tuned"' not in page
    assert "tuning_values" not in page
    assert load_texts("en")["change_scope"] in page


def placeholders(text: object) -> object:
    """The shape of a text: its keys, the length of its lists, and the values that it has room for."""
    if isinstance(text, dict):
        return {key: placeholders(value) for key, value in text.items()}
    if isinstance(text, list):
        return [placeholders(value) for value in text]
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def test_both_languages_say_the_same() -> None:
    """A key or a number that one language lacks would be a crash or a silent omission there."""
    assert placeholders(load_texts("en")) == placeholders(load_texts("zh"))


@LANGUAGES
def test_a_backtest_is_told_beside_the_fixed_split_where_it_is_listed(saved, language) -> None:
    """Both errors of each family, which way the difference goes, and nothing where it was not asked for."""
    refit = {name: {"mse": value} for name, value in (("rnn", 0.77), ("transformer", 0.55), ("ridge", 0.66))}
    comparison = {"relative_mse_difference": -0.2857, "ci_low": -0.4, "ci_high": -0.1, "verdict": "transformer better"}
    write_json(paths.analysis("backtest"), {"refit": 500, "refits": 5, **refit, "comparison": comparison})
    assert 'id="backtest"' not in page_of(load_results([], "given"), language)

    page = page_of(load_results(["backtest"], "given"), language)

    told = page[page.index('id="backtest"') :].partition("</div>")[0]
    assert all(text in told for text in ("500", "0.770", "0.550", "0.660", "0.200", "29 %", "-40 %", "-10 %"))
    assert load_texts(language)["verdicts"]["transformer better"] in told


@LANGUAGES
def test_the_decodings_are_told_where_they_are_listed(change, language) -> None:
    change(paths.analysis("decoding"), **decoding_report())
    assert 'id="decoding' not in page_of(load_results([], "given"), language)
    page = page_of(load_results(["decoding"], "given"), language)
    assert 'id="decoding-found"' in page
    assert '<figure id="decoding">' in page


@LANGUAGES
@pytest.mark.parametrize("verdict", ["autoregressive better", "direct better", "equivalent", "inconclusive"])
def test_every_verdict_on_the_decodings_can_be_told_in_words(results, language, verdict) -> None:
    """A sentence per family with its own numbers, and no placeholder left."""
    texts = load_texts(language)
    sentences = decoding_sentences(texts, dataclasses.replace(results, analyses={"decoding": decoding_report(verdict)}))
    assert len(sentences) == len(FAMILIES)
    for sentence in sentences:
        assert texts["decoding"]["verdicts"][verdict] in sentence
        assert all(text in sentence for text in ("0.750", "0.170", "0.110", "0.220", "2.5"))
        assert "{" not in sentence


@LANGUAGES
def test_decodings_that_could_not_be_compared_are_told_without_a_figure(change, results, language) -> None:
    """Of both families, and of one."""
    texts = load_texts(language)
    change(paths.analysis("decoding"), seeds=0, not_compared="for direct alone")
    page = html.unescape(page_of(load_results(["decoding"], "given"), language))
    assert texts["decoding"]["no_other"] in page
    assert '<figure id="decoding">' not in page
    one = {key: value for key, value in decoding_report().items() if key != "rnn"}
    told = decoding_sentences(texts, dataclasses.replace(results, analyses={"decoding": one}))
    assert told[0] == texts["decoding"]["left_out"].format(family="RNN")


def test_a_claim_is_told_in_the_language_of_the_report(results) -> None:
    """Both languages are filled from the same numbers, and say where the claim is true."""
    claims = judge_all(results)
    english, chinese = (
        next(one for one in told_claims(load_texts(language), claims) if one.name == "L1") for language in ("en", "zh")
    )
    assert english.sentence == "To its own best the Transformer needs 0.707 (as set up) times the RNN's epochs."
    assert "RNN 的 0.707" in chinese.sentence
    assert english.more.startswith("To its own best the Transformer needs 1.5 epochs, the RNN 2.5.")
    assert "Transformer 需 1.5 轮，RNN 需 2.5 轮" in chinese.more
    assert "低于 1 时说法成立" in chinese.rule


@LANGUAGES
def test_a_claim_shows_one_sentence_and_unfolds_its_numbers_and_its_rule(results, language) -> None:
    """A column that was not measured says so, and one that does not apply is not there."""
    texts = load_texts(language)
    claims = {claim.name: claim for claim in told_claims(texts, judge_all(results))}
    said = texts["claim_verdicts"]
    as_set_up, season_tokens, across = claims["A2"].columns
    ends = texts["to"].join(("-60 %", "-40 %"))
    assert (as_set_up.number, as_set_up.interval, as_set_up.said) == ("-50 %", ends, f"✔ {said['holds']}")
    assert season_tokens.said == across.said == said["not measured"]
    assert not season_tokens.number
    assert len(claims["S4"].columns) == 1
    assert claims["A2"].said == f"? {said['undecided']}"
    page = html.unescape(page_of(results, language))
    row = page[page.index('id="claim-A2"') :].partition("</details>")[0]
    assert all(told in row for told in (claims["A2"].sentence, claims["A2"].rule, ends, "-50 %"))
    assert 'class="v-holds">✔' in row
    assert texts["claims_scope"] in page


def test_every_verdict_and_group_of_a_claim_has_its_words() -> None:
    for texts in (load_texts("en"), load_texts("zh")):
        assert set(texts["claim_verdicts"]) == set(get_args(Verdict)) | set(get_args(InColumn))
        assert set(texts["claim_groups"]) == set(get_args(Group))
        assert tuple(texts["claim_columns"]) == COLUMNS
        assert tuple(texts["claim_measures"]) == tuple(CLAIMS)


@LANGUAGES
def test_the_page_is_self_contained_and_escaped(results, language) -> None:
    """It must open from disk without a network, and show a channel's name, not run it."""
    page, texts = page_of(results, language), load_texts(language)
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "<i>1</i>" not in page
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", page)
    assert "url(" not in page
    assert "<img" not in page
    assert len(page) < 3_000_000
    assert page.count('<svg viewBox="0 0 4') == page.count('role="img" aria-label="')
    told = set(re.findall(r'role="img" aria-label="([^"]+)"', page))
    assert all(any(html.escape(texts["figures"][name][0]) in one for one in told) for name in ("errors", "recall"))
    assert "As set up: the Transformer is better" in VERDICT.read_text()
    assert json.loads(paths.CLAIMS.read_text()) == judge_all(results)


@LANGUAGES
@pytest.mark.parametrize("verdict", ["transformer better", "rnn better", "equivalent", "inconclusive"])
def test_every_verdict_can_be_told(results, language, verdict) -> None:
    comparison = {**results.metrics["comparison"], "verdict": verdict}
    changed = dataclasses.replace(results, metrics={**results.metrics, "comparison": comparison})
    assert f'data-verdict="{verdict}"' in page_of(changed, language)
    assert (SETTINGS["tutorial"] + SAID[verdict]).told(language) in write_report(changed, language, "mlp")


@LANGUAGES
def test_where_data_were_not_enough_no_interval_or_difference_is_told(results, language) -> None:
    """A word of its own, what would be enough, and why columns are empty; seen: "-100 % to +15211352816417004 %"."""
    lacking = {"verdict": "not enough data", "test_windows": 150.0, "enough_test_windows": 392.0}
    comparison = {
        **lacking,
        "each_at_its_best": {**lacking, "rnn_recipe": "tutorial", "transformer_recipe": "tutorial"},
    }
    rows = {name: {key: value for key, value in row.items() if "_ci_" not in key and "_difference" not in key}
            for name, row in results.metrics.items()}  # fmt: skip
    changed = dataclasses.replace(results, metrics={**rows, "comparison": comparison})
    page, texts = html.unescape(page_of(changed, language)), load_texts(language)
    assert 'data-verdict="not enough data"' in page
    for told in (
        ALONE["not enough data"].filled(here=MANY[1]).told(language),
        texts["not_enough"],
        texts["no_intervals"],
    ):
        assert told in page
    assert "392" in page
    assert texts["sure"].partition("{")[0] not in page
    assert texts["no_intervals"] not in html.unescape(page_of(results, language))
    claims = judge_all(changed)
    assert claims["A1"]["verdict"] == claims["A2"]["verdict"] == "not measured"
    assert "not enough data" in claims["A2"]["sentence"]


def test_the_map_stands_before_the_claims(results) -> None:
    """With a square for each kind and length, and a table of the same numbers."""
    write_json(paths.STUDIES / "map.json", made_map())
    write_table(paths.STUDIES / "map_cells.csv", made_cells())
    page = page_of(load_results([], "given"))
    assert (
        page.index('<figure id="map_at_its_best">') < page.index(GENERAL["equivalent"].en) < page.index('id="claims"')
    )
    assert page.count('class="square"') == 4 + 4 * 2 * 2  # the key, and four recipes
    part = page[page.index('id="map"') : page.index('id="claims"')]
    assert part.count(">+20<") == part.count('<td class="number" data-label="Difference">+20 %<') == 4
    assert 'id="map_at_its_best"' not in page_of(results)


def test_a_family_above_ridge_is_called_void(results) -> None:
    """A neural forecaster whose lead over a linear one is not sure has not earned its name: the reader must be told."""
    page = page_of(results)
    assert "As set up not shown to beat the linear forecast: RNN." in page
    assert "Transformer -33 % (-50 % to -20 %)" in page


def test_seeds_that_the_budget_stopped_are_told(results) -> None:
    """Their family would do better with more epochs, so that the verdict is the budget's."""
    page = page_of(results)
    assert "1 of 2 seeds of the RNN used up their 4 epochs" in page
    assert "seeds of the Transformer used up" not in page
    assert "Seeds of the RNN ended after 3 to 4 epochs; their test MSE lies between 0.100 and 0.300." in page


@pytest.mark.parametrize(
    ("losses", "epochs", "patience", "told"),
    [
        ([0.5, 0.6, 0.7, 0.8], 4, 8, False),  # best at its first epoch: no more epochs than patience end every training
        ([0.8, 0.7, 0.6, 0.5], 4, 8, False),
        ([0.8, 0.7, 0.6, 0.5], 4, 3, True),
        ([0.8, 0.5, 0.6, 0.7], 4, 3, False),  # best in the middle
        ([0.8, 0.7, 0.6, 0.5], 9, 3, False),  # ended before the budget did
        ([0.9, 0.8, 0.7, 0.6, 0.5, 0.6], 6, 4, True),  # one epoch of four before the end
    ],
)
def test_only_a_seed_that_was_best_near_its_end_was_still_improving(results, losses, epochs, patience, told) -> None:
    history = pd.DataFrame(
        {"seed": 0, "epoch": range(1, len(losses) + 1), "train_loss": 0.3, "validation_loss": losses}
    )
    settings = {**results.settings["rnn"], "train": {"epochs": epochs, "patience": patience}}
    changed = dataclasses.replace(
        results,
        histories={**results.histories, "rnn": history},
        settings={**results.settings, "rnn": settings},
    )
    assert ("of the RNN used up their" in page_of(changed)) == told


@pytest.mark.parametrize(
    ("critical", "told"),
    [
        ({"against_transformer": "shorter", "estimate_is": "exact"}, True),
        ({"against_transformer": "shorter", "estimate_is": "at least"}, False),
        ({"against_transformer": "unclear", "estimate_is": "exact"}, False),
    ],
)
def test_a_shorter_memory_is_told_only_where_it_was_found(results, critical, told) -> None:
    probe = {"critical_lag": {"rnn": {"text": "11.1 (10.8 to 11.2)", **critical}}}
    page = page_of(dataclasses.replace(results, probe=probe))
    assert ("further back than about 11.1 (10.8 to 11.2) steps" in page) == told


def test_times_are_told_only_where_they_are_of_this_run(time_training) -> None:
    """Times that DVC did not restore with the models would belong to other models."""
    untimed = load_texts("en")["cost_untimed"]
    time_training(rnn={"of": "other"})
    assert untimed in html.unescape(page_of(load_results([], "given")))
    time_training()
    page = html.unescape(page_of(load_results([], "given")))
    assert untimed not in page
    assert "One training, one thread: RNN 6 s, Transformer 15 s." in page


@LANGUAGES
def test_costs_of_another_machine_are_not_shown(results, language) -> None:
    """The claims and the section say how to measure them here."""
    page = page_of(dataclasses.replace(results, cost=None), language)
    assert page.count("dvc repro --force --single-item cost") >= 4
    assert 'id="step_time"' not in page


@LANGUAGES
def test_the_coverage_of_the_intervals_is_told_where_it_was_measured(results, language) -> None:
    """Validation may be too short for an interval; then there is no coverage to tell."""
    words = load_texts(language)["coverage"].partition("{")[0]
    assert words not in page_of(results, language)
    both = {name: {**results.metrics[name], "coverage_80": 0.771, "coverage_95": 0.944} for name in FAMILIES}
    page = page_of(dataclasses.replace(results, metrics={**results.metrics, **both}), language)
    assert words in page
    assert "94 %" in page


def test_the_comparison_has_a_row_for_each_and_no_interval_where_there_is_none(results) -> None:
    table = comparison_table(load_texts("en"), results)
    assert [row[1].value for row in table.rows] == [0.1, 0.2, 0.12, 0.15]
    assert table.rows[3][2].text == "", "ridge has no interval"
    assert [row[1].of for row in table.rows] == ["mse transformer", "mse rnn", "mse mlp", "mse ridge"]


def titled(page: str) -> dict[str, object]:
    """What the script of a test left in the title of the page."""
    found = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    assert found
    state: dict[str, object] = json.loads(html.unescape(found.group(1)))
    return state


@pytest.mark.parametrize(("width", "height", "language"), [(390, 844, "en"), (1280, 800, "en"), (1280, 800, "zh")])
def test_the_page_works_on_a_screen_of(tune, browse, monkeypatch, tmp_path, width, height, language) -> None:
    """The answer, its figure, what to do and what it costs on the first screen; nothing scrolls sideways, unfolded too.

    All claims, those that were committed, fit on one screen of a laptop.

    Besides: windows can be looked through, a forecaster hidden, a claim unfolded, and no error is in the console.
    """
    monkeypatch.setattr(report, "judge_all", lambda _: read_json(ROOT / paths.CLAIMS))
    target = tmp_path / "probe.html"
    target.write_text(page_of(tune(), language).replace("</body>", PROBE))
    if width < 500:  # Chromium's windows are at least 500 wide
        target = tmp_path / "phone.html"
        target.write_text(
            f'<iframe id="f" src="probe.html" width="{width}" height="{height}" style="border: 0"></iframe>'
            "<script>f.onload = () => setTimeout(() => document.title = f.contentDocument.title, 500)</script>"
        )
    page, console = browse(target, f"--window-size={max(width, 500)},{height}", "--allow-file-access-from-files")
    assert not console
    state = titled(page)
    assert state["first"] <= height
    assert state["claims"] <= height or width < 1280
    assert state["wide"] == []
    assert state["closed"] >= 10
    before, earlier, back = state["windows"]
    assert before == back != earlier
    assert state["hidden"]
    assert state["rows"] == 2
    assert state["unfolded"] > 20
    assert (state["verdict"], state["lang"]) == ("transformer better", language)


@pytest.mark.skipif(not AXE.is_file(), reason="no .browser/axe.min.js: make setup, which needs npm")
@LANGUAGES
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible(tune, browse, tmp_path, language, scheme) -> None:
    """No violation that axe-core calls serious or critical: contrast, names, headings, keyboard, language."""
    target = tmp_path / "axe.html"
    scripts = f"<script>{AXE.read_text()}</script><script>{RUN_AXE}</script></body>"
    target.write_text(page_of(tune(), language).replace("</body>", scripts))
    page, console = browse(target, f"--blink-settings=preferredColorScheme={0 if scheme == 'dark' else 1}")
    assert not console
    state = titled(page)
    assert state["dark"] == (scheme == "dark")
    assert state["passes"] > 10
    assert not state["violations"]
