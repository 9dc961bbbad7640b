"""The tables of studies in the pages are those that the studies' commands print from the files of results."""

import pandas as pd
import pytest

from rnn_vs_transformer.evaluation.conformal import STEP
from studies.coverage import choose_step, coverage_tables
from studies.m4.tables import forecasters_markdown, variants_markdown
from studies.tables import cell_table, effect_table, horizon_table, quantile_table, verdict_table


@pytest.fixture
def read(root):
    """A function that gives a file of results as a table."""
    return lambda name: pd.read_csv(root / "docs/results" / name)


@pytest.fixture
def page(root):
    return (root / "docs/results.md").read_text(encoding="utf-8")


def test_the_tables_of_etth1_are_those_of_their_files(page, read):
    """As `make etth1` prints them, but for the bold family of the recipe."""
    for line in horizon_table(read("etth1.csv")).splitlines():
        assert line in page.replace("**", "")
    assert verdict_table(read("etth1_verdicts.csv")) in page


def test_the_factorial_is_that_of_its_file(page, read):
    """As `make factorial` prints it."""
    runs = read("factorial.csv")
    factors = list(runs.columns[:4])
    assert cell_table(runs, factors) in page
    assert effect_table(runs, factors) in page


def test_the_coverage_of_quantiles_is_that_of_its_file(page, read):
    """As measured by `make quantiles`."""
    assert quantile_table(read("quantiles.csv")) in page


def test_the_tables_of_m4_are_those_of_their_files(page, root):
    """As measured by `make m4`."""
    results = root / "studies/results"
    assert variants_markdown(pd.read_csv(results / "m4_variants.csv")) in page
    assert forecasters_markdown(pd.read_csv(results / "m4.csv")) in page


def test_the_tables_of_coverage_are_those_of_their_file(root, read):
    """As `make coverage-study` prints them."""
    decisions = (root / "docs/decisions.md").read_text(encoding="utf-8")
    for table in coverage_tables(read("coverage.csv")):
        assert f"\n\n{table}\n\n" in decisions


def test_the_step_in_use_is_the_one_that_other_worlds_choose(read):
    """An edit of the constant alone would leave it without its ground."""
    assert choose_step(read("coverage.csv")) == STEP
