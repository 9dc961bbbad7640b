"""Train the paired seeds of the Transformer family."""

from rnn_vs_transformer.models.transformer import build_transformer
from rnn_vs_transformer.params import Params
from rnn_vs_transformer.training.seeds import train_family
from stages import FROM_CHECKPOINTS, run


def train_transformer(params: Params) -> None:
    """Write the best weights with their settings, loss histories and timings of each seed."""
    train_family("transformer", build_transformer, params.train.seeds, params.run)


if __name__ == "__main__":
    run(train_transformer, FROM_CHECKPOINTS)
