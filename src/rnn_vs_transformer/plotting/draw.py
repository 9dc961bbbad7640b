"""Every figure of a run, and none of another."""

from rnn_vs_transformer.plotting import comparison, probes, tuning
from rnn_vs_transformer.results import Results, figure_path


def draw_all(results: Results) -> None:
    """Draw what belongs to the results into reports/figures/ and, of times, reports/times/; remove what does not."""
    wanted = {
        "loss_curves": comparison.draw_loss_curves,
        "test_error": comparison.draw_test_error,
        "horizon": comparison.draw_horizon,
        "forecasts": comparison.draw_forecasts,
        "training_time": comparison.draw_training_time,
        "recall": probes.draw_recall,
        "gradients": probes.draw_gradients,
        "lag_maps": probes.draw_lag_maps,
        "convergence": probes.draw_convergence,
        "cost": probes.draw_cost,
    }
    decodings = {"decoding": comparison.draw_decoding}
    searches = {
        "tuning_progress": tuning.draw_progress,
        "tuning_values": tuning.draw_values,
        "tuning_importance": tuning.draw_importance,
    }
    wanted |= decodings if "steps" in results.analyses.get("decoding", {}) else {}
    wanted |= searches if results.searches else {}
    for name in {**decodings, **searches}.keys() - wanted:
        figure_path(name).unlink(missing_ok=True)
    for draw in wanted.values():
        draw(results)
