"""The decoding that `model.decoding` does not name, trained on the same seeds to be compared with the one it does."""

import logging
import shutil

import numpy as np

from rnn_vs_transformer.models.settings import load_settings
from rnn_vs_transformer.models.shell import Builder
from rnn_vs_transformer.params import NO_OTHER_DECODING, DecodingParams, RunParams
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import write_arrays, write_table
from rnn_vs_transformer.training.seeds import SeedRun, forget_seeds, history_table, train_seeds

log = logging.getLogger(__name__)


def train_other_decoding(family: str, build: Builder, decoding: DecodingParams, run: RunParams) -> None:
    """Train the seeds of one family with the other decoding and the same budget; write weights and loss histories.

    All other settings are those that tuning chose for the family.

    Where the settings are for direct decoding alone, or `decoding.seeds` is 0, an empty folder and history are written.

    Args:
        family: `rnn` or `transformer`; used in file names and messages only.
        build: Makes the family's forecaster from (params, L, H, C).
        decoding: How many seeds.
        run: How many seeds train at once; does not change any result.

    Raises:
        InputError: An earlier stage's file is missing, or a loss is not finite.
    """
    folder = paths.decoding_weights(family, 0).parent
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    runs: list[SeedRun] = []
    settings = load_settings(family, paths.tuned(family))
    if (other := settings.model.other_decoding) is None:
        log.warning("%s: not trained, as %s", family, NO_OTHER_DECODING)
    elif decoding.seeds:
        runs = train_seeds(family, build, other, settings.train, decoding.seeds, run)
        best = np.mean([result.fit.best_validation_loss for result in runs])
        log.info("%s, %s: validation MSE %.4f over %d seeds", family, other.decoding, best, len(runs))
    for result in runs:
        arrays = {name: tensor.numpy() for name, tensor in result.fit.state.items()}
        write_arrays(paths.decoding_weights(family, result.seed), arrays)
    write_table(paths.decoding_history(family), history_table(runs).drop(columns="seconds"))
    if other is not None:
        forget_seeds(family, other, settings.train, decoding.seeds)
