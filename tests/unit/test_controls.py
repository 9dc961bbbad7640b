"""The probe's controls: each passes where it must, and each can fail."""

import pandas as pd
import pytest

from rnn_vs_transformer.probes.memory.controls import check_controls, tell_controls
from rnn_vs_transformer.probes.memory.tasks import order_free_share
from rnn_vs_transformer.probes.memory.trial import MODELS


@pytest.fixture
def probe(configure):
    return configure({"probe.tasks": ["recall", "shuffled", "parity"]}).probe


def scores(recall=0.99, shuffled=0.02, parity=None):
    """A table as the probe makes it, at L = 31: recovered of all models, and accuracies of the models at length 23."""
    accuracies = {"rnn": 0.6, "gru": 1.0, "lstm": 0.99, "transformer": 0.5} | (parity or {})
    rows = []
    for seed in range(3):
        for model in MODELS:
            rows += [
                ("recall", model, 1, seed, recall, None),
                ("recall", model, 24, seed, 0.0, None),
                ("shuffled", model, 8, seed, shuffled, None),
                ("parity", model, 7, seed, 0.9, 0.97),
                ("parity", model, 23, seed, 0.5, accuracies[model] + 0.001 * seed * (model == "gru")),
            ]
    return pd.DataFrame(rows, columns=["task", "model", "lag", "seed", "recovered", "accuracy"])


def failing(table, probe):
    return [control.name for control in check_controls(table, probe) if not control.passed]


def test_all_pass_where_all_comes_out_as_it_must(probe):
    """One cell that tracks the state is enough; a tanh RNN that does not is a finding, not a fault."""
    controls = check_controls(scores(), probe)
    assert [control.name for control in controls] == ["lag_1", "shuffled", "parity"]
    assert all(control.passed for control in controls)


def test_a_model_that_cannot_recall_one_step_fails_the_first(probe):
    """One model is enough: the worst counts."""
    table = scores()
    table.loc[(table["task"] == "recall") & (table["lag"] == 1) & (table["model"] == "gru"), "recovered"] = 0.7
    assert failing(table, probe) == ["lag_1"]


def test_a_model_that_recalls_a_shuffled_history_fails_the_second(probe):
    """A tenth is granted beyond what the sum of the values tells."""
    granted = order_free_share(probe.context_length, probe.shuffled_lag) + 0.1
    assert failing(scores(shuffled=granted - 0.01), probe) == []
    assert failing(scores(shuffled=granted + 0.01), probe) == ["shuffled"]


@pytest.mark.parametrize(
    "accuracies",
    [
        {"transformer": 1.0},
        {"gru": 0.5, "lstm": 0.5, "rnn": 0.5},
        {"gru": 0.58, "lstm": 0.59, "rnn": 0.5},
    ],
)
def test_recurrence_that_does_not_lead_by_the_margin_is_a_finding_that_stops_nothing(probe, accuracies, caplog):
    """Where the Transformer tracks the state as well, or no cell does, or one leads by a hair."""
    table = scores(parity=accuracies)
    assert failing(table, probe) == ["parity"]
    tell_controls(check_controls(table, probe))
    assert "a finding: at length 23 a recurrent cell must lead" in caplog.text
    assert "mean nothing" not in caplog.text


def test_one_lucky_seed_does_not_make_recurrence_lead(probe):
    """The mean over seeds leads by 0.17, but its interval reaches below zero."""
    table = scores(parity={"rnn": 0.5, "gru": 0.5, "lstm": 0.5})
    lucky = (table["task"] == "parity") & (table["lag"] == 23) & (table["model"] == "lstm") & (table["seed"] == 1)
    table.loc[lucky, "accuracy"] = 1.0
    assert failing(table, probe) == ["parity"]


def test_failed_controls_are_told_in_one_line_with_their_numbers_and_stop_nothing(probe, caplog):
    """A probe at fault must not pass in silence, and what does not rest on it goes on."""
    tell_controls(check_controls(scores(recall=0.42, shuffled=0.37), probe))
    (message,) = caplog.messages
    assert "\n" not in message
    assert "mean nothing" in message
    assert "recovered 0.420" in message
    assert "recovered 0.370" in message
    assert "parity" not in message


def test_what_passed_is_not_told(probe, caplog):
    tell_controls(check_controls(scores(), probe))
    assert caplog.messages == []


def test_only_the_controls_of_the_tasks_run_are_checked(configure):
    probe = configure({"probe.tasks": ["recall", "adding"]}).probe
    assert [control.name for control in check_controls(scores(), probe)] == ["lag_1"]
