"""docs/results.md and docs/decisions.md say what the files of results say: a figure copied by hand can go astray."""

import json
import re

import pandas as pd
import pytest

from rnn_vs_transformer.evaluation.conformal import STEP
from studies.coverage import choose_step, coverage_tables, main_length
from studies.tables import cell_table, effect_table, horizon_table, verdict_table

FAMILIES = {"RNN": "rnn", "Transformer": "transformer"}


@pytest.fixture
def page(root):
    return (root / "docs/results.md").read_text(encoding="utf-8")


def row(page, start):
    """The cells of the table row that begins with this text."""
    found = re.search(rf"^\| {re.escape(start)} \|(.*)\|$", page, re.MULTILINE)
    assert found, start
    return [cell.strip() for cell in found.group(1).split("|")]


def test_the_tuned_comparison_is_that_of_its_files(root, page):
    found = json.loads((root / "docs/results/tuning_metrics.json").read_text())
    runs = [found["untuned"], found["tuned"]]
    for name, family in FAMILIES.items():
        scores = [run[family] for run in runs]
        told = [f"{one['mse']:.3f} ({one['mse_ci_low']:.3f} to {one['mse_ci_high']:.3f})" for one in scores]
        assert row(page, f"{name}: test MSE (95 %)") == told
        assert row(page, f"{name}: excess") == [f"{one['excess']:.2f}" for one in scores]
        assert row(page, f"{name}: validation MSE") == [f"{one['validation_mse']:.3f}" for one in scores]
    compared = [run["comparison"] for run in runs]
    keys = ("relative_mse_difference", "ci_low", "ci_high")
    percents = [[f"{100 * one[key]:+.0f}%" for key in keys] for one in compared]
    assert row(page, "verdict, Transformer's MSE against the RNN's") == [
        f"**{one['verdict']}**: {middle} ({low} to {high})"
        for one, (middle, low, high) in zip(compared, percents, strict=True)
    ]
    detectable = [f"{100 * one['minimum_detectable_effect']:.0f}%" for one in compared]
    assert row(page, "smallest difference that would be detected") == detectable


@pytest.mark.parametrize("name", FAMILIES)
def test_the_search_is_that_of_its_file(root, page, name):
    found = json.loads((root / "docs/results/tuning.json").read_text())["families"][FAMILIES[name]]
    trials, best, fresh, _ = row(page, name)
    assert trials == f"{found['trials']} ({found['pruned']})"
    assert best == f"{found['best_validation_mse']:.4f} (untuned: {found['current_validation_mse']:.4f})"
    means = {one["trial"]: sum(one["losses"]) / len(one["losses"]) for one in found["finalists"]}
    chosen = means.pop(found["chosen_trial"])
    assert fresh == f"{chosen:.4f}; {means.popitem()[1]:.4f}"


def test_the_table_of_etth1_is_that_of_its_file(root, page):
    """As the command prints it, but for the bold family of the recipe."""
    runs = pd.read_csv(root / "docs/results/etth1.csv")
    for line in horizon_table(runs).splitlines():
        assert line in page.replace("**", "")


def test_the_verdicts_on_etth1_are_those_of_their_file(root, page):
    verdicts = pd.read_csv(root / "docs/results/etth1_verdicts.csv")
    assert verdict_table(verdicts) in page


def test_the_factorial_is_that_of_its_file(root, page):
    runs = pd.read_csv(root / "docs/results/factorial.csv")
    factors = list(runs.columns[:4])
    assert cell_table(runs, factors) in page
    assert effect_table(runs, factors) in page


def test_the_tables_of_coverage_are_those_of_their_file(root):
    """As `make coverage-study` prints them; the text adds the fixed intervals over all worlds together."""
    decisions = (root / "docs/decisions.md").read_text(encoding="utf-8")
    rows = pd.read_csv(root / "docs/results/coverage.csv")
    for table in coverage_tables(rows):
        assert f"\n\n{table}\n\n" in decisions
    fixed = rows[(rows["prediction_length"] == main_length(rows)) & (rows["intervals"] == "fixed")]
    found = 100 * fixed.groupby("level")["coverage"].agg(["mean", "sem"])
    told = " and ".join(f"{one.mean:.1f} ± {one.sem:.1f} %" for one in found.itertuples())
    assert f"over all {fixed['world'].nunique()} worlds they cover {told}" in decisions


def test_the_step_in_use_is_the_one_that_other_worlds_choose(root):
    """An edit of the constant alone would leave it without its ground."""
    assert choose_step(pd.read_csv(root / "docs/results/coverage.csv")) == STEP
