"""The tables of runs: whose numbers are shown, who wins, and by what."""

import dataclasses

import pytest

from tools.experiments import experiments_table
from tools.runs import sort_runs
from tools.sweep import sweep_table


def entry(name, heads, rnn, transformer, rev="abcdef123", data="one", length=24, workers=1, **more):
    """A run as `dvc exp show --json` gives it; each family as (test MSE, validation MSE)."""
    families = {
        family: {"mse": test, "mse_ci_low": test - 0.01, "mse_ci_high": test + 0.01, "validation_mse": validation}
        for family, (test, validation) in {"rnn": rnn, "transformer": transformer}.items()
    }
    source = "synthetic" if data == "one" else "csv"
    settings = {"source": source, "file": "data/raw/mine.csv", "prediction_length": length}
    params = {"model": {"heads": heads}, "data": settings, "run": {"workers": workers}}
    comparison = {"comparison": {"relative_mse_difference": -0.25, "verdict": "inconclusive"}}
    metrics = {"data": {"fingerprint": data}, **families, **comparison}
    data = {"metrics": {"reports/metrics.json": {"data": metrics}}, "params": {"params.yaml": {"data": params}}}
    return {"rev": rev, "name": name, "data": data, **more}


def shown(*experiments, foreign=()):
    """The runs of a commit and of experiments on it; revisions of `foreign` carry metrics of others."""
    baseline = entry(None, 4, (0.3, 0.30), (0.2, 0.20))
    baseline["experiments"] = [one if "revs" in one else {"revs": [one]} for one in experiments]
    listed = [entry(None, 99, (0.0, 0.0), (0.0, 0.0), rev="workspace"), baseline]
    return sort_runs(listed, lambda revision: "it did not run" if revision in foreign else "")


def row(table, name):
    return next(line for line in table.splitlines() if line.startswith(f"| {name} "))


def cells(table, name):
    return [cell.strip() for cell in row(table, name).strip("|").split("|")]


def test_the_winner_is_chosen_by_validation_and_not_by_test() -> None:
    """The run with the lower test error but the higher validation loss must not be marked."""
    lucky = entry("lucky", 2, (0.3, 0.30), (0.1, 0.25))
    sound = entry("sound", 8, (0.3, 0.31), (0.4, 0.15))
    table = sweep_table(shown(lucky, sound))
    assert "0.1500 ★" in row(table, "sound")
    assert "★" not in row(table, "lucky")
    assert row(table, "abcdef1").count("★") == 1  # the commit's own RNN
    assert "0.400 (0.390 to 0.410)" in row(table, "sound")


def test_only_changed_settings_that_matter_are_listed() -> None:
    table = sweep_table(shown(entry("eight", 8, (0.3, 0.3), (0.2, 0.2), workers=2)))
    assert cells(table, "eight")[1] == "model.heads=8"
    assert "(the commit)" in row(table, "abcdef1")


@pytest.mark.parametrize("other", [{"data": "two"}, {"length": 48}])
def test_each_series_and_each_horizon_has_stars_of_its_own(other) -> None:
    """Losses of different tasks are not comparable, however low."""
    mine, worse = ((0.01, 0.01), (0.01, 0.01)), ((0.02, 0.02), (0.02, 0.02))
    table = sweep_table(shown(entry("other", 4, *mine, **other), entry("gru", 4, *worse, **other)))
    assert [row(table, name).count("★") for name in ("abcdef1", "other", "gru")] == [2, 2, 0]
    assert "stars of its own" in table


@pytest.mark.parametrize("make", [sweep_table, experiments_table])
def test_numbers_that_a_run_did_not_make_are_not_shown(make) -> None:
    """A run that ended before `evaluate` carries the commit's metrics, and must win nothing with them."""
    early = entry("early", 8, (0.111, 0.001), (0.222, 0.001), rev="e")
    whole = entry("whole", 2, (0.3, 0.31), (0.4, 0.25), rev="w")
    table = make(shown(early, whole, foreign=["e"]))
    assert "| early " not in table
    assert "0.111" not in table
    assert "Without results of their own: early." in table
    assert "| whole " in table
    if make is sweep_table:
        assert row(table, "abcdef1").count("★") == 2


@pytest.mark.parametrize("make", [sweep_table, experiments_table])
def test_a_commit_with_metrics_of_another_is_shown_without(make) -> None:
    table = make(shown(entry("whole", 2, (0.3, 0.31), (0.4, 0.25), rev="w"), foreign=["abcdef123"]))
    assert "0.300 (" not in row(table, "abcdef1")
    assert set(cells(table, "abcdef1")[2:6]) == {"-"}
    assert "The commit has metrics of other settings, data or code" in table
    assert "0.4" in row(table, "whole")


@pytest.mark.parametrize("make", [sweep_table, experiments_table])
def test_failed_and_waiting_experiments_are_counted(make) -> None:
    waiting = {"rev": "123", "name": "waiting", "data": None}
    failed = entry("failed", 8, (0.3, 0.3), (0.2, 0.2), error={"msg": "broken"})
    busy = {"revs": [entry("busy", 8, (0.3, 0.3), (0.2, 0.1))], "executor": {"state": "running"}}
    table = make(shown(waiting, failed, busy))
    assert "| busy" not in table
    assert "3 experiments have no results" in table
    assert "| failed" not in table


@pytest.mark.parametrize("make", [sweep_table, experiments_table])
def test_a_commit_without_results_is_told(make) -> None:
    assert "No results yet" in make(sort_runs([{"rev": "abc", "name": "main", "data": None}], lambda _: ""))


def test_experiments_show_the_data_and_what_differs() -> None:
    table = experiments_table(
        shown(entry("mine", 4, (0.5, 0.5), (0.6, 0.6), data="two"), entry("eight", 8, *[(1, 1)] * 2))
    )
    titles = cells(table, "Experiment")
    assert titles[:4] == ["Experiment", "data", "rnn.mse", "transformer.mse"]
    assert titles[6:] == ["model.heads"]
    assert cells(table, "mine")[1:4] == ["data/raw/mine.csv two", "0.5", "0.6"]
    assert cells(table, "abcdef1")[1] == "synthetic one"
    assert cells(table, "eight")[-1] == "8"


def test_settings_that_would_make_the_table_wider_than_a_terminal_stand_below_it() -> None:
    one = entry("a-name-of-some-length", 8, (0.3, 0.3), (0.2, 0.2), data="two")
    one["data"]["params"]["params.yaml"]["data"]["model"] |= {"rnn_width": 32, "patch_length": 24, "readout": "flatten"}
    table = experiments_table(shown(one))
    assert "a-name-of-some-length: model.heads 8, model.rnn_width 32, model.patch_length 24, model.readout" in table
    assert max(len(line) for line in table.splitlines() if line.startswith("|")) <= 120


def test_errors_on_other_data_are_said_to_compare_nothing() -> None:
    same = shown(entry("eight", 8, (0.3, 0.3), (0.2, 0.2)))
    other = shown(entry("mine", 4, (0.3, 0.3), (0.2, 0.2), data="two"))
    for make in (sweep_table, experiments_table):
        assert "`dvc metrics diff` compares nothing" in make(other)
        assert "dvc metrics diff" not in make(same)


def test_runs_from_before_the_fingerprint_are_told_apart_by_their_settings() -> None:
    runs = shown(entry("mine", 4, (0.3, 0.3), (0.2, 0.2), data="two")).shown
    bare = [dataclasses.replace(run, metrics={**run.metrics, "data": {}}) for run in runs]
    assert bare[0].data != bare[1].data
