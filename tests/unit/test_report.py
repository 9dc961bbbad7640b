"""The report: complete in both languages, self-contained, and safe with any text."""

import base64
import html
import json
import re
import string
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pytest
from rnn_vs_transformer.reporting.backtest import backtest_sentences
from rnn_vs_transformer.reporting.claim_rules import RULES
from rnn_vs_transformer.reporting.claim_texts import load_words, piece

from rnn_vs_transformer.plotting.style import figure
from rnn_vs_transformer.reporting import report
from rnn_vs_transformer.reporting.report import claim_rows, comparison_rows, load_texts, write_report
from rnn_vs_transformer.runtime import paths

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
ROW = {"mse": 0.1, "mae": 0.2, "mase": 0.3, "skill": 0.9, "excess": 0.5, "mse_ci_low": 0.08, "mse_ci_high": 0.12}
ABOVE = {"ridge_difference": 0.33, "ridge_difference_ci_low": -0.1, "ridge_difference_ci_high": 0.7}
BELOW = {"ridge_difference": -0.33, "ridge_difference_ci_low": -0.5, "ridge_difference_ci_high": -0.2}
METRICS = {
    "rnn": {**ROW, **ABOVE, "mse": 0.2},
    "transformer": {**ROW, **BELOW},
    "ridge": {"mse": 0.15, "mae": 0.2, "mase": 0.3, "skill": 0.8},
    "comparison": {
        "relative_mse_difference": -0.5,
        "ci_low": -0.6,
        "ci_high": -0.4,
        "minimum_detectable_effect": 0.1,
        "verdict": "transformer better",
    },
}
META = {
    "source": "csv",
    "channels": ["<script>alert(1)</script>", "b"],
    "borders": {"train_end": 10, "validation_end": 20, "test_end": 30},
    "season_length": 4,
    "context_length": 8,
    "prediction_length": 2,
}
CLAIM = {"claim": "A & B", "verdict": "supported", "measure": "m", "figure": "none", "sentence": "<b>S</b>"}

AXE = Path(__file__).resolve().parents[2] / ".browser/axe.min.js"
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
  const broken = [...document.images].filter((image) => !image.naturalWidth).length;
  const wide = document.documentElement.scrollWidth > innerWidth;
  document.querySelectorAll("#comparison th button")[1].click();
  const sorted = [...document.querySelectorAll("#comparison tbody tr")].map((row) => row.cells[1].textContent);
  document.title = JSON.stringify({broken, wide, sorted, verdict: document.getElementById("verdict").dataset.verdict});
});
</script></body>"""


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """A folder with everything that the report reads."""
    monkeypatch.chdir(tmp_path)
    for folder in ("reports/figures", "reports/history", "data"):
        Path(folder).mkdir(parents=True)
    paths.METRICS.write_text(json.dumps(METRICS))
    paths.CLAIMS.write_text(json.dumps({"C1": {**CLAIM, "number": 1.5, "number_ci_low": 1.0, "number_ci_high": 2.0},
                                        "C10": {**CLAIM, "verdict": "not measured"}}))  # fmt: skip
    paths.PROBE.write_text(json.dumps({}))
    paths.DECODING.write_text(json.dumps({"seeds": 0, "not_compared": "decoding.seeds is 0"}))
    paths.BACKTEST.write_text(json.dumps({"refit": "none"}))
    paths.TUNING.write_text(json.dumps({"trials": 0, "families": {}}))
    paths.META.write_text(json.dumps(META))
    paths.PARAMS.write_text("a: <i>1</i>\ntrain: {epochs: 4, patience: 2}\n")
    paths.DEVELOPMENT.write_bytes(b"data")
    seeds = {"family": ["rnn", "rnn", "transformer", "transformer"], "seed": [0, 1, 0, 1], "mse": [0.1, 0.3, 0.1, 0.1]}
    pd.DataFrame(seeds).to_csv(paths.SEEDS, index=False)
    for family, last in (("rnn", 0.1), ("transformer", 0.9)):
        losses = {"seed": [0, 0, 0, 1, 1, 1, 1], "validation_loss": [0.5, 0.6, 0.7, 0.9, 0.8, 0.9, last]}
        pd.DataFrame(losses).to_csv(paths.history(family), index=False)
    for name in load_texts("en")["figures"]:
        (paths.FIGURES / f"{name}.png").write_bytes(PIXEL)
    return tmp_path


TUNED = {
    "trials": 20, "pruned": 3,
    "current_validation_mse": 0.2, "best_validation_mse": 0.1234, "chosen_on_fresh_seeds": 0.125,
    "chosen": {"model.heads": 8, "train.learning_rate": 0.001},
    "current": {"model.heads": 4, "train.learning_rate": 0.001},
}  # fmt: skip


@pytest.fixture
def saved_tuned(saved):
    """The same after a search."""
    told = {"trials": 20, "epochs": 25, "plan": {"budget": "trials"}}
    paths.TUNING.write_text(json.dumps({**told, "families": {"rnn": TUNED, "transformer": TUNED}}))
    for name in load_texts("en")["tuning"]["figures"]:
        with figure(paths.FIGURES / f"{name}.png", drawn_from=paths.TUNING):
            pass
    return saved


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_search_is_told_with_its_table_and_figures(saved_tuned, language) -> None:
    write_report(language)
    page = report.REPORT.read_text()
    table = page[page.index('id="tuned"') :]
    table = table[: table.index("</table>")]
    assert table.count(">0.1234<") == table.count(">model.heads = 8<") == 2
    assert all(page.count(f'<figure id="{name}">') == 1 for name in load_texts(language)["tuning"]["figures"])
    assert load_texts(language)["change_scope_tuned"] in page
    assert load_texts(language)["change_scope"] not in page


def placeholders(text: object) -> object:
    """The shape of a text: its keys, the length of its lists, and the values that it has room for."""
    if isinstance(text, dict):
        return {
            key: placeholders(value) for key, value in text.items() if key not in {"claim_titles", "claim_measures"}
        }
    if isinstance(text, list):
        return [placeholders(value) for value in text]
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_backtest_is_told_beside_the_fixed_split(saved, language) -> None:
    """Both errors of each family, which way the difference goes, and nothing where no refit was asked for."""
    texts = load_texts(language)
    assert backtest_sentences(texts) == []
    refit = {name: {"mse": value} for name, value in (("rnn", 0.77), ("transformer", 0.55), ("ridge", 0.66))}
    comparison = {"relative_mse_difference": -0.2857, "ci_low": -0.4, "ci_high": -0.1, "verdict": "transformer better"}
    paths.BACKTEST.write_text(json.dumps({"refit": 500, "refits": 5, **refit, "comparison": comparison}))

    found, verdict = backtest_sentences(texts)

    assert all(text in found for text in ("500", "0.770", "0.550", "0.660", f"{METRICS['rnn']['mse']:.3f}"))
    assert all(text in verdict for text in ("29 %", "-40 %", "-10 %", texts["verdicts"]["transformer better"]))


def test_both_languages_say_the_same() -> None:
    """A key or a number that one language lacks would be a crash or a silent omission there."""
    english, chinese = load_texts("en"), load_texts("zh")
    assert placeholders(english) == placeholders(chinese)
    assert set(chinese["claim_titles"]) == set(chinese["claim_measures"]) == set(RULES)
    assert placeholders(load_words("en")) == placeholders(load_words("zh"))


def test_a_claim_is_told_in_the_language_of_the_report() -> None:
    """The findings hold numbers only: both languages are filled from the same ones."""
    pieces = [asdict(one) for one in (piece("C6", percent=95, transformer=2.0, rnn=12.75), piece("C6_end"))]
    claim = {**CLAIM, "pieces": pieces}
    english, chinese = (claim_rows(load_texts(language), {"C6": claim})[0][5].text for language in ("en", "zh"))
    assert english.startswith("To come 95% of the way to the best validation loss, the Transformer needs 2.0 epochs, ")
    assert "Transformer 需 2.0 轮,RNN 需 12.8 轮。" in chinese
    assert "低于 1 时说法成立" in chinese


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_is_self_contained_and_escaped(saved, language) -> None:
    """It must open from disk without a network, and show a channel's name, not run it."""
    write_report(language)
    page = report.REPORT.read_text()
    texts = load_texts(language)
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "<b>S</b>" not in page
    assert "<i>1</i>" not in page
    assert not re.search(r"""(src|href)=["'](?!data:)""", page)
    assert "url(" not in page
    assert texts["verdicts"]["transformer better"] in page
    shown = len(texts["figures"]) - 1  # decoding was not compared
    assert page.count("<img ") == page.count(' alt="') == shown
    assert report.VERDICT.read_text().startswith("Verdict: **transformer better**")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("verdict", ["transformer better", "rnn better", "equivalent", "inconclusive"])
def test_every_verdict_can_be_told(saved, language, verdict) -> None:
    changed = {**METRICS, "comparison": {**METRICS["comparison"], "verdict": verdict}}
    paths.METRICS.write_text(json.dumps(changed))
    write_report(language)
    assert f'data-verdict="{verdict}"' in report.REPORT.read_text()


def test_a_family_above_ridge_is_called_void(saved) -> None:
    """A neural forecaster whose lead over a linear one is not sure has not earned its name: the reader must be told."""
    write_report("en")
    assert "Not shown to beat the linear forecast: RNN." in report.REPORT.read_text()
    assert "Transformer -33 % (-50 % to -20 %)" in report.REPORT.read_text()


def test_seeds_that_the_budget_stopped_are_told(saved) -> None:
    """Their family would do better with more epochs, so that the verdict is the budget's."""
    write_report("en")
    page = report.REPORT.read_text()
    assert "1 of 2 seeds of the RNN used up their 4 epochs" in page
    assert "seeds of the Transformer used up" not in page
    assert "Seeds of the RNN ended after 3 to 4 epochs; their test MSE lies between 0.100 and 0.300." in page


@pytest.mark.parametrize(
    ("critical", "told"),
    [
        ({"against_transformer": "shorter", "estimate_is": "exact"}, True),
        ({"against_transformer": "shorter", "estimate_is": "at least"}, False),
        ({"against_transformer": "unclear", "estimate_is": "exact"}, False),
    ],
)
def test_a_shorter_memory_is_told_only_where_it_was_found(saved, critical, told) -> None:
    paths.PROBE.write_text(json.dumps({"critical_lag": {"rnn": {"text": "11.1 (10.8 to 11.2)", **critical}}}))
    write_report("en")
    assert ("further back than about 11.1 (10.8 to 11.2) steps" in report.REPORT.read_text()) == told


def test_times_of_another_run_are_not_shown(saved) -> None:
    """Times that DVC did not restore with the models would belong to other models."""
    paths.TIMINGS.write_text(json.dumps({"rnn": {"of_history": "other", "train_seconds": 1, "parameters": 2}}))
    write_report("en")
    assert load_texts("en")["cost_untimed"] in html.unescape(report.REPORT.read_text())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_coverage_of_the_intervals_is_told_where_it_was_measured(saved, language) -> None:
    """Validation may be too short for an interval; then there is no coverage to tell."""
    write_report(language)
    words = load_texts(language)["coverage"].partition("{")[0]
    assert words not in report.REPORT.read_text()
    covered = {"coverage_80": 0.771, "coverage_95": 0.944}
    both = {name: {**METRICS[name], **covered} for name in ("rnn", "transformer")}
    paths.METRICS.write_text(json.dumps({**METRICS, **both}))
    write_report(language)
    assert words in report.REPORT.read_text()
    assert "94 %" in report.REPORT.read_text()


def test_a_missing_figure_is_named(saved) -> None:
    (paths.FIGURES / "recall.png").unlink()
    with pytest.raises(report.InputError, match=r"recall\.png is missing; run: dvc repro --force --single-item plot$"):
        write_report("en")


def test_a_missing_figure_of_the_search_is_drawn_by_its_own_stage(saved_tuned) -> None:
    """`dvc exp apply` brings the report of a search and not its figures; forcing more would search again."""
    (paths.FIGURES / "tuning_progress.png").unlink()
    with pytest.raises(report.InputError, match=r"tuning_progress\.png is missing; run: .* --single-item tuning$"):
        write_report("en")


def test_the_figures_of_another_search_are_not_shown(saved_tuned) -> None:
    """`dvc exp apply` brings the report of a search and leaves the figures that lie there."""
    told = json.loads(paths.TUNING.read_text())
    paths.TUNING.write_text(json.dumps({**told, "epochs": 26}))
    with pytest.raises(report.InputError, match=r"tuning_\w+\.png is of another search; run: .* --single-item tuning$"):
        write_report("en")


def test_rows_hold_what_they_are_sorted_by(saved) -> None:
    """Shown numbers are rounded and carry units; sorting needs the plain ones, and empty cells last."""
    rows = comparison_rows(load_texts("en"), METRICS)
    assert [row[1].value for row in rows] == [0.1, 0.2, 0.15]
    assert rows[2][2].value == ""
    claims = claim_rows(load_texts("en"), json.loads(paths.CLAIMS.read_text()))
    assert [row[0].value for row in claims] == [0, 1]
    assert claims[1][4].text == ""


def titled(page: str) -> dict[str, object]:
    """What the script of a test left in the title of the page."""
    found = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    assert found
    state: dict[str, object] = json.loads(html.unescape(found.group(1)))
    return state


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_works_at_the_width_of(saved_tuned, browse, width) -> None:
    """No error in the console, no missing image, nothing wider than the screen, tables that sort, the right verdict."""
    write_report("en")
    target = saved_tuned / "probe.html"
    target.write_text(report.REPORT.read_text().replace("</body>", PROBE))
    if width < 500:  # Chromium's windows are at least 500 wide
        target = saved_tuned / "phone.html"
        target.write_text(
            f'<iframe id="f" src="probe.html" width="{width}" height="900"></iframe>'
            "<script>f.onload = () => setTimeout(() => document.title = f.contentDocument.title, 500)</script>"
        )
    page, console = browse(target, f"--window-size={max(width, 500)},900", "--allow-file-access-from-files")
    assert not console
    state = titled(page)
    assert state["broken"] == 0
    assert not state["wide"]
    assert state["sorted"] == ["0.100", "0.150", "0.200"]
    assert state["verdict"] == METRICS["comparison"]["verdict"]


@pytest.mark.skipif(not AXE.is_file(), reason="no .browser/axe.min.js: make setup, which needs npm")
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible(saved_tuned, browse, language, scheme) -> None:
    """No violation that axe-core calls serious or critical: contrast, names, headings, keyboard, language."""
    write_report(language)
    target = saved_tuned / "axe.html"
    scripts = f"<script>{AXE.read_text()}</script><script>{RUN_AXE}</script></body>"
    target.write_text(report.REPORT.read_text().replace("</body>", scripts))
    page, console = browse(target, f"--blink-settings=preferredColorScheme={0 if scheme == 'dark' else 1}")
    assert not console
    state = titled(page)
    assert state["dark"] == (scheme == "dark")
    assert state["passes"] > 10
    assert not state["violations"]
