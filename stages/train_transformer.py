"""Train the paired seeds of the Transformer family."""

from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.interrupts import FROM_CHECKPOINTS
from rnn_vs_transformer.runtime.run import RunParams
from rnn_vs_transformer.settings.family.train import TrainParams
from rnn_vs_transformer.training.seeds import train_family
from stages import run


def train_transformer(train: TrainParams, spread: RunParams) -> None:
    """Write the best weights with their settings, loss histories and times of each recipe and seed."""
    train_family("transformer", train, spread)


if __name__ == "__main__":
    run(train_transformer, TrainParams, RunParams, files=lambda *_: paths.SERIES, interrupted=FROM_CHECKPOINTS)
