"""Draw the figures, but those of times, from the saved results."""

from rnn_vs_transformer.plotting.draw import draw_all
from rnn_vs_transformer.results import load_results
from rnn_vs_transformer.settings.family.train import TrainParams
from rnn_vs_transformer.settings.report import ReportParams
from stages import run


def plot(report: ReportParams, train: TrainParams) -> None:
    """Write reports/figures/."""
    draw_all(load_results(report.analyses, train.settings))


if __name__ == "__main__":
    run(plot, ReportParams, TrainParams)
