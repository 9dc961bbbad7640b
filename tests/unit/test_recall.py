"""The memory probe as a whole: what is run, what is written, and that nothing but the settings changes it."""

import json
import math
from dataclasses import replace

import pandas as pd
import pytest
import torch

from rnn_vs_transformer.probes.memory.recall import find_critical_lags, mean_recall, plan_trials, run_probe, run_trials
from rnn_vs_transformer.probes.memory.tasks import make_task
from rnn_vs_transformer.probes.memory.trial import MODELS, Trial, build_model, run_trial, train
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.run import RunParams

TINY = {
    "probe.tasks": ["recall", "shuffled", "parity", "adding"],
    "probe.context_length": 11,
    "probe.lags": [1, 4],
    "probe.shuffled_lag": 4,
    "probe.seeds": 3,
    "probe.steps": 3,
    "probe.stop_recovered": 0.97,
    "probe.batch_size": 4,
    "probe.test_windows": 20,
    "probe.learning_rate": 1e-3,
    "probe.width": 8,
    "probe.recurrent_layers": 1,
    "probe.transformer_layers": 2,
    "probe.heads": 2,
    "probe.feedforward_width": 16,
    "probe.positional": "sinusoidal",
    "probe.adding_length": 6,
    "probe.adding_steps": 3,
}


@pytest.fixture
def tiny(configure):
    """A function that makes tiny probe settings, some keys changed."""
    return lambda changes=None: configure({**TINY, **(changes or {})}).probe


def one_worker():
    return RunParams(workers=1, backend="loky", address="local", device="cpu")


def names(content):
    """All keys and values of a JSON report, flat."""
    for key, value in content.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{inner}", leaf) for inner, leaf in names(value))
        else:
            yield key, value


def test_one_and_two_workers_write_the_same_bytes(tiny, tmp_path, monkeypatch):
    """How the work is spread over the machine is no setting of the experiment."""
    written = []
    for workers in (1, 2):
        folder = tmp_path / str(workers)
        folder.mkdir()
        monkeypatch.chdir(folder)
        run_probe(tiny(), one_worker().model_copy(update={"workers": workers}))
        written.append([path.read_bytes() for path in (paths.PROBE, paths.PROBE_TABLE, paths.RECALL)])
    assert written[0] == written[1]


def test_failed_controls_are_written_and_told_and_the_run_goes_on(tiny, tmp_path, monkeypatch, caplog):
    """After three steps nothing has been learnt, so the probe must say so, and what does not rest on it goes on."""
    monkeypatch.chdir(tmp_path)
    run_probe(tiny(), one_worker())

    assert "lag_1: at lag 1 every model must recover more" in caplog.text
    report = json.loads(paths.PROBE.read_text())
    assert report["controls"]["lag_1"]["result"] == "failed"
    kinds = {name: control["kind"] for name, control in report["controls"].items()}
    assert kinds == {"lag_1": "control", "shuffled": "control", "parity": "finding"}
    leaves = dict(names(report))
    assert not any(isinstance(value, list) for value in leaves.values()), "DVC ignores lists in silence"
    assert all(math.isfinite(value) for value in leaves.values() if isinstance(value, float))
    table = pd.read_csv(paths.PROBE_TABLE)
    assert list(table.columns) == ["task", "model", "lag", "seed", "mse", "recovered", "accuracy"]
    assert len(table) == (2 + 1 + 3 + 1) * len(MODELS) * 3
    assert table["accuracy"].notna().equals(table["task"] == "parity")
    wide = pd.read_csv(paths.RECALL)
    assert wide.columns.tolist() == ["lag", *MODELS]
    expected = table[(table["task"] == "recall") & (table["model"] == "gru") & (table["lag"] == 4)]["recovered"].mean()
    assert wide["gru"].tolist()[1] == pytest.approx(expected)
    assert report["recall"]["gru"]["lag_4"]["recovered"] == pytest.approx(expected, rel=1e-5)


def test_a_run_without_recall_still_writes_the_table_that_dvc_plots(tiny, tmp_path, monkeypatch):
    """An output that a stage declares must be there, if empty."""
    monkeypatch.chdir(tmp_path)
    run_probe(tiny({"probe.tasks": ["adding"]}), one_worker())
    assert paths.RECALL.read_text() == "lag,rnn,gru,lstm,transformer\n"
    assert "critical_lag" not in json.loads(paths.PROBE.read_text())


def test_every_model_and_seed_takes_every_task(tiny):
    """No cell of the table is missing or run twice, and whole seeds come one after another."""
    trials = plan_trials(tiny())
    assert len(set(trials)) == len(trials) == 3 * (2 + 1 + 1 + 1) * 4
    assert [trial.seed for trial in trials] == sorted(trial.seed for trial in trials)


@pytest.mark.parametrize("task", ["recall", "shuffled", "adding"])
def test_all_models_learn_from_the_same_batches_and_no_others_do(tiny, monkeypatch, task):
    """The comparison is paired: task, lag and seed fix the batches; the test windows are others still."""
    seen = {}

    def record(name, lag, params):
        task = make_task(name, lag, params)

        def draw(windows, generator):
            batch = task.draw(windows, generator)
            seen.setdefault(key, []).append(batch.context)
            return batch

        return replace(task, draw=draw, tests={lag: draw})

    monkeypatch.setattr("rnn_vs_transformer.probes.memory.trial.make_task", record)
    for key in [(model, seed, lag) for model in MODELS for seed in (0, 1) for lag in (2, 3)]:
        model, seed, lag = key
        run_trial(Trial(task, lag, model, seed), tiny({"probe.test_windows": 4}))

    def same(one, other):
        return all(torch.equal(a, b) for a, b in zip(seen[one], seen[other], strict=True))

    assert all(same(("rnn", 0, 2), (model, 0, 2)) for model in MODELS)
    assert not same(("rnn", 0, 2), ("rnn", 1, 2))
    batches = seen["rnn", 0, 2]
    if task != "adding":
        assert not same(("rnn", 0, 2), ("rnn", 0, 3))
    assert not any(torch.equal(one, other) for place, one in enumerate(batches) for other in batches[:place])


def test_the_critical_lag_planted_in_the_scores_is_found_for_each_model():
    """Crossings are found seed by seed, whatever the order of the lines."""
    curves = {
        "rnn": [[1, 0.75, 0.25], [1, 0.6, 0.4], [1, 0.9, 0.1]],
        "gru": [[1, 0.9, 0.8]] * 3,
        "lstm": [[0.4, 0.3, 0.2]] * 3,
        "transformer": [[1, 1, 1], [1, 1, 1], [1, 0.9, 0.1]],
    }
    rows = [
        ("recall", model, lag, seed, share)
        for model, seeds in curves.items()
        for seed, shares in enumerate(seeds)
        for lag, share in zip([1, 4, 16], shares, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["task", "model", "lag", "seed", "recovered"]).sample(frac=1, random_state=0)

    found = {model: str(lag) for model, lag in find_critical_lags(table).items()}

    assert found == {
        "rnn": "8",
        "gru": "at least 16",
        "lstm": "at most 1",
        "transformer": "at least 16 (8 to at least 16)",
    }
    assert mean_recall(table)["rnn"].tolist() == pytest.approx([1, 0.75, 0.25])


@pytest.mark.parametrize("model", MODELS)
def test_every_model_learns_to_recall_one_step(tiny, model):
    """The whole path, from batches to the score, can bring a model near 1; the rule then ends its training."""
    settings = {"probe.steps": 500, "probe.batch_size": 32, "probe.test_windows": 1000, "probe.learning_rate": 1e-2}
    probe = tiny(settings | {"probe.width": 16})
    (score,) = run_trial(Trial("recall", 1, model, 0), probe)
    assert 0.9 < score.recovered <= 1
    assert score.mse == pytest.approx(1 - 0.81 * score.recovered)

    task = make_task("recall", 1, probe)
    torch.manual_seed(0)
    assert train(build_model(model, task, probe), task, probe, torch.Generator().manual_seed(0)) < 500


def test_a_shuffled_history_teaches_nothing(tiny):
    """The same training on shuffled steps must not bring back what only the order tells."""
    settings = {"probe.steps": 200, "probe.batch_size": 32, "probe.test_windows": 2000, "probe.learning_rate": 1e-2}
    (score,) = run_trial(Trial("shuffled", 4, "transformer", 0), tiny(settings))
    assert score.recovered < 0.3


def test_a_loss_that_is_no_number_is_told_in_one_line(tiny):
    """An exploding run must end the stage with what to do, and not pass as a score."""
    with pytest.raises(InputError, match=r"the loss became (nan|inf) in step .*; lower probe.learning_rate"):
        run_trial(Trial("recall", 1, "rnn", 0), tiny({"probe.learning_rate": 1e30, "probe.steps": 50}))


def test_trials_are_listed_in_one_order_whatever_the_tasks_order(tiny):
    """The table follows the settings: tasks as listed, then lags, models and seeds."""
    table = run_trials(tiny({"probe.tasks": ["parity", "recall"]}), one_worker())
    assert table["task"].unique().tolist() == ["parity", "recall"]
    of_recall = table[table["task"] == "recall"]
    assert of_recall["lag"].tolist() == [1] * 12 + [4] * 12
    assert of_recall["model"].tolist()[:12:3] == list(MODELS)
    assert of_recall["seed"].tolist()[:3] == [0, 1, 2]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"probe.tasks": ["recall", "recall"]}, "name each once"),
        ({"probe.tasks": []}, "at least 1 item"),
        ({"probe.lags": [2, 4]}, "must rise, from 1"),
        ({"probe.lags": [1, 4, 4]}, "must rise, from 1"),
        ({"probe.lags": [1, 11]}, r"below probe.context_length \(11\), got 11"),
        ({"probe.shuffled_lag": 12}, r"below probe.context_length \(11\), got 12"),
        ({"probe.context_length": 12}, "got 12 for lag 4: a recurrent net keeps the first steps"),
        ({"probe.width": 10}, r"multiple of 2 \* probe.heads \(4\), got 10"),
        ({"probe.seeds": 2}, "greater than or equal to 3"),
    ],
)
def test_settings_that_would_mislead_the_probe_are_refused(tiny, changes, message):
    """Above all a context whose first step predicts the target: a recurrent net keeps that step by its position."""
    with pytest.raises(ValueError, match=message):
        tiny(changes)
