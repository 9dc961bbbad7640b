"""Make the series: simulate the synthetic world with its floors, or read a file."""

from pathlib import Path

from rnn_vs_transformer.data.series import save_series
from rnn_vs_transformer.settings.data import DataParams
from rnn_vs_transformer.sources.make import make_series
from stages import run


def generate(data: DataParams) -> None:
    """Write development steps, test steps and the facts about the series."""
    save_series(make_series(data))


if __name__ == "__main__":
    run(generate, DataParams, files=lambda data: [Path(data.file)])
