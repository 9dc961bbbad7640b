"""The findings of the tuning study that the claims read are those of its committed files."""

import json

import pytest

from rnn_vs_transformer.runtime.files import read_json
from studies.tuning import METRICS, SEARCH, findings, gain


def test_the_committed_findings_are_those_of_the_committed_search(root):
    """A number typed in by hand, or left from another search, would be a false claim."""
    told = json.loads((root / "studies/results/tuning.json").read_text(encoding="utf-8"))
    assert told["findings"] == findings(read_json(root / SEARCH), read_json(root / METRICS))
    assert told["findings"]["tuned_mse"]["estimate"] == -0.0075932  # docs/results/tuning_metrics.json
    assert told["findings"]["claimed_architecture.transformer"]["low"] > 1, "docs/results.md says that it was refuted"


def test_a_gain_is_the_change_of_the_error_with_both_uncertainties():
    """Each error is sure within a factor of e^0.3 and e^0.4: by Pythagoras their ratio is within e^0.5."""
    rows = [{"mse": mse, "mse_ci_low": mse * 2.718281828**-half, "mse_ci_high": mse * 2.718281828**half}
            for mse, half in ((2.0, 0.3), (1.0, 0.4))]  # fmt: skip
    found = gain(*rows)
    assert (found.estimate, found.low, found.high) == pytest.approx(
        (-0.5, 0.5 * 0.60653 - 1, 0.5 * 1.64872 - 1), abs=1e-4
    )


def test_a_search_without_finalists_of_both_kinds_says_nothing_of_the_architecture(root):
    search = read_json(root / SEARCH)
    search["families"]["rnn"]["finalists"] = search["families"]["rnn"]["finalists"][:1]
    found = findings(search, read_json(root / METRICS))
    assert "claimed_architecture.rnn" not in found
    assert "claimed_architecture.transformer" in found
