"""The page of `dvc plots` as a reader sees it: in a browser, without a network."""

import shutil

import pytest
from charts import drawn_charts, lines_of
from conftest import ROOT, Clone

SCRIPTS = ROOT / ".browser"
AXES = {
    "Validation loss per epoch, mean over seeds": ("Epoch", "MSE (scaled units)", 2),
    "Test error per horizon step": ("Horizon step", "MSE (scaled units)", 3),
    "Share recovered against lag": ("Lag (steps back)", "Share recovered", 4),
    "The last horizon step of the first test windows": ("Step of the series", "First series (its own units)", 3),
}


@pytest.mark.skipif(not (SCRIPTS / "vega.min.js").is_file(), reason="no .browser/vega.min.js: make setup, needs npm")
def test_every_chart_is_drawn_with_titles_and_all_its_lines(clone: Clone, browse) -> None:
    """A library that does not load or a column that no longer exists leaves an empty frame and no error."""
    shutil.copytree(SCRIPTS, clone.folder / ".browser")
    (clone.folder / "reports/memory/recall.csv").write_text("lag,rnn,gru,lstm,transformer\n1,1,1,1,1\n8,0,0.5,0.4,1\n")
    clone.run("dvc", "plots", "show")
    charts = drawn_charts(clone.folder / "dvc_plots/index.html", browse)
    assert charts.keys() == AXES.keys()
    for title, (x_label, y_label, lines) in AXES.items():
        assert f"X-axis titled '{x_label}'" in charts[title]
        assert f"Y-axis titled '{y_label}'" in charts[title]
        assert lines_of(charts[title]) == lines, title


def test_a_clone_without_the_library_still_makes_the_page_and_says_what_it_lacks(clone: Clone, browse) -> None:
    clone.run("dvc", "plots", "show")
    page, _ = browse(clone.folder / "dvc_plots/index.html")
    assert '<p id="missing">' in page
    assert page.count("<img ") >= 8
