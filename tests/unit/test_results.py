"""What is read of a run: times of this run and of one machine only, and a search with its losses."""

import pytest

from rnn_vs_transformer.results import load_results
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import write_json
from rnn_vs_transformer.runtime.machine import machine_label


def test_times_count_where_they_belong_to_the_histories_that_lie_here(time_training):
    """DVC restores histories from its cache, and not times; those that lie here may belong to another run."""
    assert load_results([], "given").epoch_seconds.empty
    time_training(rnn={"of": "another"})
    found = load_results([], "given")
    assert set(found.times) == set(found.epoch_seconds["family"]) == {"transformer"}
    time_training()
    assert set(load_results([], "given").times) == {"rnn", "transformer"}


def test_times_of_two_machines_are_never_told_together(time_training):
    """Where the trainings are of two machines, those of the one that tells count, and the cost probe's with them."""
    time_training(rnn={"machine": "another"})
    found = load_results([], "given")
    assert set(found.times) == {"transformer"}
    assert found.cost is not None


def test_the_cost_probe_counts_beside_a_training_on_a_device_of_its_machine(time_training):
    on_gpu = {"machine": f"{machine_label()}, NVIDIA H100"}
    time_training(rnn=on_gpu, transformer=on_gpu)
    found = load_results([], "given")
    assert (set(found.times), found.machine) == ({"rnn", "transformer"}, on_gpu["machine"])
    assert found.cost is not None


def test_the_cost_probe_counts_where_it_ran_on_the_machine_of_the_training(time_training, change):
    """Both from elsewhere is one machine; the cost from here beside a training from elsewhere is two."""
    elsewhere = {"machine": "another"}
    time_training(rnn=elsewhere, transformer=elsewhere)
    found = load_results([], "given")
    assert (set(found.times), found.cost, found.machine) == ({"rnn", "transformer"}, None, "another")
    change(paths.COST, machine={"label": "another"})
    assert load_results([], "given").cost is not None


def test_without_times_of_training_the_cost_probe_counts_where_it_ran_here(saved, change):
    assert load_results([], "given").cost is not None
    change(paths.COST, machine={"label": "another"})
    assert load_results([], "given").cost is None
    paths.COST.unlink()
    assert load_results([], "given").cost is None


@pytest.mark.parametrize("path", [paths.METRICS, paths.SEEDS, paths.family_settings("given", "rnn")])
def test_a_missing_file_is_told_in_one_line(saved, path):
    path.unlink()
    with pytest.raises(InputError, match=rf"{path} is missing; run: dvc repro$"):
        load_results([], "given")


def test_analyses_are_read_where_they_are_listed(saved):
    """A report that was left by an earlier run is not this run's."""
    write_json(paths.analysis("backtest"), {"refit": 500})
    assert load_results([], "given").analyses == {}
    assert load_results(["backtest"], "given").analyses == {"backtest": {"refit": 500}}


def test_a_search_keeps_the_order_of_trials_and_tells_its_best(tune):
    found = tune().searches["rnn"]
    assert found.best == [0.4, 0.3, None, 0.9]
    assert found.best_so_far == [0.4, 0.3, 0.3, 0.3]
    assert found.chosen_on_fresh_seeds == pytest.approx(0.4)
    assert (found.budget, found.epochs, found.seconds) == ("trials", 5, [1.0, 2.0, 1.0, 1.0])


def test_a_search_that_begins_with_a_diverging_trial_has_no_best_yet(tune):
    first, *rest = tune().searches["rnn"].trials
    found = tune(rnn={"trials": [{**first, "losses": []}, *rest]}).searches["rnn"]
    assert found.best_so_far == [None, 0.3, 0.3, 0.3]


def test_what_was_untuned_is_told_only_where_the_first_trial_was(tune):
    """Under the budget of parameters the first trial has another width than params.yaml."""
    assert tune().searches["rnn"].untuned == 0.4
    found = tune(rnn={"current": {"train.learning_rate": 0.001, "model.rnn_width": 9}}).searches
    assert found["rnn"].untuned is None
    assert found["transformer"].untuned == 0.4


def test_a_chosen_trial_that_diverged_on_a_fresh_seed_has_no_mean(tune):
    finalists = [{"trial": 1, "claimed": False, "losses": [0.3, None]}]
    assert tune(rnn={"finalists": finalists}).searches["rnn"].chosen_on_fresh_seeds is None


def test_times_of_another_search_are_not_told(tune, change):
    """DVC restores the trials from its cache, and not the times; those that lie here may belong to others."""
    tune()
    change(paths.family_settings("tuned", "rnn"), seeds=9)
    found = load_results([], "tuned").searches
    assert found["rnn"].seconds is None
    assert found["transformer"].seconds == [1.0, 2.0, 1.0, 1.0]


def test_only_failed_controls_of_the_probe_are_its_faults(saved, change):
    """With one the probe's results mean nothing; a finding that came out otherwise says something of the models."""

    def faults(**kinds):
        told = {kind: {"kind": kind, "result": result, "evidence": f"of a {kind}"} for kind, result in kinds.items()}
        change(paths.PROBE, controls=told)
        return load_results([], "given").probe_faults

    assert faults(control="passed", finding="failed") == []
    assert faults(control="failed", finding="failed") == ["of a control"]
