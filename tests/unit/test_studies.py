"""The studies' own settings: each candidate and each cell is a valid experiment."""

import shutil
from functools import reduce
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.settings.recipes import merge_settings
from rnn_vs_transformer.settings.whole import Params
from rnn_vs_transformer.sources.make import make_series
from studies import coverage, etth1, search, shipped, study_base
from studies.tables import shipped_table

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(root, tmp_path, monkeypatch):
    """A folder with the project's settings and recipes."""
    for name in ("recipes", "studies"):
        shutil.copytree(root / name, tmp_path / name)
    shutil.copy(root / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_candidate_of_the_search_differs_and_is_valid(project):
    """Settings that the schema refuses would end the search after an hour."""
    candidates = list(search.read_candidates())
    assert {one.family for one in candidates} == {"rnn", "transformer"}
    assert len({one.key for one in candidates}) == len(candidates)
    assert len({(one.params.model_dump_json(), one.seed) for one in candidates}) == len(candidates)
    assert {one.params.data.file for one in candidates} == {"data/raw/ETTh1.csv"}


@pytest.fixture
def candidates(project, configure, monkeypatch):
    """Three small ones on a series that `write` makes, with the number of training runs that they took."""
    (project / "data/raw").mkdir(parents=True)
    small = configure({"data.source": "csv", "data.file": "data/raw/small.csv", "data.season_length": 8})
    wider = type(small).model_validate(merge_settings(small.model_dump(), {"model": {"rnn_width": 4}}))
    listed = [("rnn", "a", 0, small), ("rnn", "b", 0, wider), ("transformer", "c", 1, small)]
    found = [search.Candidate(*one) for one in listed]
    monkeypatch.setattr(search, "read_candidates", lambda: iter(found))
    return found


def write(end=1.0):
    values = np.sin(np.arange(400)) + np.random.default_rng(0).standard_normal(400)
    values[285:] *= end
    pd.DataFrame({"y": values}).to_csv("data/raw/small.csv", index=False)


def test_the_search_tells_validation_losses_and_opens_no_test(candidates):
    """On a small series: the best of each family comes first, and test steps that are nonsense change nothing."""
    tables = []
    for end in (1.0, 1e6):
        write(end)
        search.main()
        tables.append(pd.read_csv(search.RESULTS).drop(columns="train_seconds"))
        search.RESULTS.unlink()
    assert list(tables[0]["family"]) == ["rnn", "rnn", "transformer"]
    assert tables[0]["validation_mse"][:2].is_monotonic_increasing
    pd.testing.assert_frame_equal(*tables)


def test_the_search_goes_on_where_it_was(candidates, monkeypatch):
    """What is in the table stays as it is, and what is missing, or was run with other settings, is run."""
    write()
    search.main()
    whole = pd.read_csv(search.RESULTS)
    kept = whole.iloc[1:].assign(epoch=77)
    dropped = whole.iloc[:1].assign(settings="0123456789ab")  # of another start
    pd.concat([kept, dropped]).to_csv(search.RESULTS, index=False)
    search.main()
    again = pd.read_csv(search.RESULTS)
    assert set(again["changes"]) == {"a", "b", "c"}
    assert (again["epoch"] == 77).sum() == len(kept)
    assert again["validation_mse"].tolist() == whole["validation_mse"].tolist()


def test_what_is_no_candidate_any_more_is_left_out(candidates):
    """Even where nothing is left to run."""
    write()
    search.main()
    candidates.pop()
    search.main()
    assert sorted(pd.read_csv(search.RESULTS)["changes"]) == ["a", "b"]


@pytest.mark.parametrize("content", ["", "family,changes,validation_mse\nrnn,a,1.0\n"])
def test_another_table_in_the_place_of_the_search_is_refused(candidates, content):
    """It would be overwritten."""
    search.RESULTS.parent.mkdir(parents=True, exist_ok=True)
    search.RESULTS.write_text(content)
    with pytest.raises(InputError, match="not a table of this search"):
        search.main()
    assert search.RESULTS.read_text() == content


def test_the_recipe_for_long_forecasts_serves_from_its_horizon_on():
    """The published table has each family's recipe, and the other's, at every horizon."""
    assert etth1.recipes(192) == ["rnn-best", "transformer-best"]
    assert etth1.recipes(336) == ["rnn-best-long", "transformer-best-long"]


@pytest.mark.parametrize("name", sorted(shipped.BENCHMARKS))
def test_what_ships_is_tried_at_every_published_length_with_valid_settings(name, project):
    """An experiment of `make etth1` is the same here, so that it is not run twice."""
    runs = shipped.runs_of(name)
    published = pd.read_csv(ROOT / shipped.PUBLISHED).query("benchmark == @name")
    assert {length for _, length in runs.values()} == set(published["prediction_length"])
    for run in runs:
        params = yaml.safe_load((project / "params.yaml").read_text())
        for override in run.overrides:
            path, value = override.split("=", 1)
            *sections, key = path.split(".")
            reduce(lambda group, section: group[section], sections, params)[key] = yaml.safe_load(value)
        checked = Params.model_validate(params)
        assert checked.data.file == shipped.BENCHMARKS[name].series
        assert str(checked.data.prediction_length) == run.name.rsplit("-", 1)[1]


def test_what_ships_is_the_default_of_the_recipe_that_validation_prefers():
    """Though on test, and on validation among those that are no default, another is ahead."""
    columns = ["recipe", "prediction_length", "forecaster", "validation_mse", "mse", "default", "validation_mse_0"]
    rows = [
        ("plain", 96, "rnn", 0.5, 0.3, False, 0.5),
        ("plain", 96, "ridge", 0.6, 0.4, True, 0.6),
        ("other", 96, "ensemble", 0.7, 0.2, True, 0.7),
        ("other", 192, "ensemble", 0.7, 0.2, True, 0.7),
    ]
    marked = shipped.mark_shipped(pd.DataFrame(rows, columns=columns))
    assert list(marked) == [*shipped.COLUMNS, "validation_mse_0"]
    found = marked[marked["ships"]].set_index("prediction_length")
    assert found["recipe"].to_dict() == {96: "plain", 192: "other"}
    assert found["forecaster"].to_dict() == {96: "ridge", 192: "ensemble"}
    published = pd.DataFrame({"forecaster": ["x"], "prediction_length": [96], "mse": [0.1], "source": ["y"]})
    table = shipped_table(marked, published)
    assert "| plain | Ridge | **0.400** |  |" in table


@pytest.fixture
def few_worlds(tmp_path, configure, monkeypatch):
    """A study of two small worlds to choose from and two to check on, these with another length as well."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(coverage, "CHOOSING", range(3, 5))
    monkeypatch.setattr(coverage, "CHECKING", range(1, 3))
    monkeypatch.setattr(coverage, "OTHER_LENGTHS", (2,))
    monkeypatch.setattr(coverage, "LENGTH_WORLDS", 2)
    (tmp_path / "docs/results").mkdir(parents=True)

    def run(**changes):
        monkeypatch.setattr(coverage, "load_params", lambda: configure(changes))
        coverage.main()
        return coverage.RESULTS.read_bytes()

    return run


def test_the_coverage_study_scores_every_world_once_whatever_the_workers(few_worlds, capsys):
    """The table that STEP rests on is the same to the byte for anyone, and holds each combination once."""
    written = few_worlds(**{"run.workers": 1})
    rows = pd.read_csv(coverage.RESULTS)
    keys = ["world", "prediction_length", "intervals", "step", "level"]
    assert not rows.duplicated(keys).any()
    cases = {(3, 4), (4, 4), (1, 4), (2, 4), (1, 2), (2, 2)}
    assert set(zip(rows["world"], rows["prediction_length"], strict=True)) == cases
    assert len(rows) == len(cases) * (1 + len(coverage.STEPS)) * 2
    assert rows["coverage"].between(0.5, 1.0).all()
    shown = capsys.readouterr().out
    assert all(table in shown for table in coverage.coverage_tables(rows))
    assert few_worlds(**{"run.workers": 2}) == written


def test_fixed_intervals_of_the_study_are_sized_before_test_and_scored_on_it(configure, monkeypatch):
    """A test split that is quite another world changes no width of theirs, and leaves few values inside."""

    def score():
        rows = pd.DataFrame(coverage.score_world(configure().data))
        return rows[rows["intervals"] == "fixed"]

    def make_astray(data, **options):
        series = make_series(data, **options)
        series.panel.values[series.ends[0, 1] :] *= 100  # noqa: PD011
        return series

    before = score()
    monkeypatch.setattr(coverage, "make_series", make_astray)
    after = score()
    assert before["width"].tolist() == after["width"].tolist()
    assert (before["coverage"] > 0.6).all()
    assert (after["coverage"] < 0.2).all()


def test_the_coverage_study_never_looks_at_the_default_world(params):
    """Its test split gives the published coverage, so it must not choose what is published."""
    worlds = list(coverage.other_worlds(params.data))
    assert params.data.synthetic.seed not in {world.synthetic.seed for world in worlds}
    assert not set(coverage.CHOOSING) & set(coverage.CHECKING)
    alike = {"synthetic": params.data.synthetic, "prediction_length": params.data.prediction_length}
    assert all(world.model_copy(update=alike) == params.data for world in worlds)


def test_the_chosen_step_is_the_least_that_serves_every_world_to_choose_from():
    """One world astray at one level rules a step out; worlds to check on, and other lengths, have no say."""
    chosen, checked = coverage.CHOOSING[:2], coverage.CHECKING[0]
    rows = pd.DataFrame(
        [
            {"world": world, "prediction_length": 24, "step": step, "level": level, "coverage": level}
            for world in (*chosen, checked)
            for step in (None, *coverage.STEPS)
            for level in (0.8, 0.95)
        ]
    )
    assert coverage.choose_step(rows) == coverage.STEPS[0]
    astray = (rows["world"] == chosen[1]) & (rows["step"] < coverage.STEPS[2]) & (rows["level"] == 0.95)
    rows.loc[astray, "coverage"] = 0.92
    assert coverage.choose_step(rows) == coverage.STEPS[2]
    elsewhere = rows.assign(prediction_length=48, world=checked, coverage=0.5)
    rows.loc[rows["world"] == checked, "coverage"] = 0.5
    assert coverage.choose_step(pd.concat([rows, elsewhere])) == coverage.STEPS[2]
    rows.loc[rows["world"] == chosen[0], "coverage"] = 0.5
    assert coverage.choose_step(rows) is None


def test_the_coverage_study_refuses_a_series_that_is_no_world(few_worlds):
    """`-S data.source=csv` may have been left in params.yaml; one file scored 400 times would look like a result."""
    with pytest.raises(InputError, match=r"data\.source must be synthetic"):
        few_worlds(**{"data.source": "csv"})


def test_a_study_starts_from_settings_that_the_schema_accepts(project):
    """A key that was renamed would end the study at its first experiment."""
    params = yaml.safe_load((project / "params.yaml").read_text())
    for override in study_base():
        key, _, value = override.partition("=")
        *sections, name = key.split(".")
        place = reduce(lambda found, section: found[section], sections, params)
        assert name in place, key
        place[name] = yaml.safe_load(value)
    assert Params.model_validate(params).data.file == "data/raw/ETTh1.csv"
