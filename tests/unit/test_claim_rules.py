"""Verdicts on made-up numbers, on both sides of every threshold."""

import pytest
from rnn_vs_transformer.reporting.claim_rules import RULES, Finding, judge, judge_comparison


@pytest.mark.parametrize("name", RULES)
def test_an_interval_on_the_claimed_side_supports_and_on_the_other_side_refutes(name: str) -> None:
    """The whole interval decides: one that straddles the threshold supports nothing, wherever its middle lies."""
    rule = RULES[name]
    inward = 0.1 if rule.side == "above" else -0.1
    true_side = Finding(rule.threshold + 2 * inward, *sorted((rule.threshold + inward, rule.threshold + 3 * inward)))
    false_side = Finding(rule.threshold - 2 * inward, *sorted((rule.threshold - inward, rule.threshold - 3 * inward)))
    straddling = Finding(rule.threshold + 2 * inward, *sorted((rule.threshold - inward, rule.threshold + 5 * inward)))
    assert judge(rule, true_side) == "supported"
    assert judge(rule, false_side) == "refuted"
    assert judge(rule, straddling) == "inconclusive"


@pytest.mark.parametrize("name", RULES)
def test_an_interval_that_touches_the_threshold_is_inconclusive(name: str) -> None:
    rule = RULES[name]
    assert judge(rule, Finding(rule.threshold, rule.threshold, rule.threshold)) == "inconclusive"


def test_without_a_number_nothing_is_measured_and_without_an_interval_nothing_is_concluded() -> None:
    assert judge(RULES["C4"], None) == "not measured"
    assert judge(RULES["C4"], Finding(1.9, None, None)) == "inconclusive"


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(-0.30, -0.10, "supported"), (-0.015, -0.005, "refuted"), (0.05, 0.2, "refuted"), (-0.1, 0.01, "inconclusive")],
)
def test_a_difference_inside_the_margin_of_equivalence_is_no_superiority(low: float, high: float, verdict: str) -> None:
    """C9 claims a lower error; one that is lower by less than the margin is equal for all purposes."""
    assert judge_comparison(RULES["C9"], Finding((low + high) / 2, low, high), margin=0.02) == verdict


def test_the_ten_claims_of_the_design_are_all_there() -> None:
    assert list(RULES) == [f"C{number}" for number in range(1, 11)]
