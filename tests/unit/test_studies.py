"""The studies' own settings: each candidate and each cell is a valid experiment."""

import shutil

import numpy as np
import pandas as pd
import pytest

from rnn_vs_transformer.errors import InputError
from rnn_vs_transformer.params.recipes import merge_settings
from studies import etth1, search


@pytest.fixture
def project(root, tmp_path, monkeypatch):
    """A folder with the project's settings and recipes."""
    for name in ("params", "studies"):
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
