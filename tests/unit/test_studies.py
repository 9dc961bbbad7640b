"""The studies' own settings: each candidate and each cell is a valid experiment."""

import shutil

import numpy as np
import pandas as pd
import pytest

from rnn_vs_transformer.params.recipes import merge_settings
from studies import search


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
    assert {family for family, _, _ in candidates} == {"rnn", "transformer"}
    assert len({params.model_dump_json() for _, _, params in candidates}) == len(candidates)
    assert {params.data.prediction_length for _, _, params in candidates} == {96}
    assert {params.data.file for _, _, params in candidates} == {"data/raw/ETTh1.csv"}


def test_the_search_tells_validation_losses_and_opens_no_test(project, monkeypatch, configure):
    """On a small series: the best of each family comes first, and test steps that are nonsense change nothing."""
    (project / "data/raw").mkdir(parents=True)
    small = configure({"data.source": "csv", "data.file": "data/raw/small.csv", "data.season_length": 8})
    wider = type(small).model_validate(merge_settings(small.model_dump(), {"model": {"rnn_width": 4}}))
    candidates = [("rnn", "a", small), ("rnn", "b", wider), ("transformer", "c", small)]
    monkeypatch.setattr(search, "read_candidates", lambda: iter(candidates))
    tables = []
    for end in (1.0, 1e6):
        values = np.sin(np.arange(400)) + np.random.default_rng(0).standard_normal(400)
        values[285:] *= end
        pd.DataFrame({"y": values}).to_csv("data/raw/small.csv", index=False)
        search.main()
        tables.append(pd.read_csv(search.RESULTS).drop(columns="train_seconds"))
    assert list(tables[0]["family"]) == ["rnn", "rnn", "transformer"]
    assert tables[0]["validation_mse"][:2].is_monotonic_increasing
    pd.testing.assert_frame_equal(*tables)
