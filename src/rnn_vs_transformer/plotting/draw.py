"""Every figure of a run, and none of another."""

from collections.abc import Callable, Mapping

from rnn_vs_transformer.plotting import comparison, cost, over_series, probes, tuning
from rnn_vs_transformer.results import Results, figure_path


def draw_all(results: Results) -> None:
    """Draw what belongs to the results into reports/figures/, and remove what does not."""
    for draw in (comparison.draw_loss_curves, comparison.draw_test_error, comparison.draw_horizon,
                 comparison.draw_forecasts, probes.draw_recall, probes.draw_gradients, probes.draw_lag_maps,
                 probes.draw_convergence):  # fmt: skip
        draw(results)
    compared = "steps" in results.analyses.get("decoding", {})
    _draw_or_remove(results, {"decoding": comparison.draw_decoding}, wanted=compared)
    _draw_or_remove(results, {"series": comparison.draw_series}, wanted=results.series["series"].nunique() > 1)
    panels = {"ranks": over_series.draw_ranks, "kinds": over_series.draw_kinds}
    _draw_or_remove(results, panels, wanted=not results.ranks.empty)
    searches = {"tuning_values": tuning.draw_values, "tuning_importance": tuning.draw_importance}
    _draw_or_remove(results, searches, wanted=bool(results.searches))


def draw_times(results: Results) -> None:
    """The same for the figures of times, in reports/times/, which no stage declares."""
    comparison.draw_training_time(results)
    cost.draw_cost(results)
    _draw_or_remove(results, {"tuning_progress": tuning.draw_progress}, wanted=bool(results.searches))


def _draw_or_remove(results: Results, figures: Mapping[str, Callable[[Results], None]], *, wanted: bool) -> None:
    for name, draw in figures.items():
        if wanted:
            draw(results)
        else:
            figure_path(name).unlink(missing_ok=True)
