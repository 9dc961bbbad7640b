"""What the pages show is what was committed."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.settings.family.families import FAMILIES
from tools.readme import claims_table, comparison_table, filled, verdict_text

ROOT = Path(__file__).resolve().parents[2]


def committed(path: str) -> str:
    """A file as it was committed: a rerun changes times in the workspace, and that is nobody's fault."""
    return subprocess.run(["git", "show", f"HEAD:{path}"], cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_pages_show_the_committed_results(page: str) -> None:
    """A figure typed in by hand, or left from an earlier run, would be a false claim; `make readme` renews them."""
    names = ("metrics", "claims", *(f"times/{family}" for family in FAMILIES))
    reports = {name: json.loads(committed(f"reports/{name}.json")) for name in names}
    metrics, times = reports["metrics"], {family: reports[f"times/{family}"] for family in FAMILIES}
    text = committed(page)
    assert verdict_text(metrics) in text
    assert comparison_table(metrics, times) in text
    assert claims_table(reports["claims"]) in text


def test_a_claim_has_its_verdict_and_its_three_columns_in_one_row() -> None:
    """A dash where a column does not apply, nothing where it was not measured."""
    columns = {"as_set_up": {"number": -0.27, "number_ci_low": -0.3654, "number_ci_high": -0.16, "verdict": "holds"}}
    claim = {"claim": "Lower MSE", "verdict": "only as set up", "sentence": "By 27 %.", "columns": columns}
    table = claims_table({"A2": {**claim, "applies": ["as_set_up", "across_worlds"]}})
    row = "| A2 | **Lower MSE**<br>By 27 %. | ◐ only as set up | -0.27 (-0.365 to -0.16) ✔ holds | - |  |"
    assert table.splitlines()[-1] == row
    bare = {
        "A2": {**claim, "applies": ["as_set_up"], "columns": {"as_set_up": {"number": 1.0, "verdict": "undecided"}}}
    }
    assert "| 1 ? undecided | - | - |" in claims_table(bare)


LINK = re.compile(r"\]\(([^)#\s]*)#([^)\s]+)\)")


def anchors(page: Path) -> set[str]:
    """What a page's headings are called in links to it."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_links_to_headings_lead_somewhere() -> None:
    """A heading that was renamed leaves its links behind."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
    links = [(page, *found) for page in pages for found in LINK.findall(page.read_text(encoding="utf-8"))]
    links = [(page, target, anchor) for page, target, anchor in links if not target.startswith("http")]
    assert len(links) > 10
    lost = [link for link in links if link[2] not in anchors((link[0].parent / link[1]) if link[1] else link[0])]
    assert not lost


def test_filling_replaces_what_stood_between_the_markers_and_nothing_else() -> None:
    page = "a\n<!-- x -->\nold\n<!-- /x -->\nb\n"
    assert filled(page, {"x": "new"}) == "a\n<!-- x -->\nnew\n<!-- /x -->\nb\n"


def test_a_page_without_the_marker_is_refused() -> None:
    with pytest.raises(InputError, match="markers of 'x'"):
        filled("nothing here", {"x": "new"})
