"""Findings from made-up reports with known answers."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from rnn_vs_transformer.reporting.claim_rules import RULES, judge

from rnn_vs_transformer.reporting import claim_findings as findings


def rounds(times: dict[tuple[str, int, int], float]) -> pd.DataFrame:
    """Five equal rounds of training steps: (model, threads, context length) -> milliseconds."""
    rows = [
        {
            "model": m,
            "device": "cpu",
            "threads": t,
            "context_length": c,
            "round": r,
            "train_step_ms": ms * (1 + r / 100),
        }
        for (m, t, c), ms in times.items()
        for r in range(5)
    ]
    return pd.DataFrame(rows)


def test_a_planted_decay_becomes_powers_of_ten_over_the_context() -> None:
    """0.9 per step over 96 steps is 0.9^95 = 10^-4.347."""
    decay = {"decay_per_step": 0.9, "decay_per_step_ci_low": 0.8, "decay_per_step_ci_high": 0.95}
    found = findings.vanishing_gradients({"gradients": {"rnn": {"untrained": decay}}}, "rnn", 96).finding
    assert found is not None
    assert found.number == pytest.approx(4.347, abs=1e-3)
    assert found.low == pytest.approx(2.116, abs=1e-3)
    assert found.high == pytest.approx(9.206, abs=1e-3)


def test_recall_is_compared_at_the_longest_lag_over_paired_seeds() -> None:
    rows = [
        {"task": "recall", "model": model, "lag": lag, "seed": seed, "recovered": share + 0.01 * seed}
        for model, lag, share in (("rnn", 1, 1.0), ("rnn", 24, 0.1), ("transformer", 1, 1.0), ("transformer", 24, 0.9))
        for seed in range(3)
    ]
    measured = findings.long_range_dependence(pd.DataFrame(rows))
    assert measured.finding is not None
    assert measured.finding.number == pytest.approx(0.8)
    assert "24 steps back" in measured.sentence


def test_a_probe_without_recall_measures_nothing() -> None:
    table = pd.DataFrame([{"task": "shuffled", "model": "rnn", "lag": 8, "seed": 0, "recovered": 0.0}])
    assert findings.long_range_dependence(table).finding is None


def test_speed_up_is_that_of_the_transformer_over_that_of_the_rnn() -> None:
    """The Transformer doubles its speed and the RNN does not: the ratio is 2."""
    table = rounds({("rnn", 1, 64): 5.0, ("rnn", 2, 64): 5.0, ("transformer", 1, 64): 8.0, ("transformer", 2, 64): 4.0})
    measured = findings.parallel_over_time(table)
    found = measured.finding
    assert "Many cores or a GPU were not there" in measured.sentence
    assert found is not None
    assert found.number == pytest.approx(2.0)


def test_what_was_there_to_be_measured_is_not_called_missing() -> None:
    """Of many cores, of a GPU."""
    table = rounds({(model, threads, 64): 4.0 for model in ("rnn", "transformer") for threads in (1, 64)})
    assert "A GPU was not there" in (told := findings.parallel_over_time(table).sentence)
    assert "Many cores" not in told
    with_gpu = pd.concat([table, table.assign(device="cuda")])
    assert "not there" not in findings.parallel_over_time(with_gpu).sentence


def test_one_core_cannot_show_a_speed_up() -> None:
    assert findings.parallel_over_time(rounds({("rnn", 1, 64): 5.0, ("transformer", 1, 64): 5.0})).finding is None


def test_short_sequences_are_judged_at_the_shortest_context_and_name_the_crossover() -> None:
    table = rounds({("rnn", 1, 32): 2.0, ("transformer", 1, 32): 4.0, ("rnn", 1, 64): 9.0, ("transformer", 1, 64): 6.0})
    report = {
        "train_step": {"cpu_one_thread": {"crossover": {"context_length": 50.2}}},
        "measured": {"longest_context_length": 64},
    }
    measured = findings.short_sequences(table, report)
    assert measured.finding is not None
    assert measured.finding.number == pytest.approx(0.5)
    assert "near 50" in measured.sentence
    for word, told in (("none", "no crossover up to 64"), ("unclear", "more than once")):
        report["train_step"]["cpu_one_thread"]["crossover"]["context_length"] = word
        assert told in findings.short_sequences(table, report).sentence


def convergence(transformer: list[int], rnn: list[int], reached: tuple[bool, bool]) -> pd.DataFrame:
    rows = [
        {
            "family": family,
            "seed": seed,
            "fraction": 0.95,
            "epochs": epochs,
            "reached": arrived,
            "seconds": 1.0 * epochs,
        }
        for family, counts, arrived in (("transformer", transformer, reached[0]), ("rnn", rnn, reached[1]))
        for seed, epochs in enumerate(counts)
    ]
    return pd.DataFrame(rows)


def test_epochs_of_seeds_that_never_arrive_count_as_a_lower_bound() -> None:
    """The RNN's 20 epochs were too few, so the true ratio is at most the 0.1 found: a conservative verdict."""
    measured = findings.fewer_epochs(convergence([2, 2, 2], [20, 20, 20], (True, False)))
    assert measured.finding is not None
    assert measured.finding.number == pytest.approx(0.1)
    assert "3 of 3 RNN seeds never got there" in measured.sentence


def test_a_transformer_that_never_arrives_is_not_compared() -> None:
    assert findings.fewer_epochs(convergence([20, 20], [5, 5], (False, True))).finding is None


def test_first_forecasts_are_a_relative_difference() -> None:
    errors = {"rnn": 2.0, "transformer": 1.0}
    rows = [{"family": f, "seed": s, "first_50_mse": mse * (1 + s)} for f, mse in errors.items() for s in (0, 1)]
    seeds = pd.DataFrame(rows)
    found = findings.first_forecasts(seeds).finding
    assert found is not None
    assert (found.number, found.low, found.high) == pytest.approx((-0.5, -0.5, -0.5))


def test_a_family_that_is_not_surely_below_ridge_is_told() -> None:
    metrics = {
        "rnn": {"ridge_difference_ci_high": 0.1},
        "transformer": {"ridge_difference_ci_high": -0.1},
        "comparison": {"relative_mse_difference": -0.5, "ci_low": -0.6, "ci_high": -0.4},
    }
    assert "The RNN is not shown to beat a linear ridge." in findings.lower_error(metrics).sentence


def test_the_interval_of_paired_ratios_covers_a_planted_ratio_at_its_nominal_rate() -> None:
    """Lognormal pairs with a true ratio of 1.5: a 95 % interval must hold it in about 95 % of 400 repetitions."""
    generator = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        base = generator.lognormal(size=5)
        found = findings.ratio_of_pairs(1.5 * base * generator.lognormal(sigma=0.2, size=5), base)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 1.5 <= found.high
    assert 0.92 <= covered / 400 <= 0.98


def tuning(rnn: float, transformer: float, noise: float = 0.001) -> dict[str, Any]:
    """A report in which the finalists with the claimed values have so many times the loss of those without."""
    wobble = [1 - noise, 1.0, 1 + noise]
    return {
        "trials": 20,
        "plan": {"budget": "trials"},
        "families": {
            family: {
                "trials": 20,
                "finalists": [
                    {"claimed": True, "losses": [0.1 * ratio * step for step in wobble]},
                    {"claimed": False, "losses": [0.1] * 3},
                ],
            }
            for family, ratio in (("rnn", rnn), ("transformer", transformer))
        },
    }


@pytest.mark.parametrize(
    ("rnn", "transformer", "noise", "verdict"),
    [
        (0.9, 0.8, 0.001, "supported"),
        (0.9, 1.2, 0.001, "refuted"),
        (1.2, 0.9, 0.001, "refuted"),
        (0.9, 0.99, 0.1, "inconclusive"),
        (0.99, 0.1, 0.1, "inconclusive"),
    ],
)
def test_the_claimed_architecture_must_hold_for_both_families(rnn, transformer, noise, verdict) -> None:
    """The claim names both: one family against it refutes it, and both are needed to support it."""
    measured = findings.claimed_architecture(tuning(rnn, transformer, noise))
    assert judge(RULES["C10"], measured.finding) == verdict
    assert "20 trials of the RNN and 20 of the Transformer" in measured.sentence


def test_without_tuning_the_claimed_architecture_is_not_measured() -> None:
    """Nor where one family has no trial of either kind."""
    measured = findings.claimed_architecture({"trials": 0, "families": {}})
    assert measured.finding is None
    assert "dvc exp run -S tune.trials=20" in measured.sentence
    lacking = tuning(0.9, 0.9)
    del lacking["families"]["rnn"]["finalists"][0]
    assert findings.claimed_architecture(lacking).finding is None


def test_a_width_that_was_solved_for_says_nothing_of_the_claimed_width() -> None:
    solved = {**tuning(0.9, 0.8), "plan": {"budget": "parameters"}}
    measured = findings.claimed_architecture(solved)
    assert measured.finding is None
    assert "tune.budget is parameters" in measured.sentence
