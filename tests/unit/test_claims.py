"""Claims from made-up results with known answers: every row can hold and can be refuted, and the two rules bind it."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest

from rnn_vs_transformer.claims import accuracy, gradients, judge, learning, memory, speed, studies
from rnn_vs_transformer.claims.claim import COLUMNS, Claimed, Measured, Words
from rnn_vs_transformer.claims.judge import CLAIMS, judge_all, overall, weakest
from rnn_vs_transformer.evaluation.intervals import Estimate, ratio_of_pairs
from rnn_vs_transformer.results import Cost, load_results
from rnn_vs_transformer.runtime import paths

from .conftest import finding, rounds_of, search_of, study_report

ACROSS = {
    "G1": ("probes", ["gradient_decay.rnn.untrained"]),
    "G2": ("probes", ["diverged.rnn.unclipped"]),
    "M2": ("probes", ["recall_ratio_48.rnn"]),
    "M3": ("probes", ["recall_ratio_48.gru", "recall_ratio_48.lstm", "recall_ratio_48.min_gru"]),
    "M4": ("map", [f"mse.at_its_best.{kind}" for kind in memory.LONG_MEMORIES]),
    "M5": ("map", ["mse.at_its_best.short_memory"]),
    "M6": ("map", ["mse.at_its_best.short_series"]),
    "M7": ("probes", ["length_half.rnn", "length_double.rnn", "length_quadruple.rnn"]),
    "S2": ("map", ["seconds.at_its_best"]),
    "S3": ("map", ["seconds.at_its_best"]),
    "S5": ("probes", ["short_context_12.seconds"]),
    "S6": ("probes", ["short_context_12.transformer_against_rnn", "short_context_24.transformer_against_rnn"]),
    "L1": ("map", ["best_epoch.tutorial", "best_epoch.season_tokens"]),
    "L2": ("probes", ["no_positions.points", "no_positions.season_tokens"]),
    "L3": ("map", ["mse.at_its_best.long_series"]),
    "L4": ("map", ["data_slope.at_its_best"]),
    "A2": ("map", ["mse.at_its_best.all"]),
    "A3": ("map", ["context_slope.at_its_best"]),
    "A4": ("map", ["delay_slope.at_its_best"]),
}
"""The findings that each row needs of a study: a contract with the studies."""
RIDGE = {
    "map": [f"ridge.{family}.at_its_best.{scope}" for family in ("rnn", "transformer")
            for scope in ("all", "short_memory", "long_memory", *memory.LONG_MEMORIES, "short_series", "long_series")],
    "probes": ["short_context_12.rnn_against_ridge", "short_context_24.rnn_against_ridge"],
}  # fmt: skip
BELOW_RIDGE = {"ridge_difference": -0.3, "ridge_difference_ci_low": -0.4, "ridge_difference_ci_high": -0.2}


def studied(results, study, findings):
    """The results with findings in a study, besides those that it has or in their place."""
    known = results.studies.get(study, study_report())["findings"]
    return dataclasses.replace(results, studies={**results.studies, study: study_report(**{**known, **findings})})


def across(name, results, good):
    """What a study must say for a row to hold, or to be refuted, with all families below ridge."""
    study, names = ACROSS[name]
    inward = 0.5 if CLAIMS[name].side == "above" else -0.5
    value = CLAIMS[name].threshold + (inward if good else -inward)
    ridge = {one: finding(-0.3) for one in RIDGE[study]}
    return studied(results, study, {**{one: finding(value) for one in names}, **ridge})


def decay(results, good):
    factor = 0.5 if good else 0.99
    row = {"decay_per_step": factor, "decay_per_step_ci_low": factor - 0.01, "decay_per_step_ci_high": factor + 0.001}
    return dataclasses.replace(results, inspection={"gradients": {"rnn": {"untrained": row}}})


def recall(results, good):
    shares = {"rnn": 0.1 if good else 0.8, "transformer": 0.9}
    trials = results.trials.assign(recovered=results.trials["model"].map(shares) + 0.001 * results.trials["seed"])
    return dataclasses.replace(results, trials=trials)


def steps(results, short=1.0, long=1.0, scan=1.0):
    """Training steps: the RNN's over the Transformer's at 32 and at 64 steps; and what the scan gains by two threads.

    The Transformer gains 2 by the second thread, the RNN nothing.
    """
    times = {("rnn", 1, 32): short, ("rnn", 1, 64): long, ("rnn", 2, 64): long, ("transformer", 1, 32): 1.0}
    times |= {("transformer", 1, 64): 1.0, ("transformer", 2, 64): 0.5}
    times |= {("min_gru", 1, 64): 1.0, ("min_gru", 2, 64): 1 / scan, ("min_gru_loop", 1, 64): 4.0}
    return dataclasses.replace(results, cost=Cost(results.cost.report, rounds_of(times)))


def exponent(results, good):
    found = {"local_exponent": 1.9, "local_exponent_ci_low": 1.8, "local_exponent_ci_high": 2.0}
    found = found if good else {key: value - 0.9 for key, value in found.items()}
    one_thread = {**results.cost.report["train_step"]["cpu_one_thread"], "transformer_all_queries": found}
    report = {**results.cost.report, "train_step": {"cpu_one_thread": one_thread}}
    return dataclasses.replace(results, cost=Cost(report, results.cost.rounds))


def seconds(suffix, results, ratio):
    """Seconds of three seeds; the RNN takes `ratio` times as long as the Transformer."""
    rows = [(f"{family}{suffix}", seed, 1, (1 + seed) * spent)
            for family, spent in (("rnn", ratio), ("transformer", 1.0)) for seed in range(3)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["family", "seed", "epoch", "seconds"])
    names = {name: {"train_seconds": 1.0} for name in table["family"]}
    return dataclasses.replace(
        results,
        epoch_seconds=pd.concat([results.epoch_seconds.astype(table.dtypes), table]),
        times={**results.times, **names},
        histories={**results.histories, **dict.fromkeys(names, results.histories["rnn"])},
    )


def best_epochs(suffix, results, good):
    """Histories whose least loss is in epoch 2 for one family and in epoch 4 for the other."""
    epochs = pd.DataFrame({"seed": np.repeat([0, 1, 2], 4), "epoch": [1, 2, 3, 4] * 3})
    rows = {best: epochs.assign(validation_loss=(epochs["epoch"] - best).abs()) for best in (2, 4)}
    named = {f"transformer{suffix}": rows[2 if good else 4], f"rnn{suffix}": rows[4 if good else 2]}
    return dataclasses.replace(results, histories={**results.histories, **named})


def replace_settings(meta, **changes):
    return dataclasses.replace(meta, settings={**meta.settings, **changes})


def first_fifty(suffix, results, good):
    """Errors of seeds on 50 windows that hold more than four blocks, as the contexts are short."""
    errors = {f"transformer{suffix}": 1.0 if good else 2.0, f"rnn{suffix}": 2.0 if good else 1.0}
    rows = [(name, seed, mse * (1 + seed)) for name, mse in errors.items() for seed in range(3)]
    table = pd.DataFrame(rows, columns=["forecaster", "seed", "first_50_mse"])
    others = results.seeds[~results.seeds["forecaster"].isin(errors)]
    short = replace_settings(results.meta, context_length=8)
    return compared(suffix, dataclasses.replace(results, seeds=pd.concat([others, table]), meta=short), good)


def compared(suffix, results, good):
    """The comparison of a recipe, with both families below ridge."""
    found = {"relative_mse_difference": -0.3, "ci_low": -0.4, "ci_high": -0.2}
    found = found if good else {"relative_mse_difference": 0.3, "ci_low": 0.2, "ci_high": 0.4}
    rows = {**dict.fromkeys(("rnn", "transformer"), BELOW_RIDGE), "comparison": found}
    metrics = {**results.metrics, **({"season_tokens": rows} if suffix else rows)}
    return dataclasses.replace(results, metrics=metrics)


def on_long_memory(suffix, results, good):
    """The same on a synthetic world with a delay of 48."""
    params = "evaluate: {margin: 0.02}\ndata: {synthetic: {delay: 48}}"
    world = dataclasses.replace(results, meta=replace_settings(results.meta, source="synthetic"), params=params)
    return compared(suffix, world, good)


def of_search(results, good):
    ratio = 0.8 if good else 1.2
    named = {f"claimed_architecture.{family}": finding(ratio) for family in ("rnn", "transformer")}
    return studied(results, "tuning", named)


TOKENS = "_season_tokens"
HERE = {
    ("G1", "as_set_up"): decay,
    ("M1", "as_set_up"): recall,
    ("M4", "as_set_up"): lambda results, good: on_long_memory("", results, good),
    ("M4", "season_tokens"): lambda results, good: on_long_memory(TOKENS, results, good),
    ("S1", "as_set_up"): lambda results, good: steps(results, scan=1.0 if good else 2.2),
    ("S2", "as_set_up"): lambda results, good: seconds("", results, 2.0 if good else 0.5),
    ("S2", "season_tokens"): lambda results, good: seconds(TOKENS, results, 2.0 if good else 0.5),
    ("S3", "as_set_up"): lambda results, good: seconds("", results, 0.5 if good else 2.0),
    ("S3", "season_tokens"): lambda results, good: seconds(TOKENS, results, 0.5 if good else 2.0),
    ("S4", "as_set_up"): exponent,
    ("S5", "as_set_up"): lambda results, good: steps(results, short=0.5 if good else 2.0),
    ("S7", "as_set_up"): lambda results, good: steps(results, long=2.0 if good else 0.04),
    ("L1", "as_set_up"): lambda results, good: best_epochs("", results, good),
    ("L1", "season_tokens"): lambda results, good: best_epochs(TOKENS, results, good),
    ("L5", "as_set_up"): lambda results, good: studied(
        results,
        "tuning",
        {f"tuning_gain.{family}": finding(-0.2 if good else 0.2) for family in ("rnn", "transformer")},
    ),
    ("L6", "as_set_up"): of_search,
    ("A1", "as_set_up"): lambda results, good: first_fifty("", results, good),
    ("A1", "season_tokens"): lambda results, good: first_fifty(TOKENS, results, good),
    ("A2", "as_set_up"): lambda results, good: compared("", results, good),
    ("A2", "season_tokens"): lambda results, good: compared(TOKENS, results, good),
}
"""For every column but that across worlds: results that support the row, or refute it."""


def made_up(name, results, good, columns=COLUMNS):
    """Results that support a row in all its columns, or in some, or refute it there."""
    for column in columns:
        if column in CLAIMS[name].columns:
            results = across(name, results, good) if column == "across_worlds" else HERE[name, column](results, good)
    return results


@pytest.mark.parametrize("name", CLAIMS)
@pytest.mark.parametrize(("good", "verdict"), [(True, "holds"), (False, "refuted")])
def test_every_claim_can_hold_and_can_be_refuted_in_every_column(results, name, good, verdict):
    """A row that no result could refute would be no measurement."""
    found = judge_all(made_up(name, results, good))[name]
    assert {column: one["verdict"] for column, one in found["columns"].items()} == dict.fromkeys(
        CLAIMS[name].columns, verdict
    )
    assert found["verdict"] == verdict
    assert found["applies"] == list(found["columns"])
    assert all(one["number_ci_low"] <= one["number"] <= one["number_ci_high"] for one in found["columns"].values())


@pytest.mark.parametrize("name", [name for name, claim in CLAIMS.items() if claim.claimed])
@pytest.mark.parametrize(("good", "verdict"), [(True, "undecided"), (False, "refuted")])
def test_a_claim_for_a_family_that_is_not_below_ridge_cannot_hold_but_can_be_refuted(results, name, good, verdict):
    """The second rule, in every column: being better of two that do not beat a linear forecast is no merit."""
    found = made_up(name, results, good)
    unsure = {"ridge_difference_ci_high": 0.01}
    rows = {family: {**found.metrics[family], **unsure} for family in ("rnn", "transformer")}
    tokens = found.metrics.get("season_tokens")
    metrics = {**found.metrics, **rows, **({"season_tokens": {**tokens, **rows}} if tokens else {})}
    found = dataclasses.replace(found, metrics=metrics)
    for study, names in RIDGE.items():
        if study in found.studies:
            found = studied(found, study, {one: finding(0.0) for one in names})
    row = judge_all(found)[name]
    assert {one["verdict"] for one in row["columns"].values()} == {verdict}
    assert not any(one["beats_ridge"] for one in row["columns"].values())
    assert f"the {'RNN' if CLAIMS[name].claimed.family == 'rnn' else 'Transformer'} is not shown" in row["sentence"]


def test_a_family_of_which_ridge_was_not_asked_is_not_shown_to_beat_it(results):
    """Silence of a study is no evidence; so is a finding that one of two needed ones lacks."""
    claimed = Claimed("rnn", ["a", "b"], study="probes")
    assert not judge.beats_ridge(claimed, "across_worlds", results)
    one = studied(results, "probes", {"a": finding(-0.3)})
    assert not judge.beats_ridge(claimed, "across_worlds", one)
    assert judge.beats_ridge(claimed, "across_worlds", studied(one, "probes", {"b": finding(-0.3)}))
    assert not judge.beats_ridge(claimed, "season_tokens", one)


@pytest.mark.parametrize("name", CLAIMS)
@pytest.mark.parametrize("beyond", [1.0, -1.0])
def test_too_little_evidence_decides_nothing_either_way(name, beyond):
    """The first rule binds every row: three blocks, or no interval, neither support nor refute."""
    claim, value = CLAIMS[name], CLAIMS[name].threshold + beyond
    sure = [Estimate(value, value - 0.1, value + 0.1)]
    for blocks, verdict in ((4, {"holds", "refuted"}), (3, {"undecided"}), (0, {"undecided"})):
        assert judge.judge(claim, Measured(sure, blocks=blocks), beats_ridge=True, margin=0.02) in verdict
    assert judge.judge(claim, Measured([Estimate(value, None, None)]), beats_ridge=True, margin=0.02) == "undecided"
    assert judge.judge(claim, Measured(), beats_ridge=True, margin=0.02) == "not measured"


def test_the_first_fifty_windows_of_a_long_context_are_at_most_undecided(results):
    """50 windows of 96 + 2 steps are less than one block, whatever the seeds agree on."""
    for good in (True, False):
        found = first_fifty("", results, good)
        found = dataclasses.replace(found, meta=results.meta)
        row = judge_all(found)["A1"]
        assert row["columns"]["as_set_up"]["verdict"] == row["verdict"] == "undecided"
        assert "As set up: it rests on fewer than 4 independent blocks" in row["sentence"]


@pytest.mark.parametrize("name", CLAIMS)
def test_an_interval_that_straddles_or_touches_the_threshold_decides_nothing(name):
    claim = dataclasses.replace(CLAIMS[name], superiority=False)
    for low, high in ((-1.0, 5.0), (0.0, 0.0), (0.0, 1.0)):
        finding = Estimate(claim.threshold + high, claim.threshold + low, claim.threshold + high)
        assert judge.judge(claim, Measured([finding]), beats_ridge=True, margin=0.02) == "undecided"


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(-0.30, -0.10, "holds"), (-0.015, -0.005, "refuted"), (0.05, 0.2, "refuted"), (-0.1, 0.01, "undecided")],
)
def test_a_difference_inside_the_margin_of_equivalence_is_no_superiority(low, high, verdict):
    """A2 claims a lower error; one that is lower by less than the margin is equal for all purposes."""
    measured = Measured([Estimate((low + high) / 2, low, high)])
    assert judge.judge(CLAIMS["A2"], measured, beats_ridge=True, margin=0.02) == verdict


@pytest.mark.parametrize(
    ("verdicts", "verdict"),
    [
        (["holds", "holds", "holds"], "holds"),
        (["holds"], "holds"),
        (["holds", "refuted", "holds"], "undecided"),
        (["holds", "undecided", "undecided"], "only as set up"),
        (["holds", "not measured"], "undecided"),
        (["holds", "refuted"], "only as set up"),
        (["holds", "holds", "refuted"], "only as set up"),
        (["undecided", "holds", "holds"], "undecided"),
        (["refuted", "holds", "undecided"], "undecided"),
        (["refuted", "undecided", "not measured"], "refuted"),
        (["undecided", "refuted"], "refuted"),
        (["not measured", "holds"], "undecided"),
        (["not measured", "undecided"], "undecided"),
        (["not measured", "not measured"], "not measured"),
    ],
)
def test_all_columns_that_apply_must_hold(verdicts, verdict):
    """What was not measured does not hold: a claim is not carried by the columns that are missing."""
    assert overall(dict(zip(COLUMNS, verdicts, strict=False))) == verdict


def test_without_a_column_as_set_up_nothing_holds_only_there():
    assert overall({"across_worlds": "holds"}) == "holds"
    assert overall({"season_tokens": "holds", "across_worlds": "refuted"}) == "undecided"


def test_of_models_that_must_all_agree_the_one_that_does_not_is_told():
    """Farthest on the wrong side, or else nearest to it; one without interval leaves all undecided."""
    below, above = CLAIMS["L6"], CLAIMS["M3"]
    fine, near, wrong = Estimate(0.5, 0.4, 0.6), Estimate(0.9, 0.8, 1.1), Estimate(1.2, 1.1, 1.3)
    assert weakest(below, [fine, near]) == near
    assert weakest(below, [wrong, near, fine, Estimate(0.1, None, None)]) == wrong
    assert weakest(below, [fine, Estimate(0.1, None, None)]).low is None
    many, few = Estimate(9.0, 8.0, 10.0), Estimate(1.5, 1.4, 1.6)
    assert weakest(above, [many, few]) == few
    assert weakest(above, [many, Estimate(4.0, 3.0, 9.0)]).low == 3.0


def test_every_claim_of_the_design_is_there_with_those_that_contradict_it():
    """Five groups; who says that the RNN trains faster and who says that the Transformer does are both heard."""
    groups = {name[0]: claim.group for name, claim in CLAIMS.items()}
    assert groups == {"G": "gradients", "M": "memory", "S": "speed", "L": "learning", "A": "accuracy"}
    assert {"The Transformer trains faster, thanks to parallelism", "The RNN trains faster"} <= {
        claim.title.en for claim in CLAIMS.values()
    }
    assert set(ACROSS) == {name for name, claim in CLAIMS.items() if "across_worlds" in claim.columns}


def test_of_two_claims_that_contradict_each_other_one_number_decides_both(results):
    rows = judge_all(seconds("", results, 2.0))
    assert rows["S2"]["columns"]["as_set_up"]["verdict"] == "holds"
    assert rows["S3"]["columns"]["as_set_up"]["verdict"] == "refuted"


def test_every_claim_is_judged_and_told_in_both_languages(results):
    """The page needs no second look-up; the table names the figure wherever there is a number of this run."""
    claims = judge_all(results)
    assert list(claims) == list(CLAIMS)
    for name, row in claims.items():
        assert row.keys() == {"claim", "group", "verdict", "applies", "columns", "measure", "figure", "sentence", "zh"}
        assert row["zh"].keys() == {"claim", "measure", "sentence"}
        assert CLAIMS[name].measure.zh in row["zh"]["measure"]
        assert all(text != row[key] for key, text in row["zh"].items())
        assert bool(row["columns"]) == (row["figure"] != "none") == (row["verdict"] != "not measured")
    assert claims["S3"]["verdict"] == claims["L6"]["verdict"] == "not measured"
    assert claims["S4"]["verdict"] == "holds"
    assert claims["A2"]["verdict"] == "undecided"  # holds as set up; nothing is known of the other columns


def test_a_study_is_told_with_its_date_and_what_is_missing_with_how_to_measure_it(results):
    """A number that does not come from this run must say so."""
    missing = judge_all(results)["A2"]
    assert "across_worlds" in missing["applies"]
    assert "across_worlds" not in missing["columns"]
    assert "run: make map" in missing["sentence"]
    assert "run: python -m studies.tuning" in judge_all(results)["L5"]["sentence"]
    found = judge_all(across("A2", results, good=True))["A2"]
    assert "From the study of 2001-02-03 (make map), over 8 independent units." in found["sentence"]
    assert "2001-02-03" in found["zh"]["sentence"]
    assert found["columns"]["across_worlds"] == {
        "number": -0.5, "number_ci_low": -0.51, "number_ci_high": -0.49, "verdict": "holds", "beats_ridge": True,
        "units": 8,
    }  # fmt: skip


@pytest.mark.parametrize("lacking", [{}, {"mse.at_its_best.all": {**finding(1.0), "estimate": None}}])
def test_a_study_that_lacks_the_finding_measures_nothing(results, lacking):
    row = judge_all(studied(results, "map", lacking))["A2"]
    assert "across_worlds" not in row["columns"]
    assert "The study of 2001-02-03 did not measure it" in row["sentence"]


def test_of_several_findings_each_is_told_by_its_name(results):
    """The column shows the weakest alone; a reader may ask which one it is, and look it up."""
    gains = {"tuning_gain.rnn": finding(-0.4), "tuning_gain.transformer": finding(-0.0558)}
    row = judge_all(studied(results, "tuning", gains))["L5"]
    assert row["columns"]["as_set_up"]["number"] == -0.0558
    assert row["sentence"].endswith("Each: tuning_gain.rnn -0.4, tuning_gain.transformer -0.0558.")
    assert "tuning_gain.rnn -0.4" in row["zh"]["sentence"]


def test_recall_across_worlds_is_that_of_the_longest_lag(results):
    ratios = {f"recall_ratio_{lag}.rnn": finding(ratio) for lag, ratio in ((4, 1.0), (8, 2.0), (24, 9.0))}
    assert judge_all(studied(results, "probes", ratios))["M2"]["columns"]["across_worlds"]["number"] == 9.0


def test_all_words_of_the_claims_have_room_for_the_same_values_in_both_languages():
    """A value that one language lacks would be a silent omission there."""
    modules = (accuracy, gradients, learning, memory, speed, studies, judge)
    values = [value for module in modules for value in vars(module).values()]
    words = [one for value in values for one in (value.values() if isinstance(value, dict) else [value])]
    words = [one for one in words if isinstance(one, Words)]
    words += [text for claim in CLAIMS.values() for text in (claim.title, claim.measure)]
    assert len(words) > 80
    assert all(one.places(one.en) == one.places(one.zh) for one in words)
    assert all(bool(one.en) == bool(one.zh) and not re.search(r"[一-鿿]", one.en) for one in words)
    with pytest.raises(ValueError, match="the same values in both languages"):
        Words("{n} seeds", "种子")


def test_a_planted_decay_becomes_powers_of_ten_over_the_context(results):
    """0.9 per step over 96 steps is 0.9^95 = 10^-4.347."""
    found = gradients.vanishing_gradients(results).findings[0]
    assert (found.estimate, found.low, found.high) == pytest.approx((4.347, 2.116, 9.206), abs=1e-3)


def test_a_decay_after_training_is_told_beside_and_one_without_interval_measures_nothing(results):
    trained = {"rnn": {**results.inspection["gradients"]["rnn"], "trained": {"decay_per_step": 0.5}}}
    both = dataclasses.replace(results, inspection={"gradients": trained})
    assert "After training the factor is 0.50" in gradients.vanishing_gradients(both).sentence.en
    bare = dataclasses.replace(results, inspection={"gradients": {"rnn": {"untrained": {"decay_per_step": 0.9}}}})
    assert not gradients.vanishing_gradients(bare).findings


def test_recall_is_compared_at_the_longest_lag_over_paired_seeds(results):
    measured = memory.long_range_dependence(results)
    assert measured.findings[0].estimate == pytest.approx(0.8)
    assert "24 steps back" in measured.sentence.en


def test_a_series_that_is_not_known_to_have_long_memory_says_nothing_of_it(results):
    """A synthetic world of a short delay; on a user's own series nobody knows, and the claim is not made."""
    world = on_long_memory("", results, good=True)
    row = judge_all(dataclasses.replace(world, params=world.params.replace("48", "12")))["M4"]
    assert row["columns"] == {}
    assert "not known to depend on what lies 48 or more steps back" in row["sentence"]
    assert "M4" not in judge_all(dataclasses.replace(world, meta=replace_settings(world.meta, source="csv")))


def test_a_probe_whose_control_failed_measures_nothing_and_says_so(results):
    controls = {"lag_1": {"result": "failed", "evidence": "rnn recovered 0.2"}}
    found = memory.long_range_dependence(dataclasses.replace(results, probe={"controls": controls}))
    assert not found.findings
    assert "control" in found.sentence.en


def test_a_probe_without_recall_measures_nothing(results):
    without = dataclasses.replace(results, trials=results.trials.assign(task="shuffled"))
    assert not memory.long_range_dependence(without).findings


@pytest.fixture
def timed(results):
    """A function from training steps to results with them; the report of the cost probe can be changed."""

    def make(rounds, **crossover):
        report = {**results.cost.report}
        if crossover:
            report["train_step"] = {"cpu_one_thread": {"crossover": crossover}}
        return dataclasses.replace(results, cost=Cost(report, rounds))

    return make


def test_speed_up_is_that_of_the_transformer_over_that_of_the_rnn_and_of_the_scan(results):
    """The Transformer doubles its speed, the RNN gains nothing, the scan a quarter: the ratios are 2 and 1.6."""
    measured = speed.parallel_over_time(steps(results, scan=1.25))
    assert "Many cores or a GPU were not there" in measured.sentence.en
    assert "1.25 times for a minimal GRU" in measured.sentence.en
    assert "the scan takes 0.25 times as long as the same cell step by step" in measured.sentence.en
    assert [found.estimate for found in measured.findings] == pytest.approx([2.0, 1.6])


def test_a_probe_without_a_scan_speaks_of_the_rnn_alone(timed):
    times = {("rnn", 1, 64): 5.0, ("rnn", 2, 64): 5.0, ("transformer", 1, 64): 8.0, ("transformer", 2, 64): 4.0}
    measured = speed.parallel_over_time(timed(rounds_of(times)))
    assert [found.estimate for found in measured.findings] == pytest.approx([2.0])
    assert "scan" not in measured.sentence.en


def test_what_was_there_to_be_measured_is_not_called_missing(timed):
    """Of many cores, of a GPU."""
    table = rounds_of({(model, threads, 64): 4.0 for model in ("rnn", "transformer") for threads in (1, 64)})
    assert "A GPU was not there" in (told := speed.parallel_over_time(timed(table)).sentence.en)
    assert "Many cores" not in told
    with_gpu = pd.concat([table, table.assign(device="cuda")])
    told = speed.parallel_over_time(timed(with_gpu)).sentence.en
    assert "not there" not in told
    assert "On the GPU a step of the RNN takes 1.0 times as long" in told


def test_one_core_cannot_show_a_speed_up(timed):
    one = rounds_of({("rnn", 1, 64): 5.0, ("transformer", 1, 64): 5.0})
    assert not speed.parallel_over_time(timed(one)).findings


@pytest.mark.parametrize(
    ("crossover", "told"), [(50.2, "near 50"), ("none", "no crossover up to 64"), ("unclear", "more than once")]
)
def test_short_sequences_are_judged_at_the_shortest_context_and_name_the_crossover(timed, crossover, told):
    times = {("rnn", 1, 32): 2.0, ("transformer", 1, 32): 4.0, ("rnn", 1, 64): 9.0, ("transformer", 1, 64): 6.0}
    measured = speed.short_sequences(timed(rounds_of(times), context_length=crossover))
    assert measured.findings[0].estimate == pytest.approx(0.5)
    assert told in measured.sentence.en


def test_long_sequences_are_judged_at_the_longest_context(timed):
    times = {("rnn", 1, 32): 2.0, ("transformer", 1, 32): 4.0, ("rnn", 1, 64): 9.0, ("transformer", 1, 64): 6.0}
    measured = speed.long_sequences(timed(rounds_of(times)))
    assert measured.findings[0].estimate == pytest.approx(1.5)
    assert "at a context of 64" in measured.sentence.en


def test_costs_of_another_machine_are_not_measured(results):
    """A ratio of times of two machines means nothing; the reader is told how to measure them here."""
    elsewhere = judge_all(dataclasses.replace(results, cost=None))
    for name in ("S1", "S4", "S5", "S7"):
        assert elsewhere[name]["verdict"] == "not measured"
        assert "from another machine; run: dvc repro --force" in elsewhere[name]["sentence"]
        assert "dvc repro --force" in elsewhere[name]["zh"]["sentence"]


def test_training_time_is_compared_over_paired_seeds_where_it_was_measured(time_training):
    as_set_up = speed.training_seconds("tutorial")
    assert not as_set_up(load_results([], "given")).findings
    time_training()
    measured = as_set_up(load_results([], "given"))
    assert measured.findings[0].estimate == pytest.approx(0.4)
    told = "takes 7 s for the RNN and 18 s for the Transformer, on one thread, an epoch 2.00 s and 5.00 s"
    assert told in measured.sentence.en
    on_a_gpu = dataclasses.replace(load_results([], "given"), machine="Intel Xeon, 2 cores, host 3fa9c1, NVIDIA H100")
    assert "for the Transformer, on NVIDIA H100, an epoch" in as_set_up(on_a_gpu).sentence.en


def test_what_was_not_trained_is_not_measured_and_said_once(results):
    """A run with the tutorial's recipe alone has no column of season tokens, in no row."""
    rows = judge_all(results)
    for name, claim in CLAIMS.items():
        if "season_tokens" in claim.columns and name != "M4":  # of which this series says nothing
            assert "season_tokens" not in rows[name]["columns"]
            assert rows[name]["sentence"].count("Season tokens were not trained") == 1


def convergence(transformer, rnn, reached):
    """Epochs of each seed to 95 % of the way."""
    families = (("transformer", transformer, reached[0]), ("rnn", rnn, reached[1]))
    rows = [(family, seed, 0.95, count, arrived) for family, counts, arrived in families
            for seed, count in enumerate(counts)]  # fmt: skip
    return pd.DataFrame(rows, columns=["family", "seed", "fraction", "epochs", "reached"])


def test_epochs_are_those_to_the_least_loss_of_each_seed(results):
    """Epochs 1 and 2 for one history, 1 and 4 for the other: the geometric mean of the ratios is sqrt(1/2)."""
    early = results.histories["rnn"].assign(validation_loss=[0.1, 0.2, 0.3, 0.9, 0.1, 0.2, 0.3])
    late = results.histories["rnn"].assign(validation_loss=[0.1, 0.2, 0.3, 0.9, 0.4, 0.3, 0.2])
    both = dataclasses.replace(results, histories={"transformer": early, "rnn": late})
    measured = learning.fewer_epochs("tutorial")(both)
    assert measured.findings[0].estimate == pytest.approx(0.5**0.5)
    assert "To its own best the Transformer needs 1.5 epochs, the RNN 2.5." in measured.sentence.en


def test_epochs_are_not_measured_where_a_start_was_best(results):
    """A model that starts at ridge may be best there: a ratio to 0 epochs is none."""
    start = results.histories["rnn"].groupby("seed", as_index=False).first().assign(epoch=0, validation_loss=0.0)
    history = pd.concat([start, results.histories["rnn"]], ignore_index=True)
    both = dataclasses.replace(results, histories={"transformer": results.histories["rnn"], "rnn": history})
    measured = learning.fewer_epochs("tutorial")(both)
    assert not measured.findings
    assert "Not measured" in measured.sentence.en


def test_seeds_that_never_come_to_a_common_loss_are_told_with_it(results):
    table = convergence([2, 2, 2], [20, 20, 20], (True, False))
    told = learning.to_a_common_loss(dataclasses.replace(results, convergence=table)).en
    assert "the Transformer needs 2.0 epochs, the RNN 20.0; 3 of 3 seeds of the RNN never got there." in told
    none = learning.to_a_common_loss(dataclasses.replace(results, convergence=convergence([], [], (True, True))))
    assert "No family came below" in none.en


def test_seconds_to_converge_are_told_where_the_training_was_timed(time_training):
    """Two epochs of 5 seconds against three of 2, not the whole training."""
    time_training()
    assert "(10 s against 6 s)" in learning.to_a_common_loss(load_results([], "given")).en


def test_one_seed_alone_gives_a_difference_but_no_interval(results):
    """Its interval would know of time only."""
    one = dataclasses.replace(results, seeds=results.seeds[results.seeds["seed"] == 0])
    found = accuracy.lower_error("tutorial")(one).findings[0]
    assert (found.estimate, found.low) == (-0.5, None)


def test_the_comparison_of_tuned_families_is_told_beside_the_untuned_one(results):
    """A verdict that does not survive tuning must not be read alone."""
    tuned = studied(results, "tuning", {"tuned_mse": {"estimate": -0.01, "low": -0.13, "high": 0.09, "units": 5}})
    told = accuracy.lower_error("tutorial")(tuned).sentence.en
    assert told.endswith("With both tuned it is -1 % (-13 % to +9 %; study of 2001-02-03).")


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
        (0.9, 0.8, 0.001, "holds"),
        (0.9, 1.2, 0.001, "refuted"),
        (1.2, 0.9, 0.001, "refuted"),
        (0.9, 0.99, 0.1, "undecided"),
        (0.99, 0.1, 0.1, "undecided"),
    ],
)
def test_the_claimed_architecture_must_hold_for_both_families(tune, rnn, transformer, noise, verdict):
    """The claim names both: one family against it refutes it, and both are needed to support it."""
    claim = judge_all(tune(search_of("rnn", rnn, noise), search_of("transformer", transformer, noise)))["L6"]
    assert claim["verdict"] == verdict
    assert "4 trials of the RNN and 4 of the Transformer, retrained on 3 fresh seeds" in claim["sentence"]
    assert claim["figure"] == (paths.FIGURES / "tuning_values.png").as_posix()


def test_without_tuning_the_claimed_architecture_comes_from_the_study(results, tune):
    """Nor is it measured where one family has no trial of either kind, or a finalist diverged."""
    row = judge_all(of_search(results, good=False))["L6"]
    assert row["verdict"] == "refuted"
    assert row["figure"] == "none"
    assert "From the study of 2001-02-03 on the default world" in row["sentence"]
    claimed, other = search_of("rnn")["finalists"]
    for finalists in ([other], [claimed, {**other, "losses": [0.4, None, 0.4]}]):
        measured = learning.claimed_architecture(tune(rnn={"finalists": finalists}))
        assert not measured.findings
        assert "No trial of the RNN" in measured.sentence.en


def test_a_width_that_was_solved_for_says_nothing_of_the_claimed_width(tune):
    solved = {"plan": {"budget": "parameters"}}
    measured = learning.claimed_architecture(tune(solved, solved))
    assert not measured.findings
    assert "tune.budget is parameters" in measured.sentence.en
