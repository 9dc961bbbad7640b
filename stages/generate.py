"""Make the series: simulate the synthetic world with its oracle, or read a CSV file."""

from rnn_vs_transformer.data.series import save_series
from rnn_vs_transformer.params import Params
from rnn_vs_transformer.sources.make import make_series
from stages import run


def generate(params: Params) -> None:
    """Write development steps, test steps and the facts about the series."""
    save_series(make_series(params.data))


if __name__ == "__main__":
    run(generate)
