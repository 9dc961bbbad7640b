"""Forecasters from elsewhere: whose forecasts of the test windows lie in models/peers stands in every table.

Any program may write them; `make peers` does for statistical ones. A file `<Name>.safetensors` in `peers_folder` holds
`forecast` (W, H) in own units, of the windows `TestSplit.places`. Forecasts of other windows, or of other data, have
another folder, so that none is ever taken for what it is not.
"""

import hashlib
from pathlib import Path

import numpy as np

from rnn_vs_transformer.evaluation.fingerprint import data_fingerprint
from rnn_vs_transformer.evaluation.scoring import Scores, score
from rnn_vs_transformer.evaluation.test_split import TestSplit
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import read_arrays


def peers_folder(test: TestSplit) -> Path:
    """Where forecasts of these windows lie: its name tells data, transform, forecast origins, horizon and season."""
    meta = test.meta
    told = f"{data_fingerprint()} {meta.settings['transform']} {meta.prediction_length} {meta.season_length}"
    return paths.PEERS / hashlib.sha256(told.encode() + test.places.origins.tobytes()).hexdigest()[:12]


def score_peers(test: TestSplit) -> dict[str, Scores]:
    """Scores by name; empty where nothing lies there.

    Raises:
        InputError: A file is damaged, is named as one of ours could be, or holds something else than a forecast of each
            window.
    """
    found = {}
    for file in sorted(peers_folder(test).glob("*.safetensors")):
        if not file.stem[0].isupper():
            raise InputError(f"{file} must begin with a capital letter, as none of our own forecasters does; rename it")
        forecast = read_arrays(file).get("forecast", np.empty(0)).astype(np.float64)
        if forecast.shape != test.truth.shape or not np.isfinite(forecast).all():
            told = f"got an array of {forecast.shape}" if np.isfinite(forecast).all() else "some are not finite"
            raise InputError(f"{file} must hold a forecast of {test.truth.shape}, {told}; write it anew or remove it")
        found[file.stem] = score(test.splits.scaler.scale(forecast, test.places.series[:, None]), test)
    return found
