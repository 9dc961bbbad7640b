"""What the pages show is what was committed."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from rnn_vs_transformer.reporting.headline import headline, markdown
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from tools.readme import PAGES, TIMED, claims_table, comparison_table, filled

ROOT = Path(__file__).resolve().parents[2]


def committed(path: str) -> str:
    """A file as it was committed: a rerun changes times in the workspace, and that is nobody's fault."""
    return subprocess.run(["git", "show", f"HEAD:{path}"], cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("language", PAGES)
def test_the_pages_show_the_committed_results(language: str) -> None:
    """A figure typed in by hand, or left from an earlier run, would be a false claim; `make readme` renews them."""
    names = ("metrics", "claims")
    metrics, claims = (json.loads(committed(f"reports/{name}.json")) for name in names)
    studies = {"map": json.loads(committed("studies/results/map.json"))}
    times = {paths.forecaster(*run): json.loads(committed(str(paths.times(*run)))) for run in TIMED}
    text = committed(PAGES[language].name)
    assert markdown(headline(studies, metrics, times), language) in text
    assert comparison_table(metrics, times) in text
    assert claims_table(claims) in text


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
