"""The report on a user's own series: what was measured on it, what was read, and the project's findings apart."""

import dataclasses
import html
import json
import re
from dataclasses import asdict

import pandas as pd
import pytest

from rnn_vs_transformer.claims.judge import CLAIMS, judge_all
from rnn_vs_transformer.data.covariates import Covariate
from rnn_vs_transformer.plotting import comparison
from rnn_vs_transformer.plotting.draw import draw_all
from rnn_vs_transformer.reporting.claims_table import told_claims
from rnn_vs_transformer.reporting.general import GENERAL
from rnn_vs_transformer.reporting.opening import ALONE, MANY, ONE
from rnn_vs_transformer.reporting.reading import TOLD_SERIES, reading_sentences, series_table
from rnn_vs_transformer.reporting.report import load_texts
from rnn_vs_transformer.reporting.sections import comparison_table
from rnn_vs_transformer.results import figure_path, load_results
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import write_json, write_table

from .conftest import OWN, PIXEL
from .test_headline import made_cells, made_map
from .test_report import page_of

LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])
OF_TASKS = {"recall", "step_time", "memory"}
"""Figures of artificial tasks and of the machine."""


@pytest.fixture
def own_with_map(own):
    """The run on a user's own series beside the study of the map."""
    assert not own.studies
    write_json(paths.STUDIES / "map.json", made_map())
    write_table(paths.STUDIES / "map_cells.csv", made_cells())
    return load_results([], "given")


def part_of(page, name):
    """A table of the page by its id, as text."""
    return html.unescape(page[page.index(f'<table id="{name}"') :].partition("</table>")[0])


def test_only_what_is_measured_on_the_series_is_claimed(own_with_map) -> None:
    """What probes and studies of simulated series say is not of this one."""
    claims = judge_all(own_with_map)
    assert 0 < len(claims) < len(CLAIMS)
    assert set(claims) == {name for name, claim in CLAIMS.items() if claim.of_the_series}
    assert not [name for name in claims if name.startswith("M")], "memory is a matter of artificial tasks"
    for name, claim in claims.items():
        assert "across_worlds" not in {*claim["applies"], *claim["columns"]}, name
        assert not {column for column, found in claim["columns"].items() if "units" in found}, "that is a study's"


@LANGUAGES
def test_no_claim_has_a_column_across_worlds(own_with_map, language) -> None:
    texts = load_texts(language)
    columns = [column for claim in told_claims(texts, judge_all(own_with_map)) for column in claim.columns]
    assert texts["claim_columns"]["across_worlds"] not in {column.name for column in columns}
    assert any(column.number for column in columns)


@LANGUAGES
def test_no_figure_or_sentence_of_artificial_tasks_is_shown(own_with_map, language) -> None:
    """Even where the files of the probe lie here, and it found a shorter memory."""
    critical = {"critical_lag": {"rnn": {"text": "11.1 (10.8 to 11.2)", "against_transformer": "shorter",
                                         "estimate_is": "exact"}}}  # fmt: skip
    found = dataclasses.replace(own_with_map, probe=critical)
    page = page_of(found, language)
    shown = set(re.findall(r'<figure id="(\w+)"', page))
    assert {"errors", "map_at_its_best", "horizon_tutorial", "loss_tutorial", "gradients_trained"} <= shown
    assert not shown & OF_TASKS
    assert "10.8" not in page
    claimed = json.loads(paths.CLAIMS.read_text())
    pictures = {figure_path(name).as_posix() for name in ("recall", "cost")}
    assert not pictures & {claim["figure"] for claim in claimed.values()}


@LANGUAGES
def test_the_projects_findings_stand_apart_behind_those_of_the_series(own_with_map, language) -> None:
    """A reader must not take what holds for simulated series for a finding on this one."""
    page, texts = html.unescape(page_of(own_with_map, language)), load_texts(language)
    general = page.index('<h2 id="general">')
    assert page.index(texts["in_general"]["note"]) > general
    assert page.index('<figure id="map_at_its_best">') > general
    assert GENERAL["equivalent"].told(language) in page[general:]
    assert GENERAL["equivalent"].told(language) not in page[:general]
    assert ALONE["transformer better"].filled(here=MANY[1]).told(language) in page[:general]


@LANGUAGES
def test_what_was_read_is_told_with_roles_and_reasons(own, language) -> None:
    """Each column of the file; how many values were filled, what was left out, and what the reader noted."""
    page, texts = page_of(own, language), load_texts(language)
    table = part_of(page, "columns")
    for column in OWN.columns:
        assert all(f">{told}<" in table for told in column.values())
    assert "promo &lt;b&gt;" in page
    assert "promo <b>" not in page
    said = reading_sentences(texts, own.meta)
    assert all(sentence in html.unescape(page) for sentence in said)
    for told in ("data/raw/stores.csv", "2024-01-01", "log1p", *OWN.notes):
        assert any(told in sentence for sentence in said), told
    filled = next(sentence for sentence in said if "7" in sentence and "1,958" in sentence)
    assert "5" in filled
    assert "6" in filled
    assert texts["reading"]["left_out"].format(count=1) in said


@LANGUAGES
def test_what_has_no_number_has_no_column_and_is_not_explained(own, language) -> None:
    """No series of a user's has a known best forecast, so none has an excess."""
    texts = load_texts(language)
    bare = {name: {key: value for key, value in row.items() if key != "excess"} for name, row in own.metrics.items()}
    without = dataclasses.replace(own, metrics=bare)
    for found, there in ((own, True), (without, False)):
        table = comparison_table(texts, found)
        assert (texts["columns"][7] in table.columns) == there
        assert {len(row) for row in table.rows} == {len(table.columns)}
        assert (texts["excess_note"] in page_of(found, language)) == there


def test_a_forecast_that_needs_columns_ahead_is_told_with_them(own) -> None:
    """Those of the file, as the calendar is known."""
    assert "--future AHEAD" in page_of(own, "en")
    calendar = [Covariate("weekday", "future", "number")]
    assert not dataclasses.replace(own, meta=dataclasses.replace(own.meta, covariates=calendar)).needs_ahead


@LANGUAGES
def test_where_nothing_was_filled_left_out_or_transformed_nothing_is_told_of_it(own, language) -> None:
    plain = dataclasses.replace(own.meta, settings={**own.meta.settings, "transform": "none"}, filled_cells={},
                                left_out={}, notes=[])  # fmt: skip
    assert len(reading_sentences(load_texts(language), plain)) == 1


@LANGUAGES
def test_a_series_without_times_is_told_as_such(own, language) -> None:
    texts = load_texts(language)
    found = reading_sentences(texts, dataclasses.replace(own.meta, axis=dataclasses.replace(OWN.axis, first=None)))
    assert texts["unknown"] in found[0]


@LANGUAGES
def test_each_series_has_a_row_of_errors(own, language) -> None:
    texts = load_texts(language)
    table = part_of(page_of(own, language), "series")
    assert all(name in table for name in own.meta.series)
    found = series_table(texts, own)
    names = [texts["names"][name] for name in ("rnn", "transformer", "ridge")]
    assert found.columns[:4] == [texts["per_series"]["series"], *names]
    assert [[one.text for one in row] for row in found.rows] == [
        [name, "0.300", "0.300", "0.300", "2", "2"] for name in own.meta.series
    ]


def test_one_series_alone_has_no_table_of_series(own) -> None:
    write_json(paths.META, asdict(dataclasses.replace(OWN, series=["a"])))
    page = page_of(load_results([], "given"))
    assert '<table id="series"' not in page
    assert 'id="look-series"' not in page
    assert ONE[1].en in page


def test_of_many_series_the_best_and_the_worst_are_told(own) -> None:
    """In order of the families' error."""
    names = [f"s{number}" for number in range(3 * TOLD_SERIES)]
    errors = pd.DataFrame({"series": names, "mase": range(len(names), 0, -1)}).assign(mae_in_units=1.0)
    table = pd.concat([errors.assign(forecaster=name) for name in ("rnn", "transformer")])
    rows = series_table(load_texts("en"), dataclasses.replace(own, series=table)).rows
    half = TOLD_SERIES // 2
    assert [row[0].text for row in rows] == [*names[: -half - 1 : -1], *names[half - 1 :: -1]]


def test_a_synthetic_run_tells_nothing_of_a_file(results) -> None:
    """And has the general findings first."""
    page = page_of(results)
    assert 'id="columns"' not in page
    assert '<h2 id="general">' not in page


def test_figures_of_a_users_own_series_are_drawn(own) -> None:
    """Each series by its own name; `draw_all` draws the figure of series where there are several."""
    draw_all(own)
    assert figure_path("series").read_bytes() != PIXEL
    alone = dataclasses.replace(own, series=own.series[own.series["series"] == "b"])
    draw_all(alone)
    assert not figure_path("series").exists()
    assert comparison.EXTREMES == 2
