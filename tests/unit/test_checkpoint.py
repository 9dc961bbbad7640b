"""A training run that was killed goes on to the same bytes, and takes nobody else's state for its own."""

import os
import time
from dataclasses import replace
from itertools import cycle

import pytest
import torch
from panels import windows_of

from rnn_vs_transformer.data.series import save_series
from rnn_vs_transformer.models.rnn import build_rnn
from rnn_vs_transformer.models.transformer import build_transformer
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.parallel import Later
from rnn_vs_transformer.settings.family.families import given_settings
from rnn_vs_transformer.sources.make import make_series
from rnn_vs_transformer.training import seeds as training
from rnn_vs_transformer.training.checkpoint import FORGOTTEN_AFTER_SECONDS, Checkpoint, forget_old_runs
from rnn_vs_transformer.training.fit import Watch, fit

BUILDERS = pytest.mark.parametrize("build", [build_rnn, build_transformer])
HARD = {
    "model.dropout": 0.3,
    "model.rnn_layers": 2,
    "train.epochs": 6,
    "train.patience": 6,
    "train.schedule": "cosine",
    "train.weight_decay": 0.1,
    "train.weight_average": True,
}
"""Settings that use all that a checkpoint holds: random numbers of the model, schedule, optimiser, mean of weights."""
EVERY_EPOCH = float("inf")


class Killed(BaseException):
    """Stands for the end of the process."""


def kill_in(epoch, steps=3):
    """A progress callback that ends training in the middle of an epoch of 3 steps."""
    seen = []

    def step(_):
        seen.append(1)
        if len(seen) == (epoch - 1) * steps + 2:
            raise Killed

    return step


def sines(count, seed=0):
    """Contexts (count, 12) and targets (count, 4) of sines of period 12, each with a phase of its own."""
    phases = 2 * torch.pi * torch.rand(count, 1, generator=torch.Generator().manual_seed(seed))
    return torch.sin(2 * torch.pi * torch.arange(16) / 12 + phases).split([12, 4], dim=1)


def built(build, params, seed=0):
    torch.manual_seed(seed)
    return build(params.model, 12, 4)


def data():
    return windows_of(*sines(40)), windows_of(*sines(40, seed=1))


def assert_same(run, other):
    """Everything but the seconds is the same, bit for bit."""
    assert run.train_losses == other.train_losses
    assert run.validation_losses == other.validation_losses
    assert (run.best_epoch, run.stopped, run.finished) == (other.best_epoch, other.stopped, other.finished)
    assert run.state.keys() == other.state.keys()
    assert all(torch.equal(run.state[name], other.state[name]) for name in run.state)


@BUILDERS
@pytest.mark.parametrize("epoch", [1, 2, 4, 6])
def test_a_killed_run_goes_on_to_the_same_bits(configure, tmp_path, build, epoch):
    """Weights, losses, optimiser, schedule, batch order and dropout: what is lost of any of them shows in an epoch.

    The second process differs from the first in its random state and in its model's first weights.
    """
    params = configure(HARD)
    whole = fit(built(build, params), data(), params.train, seed=3)
    keeper = Checkpoint(tmp_path / "run", "this one", writing_share=EVERY_EPOCH)

    with pytest.raises(Killed):
        fit(built(build, params), data(), params.train, 3, watch=Watch(on_step=kill_in(epoch), keeper=keeper))
    steps = []
    again = Checkpoint(tmp_path / "run", "this one", writing_share=EVERY_EPOCH)
    rest = fit(built(build, params, seed=9), data(), params.train, 3, watch=Watch(on_step=steps.append, keeper=again))

    if epoch > 1:  # killed in the first epoch, a run begins anew, and this one with other weights
        assert_same(rest, whole)
        assert len(steps) == 3 * (6 - epoch + 1)
        assert len(rest.seconds) == 6


@BUILDERS
def test_a_run_killed_after_every_epoch_ends_with_the_same_bits(configure, tmp_path, build):
    """However often it is interrupted: what is restored is kept again as whole as it was."""
    params = configure(HARD)
    whole = fit(built(build, params), data(), params.train, seed=3)
    for _ in range(params.train.epochs - 1):
        keeper = Checkpoint(tmp_path / "run", "this one", writing_share=EVERY_EPOCH)
        with pytest.raises(Killed):
            fit(built(build, params), data(), params.train, 3, watch=Watch(on_step=kill_in(2), keeper=keeper))

    last = Checkpoint(tmp_path / "run", "this one", writing_share=EVERY_EPOCH)
    assert_same(fit(built(build, params), data(), params.train, 3, watch=Watch(keeper=last)), whole)


def test_a_finished_run_is_not_trained_again(configure, tmp_path):
    """One of five seeds may be done when the stage is killed; its model has the best weights, not the last ones."""
    params = configure({**HARD, "train.learning_rate": 0.05, "train.patience": 1})
    train, validation = windows_of(*sines(40)), windows_of(sines(40, seed=1)[0], -sines(40, seed=1)[1])
    keeper = Checkpoint(tmp_path / "run", "this one")
    whole = fit(built(build_rnn, params), (train, validation), params.train, 3, watch=Watch(keeper=keeper))
    steps, model = [], built(build_rnn, params, seed=9)

    again = fit(model, (train, validation), params.train, 3, watch=Watch(on_step=steps.append, keeper=keeper))

    assert steps == []
    assert whole.best_epoch < len(whole.seconds)
    assert_same(again, whole)
    assert again.seconds == whole.seconds
    assert all(torch.equal(weight, whole.state[name]) for name, weight in model.state_dict().items())


def test_keeping_changes_nothing(configure, tmp_path):
    """The default run, which is never killed, has the bytes that it had before there were checkpoints."""
    params = configure(HARD)
    keeper = Checkpoint(tmp_path / "run", "this one", writing_share=EVERY_EPOCH)
    assert_same(
        fit(built(build_rnn, params), data(), params.train, 3, watch=Watch(keeper=keeper)),
        fit(built(build_rnn, params), data(), params.train, 3),
    )


def test_a_trial_that_was_stopped_is_known_as_stopped(configure, tmp_path):
    """Tuning tells pruned trials from whole ones; a pruned one that is read back is still pruned."""
    params = configure(HARD)
    keeper = Checkpoint(tmp_path / "run", "this one")
    fit(
        built(build_rnn, params),
        data(),
        params.train,
        3,
        watch=Watch(stops=lambda run: len(run.seconds) == 2, keeper=keeper),
    )

    again = fit(built(build_rnn, params), data(), params.train, 3, watch=Watch(keeper=keeper))

    assert again.stopped
    assert len(again.seconds) == 2


@pytest.mark.parametrize("damage", ["other run", "cut off", "one bit", "empty", "no safetensors"])
def test_what_does_not_fit_is_not_taken(configure, tmp_path, damage):
    """Another run's state, or a damaged one, would be a wrong result that nobody sees; then training starts anew."""
    params = configure(HARD)
    path = tmp_path / "run"
    fit(built(build_rnn, params), data(), params.train, 3, watch=Watch(keeper=Checkpoint(path, "this one")))
    content = bytearray(path.read_bytes())
    if damage == "one bit":
        content[-100] ^= 1
    kept = {"cut off": content[:-50], "empty": b"", "no safetensors": b"{}" * 50}.get(damage, bytes(content))
    path.write_bytes(kept)
    keeper, steps = Checkpoint(path, "another" if damage == "other run" else "this one"), []

    assert keeper.course() == {}
    whole = fit(built(build_rnn, params), data(), params.train, 3, watch=Watch(on_step=steps.append, keeper=keeper))

    assert len(steps) == 3 * 6
    assert_same(whole, fit(built(build_rnn, params), data(), params.train, 3))
    assert keeper.course()["finished"]


def test_writing_takes_a_small_share_of_the_time(configure, tmp_path, monkeypatch):
    """Where epochs are short against a write, most are not kept; the last one always is."""
    params = configure({**HARD, "train.epochs": 40, "train.patience": 40})
    written = []
    keeper = Checkpoint(tmp_path / "run", "this one", writing_share=0.02)
    monkeypatch.setattr(
        "rnn_vs_transformer.training.checkpoint.write_bytes", lambda *_: (written.append(1), time.sleep(0.05))
    )
    started = time.perf_counter()
    run = fit(built(build_rnn, params), data(), params.train, 3, watch=Watch(keeper=keeper))
    spent = time.perf_counter() - started
    assert run.finished
    assert 2 <= len(written) <= 2 + 0.02 * spent / 0.05


@pytest.fixture
def workspace(configure, pass_settings, tmp_path, monkeypatch):
    """A folder with a series and settings, as the stages before training leave them."""
    monkeypatch.chdir(tmp_path)
    params = configure({"train.epochs": 4, "train.patience": 4, "model.dropout": 0.2})
    save_series(make_series(params.data))
    pass_settings(params)
    return params


def outputs():
    files = [*paths.weights("rnn", 0).parent.iterdir(), paths.history("rnn"), paths.mean_history("rnn")]
    return {path.as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_stage_goes_on_where_its_seeds_were_and_leaves_nothing(workspace, monkeypatch, caplog, workers):
    """As a user meets it: killed in its second seed, started again, the same files, no file of its own left."""
    run = workspace.run.model_copy(update={"workers": workers})
    training.train_family("rnn", workspace.train, run)
    undisturbed = outputs()
    whole, half = training.seed_tasks("rnn", given_settings("rnn", workspace.model, workspace.train))
    training.train_seed(whole)
    plain, epochs = training.fit, []

    def stop(run):
        epochs.append(1)
        if len(epochs) == 3:
            raise Killed
        return False

    def killed(model, windows, params, seed, watch, **others):
        return plain(model, windows, params, seed, replace(watch, stops=stop), **others)

    with monkeypatch.context() as patch:
        patch.setattr(training, "fit", killed)
        with pytest.raises(Killed):
            training.train_seed(half)
    assert len(list(paths.unfinished().iterdir())) == 2
    caplog.set_level("INFO")

    training.train_family("rnn", workspace.train, run)

    assert "rnn: going on after epochs 4, " in caplog.text
    assert outputs() == undisturbed
    assert list(paths.unfinished().iterdir()) == []


def test_a_run_that_makes_way_is_kept_and_goes_on(configure, tmp_path):
    """Else it would train the same epochs again in each turn, without end."""
    params = configure(HARD)
    whole, epochs = fit(built(build_rnn, params), data(), params.train, seed=3), []
    for turn in range(3):
        keeper = Checkpoint(tmp_path / "run", "this one", writing_share=0.0)  # after the first epoch only
        watch = Watch(pauses=cycle([False, True]).__next__, keeper=keeper)
        run = fit(built(build_rnn, params, seed=turn), data(), params.train, 3, watch)
        epochs.append((len(run.seconds), run.paused))
    assert epochs == [(2, True), (4, True), (6, False)]
    assert_same(run, whole)


def test_seeds_that_take_turns_write_the_same_files(workspace, pass_settings, monkeypatch):
    """Two processes, three seeds of 4 epochs: each seed has several turns, if these are short."""
    pass_settings(workspace.model_copy(update={"train": workspace.train.model_copy(update={"seeds": 3})}))
    two, turns, plain = workspace.run.model_copy(update={"workers": 2}), [], training.run_side_by_side
    monkeypatch.setattr(training, "LOADING_SHARE", 1e9)
    monkeypatch.setattr(training, "run_side_by_side", lambda one, *others: (turns.append(one), plain(one, *others))[1])
    written = []
    for seconds in (1e9, 0.0):
        monkeypatch.setattr(training, "TURN_SECONDS", seconds)
        training.train_family("rnn", workspace.train, two)
        written.append(outputs())
        assert list(paths.unfinished().iterdir()) == []
    assert [one.keywords for one in turns] == [{"seconds": 1e9}, {"seconds": 0.0}]
    assert written[0] == written[1]
    task = training.seed_tasks("rnn", given_settings("rnn", workspace.model, workspace.train))[0]
    assert isinstance(training.train_turn(task, seconds=0.0), Later)


def test_no_seed_makes_way_where_none_waits(workspace, monkeypatch):
    """Each turn loads the series and writes a checkpoint."""
    called = []
    monkeypatch.setattr(training, "run_side_by_side", lambda one, *_: called.append(one) or [])
    tasks = training.seed_tasks("rnn", given_settings("rnn", workspace.model, workspace.train))
    for workers in (1, len(tasks), 2 * len(tasks)):
        training.train_seeds(tasks, workspace.run.model_copy(update={"workers": workers}))
    assert called == [training.train_seed] * 3


def test_other_settings_series_or_seeds_have_checkpoints_of_their_own(workspace, configure):
    """A stale checkpoint must never be taken: whatever the run depends on is in its name and in the file."""
    settings = given_settings("rnn", workspace.model, workspace.train)
    other = given_settings("rnn", workspace.model, workspace.train.model_copy(update={"epochs": 5}))
    tasks = [*training.seed_tasks("rnn", settings), training.seed_tasks("rnn", other)[0]]
    tasks.append(replace(tasks[0], family="transformer"))
    save_series(make_series(configure({"data.synthetic.seed": 1}).data))
    tasks.append(training.seed_tasks("rnn", settings)[0])
    assert len({task.checkpoint().identity for task in tasks}) == len(tasks)


@pytest.mark.parametrize("copy", [".dvc/tmp/exps/standalone/tmpabc", ".dvc/tmp/exps/tmpabc"])
def test_a_copy_of_the_workspace_keeps_its_checkpoints_where_the_next_copy_finds_them(tmp_path, monkeypatch, copy):
    """`dvc exp run --temp` and the queue run in a folder that is gone after a kill, and with another name next time."""
    monkeypatch.chdir(tmp_path)
    assert paths.unfinished().absolute() == tmp_path / "models/unfinished"
    (tmp_path / copy).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / copy)
    assert paths.unfinished() == tmp_path / "models/unfinished"


def test_runs_that_nobody_took_up_are_forgotten(tmp_path, monkeypatch):
    """Else each interrupted trial with changed settings would stay on the disk for good."""
    monkeypatch.chdir(tmp_path)
    paths.unfinished().mkdir(parents=True)
    old, new = paths.unfinished() / "old", paths.unfinished() / "new"
    old.write_bytes(b"")
    new.write_bytes(b"")
    monkeypatch.setattr(time, "time", lambda: old.stat().st_mtime + FORGOTTEN_AFTER_SECONDS + 1)
    new.touch()
    os.utime(new, (time.time(), time.time()))
    forget_old_runs()
    assert [path.name for path in paths.unfinished().iterdir()] == ["new"]
