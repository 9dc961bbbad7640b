"""The M4 study on made-up files of the competition's form."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import read_arrays, write_json
from rnn_vs_transformer.runtime.yaml import read_yaml
from studies.m4 import series as files
from studies.m4 import summarise, trials
from studies.m4.scores import judge_of_test, judge_of_validation
from studies.m4.summary import best_variants, variant_table
from studies.m4.trials import Trial

HELD = 144
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def plan():
    """The committed plan with the smallest of trainings."""
    small = {
        "all": {"train.epoch_windows": 20},
        "rnn": {"model.rnn_width": 8, "model.feedforward_width": 8},
        "transformer": {"model.transformer_width": 8, "model.feedforward_width": 8},
        "mlp": {"model.mlp_width": 8},
    }
    plan = dict(read_yaml(ROOT / trials.PLAN))
    plan["base"] = {part: {**values, **small[part]} for part, values in plan["base"].items()}
    plan["epochs"] = dict.fromkeys(plan["epochs"], 1)
    kept = [next(iter(plan["variants"])), next(name for name, changes in plan["variants"].items() if changes)]
    plan["choose"] = dict.fromkeys(("rnn", "transformer"), kept)
    plan["final"] = dict.fromkeys(("rnn", "transformer", "mlp"), kept[:1])
    return plan


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """Twelve series of two lengths, in the files of the competition."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "recipes", "recipes")
    draw, hours = np.random.default_rng(0), np.arange(960)
    rows = [100 + 10 * number + 20 * np.sin(2 * np.pi * hours / 24) + draw.normal(size=960) for number in range(12)]
    names = [f"H{number + 1}" for number in range(12)]
    files.TRAIN.parent.mkdir(parents=True)
    lengths = [700 if number % 2 else 912 for number in range(12)]
    train = pd.DataFrame([np.append(row[:end], [np.nan] * (912 - end)) for row, end in zip(rows, lengths, strict=True)])
    train.insert(0, "V1", names)
    train.to_csv(files.TRAIN, index=False)
    test = pd.DataFrame([row[end : end + 48] for row, end in zip(rows, lengths, strict=True)])
    test.insert(0, "V1", names)
    test.to_csv(files.TEST, index=False)
    return lengths


def test_series_are_read_and_cut_at_their_own_ends(workspace):
    names, known = files.read_series()
    assert (names[0], [len(one) for one in known]) == ("H1", workspace)
    splits = files.cut((names, known), HELD, 336, "none")
    assert (splits.ends[:, 1] == workspace).all()
    assert len(splits.places("validation").origins) == 12 * (HELD - 47)
    places = splits.places("test")
    assert (places.origins == splits.panel.offsets[:-1] + np.array(workspace) - 1).all()


def test_errors_are_those_of_the_competition(workspace):
    _, known = files.read_series()
    judge = judge_of_test(known, files.read_test())
    one, truth = known[0], files.read_test()[0]
    forecast = np.tile(one[-24:], 2)
    found = judge.errors(np.stack([np.tile(one[-24:], 2) for one in known])[:, None])
    assert found["smape"][0] == pytest.approx(np.mean(200 * np.abs(forecast - truth) / (forecast + truth)))
    assert found["mase"][0] == pytest.approx(np.abs(forecast - truth).mean() / np.abs(one[24:] - one[:-24]).mean())
    held = judge_of_validation(known, HELD)
    assert held.truth.shape == (12, HELD - 47, 48)
    assert (held.truth[1, 0] == known[1][-HELD:][:48]).all()


def test_choosing_reads_no_step_of_test(workspace, plan):
    files.TEST.unlink()
    for trial in trials.trials_of(plan, "choose"):
        [row] = trials.run_trial(plan, trial)
        assert row["family"] == trial.family
        assert list(read_arrays(trial.file)) == ["validation"]
    _, known = files.read_series()
    table = variant_table(plan, judge_of_validation(known, HELD))
    assert list(table["family"]) == ["rnn", "rnn", "transformer", "transformer"]
    assert set(best_variants(table)) == {"rnn", "transformer"}
    assert table["mase_difference"].isna().tolist() == [True, False, True, False]


def test_the_final_part_tells_every_forecaster(workspace, plan, monkeypatch, capsys):
    write_json(trials.CHOSEN, {"rnn": plan["choose"]["rnn"][1], "transformer": "base"})
    assert Trial("final", "mlp", "base", 0) in set(trials.trials_of(plan, "final"))
    for trial in trials.trials_of(plan, "final"):
        trials.run_trial(plan, trial)
    monkeypatch.setattr(summarise, "read_plan", lambda: plan)
    summarise.summarise_final()
    table = pd.read_csv("studies/results/m4.csv").set_index("forecaster")
    assert {"rnn", "transformer", "mlp", "ridge", "seasonal_naive", "naive2", "ensemble"} <= set(table.index)
    assert table.loc["naive2", "owa"] == pytest.approx(1.0)
    assert (table["mase"] > 0).all()
    assert Path("studies/results/m4_ranks.png").exists()
    assert "ensemble" in capsys.readouterr().out


def test_a_trial_repeats_to_the_byte(workspace, plan):
    trial = Trial("final", "rnn", "base", 0)
    trials.run_trial(plan, trial)
    first = trial.file.read_bytes()
    trials.run_trial(plan, trial)
    assert trial.file.read_bytes() == first


def test_a_missing_file_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="M4-Hourly-train"):
        files.read_series()
