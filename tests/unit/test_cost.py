"""The cost probe: what it runs, what it leaves out, and what it concludes from planted timings."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from rnn_vs_transformer.models.size import multiply_adds_per_window
from rnn_vs_transformer.probes.cost import measure
from rnn_vs_transformer.probes.cost.measure import FEWEST_ROUNDS, Measurements, measure_costs
from rnn_vs_transformer.probes.cost.report import summarise_cost, summarise_speed_up, write_cost_report
from rnn_vs_transformer.probes.cost.workload import (
    ALL_QUERIES,
    CONTRASTS,
    LOOP,
    SCAN,
    WORKLOADS,
    build_workload,
    count_multiply_adds,
    peak_mebibytes,
)
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.machine import machine_label

CPU = torch.device("cpu")
LENGTHS = (32, 64, 128, 256, 512, 1024)


@pytest.fixture
def small(configure):
    """A function that makes small settings of the probe, some changed."""
    settings = {
        "prediction_length": 4,
        "width": 8,
        "heads": 2,
        "transformer_layers": 2,
        "feedforward_width": 16,
        "batch_size": 4,
        "context_lengths": [8, 16, 32],
        "rounds": 3,
        "seconds": 60,
    }
    return lambda **changes: configure({f"cost.{key}": value for key, value in (settings | changes).items()}).cost


def workload(name, params, context_length=16):
    torch.manual_seed(0)
    return build_workload(name, params, context_length, CPU)


def planted_table(rounds=4, threads=(1, 2), noise=0.0):
    """RNN c*L on any number of threads; Transformer L^2/300, twice as fast on two threads."""
    generator = np.random.default_rng(0)
    rows = []
    for number in range(1, rounds + 1):
        for count in threads:
            for length in LENGTHS:
                times = {"rnn": length, "transformer": length**2 / 300 / count}
                if count == 1:
                    times[ALL_QUERIES] = length**2 / 150
                for name, time in times.items():
                    step = time * np.exp(noise * generator.standard_normal())
                    rows.append((name, "cpu", count, length, number, step, step / 3, length / 10, length**2))
    columns = ["model", "device", "threads", "context_length", "round"]
    return pd.DataFrame(rows, columns=[*columns, "train_step_ms", "inference_ms", "peak_mebibytes", "multiply_adds"])


def test_the_peak_is_that_of_what_is_allocated_at_once():
    """4 MiB, then 8 more in its place: a peak of 8 if the first is released before, of 12 if it is kept."""

    def one_after_the_other():
        torch.zeros(2**20)
        torch.zeros(2**21)

    def both_at_once():
        first = torch.zeros(2**20)
        assert len(torch.zeros(2**21)) > len(first)

    assert peak_mebibytes(one_after_the_other, CPU) == pytest.approx(8, abs=0.01)
    assert peak_mebibytes(both_at_once, CPU) == pytest.approx(12, abs=0.01)
    assert peak_mebibytes(lambda: None, CPU) == 0


@pytest.mark.parametrize("name", WORKLOADS)
def test_weights_moments_and_batch_count_as_lasting(small, name):
    """Adam keeps two moments per weight, so weights count three times."""
    work = workload(name, small())
    work.train_step()
    weights = sum(weight.numel() for weight in work.forecaster.parameters())
    batch = 4 * (16 + 4)
    steps_of_adam = len(list(work.forecaster.parameters()))
    assert work.lasting_mebibytes() * 2**20 / 4 == pytest.approx(3 * weights + batch + steps_of_adam)


@pytest.mark.parametrize("name", WORKLOADS)
def test_memory_grows_linearly_with_the_context(small, name):
    """Fused attention never writes the L x L matrix down, which would make the peak four times as large."""
    peaks = []
    for length in (512, 1024):
        work = workload(name, small(), length)
        work.train_step()
        peaks.append(peak_mebibytes(work.train_step, CPU))
    assert 1.8 < peaks[1] / peaks[0] < 2.5


@pytest.mark.parametrize("name", WORKLOADS)
def test_work_continued_from_short_contexts_is_what_a_long_one_counts(small, name):
    """A product that grew in another way, or only from some length on, would be told wrongly at all lengths."""
    model = workload(name, small(), 37).forecaster
    assert count_multiply_adds(name, small(), [37]) == {37: multiply_adds_per_window(model, 37)}


def test_a_training_step_learns_and_an_inference_does_not(small):
    """What is timed is the whole step, Adam's update and all."""
    work = workload("rnn", small())
    before = [weight.clone() for weight in work.forecaster.parameters()]
    work.infer()
    assert all(torch.equal(*pair) for pair in zip(before, work.forecaster.parameters(), strict=True))
    work.train_step()
    assert not any(torch.equal(*pair) for pair in zip(before, work.forecaster.parameters(), strict=True))
    assert all(weight.grad is None for weight in work.forecaster.parameters())


def test_all_queries_give_the_numbers_of_the_last_one_for_more_work(small):
    """The shortcut is what the probe compares with, so it must be the same model."""
    short, long = (workload(name, small()) for name in ("transformer", ALL_QUERIES))
    context = torch.randn(3, 16)
    torch.testing.assert_close(short.forecaster.eval()(context), long.forecaster.eval()(context))
    extra = [multiply_adds_per_window(work.forecaster, 16) for work in (long, short)]
    heads = short.forecaster.mixer.layers[-1].attention.heads
    # query, key and value (or query and two weights), attention, output, feed-forward
    of_all = 16 * (8 * 8 + 8 * 16 + 2 * 16 * 8 + 8 * 8 + 2 * 8 * 16)
    of_one = 3 * 8 * 8 + heads * 2 * 16 * 8 + 8 * 8 + 2 * 8 * 16
    assert extra[0] - extra[1] == of_all - of_one


def test_the_loop_of_min_gru_gives_the_numbers_of_its_scan(small):
    """What the scan saves is time, so forecasts, gradients and counted work are the same."""
    works, found = [workload(name, small(), 40) for name in (SCAN, LOOP)], []
    context = torch.randn(3, 40, dtype=torch.float64)
    for model in (work.forecaster.double() for work in works):
        forecast = model(context)
        found.append((forecast, torch.autograd.grad(forecast.pow(3).sum(), list(model.parameters()))))
    torch.testing.assert_close(*found, rtol=1e-9, atol=1e-9)
    assert len({multiply_adds_per_window(work.forecaster, 40) for work in works}) == 1


def test_every_model_is_measured_at_every_length_in_every_round(small, monkeypatch):
    """Medians are over rounds in which all took turns, so no cell of the table may be missing."""
    asked_for = []
    monkeypatch.setattr(measure.torch, "set_num_threads", asked_for.append)  # real ones would wait for other tests
    monkeypatch.setattr(measure.joblib, "cpu_count", lambda: 2)
    monkeypatch.setattr(measure, "SHORTEST_TIMING", 0.001)
    monkeypatch.setattr(measure, "PROBED_SECONDS", 0.05)
    measured = measure_costs(small(rounds=4))

    assert asked_for[-1] == torch.get_num_threads(), "as it was before"
    assert set(asked_for) == {1, 2}
    assert (measured.rounds, measured.skipped) == (4, [])
    counts = measured.table.groupby(["model", "threads", "context_length"])["round"].apply(list).to_dict()
    assert counts == {
        (name, count, length): [1, 2, 3, 4]
        for name in WORKLOADS
        for count in ((1, 2) if name not in CONTRASTS else (1,))
        for length in (8, 16, 32)
    }
    assert 0 < measured.free_share <= 1
    assert (measured.table[["train_step_ms", "inference_ms", "peak_mebibytes", "multiply_adds"]] > 0).all(axis=None)


def test_both_families_have_the_probes_width_and_their_own_settings_apart(small):
    """Equal width is the comparison."""
    params = small(width=24, cell="lstm")
    works = [workload(name, params) for name in WORKLOADS]
    assert [work.forecaster.embedding.out_features for work in works] == [24] * len(WORKLOADS)
    assert isinstance(works[0].forecaster.mixer.layers, torch.nn.LSTM)


def test_without_time_the_longest_lengths_and_last_rounds_are_left_out(small, monkeypatch):
    """The three shortest lengths and three rounds are always taken; what is missing is said."""
    monkeypatch.setattr(measure.joblib, "cpu_count", lambda: 1)
    monkeypatch.setattr(measure, "SHORTEST_TIMING", 0.001)
    monkeypatch.setattr(measure, "PROBED_SECONDS", 0.05)
    measured = measure_costs(small(context_lengths=[8, 16, 32, 64, 128], rounds=9, seconds=1e-6))

    assert measured.skipped == [64, 128]
    assert measured.rounds == FEWEST_ROUNDS
    assert sorted(measured.table["context_length"].unique()) == [8, 16, 32]


def test_planted_exponents_and_crossover_are_reported():
    """A linear RNN and a quadratic Transformer that meet at 300, with noise of 5 %."""
    table = planted_table(rounds=9, noise=0.05)
    found = summarise_cost(table[table["threads"] == 1], "train_step_ms")

    for name, exponent in (("rnn", 1), ("transformer", 2), (ALL_QUERIES, 2)):
        for kind in ("exponent", "local_exponent"):
            assert found[name][f"{kind}_ci_low"] <= exponent <= found[name][f"{kind}_ci_high"]
            assert found[name][kind] == pytest.approx(exponent, abs=0.1)
    crossover = found["crossover"]
    assert crossover["context_length_ci_low"] < 300 < crossover["context_length_ci_high"]
    assert crossover["context_length"] == pytest.approx(300, rel=0.1)
    assert (crossover["cheaper_below"], crossover["cheaper_above"]) == ("transformer", "rnn")


def test_no_crossover_is_said_in_words():
    """Infinity or NaN would be no JSON."""
    table = planted_table(threads=(1,))
    table = table[table["context_length"] < 300]
    assert summarise_cost(table, "train_step_ms")["crossover"] == {"context_length": "none", "cheaper": "transformer"}


def test_an_order_that_changes_twice_is_no_crossover():
    """The last of several changes between near-equal costs would tell a length that means nothing."""
    table = planted_table(threads=(1,))
    shortest = (table["context_length"] == table["context_length"].min()) & (table["model"] == "rnn")
    table.loc[shortest, "train_step_ms"] = 1e-6
    found = summarise_cost(table, "train_step_ms")["crossover"]
    assert found == {"context_length": "unclear", "cheaper_at_longest": "rnn"}


def test_speed_up_is_that_planted():
    """Twice as fast on two threads: the Transformer. All queries were not measured on all threads."""
    found = summarise_speed_up(planted_table())
    assert found["rnn"]["at_1024"] == pytest.approx(1)
    assert found["transformer"]["at_32"] == pytest.approx(2)
    assert found.keys() == {"rnn", "transformer"}
    assert summarise_speed_up(planted_table(threads=(1,))) == {}, "one core has no speed-up"


def test_the_report_is_json_without_lists_and_says_what_was_left_out(small, tmp_path, monkeypatch):
    """DVC ignores lists in metrics without a word."""
    monkeypatch.chdir(tmp_path)
    write_cost_report(Measurements(planted_table(), [2048, 4096], 4, 12.34, 0.5), small())

    def no_constant(name):
        raise AssertionError(name)

    def leaves(tree):
        return [leaf for value in tree.values() for leaf in (leaves(value) if isinstance(value, dict) else [value])]

    report = json.loads(paths.COST.read_text(), parse_constant=no_constant)
    assert report["machine"]["label"] == machine_label()
    assert all(isinstance(leaf, str | int | float) for leaf in leaves(report))
    assert report["measured"]["skipped_context_lengths"] == "2048, 4096"
    assert report["measured"]["longest_context_length"] == 1024
    assert report["train_step"].keys() == {"cpu_one_thread", "cpu_all_threads"}
    assert report["multiply_adds"]["cpu"]["rnn"]["exponent"] == pytest.approx(2)
    assert len(pd.read_csv(paths.COST_TABLE)) == len(planted_table())
