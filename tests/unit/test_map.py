"""The map: its plan holds what was asked for, and its summary finds what was planted in made-up runs."""

import doctest
import itertools

import numpy as np
import pandas as pd
import pytest

from rnn_vs_transformer.sources.cases import CASES
from studies.map import machines
from studies.map.machines import RUNS, cost_of, in_proportion, seconds_on
from studies.map.summary import COMPARISONS, cells, chosen, counts, findings, pairs
from studies.map.trials import read_plan, trials_of

PLAN = read_plan()


def made_runs(ratio=1.0, noise=0.0, scale=1.0):
    """Runs of all cells in which the Transformer's error is `ratio` times the RNN's, and ridge's twice that of both."""
    generator = np.random.default_rng(0)
    rows = []
    contexts = [(case, steps, length) for case, length in PLAN["cases"].items() for steps in PLAN["steps"]]
    sweep = PLAN["context_sweep"]
    contexts += [(sweep["case"], sweep["steps"], length) for length in sweep["context_lengths"]]
    for (case, steps, length), draw in itertools.product(contexts, PLAN["draws"]):
        world = scale * (1 + draw) * np.exp(noise * generator.normal())
        level = {"rnn": 1.0, "gru": 1.0, "transformer": ratio, "mlp": 1.5, "ridge": 2 * max(1, ratio)}
        for name, recipe in itertools.product(level, ("tutorial", "season_tokens")):
            if recipe == "season_tokens" and name in {"mlp", "ridge"}:
                continue
            error = level[name] * (world if name == "transformer" else scale * (1 + draw))
            rows.append({"case": case, "steps": steps, "context_length": length, "draw": draw, "forecaster": name,
                         "recipe": recipe, "mse": error, "validation_mse": error, "best_epoch": 5, "seconds": 2.0,
                         "parameters": 10, "multiply_adds_per_window": 10})  # fmt: skip
    return pd.DataFrame(rows)


def test_the_plan_has_every_cell_that_was_asked_for() -> None:
    assert set(PLAN["cases"]) == set(CASES)
    assert min(PLAN["steps"]) == 1_000
    assert max(PLAN["steps"]) == 64_000
    assert len(PLAN["draws"]) >= 5
    trials = [trial for case in PLAN["cases"] for trial in trials_of(PLAN, case)]
    assert len(trials) == len(set(trials))
    per_cell = 2 + 3 * len(PLAN["recipes"])  # references and MLP, and three models with each recipe
    cells_asked = len(CASES) * len(PLAN["steps"]) + len(PLAN["context_sweep"]["context_lengths"])
    assert len(trials) == cells_asked * len(PLAN["draws"]) * per_cell


@pytest.mark.parametrize(
    ("ratio", "verdict"), [(0.8, "transformer better"), (1.25, "rnn better"), (1.0, "equivalent"), (1.02, "equivalent")]
)
def test_a_planted_difference_is_the_verdict_of_every_cell(ratio, verdict) -> None:
    table = cells(made_runs(ratio, noise=0.005), PLAN["margin"])
    assert set(table["verdict"]) == {verdict}
    assert counts(table, PLAN)["at_its_best"][verdict] == len(CASES) * len(PLAN["steps"])
    found = findings(made_runs(ratio), PLAN)
    assert found["mse.tutorial.all"]["estimate"] == pytest.approx(ratio - 1, abs=1e-5)
    assert found["mse.tutorial.all"]["units"] == len(CASES)
    assert found["data_slope.tutorial"]["estimate"] == pytest.approx(0, abs=1e-6)
    assert found["ridge.rnn.tutorial.all"]["estimate"] == pytest.approx(1 / (2 * max(1, ratio)) - 1, abs=1e-5)


def test_noise_between_worlds_leaves_cells_open() -> None:
    table = cells(made_runs(1.1, noise=0.5), PLAN["margin"])
    assert (table["verdict"] == "inconclusive").mean() > 0.8


def test_the_unit_of_the_series_does_not_matter() -> None:
    """Errors of ten times the size in every world give the same table."""
    once, scaled = (cells(made_runs(0.9, 0.05, scale), PLAN["margin"]) for scale in (1.0, 10.0))
    pd.testing.assert_frame_equal(once, scaled)


def test_exchanging_the_families_changes_the_sign_and_nothing_else() -> None:
    runs = made_runs(0.9, 0.05)
    runs = runs[runs["forecaster"] != "gru"]
    swapped = runs.assign(forecaster=runs["forecaster"].replace({"rnn": "transformer", "transformer": "rnn"}))
    forth, back = (findings_of_tutorial(table) for table in (runs, swapped))
    np.testing.assert_allclose(np.log1p(forth), -np.log1p(back), atol=1e-5)


def findings_of_tutorial(runs):
    table = pairs(runs, COMPARISONS["tutorial"])
    return (table["mse_transformer"] / table["mse_rnn"] - 1).to_numpy()


def test_the_best_recipe_is_chosen_by_validation_and_not_by_test() -> None:
    runs = made_runs()
    season = runs["recipe"] == "season_tokens"
    runs.loc[season, "validation_mse"] *= 2  # worse on validation ...
    runs.loc[season, "mse"] /= 10  # ... and better on test
    picked = chosen(runs, ["rnn", "gru"], ["tutorial", "season_tokens"])
    assert set(picked["recipe"]) == {"tutorial"}
    assert len(picked) == len(pairs(runs, COMPARISONS["tutorial"]))


def test_slopes_find_what_was_planted() -> None:
    """The Transformer's edge grows by 1 % per doubling of the length, and by 10 % per doubling of the delay."""
    runs = made_runs()
    delay = runs["case"].str.extract(r"_(\d+)$")[0].astype(float).fillna(1)
    planted = 0.99 ** np.log2(runs["steps"]) * 0.9 ** np.log2(delay)
    runs.loc[runs["forecaster"] == "transformer", "mse"] *= planted
    found = findings(runs, PLAN)
    assert found["data_slope.tutorial"]["estimate"] == pytest.approx(np.log(0.99), abs=1e-5)
    assert found["delay_slope.tutorial"]["estimate"] == pytest.approx(np.log(0.9), abs=1e-5)


def test_the_map_on_many_machines_is_between_what_must_be_and_what_graham_proved(root) -> None:
    """On one core all stands in a row; more cores never cost time, nor work; cases in a row never save any."""
    runs = pd.concat(pd.read_csv(file) for file in sorted((root / RUNS).glob("*.csv")))
    found = [cost_of(runs, worlds=170, cores=cores) for cores in (1, 2, 20, 200)]  # as many as were run
    assert found[0]["minutes"] / 60 == pytest.approx(found[0]["core_hours"]) == pytest.approx(8.37, abs=0.01)
    assert all(later["minutes"] <= earlier["minutes"] for earlier, later in itertools.pairwise(found))
    for cost, cores in zip(found, (1, 2, 20, 200), strict=True):
        assert cost["core_hours"] == found[0]["core_hours"]
        share, longest = 60 * cost["core_hours"] / cores, runs["seconds"].max() / 60
        assert cost["least_minutes"] == pytest.approx(max(share, longest))
        assert cost["least_minutes"] <= cost["minutes"] + 1e-9 <= share + (1 - 1 / cores) * longest + 2e-9
        assert cost["minutes"] <= cost["minutes_case_by_case"] + 1e-9
    assert cost_of(runs, 340, 40)["core_hours"] == pytest.approx(2 * found[0]["core_hours"])


def test_the_examples_in_the_docstrings_run() -> None:
    assert doctest.testmod(machines) == (0, 2)


def test_trainings_are_repeated_in_proportion_and_dealt_to_the_core_that_is_free() -> None:
    seconds = np.random.default_rng(0).permutation(np.arange(1.0, 8.0))
    repeated = in_proportion(seconds, 2.5)
    assert list(repeated) == sorted(repeated, reverse=True)
    assert set(np.unique(repeated, return_counts=True)[1]) <= {2, 3}
    assert len(repeated) == 18
    assert seconds_on(repeated, len(repeated)) == 7
    assert seconds_on(np.array([4.0, 3.0, 3.0, 2.0]), 2) == 6
