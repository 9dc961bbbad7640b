"""The two decodings compared: same seeds, same budget, the same scores as everywhere, and words for all cases."""

import json

import numpy as np
import pandas as pd
import pytest

from rnn_vs_transformer.analyses.decoding import MODES, compare_decodings
from rnn_vs_transformer.data import series
from rnn_vs_transformer.data.series import save_series
from rnn_vs_transformer.evaluation.evaluate import evaluate_families
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import read_json
from rnn_vs_transformer.settings.family.families import FAMILIES, trained_settings
from rnn_vs_transformer.settings.family.model import NO_OTHER_DECODING
from rnn_vs_transformer.sources.make import make_series
from rnn_vs_transformer.training import seeds
from rnn_vs_transformer.training.seeds import train_control, train_family

REPORT = paths.analysis("decoding")


def compared(params):
    return compare_decodings(params.decoding, params.evaluate, params.run)


def train_and_compare(params):
    for family in FAMILIES:
        train_family(family, params.train, params.run)
    train_control(params.run)
    compared(params)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, configure, pass_settings):
    """Small settings, and a folder in which both decodings of both families were trained and compared."""
    folder = tmp_path_factory.mktemp("trained")
    params = configure({"train.epochs": 2, "decoding.seeds": 2, "evaluate.resamples": 200, "run.workers": 1})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        pass_settings(params)
        save_series(make_series(params.data))
        train_and_compare(params)
    return params, folder


@pytest.fixture
def here(trained, monkeypatch):
    """The settings, in the folder of `trained`, which a test may not change."""
    params, folder = trained
    monkeypatch.chdir(folder)
    return params


def test_which_decoding_is_the_chosen_one_changes_no_number(here, pass_settings, tmp_path, monkeypatch):
    """Both are trained on the same seeds, windows and budget: with the roles exchanged, the report is the same."""
    expected = REPORT.read_bytes()
    monkeypatch.chdir(tmp_path)
    exchanged = here.model_copy(update={"model": here.model.other_decoding})
    pass_settings(exchanged)
    save_series(make_series(exchanged.data))

    train_and_compare(exchanged)

    assert REPORT.read_bytes() == expected
    assert list(paths.unfinished().iterdir()) == [], "no checkpoint is left"


def test_the_chosen_decoding_has_the_scores_of_the_main_comparison(here):
    """One pair of seeds cannot have two test errors."""
    report, metrics = json.loads(REPORT.read_text()), evaluate_families(here.evaluate)
    horizon = pd.read_csv(paths.HORIZON)

    for family in FAMILIES:
        assert report[family]["direct"]["mse"] == metrics[family]["mse"]
        assert report[family]["direct"]["validation_mse"] == metrics[family]["validation_mse"]
        assert list(report["steps"][f"{family}_direct"].values()) == pytest.approx(list(horizon[family]), abs=1e-7)
        for mode in MODES:
            steps = list(report["steps"][f"{family}_{mode}"].values())
            assert np.mean(steps) == pytest.approx(report[family][mode]["mse"], rel=1e-6)


def test_the_difference_is_that_of_step_by_step_against_at_once(here):
    """A reader must not take the sign for the other way round."""
    report = json.loads(REPORT.read_text())

    for family in FAMILIES:
        found = report[family]
        ratio = found["autoregressive"]["mse"] / found["direct"]["mse"]
        assert found["relative_mse_difference"] == pytest.approx(ratio - 1, abs=1e-6)
        assert found["ci_low"] <= found["relative_mse_difference"] <= found["ci_high"]


def test_training_never_sees_the_test_steps(here, monkeypatch):
    """The file is read once, when all is trained: no training run can open it."""
    opened, plain = [], series.read_arrays

    def noting(path):
        opened.append(path)
        return plain(path)

    monkeypatch.setattr(series, "read_arrays", noting)
    learn = seeds.fit
    monkeypatch.setattr(seeds, "fit", lambda *given, **more: opened.append("trained") or learn(*given, **more))
    compared(here)
    assert opened.count(paths.TEST) == 1
    assert "trained" not in opened[opened.index(paths.TEST) :]
    assert "trained" in opened


@pytest.mark.parametrize("changes", [{"model.readout": "flatten"}, {"model.linear_highway": True}])
def test_where_there_is_nothing_to_compare_it_is_told(configure, pass_settings, tmp_path, monkeypatch, changes):
    """A setting for direct decoding alone is the reason that stands in the report."""
    monkeypatch.chdir(tmp_path)
    params = configure(changes)
    pass_settings(params)
    assert compared(params) == {"seeds": 0, "not_compared": NO_OTHER_DECODING} == read_json(REPORT)


@pytest.mark.parametrize("changes", [{"model.readout": "segments"}, {"model.linear_highway": True}])
def test_a_family_without_another_decoding_leaves_the_other_its_comparison(here, monkeypatch, changes):
    """Tuning may choose such settings for one family; what is found of the other does not change by it."""
    expected = json.loads(REPORT.read_text())

    def settings_of(family):
        found = trained_settings(family)
        return found.with_values(changes) if family == "transformer" else found

    monkeypatch.setattr("rnn_vs_transformer.analyses.decoding.trained_settings", settings_of)
    report = compared(here)
    REPORT.write_text(json.dumps(expected))
    assert report["rnn"] == expected["rnn"]
    assert report["left_out"] == ["transformer"]
    assert set(report["steps"]) == {"rnn_direct", "rnn_autoregressive"}
