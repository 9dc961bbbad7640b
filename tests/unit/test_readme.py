"""What the pages show is what was committed."""

import json
import subprocess
from pathlib import Path

import pytest

from rnn_vs_transformer.errors import InputError
from rnn_vs_transformer.reporting.readme import filled
from rnn_vs_transformer.reporting.tables import claims_table, comparison_table, ridge_sentence, verdict_sentence

ROOT = Path(__file__).resolve().parents[2]


def committed(path: str) -> str:
    """A file as it was committed: a rerun changes times in the workspace, and that is nobody's fault."""
    return subprocess.run(["git", "show", f"HEAD:{path}"], cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_pages_show_the_committed_results(page: str) -> None:
    """A figure typed in by hand, or left from an earlier run, would be a false claim; `make readme` renews them."""
    names = ("metrics", "timings", "claims")
    metrics, timings, claims = (json.loads(committed(f"reports/{name}.json")) for name in names)
    text = committed(page)
    assert f"{verdict_sentence(metrics['comparison'])} {ridge_sentence(metrics)}" in text
    assert comparison_table(metrics, timings) in text
    assert claims_table(claims) in text


def test_filling_replaces_what_stood_between_the_markers_and_nothing_else() -> None:
    page = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n"
    assert filled(page, {"x": "new"}) == "a\n<!-- x -->\nnew\n<!-- /x -->\nb\n"


def test_a_page_without_the_marker_is_refused() -> None:
    with pytest.raises(InputError, match="markers of 'x'"):
        filled("nothing here", {"x": "new"})
