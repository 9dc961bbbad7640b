"""The benchmark's arithmetic: when a peer's error is reached, the work of kernels, and the exponents of growth."""

import doctest
import json
from pathlib import Path

import pandas as pd
import pytest

from benchmarks import kernels, reach
from benchmarks.case import Case
from benchmarks.devices import measure_devices
from benchmarks.growth import exponents
from benchmarks.kernels import ATTENTION, ATTENTION_BACKWARD, Work, optimiser_work, work_of
from benchmarks.page import filled, growth_table
from benchmarks.reach import ASKED, POINTS, SEASONS, chosen_so_far, median_or_never, seconds_until, sum_up
from benchmarks.roofline import by_kind, shares
from rnn_vs_transformer.runtime.device import CPU, device_label


@pytest.mark.parametrize("module", [kernels, reach])
def test_the_examples_in_the_docstrings_run(module):
    """An example that lies is worse than none."""
    result = doctest.testmod(module)

    assert result.attempted > 0
    assert result.failed == 0


def test_validation_alone_chooses_the_error_that_counts():
    """The last epoch is the best on test, but not on validation."""
    assert chosen_so_far([0.5, 0.3, 0.3, 0.4], [0.9, 0.7, 0.6, 0.1]) == [0.9, 0.7, 0.7, 0.7]


@pytest.mark.parametrize(
    ("most", "expected"),
    [(0.6, 1.0), (0.45, 4.0), (0.2, 4.0), (0.1, None)],
)
def test_an_error_is_reached_when_no_later_one_is_above_it(most, expected):
    """An error of 0.4 after two seconds does not count, as 0.5 comes after it."""
    assert seconds_until([1.0, 2.0, 3.0, 4.0], [0.6, 0.4, 0.5, 0.2], most) == expected


def test_the_tokens_of_the_tuned_settings_are_those_that_the_factor_is_asked_for():
    families = json.loads(Path("docs/results/tuning.json").read_text())["families"]
    tokens = {family: found["chosen"]["model.patch_length"] for family, found in families.items()}
    assert tokens == {"rnn": 24, "transformer": 1}
    assert (ASKED["rnn tuned"], ASKED["transformer tuned"]) == (SEASONS, POINTS)


def test_a_run_that_never_gets_there_counts_as_the_slowest():
    assert median_or_never([5.0, None, 1.0]) == 5.0
    assert median_or_never([5.0, None, None]) is None


@pytest.mark.filterwarnings("ignore:There is a performance drop")  # attention under vmap on a CPU
def test_every_way_of_training_is_timed_on_each_device_and_set_against_the_cpu(configure):
    """Here the CPU alone is seen: stacked seeds have its losses, bfloat16 those of 8 bits."""
    params = configure({"train.seeds": 2, "train.epoch_windows": 128, "model.transformer_width": 16})
    rows = measure_devices(Case(params), ("rnn", "transformer"))["epochs"]
    here = [row for row in rows if row["device"] == device_label(CPU)]
    ways = [("rnn", False), ("transformer", False), ("transformer", True)]
    assert [(row["family"], row["stacked"]) for row in here if row["precision"] == "float32"] == ways
    assert [(row["family"], row["stacked"]) for row in here if row["precision"] == "bfloat16"] == ways
    for row in here:
        rounded, exact = row["precision"] == "bfloat16", not row["stacked"]
        assert row["seconds"] > 0
        assert row["seeds"] == 2
        assert row["off"] < (0.05 if rounded else 1e-3)
        assert (row["off"] == 0) == (exact and not rounded)


def run(contender, family, recipe, seed, epochs):
    return [
        {"contender": contender, "family": family, "recipe": recipe, "seed": seed, "seconds": seconds,
         "validation_mse": validation, "test_mse": test, "end_seconds": end, "predict_all_seconds": 1.0,
         "predict_one_seconds": 0.1}
        for seconds, validation, test, end in epochs
    ]  # fmt: skip


def test_a_peer_is_reached_in_the_median_seconds_of_runs_against_its_median_error():
    """The peer's errors are 0.2, 0.3 and 0.4, so 0.3 is to be reached: after 2, 1 and 4 seconds."""
    rows = [
        *run("rnn tutorial", "rnn", "tutorial", 0, [(1.0, 0.5, 0.5, 9.0), (2.0, 0.4, 0.3, 9.0)]),
        *run("rnn tutorial", "rnn", "tutorial", 1, [(1.0, 0.5, 0.2, 8.0), (2.0, 0.5, 0.2, 8.0)]),
        *run("rnn tutorial", "rnn", "tutorial", 2, [(3.0, 0.5, 0.4, 7.0), (4.0, 0.4, 0.1, 7.0)]),
        *run("peer rnn", "rnn", "", 0, [(30.0, 0.3, 0.2, 40.0)]),
        *run("peer rnn", "rnn", "", 1, [(10.0, 0.3, 0.3, 60.0)]),
        *run("peer rnn", "rnn", "", 2, [(20.0, 0.3, 0.4, 50.0)]),
    ]

    found = sum_up(pd.DataFrame(rows))

    assert found["contenders"]["peer rnn"]["test_mse_spread"] == [0.2, 0.4]
    assert found["contenders"]["rnn tutorial"]["best_seconds"] == 2.0  # of 2, 1 (the earlier of equals) and 4
    assert found["reached"] == [
        {"ours": "rnn tutorial", "peer": "peer rnn", "same_family": True, "seconds": 2.0, "times_faster": 25.0,
         "times_faster_than_best_check": 10.0, "asked": 5}
    ]  # fmt: skip


def test_the_work_of_a_product_is_counted_by_hand():
    """(2 x 3) (3 x 5): 30 multiply-adds; 6 and 15 numbers are read, 10 written. A bias is not counted."""
    expected = Work("products", operations=60, bytes=4 * (6 + 15 + 10))

    assert work_of("aten::mm", [[2, 3], [3, 5]]) == expected
    assert work_of("aten::addmm", [[5], [2, 3], [3, 5], [], []]) == expected
    assert work_of("aten::bmm", [[7, 2, 3], [7, 3, 5]]) == Work("products", 7 * 60, 7 * expected.bytes)


def test_the_work_of_attention_is_counted_by_hand():
    """One window, one head, 2 queries, 3 keys of 4 numbers: a product is 2 x 3 x 4 multiply-adds."""
    query, key, ended = [1, 1, 2, 4], [1, 1, 3, 4], [1, 1, 2]

    forward = work_of(ATTENTION, [query, key, key, [], []])
    backward = work_of(ATTENTION_BACKWARD, [query, query, key, key, query, ended, []])

    assert forward == Work("attention", 2 * 2 * 24 + 5 * 6, 4 * (8 + 12 + 12 + 8))
    assert backward == Work("attention", 5 * 2 * 24 + 5 * 6, 4 * (3 * 8 + 2 * 12 + 2 + 8 + 2 * 12))


@pytest.mark.parametrize(
    ("name", "shapes", "numbers"),
    [
        ("aten::add", [[10, 2], [2], []], 20 + 2 + 20),
        ("aten::copy_", [[20], [20], []], 40),
        ("aten::fill_", [[20], []], 20),
        ("aten::native_layer_norm", [[10, 2], [], [2], [2], []], 20 + 4 + 20),
    ],
)
def test_kernels_that_go_through_their_inputs_once_read_and_write_each_number_once(name, shapes, numbers):
    assert work_of(name, shapes).bytes == 4 * numbers


def test_a_kernel_without_a_rule_or_shapes_makes_the_least_time_no_longer():
    assert work_of("aten::view", [[20]]) == Work("other")
    assert work_of("aten::cat", [[], []]).bytes == 0


def test_the_least_time_is_that_of_operations_or_of_bytes_whichever_is_longer():
    work = Work("products", operations=600, bytes=50)

    assert work.least_seconds(peak=100, bandwidth=10) == 6
    assert work.least_seconds(peak=1000, bandwidth=10) == 5
    assert optimiser_work(10).least_seconds(peak=1e9, bandwidth=400) == 1


def test_shares_are_of_the_measured_step():
    rows = [
        {"work": Work("products", 10, 10), "calls": 2, "ms": 6.0, "least_ms": 4.0, "alone_ms": 5.0},
        {"work": Work("sums", 1, 1), "calls": 1, "ms": 2.0, "least_ms": 0.5, "alone_ms": None},
        {"work": Work("optimiser", 0, 0), "calls": 1, "ms": 1.0, "least_ms": 0.0, "alone_ms": None},
    ]

    found = shares(rows, optimiser=0.5, step=10.0, products=3.0)
    kinds = by_kind(rows, optimiser=0.5)

    assert (found["least_ms"], found["alone_ms"]) == (5.0, 6.0)
    assert found["share_of_attainable"] == 0.5
    assert found["share_of_matmul_peak"] == 0.3
    assert found["share_of_matmul_peak_at_the_roofline"] == 0.6
    assert found["share_of_matmul_peak_with_these_kernels"] == 0.5
    assert sum(kind["least_ms"] for kind in kinds) == found["least_ms"]
    assert [kind["kind"] for kind in kinds] == ["products", "sums", "optimiser"]


def test_exponents_are_fitted_over_all_values_and_over_the_longest_half():
    """A cost that is constant at first and then the square of the length."""
    values = (1, 2, 4, 8, 16, 32)
    points = [
        {"context": value, "family": "rnn", "step_seconds": max(1.0, (value / 4) ** 2), "grown_mebibytes": 7.0}
        for value in values
    ]

    found = {(row["cost"], row["from"]): row for row in exponents({"context": points})}

    assert found["step_seconds", 8]["exponent"] == pytest.approx(2)
    assert 0 < found["step_seconds", 1]["exponent"] < 2
    assert found["grown_mebibytes", 1]["exponent"] == pytest.approx(0, abs=1e-6)
    assert {row["to"] for row in found.values()} == {32}


def test_too_few_points_have_no_exponent():
    points = [{"seeds": seeds, "family": "rnn", "seconds": 1.0 * seeds} for seeds in (1, 2)]

    assert exponents({"seeds": points}) == []


def test_the_page_tells_when_ours_is_as_good_and_when_never():
    """Filling twice is filling once, and what was not measured stays as it is."""
    rows = [
        *run("rnn tutorial", "rnn", "tutorial", 0, [(1.0, 0.5, 0.5, 9.0), (2.0, 0.4, 0.3, 9.0)]),
        *run("darts rnn", "rnn", "", 0, [(30.0, 0.3, 0.3, 40.0)]),
        *run("darts transformer", "transformer", "", 0, [(30.0, 0.3, 0.2, 80.0)]),
    ]
    page = "above\n<!-- accuracy -->\n<!-- /accuracy -->\n<!-- growth -->\n<!-- /growth -->\nbelow"

    once = filled(page, {"accuracy": sum_up(pd.DataFrame(rows)), "growth": {"points": {}}})

    assert "| darts BlockRNN | 0.300 | 40.0 | 1000 | 100.0 |" in once
    assert "| darts Transformer | 0.200 | 80.0 | 1000 | 100.0 |" in once
    assert "| darts BlockRNN | 2.0 s, 20 x |" in once
    assert "| darts Transformer | never |" in once
    assert once.startswith("above\n<!-- accuracy -->\n")
    assert once.endswith("<!-- growth -->\n<!-- /growth -->\nbelow")
    assert filled(once, {"accuracy": sum_up(pd.DataFrame(rows))}) == once


def test_the_page_tells_the_power_over_the_longest_half_and_the_memory_of_most_series():
    points = [
        {"series": 10**number, "family": family, "epoch_seconds": 2.0 * 10**number, "ready_seconds": 1.0,
         "grown_mebibytes": 50.0, "peak_mebibytes": 1000.0 + number}
        for number in range(4) for family in ("rnn", "transformer")
    ]  # fmt: skip

    told = growth_table({"points": {"series": points}, "exponents": exponents({"series": points})})

    assert "| series, 10 to 1,000 | an epoch | 1.00 | 1.00 |" in told
    assert "With 1,000 series the RNN's process takes 1,003 MiB in all, the Transformer's 1,003 MiB." in told
