"""What the pages show is what was committed."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from rnn_vs_transformer.reporting.headline import headline, markdown
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from tools.pages import faults
from tools.readme import PAGES, TIMED, claims_counted, claims_table, comparison_table, filled, short_table, wrapped

ROOT = Path(__file__).resolve().parents[2]


def committed(path: str) -> str:
    """A file as it was committed: a rerun changes times in the workspace, and that is nobody's fault."""
    return subprocess.run(["git", "show", f"HEAD:{path}"], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def expected(language: str) -> dict[str, str]:
    """What the committed results give for each marker."""
    metrics, claims = (json.loads(committed(f"reports/{name}.json")) for name in ("metrics", "claims"))
    studies = {"map": json.loads(committed("studies/results/map.json"))}
    times = {paths.forecaster(*run): json.loads(committed(str(paths.times(*run)))) for run in TIMED}
    return {
        "verdict": wrapped(markdown(headline(studies, metrics, times), language)),
        "comparison": short_table(metrics, times, language),
        "claims": claims_counted(claims, language),
        "scores": comparison_table(metrics, times),
        "judged": claims_table(claims),
    }


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_show_the_committed_results(page: Path) -> None:
    """A figure typed in by hand, or left from an earlier run, would be a false claim; `make readme` renews them."""
    language, names = PAGES[page]
    text, contents = committed(page.as_posix()), expected(language)
    for name in names:
        if name in contents:
            assert f"<!-- {name} -->\n{contents[name]}\n<!-- /{name} -->" in text


def test_the_picture_has_the_stages_of_the_pipeline() -> None:
    """And the stages of no study."""
    stages = yaml.safe_load(committed("dvc.yaml"))["stages"]
    names = {"train@rnn", "train@transformer", *stages} - {"train", "analyse"}
    for page in ("README.md", "README.zh-CN.md"):
        [picture] = re.findall(r"flowchart LR\n(.*?)```", committed(page), re.DOTALL)
        assert set(re.findall(r"[a-z_]+@[a-z]+|(?<![\w@])[a-z_]+(?![\w@\[])", re.sub(r"\w+\[", "[", picture))) == names


def test_lines_are_broken_after_blanks_and_chinese_marks_and_nothing_is_lost() -> None:
    english, chinese = "- " + "some words (-3 % to +4 %) " * 9, "- " + "一些词，又一些词。" * 30
    for text in (english, chinese):
        lines = wrapped(text).splitlines()
        assert max(map(len, lines)) <= 120
        assert all(line.startswith("  ") and not line.lstrip().startswith("%") for line in lines[1:])
        assert "".join(wrapped(text).split()) == "".join(text.split())


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


def test_a_line_and_a_page_that_are_too_long_are_named(tmp_path: Path) -> None:
    """Commands are no words, and two Chinese characters are one."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "README.md").write_text("word\n" * 1_200 + "```\na command\n```\n")
    assert not list(faults(tmp_path))
    (tmp_path / "README.md").write_text("word 字词\n" * 601 + "x" * 121)
    assert [fault.partition(";")[0] for fault in faults(tmp_path)] == [
        "README.md:602: 121 characters", "README.md: 1203 words",
    ]  # fmt: skip
