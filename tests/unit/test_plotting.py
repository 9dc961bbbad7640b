"""The figures: those of the run at hand, the same to the byte each time, and none of another."""

import dataclasses

import pandas as pd
import pytest

from rnn_vs_transformer.plotting import comparison, cost, probes
from rnn_vs_transformer.plotting.draw import draw_all, draw_times
from rnn_vs_transformer.results import figure_path, load_results
from rnn_vs_transformer.runtime import paths

from .conftest import PIXEL, decoding_report

ALWAYS = {"loss_curves", "test_error", "horizon", "forecasts", "series", "recall", "gradients", "lag_maps",
          "convergence"}  # fmt: skip
SEARCH = {"tuning_values", "tuning_importance"}
TIMES = {"training_time", "cost"}


def lying():
    """The figures that lie here, by name."""
    return {path.stem: path.read_bytes() for folder in (paths.FIGURES, paths.TIMES) for path in folder.glob("*.png")}


def test_the_figures_of_the_run_are_drawn_and_those_of_another_are_removed(results):
    """A figure of an earlier run beside this one's report would be taken for its own."""
    draw_all(results)
    draw_times(results)
    first = lying()
    assert set(first) == ALWAYS | TIMES
    assert PIXEL not in first.values()
    draw_all(results)
    draw_times(results)
    assert lying() == first


def test_a_search_and_compared_decodings_have_figures_of_their_own(tune, change):
    tune()
    change(paths.analysis("decoding"), **decoding_report())
    results = load_results(["decoding"], "tuned")
    draw_all(results)
    draw_times(results)
    assert set(lying()) == ALWAYS | SEARCH | TIMES | {"decoding", "tuning_progress"}


def test_decodings_that_were_not_compared_have_no_figure(change, results):
    change(paths.analysis("decoding"), seeds=0, not_compared="for direct alone")
    draw_all(load_results(["decoding"], "given"))
    assert not figure_path("decoding").exists()


def test_figures_of_times_are_apart_from_those_that_repeat(saved):
    """No stage declares them, as they differ from machine to machine."""
    assert {figure_path(name).parent for name in ALWAYS | SEARCH} == {paths.FIGURES}
    assert {figure_path(name).parent for name in (*TIMES, "tuning_progress")} == {paths.TIMES}


def test_times_are_drawn_where_they_were_measured_in_this_run(time_training, results):
    comparison.draw_training_time(results)
    untimed = lying()["training_time"]
    time_training()
    comparison.draw_training_time(load_results([], "given"))
    assert lying()["training_time"] != untimed


@pytest.fixture
def drawn(keep_axes):
    """The axes of every figure that is drawn, by its name."""
    return keep_axes(comparison, cost)


@pytest.fixture
def both_recipes(results):
    """The run with season tokens besides, of other errors, and a floor of a context."""
    others = {f"{family}_season_tokens": family for family in ("rnn", "transformer")}
    seeds, horizon = results.seeds, results.horizon
    more = [seeds[seeds["forecaster"] == family].assign(forecaster=name) for name, family in others.items()]
    rows = {family: {**results.metrics[family], "mse": 0.11} for family in others.values()}
    return dataclasses.replace(
        results,
        metrics={**results.metrics, "season_tokens": rows, "oracle": {"mse": 0.04}, "context_floor": {"mse": 0.05}},
        seeds=pd.concat([seeds, *more]),
        horizon=horizon.assign(**{name: horizon[family] / 2 for name, family in others.items()}),
        histories={**results.histories, **{name: results.histories[family] for name, family in others.items()}},
    )


def test_the_test_error_shows_all_that_were_trained_beside_what_they_are_judged_by(drawn, both_recipes):
    """A verdict of one recipe alone would be shown as the families' own."""
    comparison.draw_test_error(both_recipes)
    [axes] = drawn["test_error"]
    labels = [label.get_text().replace("\n", " ") for label in axes.get_yticklabels()]
    assert labels == ["RNN", "Transformer", "RNN, season tokens", "Transformer, season tokens", "MLP on the window"]
    told = [text.get_text() for text in axes.figure.legends[0].get_texts()]
    assert told == [
        "Floor that knows the season's phase 0.040",
        "Floor: lowest possible from the context 0.050",
        "Ridge 0.150",
    ]


def test_forecasts_are_drawn_under_the_name_of_their_series(drawn, results):
    """Whatever it is: a dollar begins no formula, and a family's name is not the series'."""
    name = r"price in $ and $\frac"
    tables = {table: getattr(results, table).replace(results.meta.series[0], name) for table in ("forecasts", "series")}
    some = dataclasses.replace(results, **tables)
    comparison.draw_forecasts(some)
    comparison.draw_series(some)
    assert [axes.get_ylabel() for axes in drawn["forecasts"]] == [name.replace("$", r"\$") + " (own units)"] * 2
    [axes] = drawn["series"]
    assert axes.get_title(loc="left").startswith(name.replace("$", r"\$") + ": MASE 0.30")


@pytest.mark.parametrize("draw", [comparison.draw_loss_curves, comparison.draw_horizon])
def test_each_recipe_that_was_trained_has_a_panel(drawn, both_recipes, draw):
    draw(both_recipes)
    [panels] = drawn.values()
    assert ["one season per token" in axes.get_title(loc="left") for axes in panels] == [False, True]


def test_the_cost_figure_has_all_workloads_and_the_speed_up_of_those_on_all_threads(drawn, results):
    """The scan beside its loop and the other cells: what parallel over time is worth."""
    cost.draw_cost(results)
    names = {axes.get_ylabel(): [line.get_label() for line in axes.get_lines()] for axes in drawn["cost"]}
    steps = ["RNN (tanh)", "GRU", "minGRU, scan", "minGRU, step by step", "Transformer", "Transformer, all queries"]
    assert names["Training step (ms)"] == steps
    assert [name for name in names["Times as fast"] if not name.startswith("_")] == [*steps[:3], steps[4]]
    bars = drawn["cost"][-2]
    assert [text.get_text().split()[0] for text in bars.texts] == ["1", "1.5", "0.5", "3", "2", "2.5"]


@pytest.mark.parametrize(
    ("draw", "name", "nothing"),
    [
        (probes.draw_recall, "recall", {"trials": pd.DataFrame(columns=["task"])}),
        (probes.draw_convergence, "convergence", {"convergence": pd.DataFrame()}),
        (cost.draw_cost, "cost", {"cost": None}),
    ],
)
def test_what_was_not_measured_is_said_in_its_figure(results, draw, name, nothing):
    """An empty frame would look like a fault; a cost of another machine must not be drawn."""
    draw(results)
    measured = lying()[name]
    draw(dataclasses.replace(results, **nothing))
    assert lying()[name] not in {measured, PIXEL}
