"""Tune one family on the development steps: `python -m stages.tune rnn`, or transformer."""

import sys

from rnn_vs_transformer.runtime.interrupts import FROM_CHECKPOINTS
from rnn_vs_transformer.runtime.run import RunParams
from rnn_vs_transformer.settings.tune import TuneParams
from rnn_vs_transformer.tuning.search import tune_family
from stages import run


def tune(params: TuneParams, spread: RunParams) -> None:
    """Write the settings to train with, and the runs that led to them."""
    tune_family(sys.argv[1], params, spread)


if __name__ == "__main__":
    run(tune, TuneParams, RunParams, interrupted=FROM_CHECKPOINTS)
