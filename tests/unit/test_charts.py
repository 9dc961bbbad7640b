"""Geometry of the page's figures: what a reader compares by eye is where the numbers say."""

import itertools

import pytest

from rnn_vs_transformer.reporting import opening
from rnn_vs_transformer.reporting.charts import axis
from rnn_vs_transformer.reporting.charts.lines import MOST_ROWS, Curve, Lines
from rnn_vs_transformer.reporting.opening import recommended

from .test_headline import made_metrics


@pytest.mark.parametrize("values", [[0.05, 0.21], [3.0, 3.0], [-5.0, 12345.0], [1e-9, 2e-9], [0.0], [float("nan")]])
@pytest.mark.parametrize("zero", [True, False])
def test_an_axis_holds_its_values_between_round_ticks(values, zero) -> None:
    """A few ticks, in order, from end to end; each value between the ends."""
    if zero and min(values) < 0:
        return
    found = axis.linear("", values, zero=zero)
    assert 2 <= len(found.ticks) <= axis.MOST_TICKS + 1
    assert all(first < second for first, second in itertools.pairwise(found.ticks))
    assert all(0 <= found.at(value) <= 1 for value in values if value == value)  # noqa: PLR0124 - not a number
    assert (found.at(found.low), found.at(found.high)) == (0, 1)


@pytest.mark.parametrize("values", [[], [1.0], [1e-12, 1.0], [0.09, 1.3], [3.0, 3.1]])
def test_equal_ratios_are_equal_lengths_on_a_logarithmic_axis(values) -> None:
    found = axis.logarithmic("", values)
    assert found.at((found.low * found.high) ** 0.5) == pytest.approx(0.5)
    assert 1 <= len(found.ticks) <= 2 * axis.MOST_TICKS
    assert all(found.low <= tick <= found.high for tick in found.ticks)


def test_a_curve_rises_with_its_values_and_leaves_out_what_is_not_known() -> None:
    """On a screen up is down: the higher the value, the smaller the distance from the top."""
    curve = Curve("a", "rnn", list(range(100)), [float("nan"), *range(99)])
    chart = Lines("n", "t", "c", axis.steps("x", curve.x), axis.linear("y", [0, 98]), [curve])
    points = chart.points(curve)
    assert len(points) == 99
    assert all(a[0] < b[0] and a[1] > b[1] for a, b in itertools.pairwise(points))
    assert chart.path(curve).count("M") == 1
    assert len(chart.table.rows) == MOST_ROWS
    assert chart.legend == ()


@pytest.mark.parametrize(
    ("beaten", "best", "expected"),
    [
        ((), "rnn better", "rnn"),
        ((), "transformer better", "transformer"),
        ([("rnn", "ridge"), ("transformer", "ridge")], "rnn better", "ridge"),
        ([("rnn", "ridge")], "rnn better", "transformer"),
    ],
)
def test_the_simplest_that_none_is_shown_to_beat_is_recommended(beaten, best, expected) -> None:
    metrics = made_metrics(best=best, beaten=beaten)
    assert recommended(metrics) == expected
    told = opening.opening(None, metrics, {}, "mlp", many=False)
    assert f"--family {expected}`" in told.instead.en
    assert "--family" not in told.command, "validation chooses"
    assert "a plain MLP" in told.now.en
    assert ("neither is shown to beat" in told.answer.en) == (expected == "ridge")


@pytest.mark.parametrize(
    ("as_set_up", "best", "said"),
    [
        ("transformer better", "rnn better", "the winner depends on the recipe"),
        ("rnn better", "rnn better", "the RNN forecasts better"),
        ("inconclusive", "transformer better", "the Transformer forecasts better"),
        ("transformer better", "inconclusive", "cannot be told apart"),
    ],
)
def test_where_the_recipe_turns_the_verdict_no_family_is_named_first(as_set_up, best, said) -> None:
    told = opening.opening(None, made_metrics(as_set_up, best, best), {}, "mlp", many=False)
    assert said in told.answer.en
    assert "recipes ✓" in told.sure.en
    assert told.change.en.startswith("Recipe" if as_set_up != best else "Not the recipe")


@pytest.mark.parametrize(
    ("tutorial", "season", "best", "chosen", "said"),
    [
        ("rnn better", "transformer better", "rnn better", "tutorial", "with season tokens it is the reverse"),
        ("transformer better", "rnn better", "rnn better", "season_tokens", "as set up it is the reverse"),
        ("rnn better", "inconclusive", "rnn better", "tutorial", "with season tokens the verdict is another"),
        ("rnn better", "rnn better", "rnn better", "tutorial", "Not the recipe: with season tokens"),
    ],
)
def test_the_recipe_is_contrasted_that_was_not_chosen(tutorial, season, best, chosen, said) -> None:
    metrics = made_metrics(tutorial, season, best)
    metrics["comparison"]["each_at_its_best"] |= {"rnn_recipe": chosen, "transformer_recipe": chosen}
    told = opening.opening(None, metrics, {}, "mlp", many=False)
    assert said in told.change.en
    assert ("depends on the recipe" in told.answer.en) == ("reverse" in said)


def test_a_winner_that_does_not_beat_the_control_is_told() -> None:
    metrics = made_metrics("rnn better", best="rnn better", beaten=[("rnn", "ridge")])
    told = opening.opening(None, metrics, {}, "mlp", many=False).answer
    assert told.en == "On this series the RNN forecasts better, but it is not shown to beat a linear ridge."


def test_what_validation_chose_is_not_advised_twice() -> None:
    metrics = made_metrics(best="rnn better")
    assert opening.opening(None, metrics, {}, "rnn", many=False).instead.en == ""
    assert opening.opening(None, metrics, {}, "mlp", many=False).instead.en != ""


def test_a_recipe_with_a_lower_test_error_than_the_chosen_one_is_told() -> None:
    metrics = made_metrics()
    metrics["season_tokens"]["rnn"] = metrics["rnn"] | {"mse": metrics["rnn"]["mse"] + 0.01}
    assert opening.opening(None, metrics, {}, "mlp", many=False).aside == opening.LOWER_ON_TEST.filled(family="RNN")
    assert opening.opening(None, made_metrics(), {}, "mlp", many=False).aside.en == ""


def test_an_mlp_that_beats_ridge_is_recommended_where_no_family_beats_it() -> None:
    metrics = made_metrics(beaten=[("rnn", "mlp"), ("transformer", "mlp")])
    metrics["mlp"] = {"mse": 0.112, "ridge_difference_ci_high": -0.01}
    assert recommended(metrics) == "mlp"
    told = opening.opening(None, metrics, {}, "ensemble", many=False)
    assert told.instead.en == "Or simpler, a plain MLP: `--family mlp`."
