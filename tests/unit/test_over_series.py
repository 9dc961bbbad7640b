"""A panel of twelve series from the file to metrics, tables, figures and page; and nine, of which nothing is told."""

import contextlib
import dataclasses
import html
import json

import numpy as np
import pandas as pd
import pytest

from rnn_vs_transformer.data.series import save_series
from rnn_vs_transformer.evaluation.over_series import compare_forecasters, distinct, neighbours
from rnn_vs_transformer.evaluation.scoring import score_family
from rnn_vs_transformer.evaluation.test_split import open_test_split
from rnn_vs_transformer.plotting import over_series as figures
from rnn_vs_transformer.plotting import style
from rnn_vs_transformer.plotting.draw import draw_all
from rnn_vs_transformer.reporting.report import load_texts
from rnn_vs_transformer.results import figure_path
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import read_json, write_bytes
from rnn_vs_transformer.settings.family.families import FAMILIES, trained_recipes
from rnn_vs_transformer.sources.make import make_series

from .conftest import PIXEL
from .test_panel_training import LONG, H, stores, train_all
from .test_report import page_of

LENGTHS = [110, 150, 130, 170, 120, 140, 160, 180, 115, 135, 155, 175]
TEST = 12
"""Steps of the test split: nine forecast origins."""
SCORES = ("smape", "owa")


@pytest.fixture(scope="module")
def enter(configure, pass_settings, tmp_path_factory):
    """A function that trains and scores all on a file of series with gaps: its folder, its frame and the metrics."""
    found = {}

    def run(count, zero=False):
        if (count, zero) not in found:
            frame = stores(LENGTHS[:count])
            gone = np.random.default_rng(1).random(len(frame)) < 0.05
            gone[~frame["store"].duplicated() | ~frame["store"].duplicated(keep="last")] = False  # both ends of each
            frame = frame[~gone]
            if zero:
                frame.loc[frame.index[50], "sales"] = 0.0
            folder = tmp_path_factory.mktemp("panel")
            with contextlib.chdir(folder):
                write_bytes(folder / "data/raw/file.csv", frame.to_csv(index=False).encode())
                file = {
                    "data.source": "csv",
                    "data.file": "data/raw/file.csv",
                    "data.season_length": 7,
                    "run.workers": 1,
                }
                quick = {"train.epochs": 1, "train.patience": 1, "data.split": ["rest", TEST, TEST],
                         "data.transform": "log1p", "data.missing": "interpolate"}  # fmt: skip
                params = configure({**LONG, **file, **quick})
                save_series(make_series(params.data))
                pass_settings(params)
                train_all(params)
                paths.PARAMS.write_text("evaluate: {margin: 0.02}\n")
            found[count, zero] = folder, frame
        return found[count, zero]

    return run


@pytest.fixture
def panel(enter, monkeypatch):
    """The folder of twelve series is the current one: the frame, and the metrics."""
    folder, frame = enter(12)
    monkeypatch.chdir(folder)
    return frame, read_json(paths.METRICS)


def errors_of_the_last_value(frame):
    """Both of each series as read, sMAPE and MAE, in loops, by the last value at each origin that was observed."""
    smape, mae = {}, {}
    for store, rows in frame.groupby("store", sort=False):
        days = pd.to_datetime(rows["day"])
        known = dict(zip((days - days.min()).dt.days, rows["sales"], strict=True))
        steps = max(known) + 1
        windows = [[(known[step], known[origin]) for step in range(origin + 1, origin + 1 + H) if step in known]
                   for origin in range(steps - TEST - 1, steps - H) if origin in known]  # fmt: skip
        windows = [some for some in windows if some]
        smape[store] = np.mean([np.mean([200 * abs(y - f) / (abs(y) + abs(f)) for y, f in some]) for some in windows])
        mae[store] = np.mean([np.mean([abs(y - f) for y, f in some]) for some in windows])
    return smape, mae


def test_smape_is_in_own_units_and_over_observed_targets(panel):
    """Worked out from the file; the models learn its logarithms, and a twentieth of it is missing."""
    frame, metrics = panel
    smape, mae = errors_of_the_last_value(frame)
    table = pd.read_csv(paths.SERIES_SCORES).set_index(["forecaster", "series"]).loc["last_value"]

    assert table["smape"].to_dict() == pytest.approx(smape)
    assert table["mae_in_units"].to_dict() == pytest.approx(mae)
    assert metrics["last_value"]["smape"] == pytest.approx(np.mean(list(smape.values())))


def test_every_row_has_smape_and_owa(panel):
    """Those of each recipe and of the means of seeds too; Naive2 is the measure, and so 1."""
    _, metrics = panel
    rows = {**metrics, **metrics["season_tokens"]}
    rows = {name: row for name, row in rows.items() if "mse" in row}

    assert {"rnn", "transformer_mean_of_seeds", "mlp", "ridge", "naive2", "last_value"} <= set(rows)
    assert metrics["naive2"]["owa"] == 1.0
    for name, row in rows.items():
        ratios = [row[score] / metrics["naive2"][score] for score in ("smape", "mase")]
        assert row["owa"] == pytest.approx(np.mean(ratios), rel=1e-5), name


def test_ranks_are_those_of_what_ships(panel):
    """Of a trained one the mean of its seeds; whoever is in the table of errors is ranked, and best comes first."""
    _, metrics = panel
    errors, test = pd.read_csv(paths.SERIES_SCORES).pivot_table("mse", "series", "forecaster"), open_test_split()
    trained = [*((family, recipe) for recipe in trained_recipes() for family in FAMILIES), ("mlp", "tutorial")]
    for family, recipe in trained:
        shipped = score_family(family, test, recipe).mean.series_mse
        errors[paths.forecaster(family, recipe)] = pd.Series(shipped, index=test.meta.series)
    table = pd.read_csv(paths.RANKS)
    over = metrics["over_series"]

    assert table.set_index("forecaster")["mean_rank"].to_dict() == pytest.approx(errors.rank(axis=1).mean().to_dict())
    assert table["mean_rank"].is_monotonic_increasing
    assert table["group"].iloc[0].startswith("a")
    assert over["mean_ranks"] == pytest.approx(table.set_index("forecaster")["mean_rank"].to_dict())
    assert over["series"] == 12
    assert sum(len(others) for others in over["wilcoxon_holm_p"].values()) == len(table) * (len(table) - 1) / 2


def test_who_is_another_under_a_second_name_counts_once():
    """An ensemble of one member would be a further pair in Holm's correction, and a further rank."""
    draw = np.random.default_rng(0)
    errors = {name: draw.lognormal(size=30) for name in ("rnn", "transformer", "ridge")}
    twice = {**errors, "ensemble": errors["transformer"].copy()}

    kept, same = distinct(twice)
    assert (list(kept), same) == (list(errors), {"ensemble": "transformer"})
    assert compare_forecasters(kept) == compare_forecasters(errors) != compare_forecasters(twice)
    almost = errors["transformer"] + np.append(1e-9, np.zeros(29))
    assert distinct({**errors, "ensemble": almost})[1] == {}


def test_neighbours_that_are_alike_widen_the_interval_over_blocks():
    """Groups of ten with a level each; shuffled, blocks tell what series tell. Series without a ratio are left out."""
    draw = np.random.default_rng(2)
    grouped = np.repeat(draw.normal(size=10), 10) + 0.3 * draw.normal(size=100)
    found, mixed = neighbours(grouped), neighbours(draw.permutation(grouped))
    width, narrow = (one["ci_high"] - one["ci_low"] for one in (found, mixed))

    assert (found["block"], found["p"]) == (10, 0.001)
    assert mixed["p"] > 0.05
    assert width > 2 * narrow
    assert neighbours(np.insert(grouped, [3, 50], np.nan)) == found
    assert neighbours(np.zeros(12)) == {"block": 3, "ci_low": 0.0, "ci_high": 0.0, "p": 1.0}


def test_neighbours_of_an_order_by_chance_are_told_apart_once_in_twenty():
    draw = np.random.default_rng(3)
    assert 0.02 <= np.mean([neighbours(draw.normal(size=30))["p"] < 0.05 for _ in range(200)]) <= 0.09


def test_the_families_are_compared_with_each_recipe_and_each_at_its_best(panel):
    """The Bayesian test has three probabilities, and the main comparison tells them as well."""
    _, metrics = panel
    families = metrics["over_series"]["families"]

    assert list(families) == ["tutorial", "season_tokens", "each_at_its_best"]
    for found in (*families.values(), metrics["comparison"], metrics["season_tokens"]["comparison"]):
        shares = [found[f"probability_{name}"] for name in ("rnn_better", "equivalent", "transformer_better")]
        assert sum(shares) == pytest.approx(1.0)
        assert {"student_p", "wilcoxon_p", "rnn_better_in", "verdict"} <= set(found)
        assert found["series"] == 12
    assert families["tutorial"]["relative_mse_difference"] == metrics["comparison"]["relative_mse_difference"]


def test_the_kinds_tell_what_each_series_is_made_of_and_who_is_better(panel):
    """Its length is that before test; the ratio is that of each family at its best."""
    _, metrics = panel
    table, errors = pd.read_csv(paths.KINDS), pd.read_csv(paths.SERIES_SCORES)
    best = metrics["comparison"]["each_at_its_best"]
    names = {family: paths.forecaster(family, best[f"{family}_recipe"]) for family in ("rnn", "transformer")}
    mse = {family: errors[errors["forecaster"] == name].set_index("series")["mse"] for family, name in names.items()}

    lengths = {f"s{number}": length - TEST for number, length in enumerate(LENGTHS)}
    assert table.set_index("series")["length"].to_dict() == lengths
    assert table["season_strength"].between(0.3, 1).all(), "sales have a week of their own"
    np.testing.assert_allclose(table["log_ratio"], np.log(mse["transformer"] / mse["rnn"])[table["series"]], rtol=1e-5)
    assert set(metrics["over_series"]["kinds"]) == {"length", "season_strength", "trend_strength"}


def test_without_values_above_0_there_is_no_naive2_and_no_owa(enter, monkeypatch):
    """A day without sales is enough; all else is told."""
    folder, _ = enter(12, zero=True)
    monkeypatch.chdir(folder)
    metrics = read_json(paths.METRICS)

    assert "naive2" not in metrics
    assert "owa" not in metrics["rnn"]
    assert metrics["rnn"]["smape"] > 0
    assert "over_series" in metrics


def test_below_ten_series_nothing_of_this_is_told(enter, monkeypatch):
    """Time is the unit there."""
    folder, _ = enter(9)
    monkeypatch.chdir(folder)
    metrics = json.dumps(read_json(paths.METRICS))

    assert not [word for word in (*SCORES, "naive2", "over_series", "probability") if word in metrics]
    assert not paths.RANKS.exists()
    assert not paths.KINDS.exists()
    assert "smape" not in pd.read_csv(paths.SERIES_SCORES)


@pytest.fixture
def told(enter, own):
    """The run on a user's own series with what twelve of them tell."""
    folder, _ = enter(12)
    with contextlib.chdir(folder):
        metrics, ranks, kinds = read_json(paths.METRICS), pd.read_csv(paths.RANKS), pd.read_csv(paths.KINDS)
    for name in ("ranks", "kinds"):
        write_bytes(figure_path(name), PIXEL)
    for family in metrics["over_series"]["families"].values():
        family["neighbours"]["p"] = 1.0
    found = {**own.metrics, "over_series": metrics["over_series"], "naive2": metrics["naive2"]}
    found["rnn"] = {**found["rnn"], "smape": 12.345, "owa": 0.987}
    return dataclasses.replace(own, metrics=found, ranks=ranks, kinds=kinds)


def families_of(results):
    return results.metrics["over_series"]["families"]


def with_over_series(results, **changes):
    over = {**results.metrics["over_series"], **changes}
    return dataclasses.replace(results, metrics={**results.metrics, "over_series": over})


def test_the_page_says_where_neighbours_are_alike_and_is_silent_elsewhere(told):
    pages = []
    for p in (0.06, 0.04):
        alike = {"block": 3, "ci_low": -0.2, "ci_high": 0.1, "p": p}
        one = {**families_of(told)["tutorial"], "neighbours": alike}
        pages.append(page_of(with_over_series(told, families={"tutorial": one})))
    assert "over blocks of 3 neighbours" not in pages[0]
    assert "over blocks of 3 neighbours the 95 % interval is at least as wide as -20 % to +10 %" in pages[1]


def test_the_page_says_who_is_another_under_a_second_name(told):
    assert "is not ranked again" not in page_of(told)
    page = page_of(with_over_series(told, same_as={"ensemble": "transformer"}))
    assert "Ensemble of both families and ridge has the same error as Transformer on every series" in page


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_tells_of_the_series_in_both_languages(told, language):
    """A sentence for each recipe, one for all forecasters and one per kind; a row per forecaster; both figures."""
    page, texts = html.unescape(page_of(told, language)), load_texts(language)
    part = page[page.index('id="over-series"') :]
    part = part.partition("</section>")[0]
    table = part[part.index('<figure id="ranks"') :].partition("</table>")[0]

    assert part.count("<li>") == 3 + 1 + 3
    assert table.count("<tr>") == len(told.ranks) + 1
    assert ">12.35<" in table
    assert ">0.987<" in table
    assert texts["names"]["naive2"] in table
    for name in ("ranks", "kinds_length", "kinds_season_strength", "kinds_trend_strength"):
        assert part.count(f'<figure id="{name}">') == 1
    assert f"{told.metrics['over_series']['critical_difference']:.2f}" in part


def test_a_forecaster_from_elsewhere_has_its_row_under_its_own_name(own):
    with_peer = dataclasses.replace(own, metrics={**own.metrics, "AutoETS": {**own.metrics["ridge"], "mse": 7.654}})
    assert "AutoETS" not in page_of(own)
    row = page_of(with_peer).partition("AutoETS")[2].partition("</tr>")[0]
    assert "7.654" in row


def test_where_no_pair_can_be_told_apart_the_page_says_so(told):
    """Of ten series the exact p is at least 2^-9, and 45 pairs are too many for it."""
    assert "can tell none apart" not in page_of(told)
    few = {**told.metrics, "over_series": {**told.metrics["over_series"], "series": 10}}
    assert "With 10 series it can tell none apart" in page_of(dataclasses.replace(told, metrics=few))


def test_the_page_of_few_series_has_no_such_part(own):
    page = page_of(own)
    assert "over-series" not in page
    assert 'id="ranks"' not in page


@pytest.fixture
def drawn(keep_axes):
    """The axes of each figure that is drawn, by its name."""
    return keep_axes(figures)


def test_both_figures_are_drawn_where_there_are_enough_series_and_removed_where_not(told, own):
    """Those of an earlier run would be taken for this one's; the same drawing has the same bytes."""
    draw_all(told)
    first = [figure_path(name).read_bytes() for name in ("ranks", "kinds")]
    assert PIXEL not in first
    draw_all(told)
    assert [figure_path(name).read_bytes() for name in ("ranks", "kinds")] == first
    draw_all(own)
    assert not any(figure_path(name).exists() for name in ("ranks", "kinds"))


def test_the_diagram_names_every_forecaster_with_its_mean_rank(told, drawn):
    figures.draw_ranks(told)
    [axes] = drawn["ranks"]
    said = {text.get_text() for text in axes.texts}
    for name, rank in told.ranks[["forecaster", "mean_rank"]].itertuples(index=False):
        assert any(style.LABELS.get(name, name) in text and f"{rank:.2f}" in text for text in said), name


@pytest.mark.parametrize(
    ("groups", "bars", "heights"),
    [
        (["a", "a", "b"], [(0, 1)], [0]),
        (["a", "b", "c"], [], []),
        (["a", "ab", "bc", "c", "d", "d"], [(0, 1), (1, 2), (2, 3), (4, 5)], [0, 1, 0, 0]),
    ],
)
def test_a_bar_joins_each_group_of_two_or_more_and_none_lies_on_another(groups, bars, heights):
    assert figures.joined(groups) == bars
    assert figures.stacked(bars) == heights


def test_each_kind_has_a_panel_and_one_that_cannot_be_told_says_so(told, drawn):
    """Series of one length tell nothing of length."""
    kinds = {name: found for name, found in told.metrics["over_series"]["kinds"].items() if name != "length"}
    over = {**told.metrics["over_series"], "kinds": kinds}
    figures.draw_kinds(dataclasses.replace(told, metrics={**told.metrics, "over_series": over}))
    first, *others = drawn["kinds"]
    assert "alike in all series" in first.texts[0].get_text()
    for axes, found in zip(others, kinds.values(), strict=True):
        assert f"{found['spearman']:+.2f}" in axes.get_title(loc="left")
