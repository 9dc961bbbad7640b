"""Scores are of the same data where the steps are the same, whatever else lies beside them."""

import numpy as np
import pytest

from rnn_vs_transformer.evaluation.fingerprint import data_fingerprint
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.files import write_arrays

VALUES = np.arange(6.0)


def told(development=VALUES, test=VALUES, **beside):
    write_arrays(paths.DEVELOPMENT, {"values": development, **beside})
    write_arrays(paths.TEST, {"values": test, **beside})
    return data_fingerprint()


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_other_steps_are_other_data() -> None:
    changed = VALUES.copy()
    changed[-1] += 1e-9
    found = {told(), told(development=changed), told(test=changed), told(observed=VALUES > 1), told(test=VALUES[:-1])}
    assert len(found) == 5
    assert told() == told()


def test_floors_and_covariates_are_not_what_errors_are_taken_of() -> None:
    """A floor depends on the context length, and a covariate is a setting that one may try on the same target."""
    assert told(oracle=VALUES, future=VALUES[:, None]) == told()
