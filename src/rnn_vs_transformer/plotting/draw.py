"""Draw all figures of one run."""

from rnn_vs_transformer.plotting import comparison, decoding, probes, tuning
from rnn_vs_transformer.results import Results
from rnn_vs_transformer.runtime import paths


def draw_all(results: Results) -> None:
    """Write reports/figures/ and, of times, reports/times/*.png; what an earlier run drew there goes away."""
    for folder in (paths.FIGURES, paths.TIMES):
        for old in folder.glob("*.png"):
            old.unlink()
    for draw in (
        comparison.draw_loss_curves,
        comparison.draw_test_error,
        comparison.draw_horizon,
        comparison.draw_forecasts,
        comparison.draw_training_time,
        probes.draw_recall,
        probes.draw_gradients,
        probes.draw_lag_maps,
        probes.draw_convergence,
        probes.draw_cost,
        decoding.draw_decoding,
        tuning.draw_tuning,
    ):
        draw(results)
