"""The M4 study on made-up files of the competition's form."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.splits import Splits
from rnn_vs_transformer.data.windows import WindowCovariates, windows_of
from rnn_vs_transformer.models.families import BUILDERS
from rnn_vs_transformer.models.shell import InputSizes
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import read_arrays, read_json, write_json
from rnn_vs_transformer.runtime.yaml import read_yaml
from rnn_vs_transformer.training.fit import fit
from studies.m4 import earlier, earlier_summary, official, peers, quantiles, summarise, trials, whole_budget
from studies.m4 import series as files
from studies.m4.options import LearnedCycle, fit_sharpness_aware, go_uphill
from studies.m4.scores import Judge, judge_of_test, judge_of_validation
from studies.m4.summary import best_variants, ensemble_weights, variant_table
from studies.m4.trials import Trial
from studies.training import case_study_settings

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
    before = one[:-HELD]
    assert held.scale[0] == pytest.approx(np.abs(before[24:] - before[:-24]).mean())
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
    each = pd.read_csv("studies/results/m4_series.csv")
    assert each["rnn_mase"].mean() == pytest.approx(table.loc["rnn", "mase"], abs=1e-4)
    assert Path("studies/results/m4_ranks.png").exists()
    assert "ensemble" in capsys.readouterr().out


def found_of(*seeds):
    """Errors of single models (seeds, S) in both metrics, and the mean of them for that of the seeds' mean."""
    alone = [{"smape": np.asarray(seed), "mase": np.asarray(seed)} for seed in seeds]
    mean = np.mean(seeds, axis=0)
    return earlier_summary.Found({"smape": mean, "mase": mean}, alone)


def test_the_variant_with_the_lowest_score_is_the_best():
    table = pd.DataFrame({"family": ["rnn"] * 2 + ["mlp"] * 2, "variant": list("abcd"), "score": [0.7, 0.9, 0.9, 0.8]})
    assert best_variants(table) == {"rnn": "a", "mlp": "d"}


def test_weights_of_the_ensemble_count_each_series_in_its_own_units():
    """One is off by 1 where MASE's denominator is 1, the other by 100 where it is 1,000: that one is the better."""
    truth = np.zeros((2, 1, 48))
    off = {"rnn": [1.0, 0.0], "transformer": [0.0, 100.0], "ridge": [9.0, 9000.0]}
    forecasts = {name: truth + np.array(errors)[:, None, None] for name, errors in off.items()}
    weights = ensemble_weights(forecasts, Judge(truth, np.array([1.0, 1000.0])))
    assert weights == pytest.approx({"rnn": 1 / 101, "transformer": 100 / 101, "ridge": 0.0}, abs=1e-6)


def test_differences_are_those_of_the_later_from_the_earlier():
    """Half the error is -50 %, of an option against its base and of the Transformer against the RNN."""
    level = np.random.default_rng(0).lognormal(size=(2, 60))
    whole, half = found_of(*level), found_of(*(0.5 * level))
    plan = {"margin": 0.02, "options": {"good": {"against": "base"}}, "combined": {}}
    errors = {"rnn": {"base": whole, "good": half}, "transformer": {"base": half, "good": half}}
    table = earlier_summary.option_table(plan, errors, {}).set_index("family")
    for name in ("mase_difference", "mase_low", "mase_high", "mase_seeds_relative_difference", "mase_seeds_ci_high"):
        assert table[name].to_dict() == pytest.approx({"rnn": -0.5, "transformer": 0.0}), name
    assert table["mase"].to_dict() == {family: half.mean["mase"].mean() for family in errors}
    between = earlier_summary.compare_options(errors, 0.02)
    assert (between["base"]["verdict"], between["good"]["verdict"]) == ("transformer better", "equivalent")
    told = between["base"], between["base"]["over_seeds"], between["base"]["neighbours"]
    assert [one["ci_low"] for one in told] == pytest.approx([-0.5] * 3)


def test_peers_are_told_beside_ours_by_their_errors_on_each_series(workspace, monkeypatch, capsys):
    """The fits themselves are those of `make test-peers`; here each forecasts the last day."""

    def last_day(tasks, _):
        return np.stack([np.tile(task.values[-24:], 2) for task in tasks]), 0  # noqa: PD011 - no frame

    monkeypatch.setattr(peers, "forecast_all", last_day)
    names, known = files.read_series()
    assert peers.read_peers(names) == {}
    peers.write_peer("AutoTheta")
    peers.write_peer("AutoETS")
    assert "AutoETS: 12 series in " in capsys.readouterr().out
    found = peers.read_peers(names)
    naive = judge_of_test(known, files.read_test()).errors(np.stack([np.tile(one[-24:], 2) for one in known])[:, None])
    assert list(found) == ["AutoETS", "AutoTheta"]
    for metric, errors in naive.items():
        assert found["AutoETS"][metric] == pytest.approx(errors, abs=1e-5)
    with pytest.raises(InputError, match="is of other series than"):
        peers.read_peers(names[::-1])


def test_quantiles_are_scored_on_the_official_test(workspace, plan, monkeypatch):
    """Trained without it: what lies there changes what is held, and not how wide the intervals are."""
    monkeypatch.setattr(quantiles, "read_plan", lambda: plan)
    [row] = quantiles.run_family("rnn")
    rows = pd.read_csv(files.TEST)
    rows.iloc[:, 1:] += 1e4
    rows.to_csv(files.TEST, index=False)
    [moved] = quantiles.run_family("rnn")
    assert row["family"] == "rnn"
    assert 0 < row["cqr_coverage_80"] <= 1  # of twelve series none is the widest in 20
    assert moved["cqr_coverage_80"] == 0.0
    assert moved["cqr_width_80"] == pytest.approx(row["cqr_width_80"])


@pytest.fixture
def earlier_plan(plan, monkeypatch):
    """The plan of the second look, with the smallest of trainings, two seeds and one option of each way to be made."""
    monkeypatch.setattr(earlier, "read_plan", lambda: plan)
    monkeypatch.setattr(earlier, "EARLIER_PLAN", ROOT / earlier.EARLIER_PLAN)
    whole = earlier.read_earlier()
    small = {**whole, "epochs": dict.fromkeys(whole["epochs"], 1), "seeds": dict.fromkeys(whole["seeds"], 2)}
    kept = ("last", "ridge_start", "cycle", "averaged", "seasonal_naive")
    small["options"] = {name: whole["options"][name] for name in kept}
    monkeypatch.setattr(earlier_summary, "read_earlier", lambda: small)
    return small


def fill_unread(workspace, plan, value):
    """Write another value into the steps of train that chose the recipe."""
    train = pd.read_csv(files.TRAIN)
    for row, length in enumerate(workspace):
        train.iloc[row, 1 + length - plan["held"]["unread"] : 1 + length] = value
    train.to_csv(files.TRAIN, index=False)


def test_the_second_look_reads_nothing_behind_its_test(workspace, earlier_plan):
    """Neither the official test, which is not there, nor the steps that chose the recipe, whatever they are."""
    files.TEST.unlink()
    some = [Trial("options", "seasonal_naive", "none", 0), Trial("options", "rnn", "cycle", 0)]
    seen = []
    for value in (-1e9, 5.0):
        fill_unread(workspace, earlier_plan, value)
        for trial in some:
            earlier.run_trial(earlier_plan, trial)
        seen.append([trial.file.read_bytes() for trial in some])
    assert seen[0] == seen[1]


def test_the_second_look_tells_every_option(workspace, earlier_plan, monkeypatch, capsys):
    for trial in (*earlier.trials_of(earlier_plan), *earlier.trials_of_whole_budget(earlier_plan)):
        [row] = earlier.run_trial(earlier_plan, trial)
        found = read_arrays(trial.file)
        assert (row["variant"], {len(found[split]) for split in found}) == (trial.variant, {12, 12 * 49})
    earlier_summary.main()
    monkeypatch.setattr(whole_budget, "read_earlier", lambda: earlier_plan)
    whole_budget.main()
    table = pd.read_csv("studies/results/m4_options.csv")
    assert set(table["option"]) == {*earlier_plan["options"], "ensemble"}
    whole = pd.read_csv("studies/results/m4_whole_budget.csv")
    assert set(whole["option"]) == set(earlier_plan["whole_budget"])
    assert set(read_json(whole_budget.FAMILIES_TOLD)["families"]) == {"base", *earlier_plan["whole_budget"]}
    told = read_json(Path("studies/results/m4_earlier.json"))
    assert (told["series"], told["forecast_origins_per_series"]) == (12, 49)
    assert set(told["families_by_option"]) == {"base", *earlier_plan["options"]}
    each = pd.read_csv("studies/results/m4_earlier.csv")
    assert each["rnn_mase"].mean() == pytest.approx(told["mean_errors"]["rnn"]["mase"], abs=1e-5)
    assert Path("studies/results/m4_kinds.png").exists()
    assert "| weights averaged | " in capsys.readouterr().out
    assert set(told["families_by_length"]) == {str(length - 240) for length in workspace}


def test_one_more_final_recipe_is_told_beside_the_control(workspace, earlier_plan, monkeypatch):
    """Its training reads no step of the official test; what the summary tells changes with the test alone."""
    plan = {**earlier.read_official(), "seeds": earlier_plan["seeds"] | {"final": 2}}
    hidden = files.TEST.read_bytes()
    files.TEST.unlink()
    for trial in earlier.trials_of_official(plan):
        trials.run_trial(plan, trial)
    files.TEST.write_bytes(hidden)
    monkeypatch.setattr(official, "read_official", lambda: plan)
    official.main()
    told = read_json(official.RESULT)
    assert told["recipe"] == {"model.seasonal_naive": 24, "train.weight_average": True}
    assert set(told["mean_errors"]) == {"rnn", "transformer", "mlp", "ridge", "seasonal_naive", "ensemble"}
    assert set(told["families"]) == set(told["families_over_seeds"]) == {"smape", "mase"}
    rows = pd.read_csv(files.TEST)
    rows.iloc[:, 1:] += 50.0
    rows.to_csv(files.TEST, index=False)
    official.main()
    again = read_json(official.RESULT)
    assert again["mean_errors"]["rnn"]["mase"] > told["mean_errors"]["rnn"]["mase"]
    assert (again["recipe"], again["ensemble_weights"]) == (told["recipe"], told["ensemble_weights"])


def small_splits(steps=24 * 9):
    """Two random walks, with L = 48 and H = 24."""
    panel = Panel.wide(np.random.default_rng(0).normal(size=(steps, 2)).cumsum(axis=0), ["a", "b"])
    return Splits(panel, np.tile([24 * 7, steps, steps], (2, 1)), 48, 24, None)


@pytest.fixture
def windows():
    """Those of train and validation."""
    return tuple(windows_of(small_splits(), "train", "validation"))


def built(**values):
    """A small Transformer in a residual block, read flat, and how it is trained."""
    settings = case_study_settings("transformer", {
        "model.transformer_width": 8, "model.feedforward_width": 8, "model.patch_length": 24, "model.patch_stride": 24,
        "model.readout": "flatten", "train.epochs": 2, **values})  # fmt: skip
    torch.manual_seed(0)
    return BUILDERS["transformer"](settings.model, 48, 24, InputSizes(2)), settings.train


def test_a_sharpness_aware_step_takes_the_gradient_uphill(windows):
    """Of f(w) = w^2 / 2 at 1 with radius 0.5 the slope is 1.5; the step starts where the weights were."""
    weight = torch.nn.Parameter(torch.tensor([1.0]))
    (weight.square().sum() / 2).backward()
    go_uphill([weight], 0.5)
    assert weight.item() == pytest.approx(1.5)
    (plain, params), (still, _), (aware, _), (barely, _) = built(), built(), built(), built()
    ordinary, same = fit(plain, windows, params, 0), fit_sharpness_aware(still, windows, params, 0, radius=0.0)
    assert all(torch.equal(ordinary.state[name], same.state[name]) for name in ordinary.state)
    expected = ordinary.validation_losses
    assert same.validation_losses == expected
    assert fit_sharpness_aware(aware, windows, params, 0, radius=0.5).validation_losses != expected
    found = fit_sharpness_aware(barely, windows, params, 0, radius=1e-9).validation_losses
    assert found == pytest.approx(expected, rel=1e-3)


def test_a_learned_cycle_is_taken_off_and_added_at_the_hour_of_each_step():
    """A model that forecasts 0 leaves the cycle and the window's mean; of a context that is its cycle it sees none."""
    model, _ = built(**{"model.instance_norm": "none"})
    cycle = LearnedCycle(model, 2)
    with torch.no_grad():
        cycle.cycle.copy_(torch.arange(48.0).reshape(2, 24))
        for parameter in model.readout.parameters():
            parameter.zero_()
    [train] = windows_of(earlier.with_hours(small_splits()), "train")
    batch = train.batch(torch.tensor([5, len(train) - 1]))
    forecast = cycle(*batch.inputs)
    mean, spread = batch.context.mean(1, keepdim=True), batch.context.std(1, keepdim=True, correction=0)
    hours = batch.covariates.horizon[..., 0].long()
    assert torch.allclose((forecast - mean) / spread, hours + 24.0 * batch.series[:, None], atol=1e-2)
    day = 2**0.5 * torch.sin(2 * torch.pi * torch.arange(24) / 24)  # mean 0, deviation 1
    with torch.no_grad():
        cycle.cycle.copy_(day.repeat(2, 1))
    seen = []
    model.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    hours = (torch.arange(72) % 24).float()[None, :, None]
    known = WindowCovariates(hours[:, :48], hours[:, 48:], torch.empty(1, 0))
    cycle(7 + 3 * day.repeat(1, 2), torch.tensor([0]), None, known)
    assert torch.allclose(seen[0], torch.zeros(1, 48), atol=1e-3)


def test_an_option_helps_only_where_both_families_gain_and_none_loses():
    row = {"mase_difference": -0.1, "mase_holm_p": 0.01, "smape_difference": 0.0, "smape_holm_p": 1.0}
    changed = {
        "good": {}, "one": {}, "unsure": {"mase_holm_p": 0.2}, "worse": {"mase_difference": 0.1},
        "harms": {"smape_difference": 0.1, "smape_holm_p": 0.01},
    }  # fmt: skip
    rows = [{"family": family, "option": option, **row, **(other if family == "rnn" else {})}
            for option, other in changed.items() for family in ("rnn", "transformer")]  # fmt: skip
    table = pd.DataFrame(rows)
    assert earlier_summary.helping(table[(table["option"] != "one") | (table["family"] == "rnn")]) == ["good"]


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
