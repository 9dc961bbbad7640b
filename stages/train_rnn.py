"""Train the paired seeds of the RNN family."""

from rnn_vs_transformer.models.rnn import build_rnn
from rnn_vs_transformer.params import Params
from rnn_vs_transformer.training.seeds import train_family
from stages import FROM_CHECKPOINTS, run


def train_rnn(params: Params) -> None:
    """Write the best weights with their settings, loss histories and timings of each seed."""
    train_family("rnn", build_rnn, params.train.seeds, params.run)


if __name__ == "__main__":
    run(train_rnn, FROM_CHECKPOINTS)
