"""The rolling-origin backtest: refits know what has been observed by then, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from panels import unscaled

from rnn_vs_transformer.analyses.backtest import (
    Refit,
    backtest_families,
    known_splits,
    refit_and_forecast,
    split_origins,
)
from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.series import Series, load_meta, save_series
from rnn_vs_transformer.data.splits import Borders
from rnn_vs_transformer.evaluation.evaluate import evaluate_families
from rnn_vs_transformer.evaluation.test_split import open_test_split
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import read_json
from rnn_vs_transformer.settings.family.families import FAMILIES, given_settings
from rnn_vs_transformer.sources.make import make_series
from rnn_vs_transformer.training.seeds import train_control, train_family


@pytest.fixture
def series(configure, pass_settings, tmp_path, monkeypatch):
    """Settings, in a directory with their series as the stage `generate` leaves it."""
    params = configure({"run.workers": 1})
    monkeypatch.chdir(tmp_path)
    pass_settings(params)
    save_series(make_series(params.data))
    return params


def run_backtest(configure, refit, workers=1, changes=None):
    params = configure({"backtest.refit": refit, "run.workers": workers, **(changes or {})})
    return backtest_families(params.backtest, params.evaluate, params.run)


def forecast(params, splits, refit):
    settings = {family: given_settings(family, params.model, params.train) for family in FAMILIES}
    return refit_and_forecast(settings, load_meta(), splits, refit)


def with_values(splits, values):
    return replace(splits, panel=replace(splits.panel, values=values))


@pytest.mark.parametrize("every", [1, 3, 7, 10, 99])
def test_blocks_hold_every_origin_once_in_order(every):
    """An origin that no block holds would be a window without a forecast."""
    blocks = split_origins(np.arange(5, 15), every)
    assert np.concatenate(blocks).tolist() == list(range(5, 15))
    assert all(len(block) == every for block in blocks[:-1])


def test_a_refit_shifts_validation_and_lengthens_train():
    """At the first test origin the borders are those of the fixed split; ten steps later both are ten further."""
    fixed = unscaled(np.zeros(100), Borders(50, 70, 100), 8, 4)
    assert known_splits(fixed, 69).ends.tolist() == fixed.ends.tolist()
    later = known_splits(fixed, 79)
    assert (later.ends.tolist(), len(later.values)) == ([[60, 80, 100]], 80)


def test_one_refit_at_the_first_origin_is_the_fixed_split(series, configure):
    """With as many windows as there are in all, nothing is refitted, so the scores must be those of `evaluate`."""
    for family in FAMILIES:
        train_family(family, series.train, series.run)
    train_control(series.run)
    fixed = evaluate_families(series.evaluate)

    found = run_backtest(configure, 10_000)

    assert found["refits"] == 1
    for name, row in {name: found[name] for name in ("rnn", "transformer", "ridge", "comparison")}.items():
        assert row == {key: fixed[name][key] for key in row}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_refit_cannot_see_past_its_first_origin(series, family):
    """What comes later may reach contexts of later origins, but neither weights nor the first origin's forecast."""
    splits = open_test_split().splits
    refit = Refit(family, 0, splits.places("test").origins[20:24])
    changed = splits.values.copy()
    changed[refit.origins[0] + 1 :] += 5.0

    before, after = forecast(series, splits, refit), forecast(series, with_values(splits, changed), refit)

    assert np.array_equal(before[0], after[0])
    assert not np.allclose(before[1], after[1])


def test_a_refit_learns_from_what_the_fixed_split_never_saw(series):
    """Other values in what used to be test, and is train by now, give another model."""
    splits = open_test_split().splits
    refit, border = Refit("rnn", 0, splits.places("test").origins[110:111]), splits.ends[0, 1]
    changed = splits.values.copy()
    changed[border : border + 20] += 1.0

    assert known_splits(splits, int(refit.origins[0])).ends[0, 0] > border + 20
    assert refit.origins[0] - border > 20 + splits.context_length
    assert not np.allclose(forecast(series, splits, refit), forecast(series, with_values(splits, changed), refit))


def test_refits_follow_a_series_that_changes(configure, pass_settings, tmp_path, monkeypatch):
    """Where level and season change with the test split, a forecaster that is kept up to date has the lower error."""
    monkeypatch.chdir(tmp_path)
    changes = {"data.split": [0.3, 0.1, 0.6], "train.seeds": 1, "train.epochs": 6, "train.patience": 6}
    pass_settings(configure(changes))
    made = make_series(configure(changes).data)
    steps = np.arange(len(made.panel.values))
    earlier = steps < made.ends[0, 1]
    values = np.where(earlier, np.sin(2 * np.pi * steps / 8), 1.5 + 0.2 * np.sin(2 * np.pi * steps / 8))
    save_series(Series(made.meta, Panel.of(["y"], [values]), made.ends, {}))

    fixed, kept_up = (run_backtest(configure, refit, changes=changes) for refit in (10_000, 60))

    for name in ("rnn", "transformer"):
        assert kept_up[name]["mse"] < 0.7 * fixed[name]["mse"]
    assert (
        kept_up["ridge"]["mse"] < 1.05 * fixed["ridge"]["mse"]
    )  # at its best it takes the last value off, and follows


def test_the_report_is_the_same_for_any_number_of_workers(series, configure):
    """Each refit is a task of its own, on one thread."""
    reports = []
    for workers in (1, 2):
        run_backtest(configure, 60, workers)
        reports.append(paths.analysis("backtest").read_bytes())
    assert reports[0] == reports[1]
    assert read_json(paths.analysis("backtest"))["refits"] == 2


@pytest.mark.parametrize("refit", [0, -1, "daily"])
def test_unusable_refits_are_refused(configure, refit):
    """Zero windows between refits would never end."""
    with pytest.raises(ValueError, match=r"backtest\.refit"):
        configure({"backtest.refit": refit})
