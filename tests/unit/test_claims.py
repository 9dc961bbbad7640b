"""Claims from made-up results with known answers: numbers, words and verdicts on both sides of every threshold."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from rnn_vs_transformer.claims import accuracy, gradients, learning, memory, speed
from rnn_vs_transformer.claims.claim import Words, judge
from rnn_vs_transformer.claims.judge import CLAIMS, judge_all
from rnn_vs_transformer.evaluation.intervals import Estimate, ratio_of_pairs
from rnn_vs_transformer.results import Cost, load_results
from rnn_vs_transformer.runtime import paths

from .conftest import rounds_of, search_of


@pytest.mark.parametrize("name", CLAIMS)
def test_an_interval_on_the_claimed_side_supports_and_on_the_other_side_refutes(name):
    """The whole interval decides: one that straddles the threshold supports nothing, wherever its middle lies."""
    claim = CLAIMS[name]

    def at(middle, *ends):
        inward = 0.1 if claim.side == "above" else -0.1
        return Estimate(claim.threshold + middle * inward, *sorted(claim.threshold + end * inward for end in ends))

    assert judge(claim, at(2, 1, 3), 0.02) == "supported"
    assert judge(claim, at(-2, -1, -3), 0.02) == "refuted"
    assert judge(claim, at(2, -1, 5), 0.02) == "inconclusive"


@pytest.mark.parametrize("name", CLAIMS)
def test_an_interval_that_touches_the_threshold_is_inconclusive(name):
    claim = dataclasses.replace(CLAIMS[name], superiority=False)
    assert judge(claim, Estimate(claim.threshold, claim.threshold, claim.threshold), 0.02) == "inconclusive"


def test_without_a_number_nothing_is_measured_and_without_an_interval_nothing_is_concluded():
    assert judge(CLAIMS["C4"], None, 0.02) == "not measured"
    assert judge(CLAIMS["C4"], Estimate(1.9, None, None), 0.02) == "inconclusive"


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(-0.30, -0.10, "supported"), (-0.015, -0.005, "refuted"), (0.05, 0.2, "refuted"), (-0.1, 0.01, "inconclusive")],
)
def test_a_difference_inside_the_margin_of_equivalence_is_no_superiority(low, high, verdict):
    """C9 claims a lower error; one that is lower by less than the margin is equal for all purposes."""
    assert judge(CLAIMS["C9"], Estimate((low + high) / 2, low, high), margin=0.02) == verdict


def test_the_ten_claims_of_the_design_are_all_there():
    assert list(CLAIMS) == [f"C{number}" for number in range(1, 11)]


def test_every_claim_is_judged_and_told_in_both_languages(results):
    """The page needs no second look-up; the table names the figure wherever there is a number."""
    claims = judge_all(results)
    assert list(claims) == list(CLAIMS)
    for name, claim in claims.items():
        assert claim.keys() >= {"claim", "verdict", "measure", "figure", "sentence"}
        assert claim["zh"].keys() == {"claim", "measure", "sentence"}
        assert CLAIMS[name].measure.zh in claim["zh"]["measure"]
        assert all(text != claim[key] for key, text in claim["zh"].items())
        assert ("number" in claim) == (claim["figure"] != "none") == (claim["verdict"] != "not measured")
    assert claims["C8"]["verdict"] == claims["C10"]["verdict"] == "not measured"
    assert claims["C4"]["verdict"] == claims["C9"]["verdict"] == "supported"


def test_all_words_of_the_claims_have_room_for_the_same_values_in_both_languages():
    """A value that one language lacks would be a silent omission there."""
    modules = (accuracy, gradients, learning, memory, speed)
    values = [value for module in modules for value in vars(module).values()]
    words = [one for value in values for one in (value.values() if isinstance(value, dict) else [value])]
    words = [one for one in words if isinstance(one, Words)]
    words += [text for claim in CLAIMS.values() for text in (claim.title, claim.measure)]
    assert len(words) > 50
    assert all(one.en and one.zh and one.places(one.en) == one.places(one.zh) for one in words)
    with pytest.raises(ValueError, match="the same values in both languages"):
        Words("{n} seeds", "种子")


def test_a_planted_decay_becomes_powers_of_ten_over_the_context(results):
    """0.9 per step over 96 steps is 0.9^95 = 10^-4.347."""
    found = gradients.vanishing_gradients(results).finding
    assert (found.estimate, found.low, found.high) == pytest.approx((4.347, 2.116, 9.206), abs=1e-3)


def test_a_decay_after_training_is_told_beside_and_one_without_interval_measures_nothing(results):
    trained = {"rnn": {**results.inspection["gradients"]["rnn"], "trained": {"decay_per_step": 0.5}}}
    both = dataclasses.replace(results, inspection={"gradients": trained})
    assert "After training the factor is 0.50" in gradients.vanishing_gradients(both).sentence.en
    bare = dataclasses.replace(results, inspection={"gradients": {"rnn": {"untrained": {"decay_per_step": 0.9}}}})
    assert gradients.vanishing_gradients(bare).finding is None


def test_recall_is_compared_at_the_longest_lag_over_paired_seeds(results):
    measured = memory.long_range_dependence(results)
    assert measured.finding.estimate == pytest.approx(0.8)
    assert "24 steps back" in measured.sentence.en


def test_a_probe_without_recall_measures_nothing(results):
    without = dataclasses.replace(results, trials=results.trials.assign(task="shuffled"))
    assert memory.long_range_dependence(without).finding is None


@pytest.fixture
def timed(results):
    """A function from training steps to results with them; the report of the cost probe can be changed."""

    def make(rounds, **crossover):
        report = {**results.cost.report}
        if crossover:
            report["train_step"] = {"cpu_one_thread": {"crossover": crossover}}
        return dataclasses.replace(results, cost=Cost(report, rounds))

    return make


def test_speed_up_is_that_of_the_transformer_over_that_of_the_rnn(timed):
    """The Transformer doubles its speed and the RNN does not: the ratio is 2."""
    times = {("rnn", 1, 64): 5.0, ("rnn", 2, 64): 5.0, ("transformer", 1, 64): 8.0, ("transformer", 2, 64): 4.0}
    measured = speed.parallel_over_time(timed(rounds_of(times)))
    assert "Many cores or a GPU were not there" in measured.sentence.en
    assert measured.finding.estimate == pytest.approx(2.0)


def test_what_was_there_to_be_measured_is_not_called_missing(timed):
    """Of many cores, of a GPU."""
    table = rounds_of({(model, threads, 64): 4.0 for model in ("rnn", "transformer") for threads in (1, 64)})
    assert "A GPU was not there" in (told := speed.parallel_over_time(timed(table)).sentence.en)
    assert "Many cores" not in told
    with_gpu = pd.concat([table, table.assign(device="cuda")])
    assert "not there" not in speed.parallel_over_time(timed(with_gpu)).sentence.en


def test_one_core_cannot_show_a_speed_up(timed):
    one = rounds_of({("rnn", 1, 64): 5.0, ("transformer", 1, 64): 5.0})
    assert speed.parallel_over_time(timed(one)).finding is None


@pytest.mark.parametrize(
    ("crossover", "told"), [(50.2, "near 50"), ("none", "no crossover up to 64"), ("unclear", "more than once")]
)
def test_short_sequences_are_judged_at_the_shortest_context_and_name_the_crossover(timed, crossover, told):
    times = {("rnn", 1, 32): 2.0, ("transformer", 1, 32): 4.0, ("rnn", 1, 64): 9.0, ("transformer", 1, 64): 6.0}
    measured = speed.short_sequences(timed(rounds_of(times), context_length=crossover))
    assert measured.finding.estimate == pytest.approx(0.5)
    assert told in measured.sentence.en


def test_costs_of_another_machine_are_not_measured(results):
    """A ratio of times of two machines means nothing; the reader is told how to measure them here."""
    elsewhere = judge_all(dataclasses.replace(results, cost=None))
    for name in ("C3", "C4", "C5"):
        assert elsewhere[name]["verdict"] == "not measured"
        assert "from another machine; run: dvc repro --force" in elsewhere[name]["sentence"]
        assert "dvc repro --force" in elsewhere[name]["zh"]["sentence"]


def test_training_time_is_compared_over_paired_seeds_where_it_was_measured(time_training):
    assert speed.faster_training(load_results([], "given")).finding is None
    time_training()
    measured = speed.faster_training(load_results([], "given"))
    assert measured.finding.estimate == pytest.approx(0.4)
    assert "takes 7 s for the RNN and 18 s for the Transformer" in measured.sentence.en


def convergence(transformer, rnn, reached):
    """Epochs of each seed to 95 % of the way."""
    families = (("transformer", transformer, reached[0]), ("rnn", rnn, reached[1]))
    rows = [(family, seed, 0.95, count, arrived) for family, counts, arrived in families
            for seed, count in enumerate(counts)]  # fmt: skip
    return pd.DataFrame(rows, columns=["family", "seed", "fraction", "epochs", "reached"])


def test_epochs_of_seeds_that_never_arrive_count_as_a_lower_bound(results):
    """The RNN's 20 epochs were too few, so the true ratio is at most the 0.1 found: a conservative verdict."""
    table = convergence([2, 2, 2], [20, 20, 20], (True, False))
    measured = learning.fewer_epochs(dataclasses.replace(results, convergence=table))
    assert measured.finding.estimate == pytest.approx(0.1)
    assert "3 of 3 RNN seeds never got there" in measured.sentence.en


def test_seconds_to_converge_are_told_where_the_training_was_timed(time_training):
    """Two epochs of 5 seconds against three of 2, not the whole training."""
    time_training()
    assert "(10 s against 6 s)" in learning.fewer_epochs(load_results([], "given")).sentence.en


@pytest.mark.parametrize("table", [convergence([20, 20], [5, 5], (False, True)), convergence([], [], (True, True))])
def test_a_transformer_that_never_arrives_is_not_compared(results, table):
    """Nor anything where no family came below the seasonal naive."""
    assert learning.fewer_epochs(dataclasses.replace(results, convergence=table)).finding is None


def test_first_forecasts_are_a_relative_difference(results):
    errors = {"rnn": 2.0, "transformer": 1.0}
    rows = [{"forecaster": f, "seed": s, "first_50_mse": mse * (1 + s)} for f, mse in errors.items() for s in (0, 1)]
    found = accuracy.first_forecasts(dataclasses.replace(results, seeds=pd.DataFrame(rows))).finding
    assert (found.estimate, found.low, found.high) == pytest.approx((-0.5, -0.5, -0.5))


@pytest.mark.parametrize(
    ("high", "told"),
    [((0.1, -0.1), "The RNN is not"), ((-0.1, 0.1), "The Transformer is not"), ((0.1, 0.1), "Neither is")],
)
def test_a_family_that_is_not_surely_below_ridge_is_told(results, high, told):
    rows = {family: {"ridge_difference_ci_high": end} for family, end in zip(("rnn", "transformer"), high, strict=True)}
    changed = dataclasses.replace(results, metrics={**results.metrics, **rows})
    assert f"{told} shown to beat a linear ridge." in accuracy.lower_error(changed).sentence.en


def test_the_interval_of_paired_ratios_covers_a_planted_ratio_at_its_nominal_rate():
    """Lognormal pairs with a true ratio of 1.5: a 95 % interval must hold it in about 95 % of 400 repetitions."""
    generator = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        base = generator.lognormal(size=5)
        found = ratio_of_pairs(1.5 * base * generator.lognormal(sigma=0.2, size=5), base)
        covered += found.low <= 1.5 <= found.high
    assert 0.92 <= covered / 400 <= 0.98


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
def test_the_claimed_architecture_must_hold_for_both_families(tune, rnn, transformer, noise, verdict):
    """The claim names both: one family against it refutes it, and both are needed to support it."""
    claim = judge_all(tune(search_of("rnn", rnn, noise), search_of("transformer", transformer, noise)))["C10"]
    assert claim["verdict"] == verdict
    assert "4 trials of the RNN and 4 of the Transformer, retrained on 3 fresh seeds" in claim["sentence"]
    assert claim["figure"] == (paths.FIGURES / "tuning_values.png").as_posix()


def test_without_tuning_the_claimed_architecture_is_not_measured(results, tune):
    """Nor where one family has no trial of either kind, or a finalist diverged."""
    measured = learning.claimed_architecture(results)
    assert measured.finding is None
    assert "dvc exp run -S train.settings=tuned" in measured.sentence.en
    claimed, other = search_of("rnn")["finalists"]
    for finalists in ([other], [claimed, {**other, "losses": [0.4, None, 0.4]}]):
        measured = learning.claimed_architecture(tune(rnn={"finalists": finalists}))
        assert measured.finding is None
        assert "No trial of the RNN" in measured.sentence.en


def test_a_width_that_was_solved_for_says_nothing_of_the_claimed_width(tune):
    solved = {"plan": {"budget": "parameters"}}
    measured = learning.claimed_architecture(tune(solved, solved))
    assert measured.finding is None
    assert "tune.budget is parameters" in measured.sentence.en
