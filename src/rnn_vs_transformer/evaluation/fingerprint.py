"""By what the scores of two runs are known to be of the same data."""

import hashlib
from typing import Final

from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import read_arrays

SCORED: Final = ("values", "observed", "offsets")
"""What the errors are taken of; neither covariates nor the floors beside the test steps."""


def data_fingerprint() -> str:
    """A short hash of development and test steps, the same whatever forecasts them.

    Raises:
        InputError: A file is missing or damaged.
    """
    told = hashlib.sha256()
    for path in (paths.DEVELOPMENT, paths.TEST):
        arrays = read_arrays(path)
        for name in (name for name in SCORED if name in arrays):
            told.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode())
            told.update(arrays[name].data)
    return told.hexdigest()[:12]
