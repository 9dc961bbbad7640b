"""The tables of studies in the pages are those that the studies' commands print from the files of results."""

import pandas as pd
import pytest

from rnn_vs_transformer.data.evidence import NOT_ENOUGH
from rnn_vs_transformer.evaluation.conformal import STEP
from rnn_vs_transformer.runtime.files import read_json
from studies.coverage import choose_step, coverage_tables
from studies.m4.tables import forecasters_markdown, options_markdown
from studies.shipped import BENCHMARKS
from studies.tables import effect_table, horizon_table, quantile_table, shipped_table


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


@pytest.mark.parametrize("name", sorted(BENCHMARKS))
def test_what_ships_is_that_of_its_file(name, page, read):
    """As `make etth1` and `make exchange` print it."""
    published = read("published.csv").query("benchmark == @name")
    assert shipped_table(read(f"{name}_shipped.csv"), published) in page


def test_the_factorial_is_that_of_its_file(page, read):
    """As `make factorial` prints it."""
    runs = read("factorial.csv")
    factors = list(runs.columns[:4])
    assert effect_table(runs, factors) in page


def test_the_coverage_of_quantiles_is_that_of_its_file(page, read):
    """As measured by `make quantiles`."""
    assert quantile_table(read("quantiles.csv")) in page


def test_the_table_of_m4_is_that_of_its_file(page, root):
    """As measured by `make m4`."""
    assert forecasters_markdown(pd.read_csv(root / "studies/results/m4.csv")) in page


def test_the_options_of_m4_are_those_of_their_files(page, root):
    """As `make m4-options` prints them."""
    results = root / "studies/results"
    tables = (pd.read_csv(results / f"{name}.csv") for name in ("m4_options", "m4_whole_budget"))
    short = read_json(results / "m4_earlier.json")["families_by_option"]
    assert options_markdown(*tables, short, read_json(results / "m4_whole_budget.json")["families"]) in page


def test_what_the_text_says_of_one_more_final_recipe_is_in_its_file(page, root):
    """Errors, the families over series and over seeds too, and both against the control."""
    found, text = read_json(root / "studies/results/m4_official.json"), page.replace("\n", " ")
    names = ("rnn", "transformer", "mlp", "ensemble")
    errors = {metric: [found["mean_errors"][name][metric] for name in names] for metric in ("mase", "smape")}
    mase = zip(("RNN", "Transformer", "MLP", "ensemble"), errors["mase"], strict=True)
    assert f"MASE: {', '.join(f'{name} {error:.3f}' for name, error in mase)}; " in text
    assert f"sMAPE {', '.join(f'{error:.2f}' for error in errors['smape'])}." in text
    for over in (found["families"]["mase"], found["families_over_seeds"]["mase"]):
        middle, low, high = (100 * over[name] for name in ("relative_difference", "ci_low", "ci_high"))
        assert f"{middle:+.1f} % ({low:+.1f} to {high:+.1f})" in text
    told = [[f"{100 * one[name]:.0f}" for name in ("relative_difference", "ci_low", "ci_high")]
            for one in found["against_mlp"].values()]  # fmt: skip
    (middle, low, high), (also, low_also, high_also) = told
    assert middle == also
    assert f"Against the MLP, unplanned: {middle} % ({low} to {high}; {low_also} to {high_also})." in text


def test_the_coverage_of_intervals_is_that_of_its_file(page, read):
    """As `make coverage-study` prints it for the worlds that it is checked on: fixed intervals, and those in use."""
    head, rule, *rows = coverage_tables(read("coverage.csv"))[1].splitlines()
    shown = [row for row in rows if row.startswith("| fixed") or "(used)" in row]
    assert "\n".join([head, rule, *shown]) in page


def test_what_the_text_says_of_etth1_is_in_its_files(page, read):
    """Instead of the whole table: no verdict, and ridge on the same windows."""
    verdicts = read("etth1_verdicts.csv").sort_values("prediction_length")
    assert set(verdicts["verdict"]) == {NOT_ENOUGH}
    told = ", ".join(f"{mse:.3f}".lstrip("0") for mse in verdicts["ridge"].drop_duplicates())
    assert told in page.replace("\n", " ")


def test_the_step_in_use_is_the_one_that_other_worlds_choose(read):
    """An edit of the constant alone would leave it without its ground."""
    assert choose_step(read("coverage.csv")) == STEP
