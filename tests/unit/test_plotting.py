"""The figures: those of the run at hand, the same to the byte each time, and none of another."""

import dataclasses

import pandas as pd
import pytest

from rnn_vs_transformer.plotting import comparison, probes
from rnn_vs_transformer.plotting.draw import draw_all, draw_times
from rnn_vs_transformer.results import figure_path, load_results
from rnn_vs_transformer.runtime import paths

from .conftest import PIXEL, decoding_report

ALWAYS = {"loss_curves", "test_error", "horizon", "forecasts", "recall", "gradients", "lag_maps", "convergence"}
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


@pytest.mark.parametrize(
    ("draw", "name", "nothing"),
    [
        (probes.draw_recall, "recall", {"trials": pd.DataFrame(columns=["task"])}),
        (probes.draw_convergence, "convergence", {"convergence": pd.DataFrame()}),
        (probes.draw_cost, "cost", {"cost": None}),
    ],
)
def test_what_was_not_measured_is_said_in_its_figure(results, draw, name, nothing):
    """An empty frame would look like a fault; a cost of another machine must not be drawn."""
    draw(results)
    measured = lying()[name]
    draw(dataclasses.replace(results, **nothing))
    assert lying()[name] not in {measured, PIXEL}
