"""Tuning: the same budget for both families, the same choice on any machine and after any interruption."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rnn_vs_transformer.data.axis import Axis
from rnn_vs_transformer.data.series import Meta, save_series
from rnn_vs_transformer.models.rnn import build_rnn
from rnn_vs_transformer.models.size import parameter_count
from rnn_vs_transformer.models.transformer import build_transformer
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import DivergedError, InputError
from rnn_vs_transformer.runtime.files import read_json
from rnn_vs_transformer.settings.family.families import FAMILIES, given_settings, load_settings
from rnn_vs_transformer.settings.tune import TunePlan
from rnn_vs_transformer.sources.make import make_series
from rnn_vs_transformer.training import checkpoint
from rnn_vs_transformer.tuning import runs, search
from rnn_vs_transformer.tuning.match import matching_width, transformer_parameters
from rnn_vs_transformer.tuning.runs import (
    CLAIMED,
    FEWEST_TRIALS,
    Finalist,
    Run,
    choose,
    is_worse,
    medians_by_epoch,
    pick_finalists,
)
from rnn_vs_transformer.tuning.search import Store, tune_family
from rnn_vs_transformer.tuning.space import search_of, search_space, with_stride

TRIALS = {"tune.trials": 8}
KILLED = """
import sys, time
from rnn_vs_transformer.settings.whole import Params
from rnn_vs_transformer.tuning import runs
from rnn_vs_transformer.tuning.search import tune_family
plain = runs.fit
def slow(*args, **more):
    time.sleep(0.3)
    return plain(*args, **more)
runs.fit = slow
params = Params.model_validate_json(sys.argv[1])
tune_family("rnn", params.tune, params.run)
"""


def tune(family, params, workers=1):
    """What the stage does; the settings chosen and the report of all runs."""
    tune_family(family, params.tune, params.run.model_copy(update={"workers": workers}))
    path = paths.family_settings("tuned", family)
    return load_settings(family, path), json.dumps(read_json(path)["tuning"])


def given(params, family):
    return given_settings(family, params.model, params.train)


def space_of(params, family):
    return search_space(given(params, family), search_of(family, params.tune, given(params, "transformer")))


@pytest.fixture
def world(configure, pass_settings, tmp_path, monkeypatch):
    """A function that makes a folder of its own with the small series in it and goes there."""

    def enter(name, changes=None):
        params = configure({**TRIALS, **(changes or {})})
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        save_series(make_series(params.data))
        pass_settings(params)
        return params

    return enter


def run(number=0, losses=(1.0,), state="complete"):
    return Run(number, {}, state, list(losses), 10, 1.0)


def test_one_and_two_workers_choose_the_same(world):
    """Batches are proposed from finished batches alone, so the order in which trials end has no say.

    Some trials must have been pruned, or this would say nothing of pruning.
    """
    changes = {"tune.trials": 14, "tune.pruning_warmup": 0}
    alone = tune("rnn", world("one", changes), workers=1)
    beside = tune("rnn", world("two", changes), workers=2)
    assert alone == beside
    assert "pruned" in {trial["state"] for trial in json.loads(alone[1])["trials"]}


@pytest.mark.parametrize("done", [1, 4, 9])
def test_an_interrupted_search_goes_on_and_chooses_the_same(world, monkeypatch, done):
    """It breaks off in the first batch, in the middle of the second, and among the finalists; no run is made twice."""
    whole = tune("transformer", world("whole"))
    params, plain, made = world("broken"), runs.make_run, []

    def break_off(task):
        if len(made) == done:
            raise KeyboardInterrupt
        made.append(task.name)
        return plain(task)

    monkeypatch.setattr(search, "make_run", break_off)
    with pytest.raises(KeyboardInterrupt):
        tune("transformer", params)
    assert len(made) == done
    assert not paths.family_settings("tuned", "transformer").exists()

    def note(task):
        made.append(task.name)
        return plain(task)

    monkeypatch.setattr(search, "make_run", note)
    assert tune("transformer", params) == whole
    assert len(made) == len(set(made))
    monkeypatch.setattr(search, "make_run", lambda task: pytest.fail(f"{task.name} was made again"))
    assert tune("transformer", params) == whole


def test_a_killed_process_goes_on_where_it_was(world, root):
    """SIGKILL leaves no time to tidy up; what was finished is kept all the same."""
    whole = tune("rnn", world("whole"))
    params = world("killed")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root / "src"), str(root)])}
    settings = params.model_copy(update={"run": params.run.model_copy(update={"workers": 1})}).model_dump_json()
    with subprocess.Popen([sys.executable, "-c", KILLED, settings], env=environment, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 120
        while kept() < 4:
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    assert kept() < 8
    assert tune("rnn", params) == whole


def kept(family="rnn"):
    files = list(paths.unfinished_tuning(family, "any").parent.glob(f"*{family}*.sqlite"))
    return Store(files[0]).count() if files and files[0].stat().st_size else 0


def test_other_settings_data_or_code_do_not_take_up_an_old_search(world, monkeypatch):
    """Half-finished trials of another question would be silently wrong answers to this one."""
    names = []

    def store_of(params):
        tune("rnn", params)
        names.extend(path.name for path in paths.unfinished().glob("*.sqlite"))

    store_of(world("some"))
    store_of(world("other", {"train.patience": 2}))
    store_of(world("series", {"data.split": [0.5, 0.25, 0.25]}))
    store_of(world("again", {"train.seeds": 7}))
    params = world("code")
    monkeypatch.setattr(checkpoint, "PACKAGE", Path(shutil.copytree(checkpoint.PACKAGE, "package")))
    file = checkpoint.PACKAGE / "training/fit.py"
    file.write_text(file.read_text() + "# another line\n")
    store_of(params)
    assert names[0] == names[3]
    assert len(set(names)) == 4


@pytest.mark.parametrize("family", FAMILIES)
def test_the_given_settings_are_tried_first_and_both_families_get_the_same(world, family):
    """Without them a search could end worse than it began; and a family with more trials would not be compared.

    Each trial tells the stride that it was trained with.
    """
    params = world(family)
    _, report = tune(family, params)
    found = json.loads(report)
    first = found["trials"][0]["values"]
    content = given(params, family).content()
    assert first == {key: content[key.split(".")[0]][key.split(".")[1]] for key in first}
    assert {"train.learning_rate", "train.weight_decay", "model.dropout"} < set(first)
    assert len(found["trials"]) == params.tune.trials
    assert found["plan"] == params.tune.part(TunePlan).model_dump()
    assert max(len(trial["losses"]) for trial in found["trials"]) <= params.train.epochs == found["epochs"]
    assert {len(one["losses"]) for one in found["finalists"]} == {params.tune.confirmation_seeds}
    patches = [(each["values"]["model.patch_length"], each["values"]["model.patch_stride"]) for each in found["trials"]]
    assert all(length == stride for length, stride in patches)
    assert len(set(patches)) == 2


def test_shared_settings_are_searched_over_the_same_values(configure):
    """A wider range of learning rates for one family would be an advantage that has nothing to do with its mixer."""
    params = configure()
    rnn, transformer = (space_of(params, family) for family in ("rnn", "transformer"))
    shared = [key for key in rnn if key in transformer]
    assert len(shared) == len(type(params.tune.shared).model_fields)
    assert all(rnn[key] == transformer[key] for key in shared)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("decoding", ["direct", "autoregressive"])
def test_every_value_that_is_searched_makes_valid_settings(configure, family, decoding):
    """A refusal after minutes of trials has cost them; readout and linear highway are for direct decoding alone."""
    params = configure({"model.decoding": decoding})
    current, space = given(params, family), space_of(params, family)
    for key, choices in space.items():
        for value in choices if isinstance(choices, list) else [choices.low, choices.high]:
            current.with_values({key: value})
    assert {"model.linear_highway", "model.readout"}.issubset(space) == (decoding == "direct")


def test_tried_patches_follow_without_overlap_and_the_current_ones_stay_as_they_are(configure):
    """A length alone would leave the current stride, with as many tokens as before."""
    current = given(configure({"model.patch_length": 6, "model.patch_stride": 3}), "rnn")
    assert with_stride({"model.patch_length": 4}, current) == {"model.patch_length": 4, "model.patch_stride": 4}
    assert with_stride({"model.patch_length": 6}, current) == {"model.patch_length": 6, "model.patch_stride": 3}
    assert with_stride({"model.dropout": 0.1}, current) == {"model.dropout": 0.1}


def test_what_was_chosen_has_the_least_loss_on_fresh_seeds():
    """The best of many on one seed is partly luck; fresh seeds decide between the finalists."""
    lucky, sound = Finalist(3, True, [0.1, 0.9]), Finalist(5, False, [0.3, 0.3])
    assert choose([lucky, sound]) is sound
    assert choose([Finalist(3, True, [0.3]), Finalist(1, False, [0.3])]).trial == 1


def test_finalists_are_the_best_with_and_without_the_claimed_values():
    trials = [run(0, [0.5]), run(1, [0.4]), run(2, [0.1], "pruned"), run(3, [0.3]), run(4, (), "diverged")]
    picked = pick_finalists(trials, [True, True, False, False, True])
    assert [one.number for one in picked] == [1, 3]
    assert [one.number for one in pick_finalists(trials[:2], [True, True])] == [1]


def test_a_trial_is_pruned_against_whole_trials_only():
    """Its best so far against the median of theirs, epoch by epoch; a trial that patience ended keeps its best."""
    whole = [run(number, losses) for number, losses in enumerate([[9, 1], [8, 2], [7, 3], [6, 4], [5, 9, 0]])]
    assert medians_by_epoch(whole[: FEWEST_TRIALS - 1], 3) == ()
    assert medians_by_epoch([*whole, run(9, [0.0], "pruned")], 3) == (7, 3, 2)
    assert is_worse([7.5], (7, 3, 2), warmup=0)
    assert not is_worse([7.5], (7, 3, 2), warmup=1)
    assert not is_worse([7.5, 2.0], (7, 3, 2), warmup=0)
    assert not is_worse([7.5], (), warmup=0)


def test_trials_of_a_batch_do_not_prune_each_other(world, monkeypatch):
    """Else the outcome would depend on which of them is ahead: all of a batch get the medians of earlier batches."""
    params, batches = world("batches"), []
    plain = search.Tuning.run
    monkeypatch.setattr(search.Tuning, "run", lambda self, tasks: batches.append(tasks) or plain(self, tasks))
    tune("rnn", params)
    sizes = [len(tasks) for tasks in batches]
    assert sizes[:-1] == [3, 3, 2]
    assert [len({task.medians for task in tasks}) for tasks in batches] == [1] * len(batches)
    assert [bool(tasks[0].medians) for tasks in batches] == [False, False, True, False]


def test_a_diverging_trial_costs_its_place_and_nothing_else(world, monkeypatch):
    """A learning rate that is too high is a result, not a fault; where all diverge, the user is told."""
    params, plain, count = world("diverging"), runs.fit, []

    def diverge_at_first(*args, **more):
        count.append(1)
        if len(count) == 2:
            raise DivergedError("no number")
        return plain(*args, **more)

    monkeypatch.setattr(runs, "fit", diverge_at_first)
    states = [trial["state"] for trial in json.loads(tune("rnn", params)[1])["trials"]]
    assert states.count("diverged") == 1
    assert len(states) == params.tune.trials

    monkeypatch.setattr(runs, "fit", lambda *_, **__: (_ for _ in ()).throw(DivergedError("no number")))
    with pytest.raises(InputError, match="every trial diverged"):
        tune("transformer", params)


def test_seconds_as_the_budget_are_used_up_in_whole_batches(world, monkeypatch):
    """Trials go on while seconds are left, and not a batch longer."""
    params = world("seconds", {"tune.budget": "seconds", "tune.seconds": 10.0, "tune.trials": 1})
    made = iter(range(100))
    monkeypatch.setattr(search, "make_run", lambda task: run_like(task, 0.5 - next(made) / 1000))
    found = json.loads(tune("rnn", params)[1])
    assert len(found["trials"]) == 6  # 3 trials of 2 seconds are 6, 6 trials are 12
    assert sum(read_json(paths.tuning_times("rnn"))["trials"]) == 12


def run_like(task, loss):
    return Run(task.number, task.values, "complete", [loss], 10, 2.0)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_parameters_match_within_two_per_cent(params, cell, layers):
    """With the project's own sizes, any cell in any number of layers can be given as many parameters."""
    settings = given(params, "rnn").with_values({"model.cell": cell, "model.rnn_layers": layers})
    meta = Meta(params.data.model_dump() | {"context_length": 96, "prediction_length": 24}, ["y"], 24, Axis())
    target = transformer_parameters(
        search_of("rnn", params.tune, given(params, "transformer")).transformer_size, settings, meta
    )
    assert target == parameter_count(build_transformer(params.model, 96, 24))
    width = matching_width(settings, target, meta)
    built = build_rnn(settings.with_values({"model.rnn_width": width}).model, 96, 24)
    assert parameter_count(built) == pytest.approx(target, rel=0.02)


def test_a_budget_of_parameters_gives_every_trial_the_same_size(world):
    """The Transformer's size stays, and the RNN's width follows it, whatever cell and layers a trial has."""
    changes = {
        "tune.budget": "parameters",
        "model.transformer_width": 48,
        "model.feedforward_width": 64,
        "train.epochs": 1,
        "tune.rnn": {"cell": ["rnn", "lstm"], "rnn_width": [4], "rnn_layers": [1, 2]},
        "tune.transformer": {
            "transformer_width": [8], "transformer_layers": [1], "heads": [1, 2, 4], "feedforward_width": [8],
            "positional": ["sinusoidal"],
        },
    }  # fmt: skip
    params = world("parameters", changes)
    trials = {family: json.loads(tune(family, params)[1])["trials"] for family in FAMILIES}
    sizes = {trial["parameters"] for trial in trials["transformer"]}
    assert len(sizes) == 1
    target = sizes.pop()
    later = trials["rnn"]
    assert len({(trial["values"]["model.cell"], trial["values"]["model.rnn_layers"]) for trial in later}) > 1
    assert [trial["parameters"] for trial in later] == [pytest.approx(target, rel=0.02)] * len(later)
    chosen = load_settings("rnn", paths.family_settings("tuned", "rnn"))
    assert chosen.model.rnn_width > 8


def test_a_size_that_cannot_be_matched_is_refused(world):
    """A tanh RNN of one unit is larger than this Transformer already."""
    size = {"model.transformer_width": 2, "model.feedforward_width": 1, "model.heads": 1}
    params = world("small", {**size, "tune.budget": "parameters", "tune.transformer.heads": [1, 2]})
    with pytest.raises(InputError, match=r"no width brings . layer\(s\) of (rnn|gru) within 2 %"):
        tune("rnn", params)


def test_claimed_values_are_settings_of_their_family(params):
    """A misspelt key would make the claim untestable, silently."""
    for family, values in CLAIMED.items():
        assert values.keys() <= given(params, family).model.model_dump().keys()


def test_a_trial_is_judged_by_the_mean_over_folds(world, monkeypatch):
    """The last fold's loss of each epoch, with the best of the earlier folds; no trial is pruned by one fold alone."""
    params = world("folds", {"train.validation_folds": 3, "train.epochs": 2, "train.patience": 2})
    fits, plain = [], runs.fit
    monkeypatch.setattr(runs, "fit", lambda *args, **more: fits.append(plain(*args, **more)) or fits[-1])
    never_good_enough = (0.0,) * 10
    settings = given(params, "rnn")
    task = runs.Task("rnn", "test", "common", "trial 0", 0, {}, settings, seed=0, medians=never_good_enough)
    made = runs.make_run(task)
    last, *earlier = fits
    assert (made.state, len(earlier)) == ("complete", 2)
    assert len({fold.best_validation_loss for fold in fits}) == 3
    others = sum(fold.best_validation_loss for fold in earlier)
    assert made.losses == pytest.approx([(loss + others) / 3 for loss in last.validation_losses])
