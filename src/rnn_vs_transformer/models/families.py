"""The two families and the control by name."""

from collections.abc import Mapping
from typing import Final

from rnn_vs_transformer.models.mlp import build_mlp
from rnn_vs_transformer.models.rnn import build_rnn
from rnn_vs_transformer.models.shell import Builder
from rnn_vs_transformer.models.transformer import build_transformer

BUILDERS: Final[Mapping[str, Builder]] = {"rnn": build_rnn, "transformer": build_transformer, "mlp": build_mlp}
