"""Train the Transformer family once more, with the decoding that is not the chosen one."""

from rnn_vs_transformer.models.transformer import build_transformer
from rnn_vs_transformer.params import Params
from rnn_vs_transformer.training.decoding import train_other_decoding
from stages import FROM_CHECKPOINTS, run


def train_transformer_decoding(params: Params) -> None:
    """Write the best weights and loss histories of each seed; nothing where there is nothing to compare."""
    train_other_decoding("transformer", build_transformer, params.decoding, params.run)


if __name__ == "__main__":
    run(train_transformer_decoding, FROM_CHECKPOINTS)
