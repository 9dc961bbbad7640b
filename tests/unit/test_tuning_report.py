"""The report and the figures of tuning: what is told of a search, and nothing where there was none."""

import json

import pytest
from rnn_vs_transformer.reporting.tuning_figures import ALL, draw_tuning
from rnn_vs_transformer.reporting.tuning_report import best_so_far, seconds_of, write_tuning
from rnn_vs_transformer.reporting.tuning_section import tuning_section

from rnn_vs_transformer.plotting.style import is_drawn_from
from rnn_vs_transformer.reporting.report import load_texts
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import fingerprint, write_json

SIZES = {"rnn": "model.rnn_width", "transformer": "model.transformer_width"}


def trials_of(family):
    """Three trials: a whole one, a better one, one that diverged, and a pruned one."""
    losses = [[0.5, 0.4], [0.3, 0.35], [], [0.9]]
    states = ["complete", "complete", "diverged", "pruned"]
    return [
        {
            "number": number,
            "values": {"train.learning_rate": 0.001 * (number + 1), SIZES[family]: 2 ** (number + 3)},
            "state": state,
            "losses": some,
            "parameters": 100,
        }
        for number, (some, state) in enumerate(zip(losses, states, strict=True))
    ]


@pytest.fixture
def searched(tmp_path, monkeypatch):
    """A folder in which both families have been tuned."""
    monkeypatch.chdir(tmp_path)
    for family, size in SIZES.items():
        runs = {
            "plan": {"budget": "trials"},
            "epochs": 5,
            "trials": trials_of(family),
            "current": {"train.learning_rate": 0.001, size: 8},
            "finalists": [{"trial": 1, "claimed": False, "losses": [0.3, 0.5]}],
            "chosen": 1,
            "importance": {"train.learning_rate": 0.7, size: 0.3},
        }
        write_json(paths.tuning_runs(family), runs)
        seconds = {"trials": [1.0, 2.0, 1.0, 1.0], "of_runs": fingerprint(paths.tuning_runs(family))}
        write_json(paths.tuning_seconds(family), seconds)


def test_the_report_counts_the_budget_and_keeps_the_order_of_trials(searched):
    report = write_tuning()
    assert report == json.loads(paths.TUNING.read_text())
    found = report["families"]["rnn"]
    assert (found["trials"], found["pruned"], found["diverged"], found["epochs"]) == (4, 1, 1, 5)
    assert found["best_so_far"] == [0.4, 0.3, 0.3, 0.3]
    assert found["chosen_on_fresh_seeds"] == pytest.approx(0.4)
    assert found["chosen"]["model.rnn_width"] == 16
    assert [row["trial"] for row in found["table"]] == [0, 1, 2, 3]


def test_what_was_untuned_is_told_only_where_the_first_trial_was(searched):
    """Under the budget of parameters the first trial has another width than params.yaml."""
    assert write_tuning()["families"]["rnn"]["current_validation_mse"] == 0.4
    runs = json.loads(paths.tuning_runs("rnn").read_text())
    runs["trials"][0]["values"]["model.rnn_width"] = 9
    write_json(paths.tuning_runs("rnn"), runs)
    found = write_tuning()["families"]
    assert found["rnn"]["current_validation_mse"] is None
    assert found["transformer"]["current_validation_mse"] == 0.4


def test_a_search_that_begins_with_a_diverging_trial_has_no_best_yet():
    assert best_so_far([None, 0.5, None, 0.7]) == [None, 0.5, 0.5, 0.5]


def test_figures_are_drawn_where_there_were_trials_and_taken_away_where_there_are_none(searched):
    """A figure of an earlier run beside an untuned report would be taken for its own."""
    draw_tuning(write_tuning())
    assert all(path.exists() for path in ALL)
    first = [path.read_bytes() for path in ALL]
    draw_tuning(write_tuning())
    assert [path.read_bytes() for path in ALL] == first
    assert all(is_drawn_from(picture, paths.TUNING) for picture in first)
    for family in SIZES:
        write_json(paths.tuning_runs(family), {"trials": []})
    report = write_tuning()
    assert report == {"trials": 0, "families": {}}
    draw_tuning(report)
    assert not any(path.exists() for path in ALL)


def test_times_of_another_search_are_not_shown(searched):
    """DVC restores the trials from its cache, and not the times; those that lie here may belong to others."""
    assert seconds_of("rnn") == [1.0, 2.0, 1.0, 1.0]
    runs = json.loads(paths.tuning_runs("rnn").read_text())
    write_json(paths.tuning_runs("rnn"), {**runs, "epochs": 6})
    assert seconds_of("rnn") is None
    draw_tuning(write_tuning())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_section_names_what_was_changed_and_nothing_else(searched, language):
    texts = load_texts(language)
    section = tuning_section(texts, write_tuning())
    said = section["rows"][0][-1].text
    assert said == "train.learning_rate = 0.002, model.rnn_width = 16"
    assert tuning_section(texts, {"trials": 0, "families": {}}) is None
