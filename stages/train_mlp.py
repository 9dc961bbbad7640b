"""Train the paired seeds of the control, a multilayer perceptron on the window."""

from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.interrupts import FROM_CHECKPOINTS
from rnn_vs_transformer.runtime.run import RunParams
from rnn_vs_transformer.training.seeds import train_control
from stages import run


def train_mlp(spread: RunParams) -> None:
    """Write the best weights with their settings, loss histories and times of each seed."""
    train_control(spread)


if __name__ == "__main__":
    run(train_mlp, RunParams, files=lambda *_: paths.SERIES, interrupted=FROM_CHECKPOINTS)
