"""Tables of studies: effects that were planted come out, with their sign and size."""

import itertools

import numpy as np
import pandas as pd
import pytest

from studies.tables import (
    cell_table,
    coverage_table,
    effect_table,
    horizon_table,
    main_effects,
    verdict_table,
)

FACTORS = ["family", "tokens", "readout"]


def planted(noise=0.0):
    """Patches take 20 % off whatever the rest is, flatten adds 10 %, the family changes nothing."""
    generator = np.random.default_rng(0)
    rows = [
        {
            "family": family,
            "tokens": tokens,
            "readout": readout,
            "seed": seed,
            "mse": 0.4
            * (0.8 if tokens == "patch" else 1.0)
            * (1.1 if readout == "flatten" else 1.0)
            * np.exp(noise * generator.standard_normal()),
        }
        for family, tokens, readout, seed in itertools.product(
            ("rnn", "transformer"), ("point", "patch"), ("last", "flatten"), range(3)
        )
    ]
    return pd.DataFrame(rows)


def test_planted_effects_are_found():
    """Ratios, so that an effect means the same at a high and at a low error."""
    found = {one.factor: one for one in main_effects(planted(), FACTORS)}
    assert found["tokens"].relative_difference == pytest.approx(-0.2)
    assert (found["tokens"].against, found["tokens"].level) == ("point", "patch")
    assert found["readout"].relative_difference == pytest.approx(0.1)
    assert found["family"].relative_difference == pytest.approx(0.0)


def test_intervals_hold_planted_effects_and_tell_noise_from_effect():
    """With noise of 2 % per run the 20 % are sure, and nothing is claimed of the family."""
    found = {one.factor: one for one in main_effects(planted(0.02), FACTORS)}
    assert found["tokens"].low < -0.2 < found["tokens"].high < 0
    assert found["family"].low < 0 < found["family"].high


def test_a_missing_cell_is_refused():
    """Its effect would be counted to another factor."""
    with pytest.raises(ValueError, match="expected each of the 24 combinations once, got 23"):
        main_effects(planted().iloc[1:], FACTORS)


def test_tables_tell_the_numbers_of_the_runs():
    runs = planted()
    assert "| tokens | point to patch | -20.0% (-20.0% to -20.0%) |" in effect_table(runs, FACTORS)
    rows = cell_table(runs, FACTORS).splitlines()
    assert rows[2] == "| rnn | patch | last | 0.320 (0.320 to 0.320) |"
    assert len(rows) == 2 + 8


def test_the_table_of_horizons_has_a_row_per_family_and_recipe():
    runs = pd.DataFrame(
        [
            ("rnn", "rnn-best", length, seed, length / 100 + seed, 10.0 + length)
            for length in (192, 96)
            for seed in (0, 2)
        ],
        columns=["family", "recipe", "prediction_length", "seed", "mse", "train_seconds"],
    )
    table = horizon_table(runs).splitlines()
    assert table[0].startswith("| family | recipe | H = 96 | H = 192 |")
    assert table[2].startswith("| RNN | rnn-best | 1.960 ± 12.706 | ")
    assert "| 2.920 ± 12.706 |" in table[2]
    assert table[2].endswith("| 106 to 202 |")


def test_a_verdict_is_told_with_its_interval_and_the_baselines():
    """By horizon, as the table of scores is read."""
    numbers = {"ridge": 0.37, "seasonal_naive": 0.512, "rnn_validation": 0.63, "transformer_validation": 0.64}
    told = {"relative_mse_difference": -0.03, "ci_low": -0.08, "ci_high": 0.02, "verdict": "inconclusive"}
    rows = [{"recipe": "a", "prediction_length": length, **told, **numbers} for length in (720, 96)]
    lines = verdict_table(pd.DataFrame(rows)).splitlines()
    assert lines[2] == "| 96 | a | -3.0% (-8.0% to +2.0%) | inconclusive | 0.370 | 0.512 | 0.630, 0.640 |"
    assert lines[3].startswith("| 720 |")


def test_an_interval_without_use_is_not_told_to_the_digit():
    """Three blocks of time leave an end at some thousand per cent."""
    numbers = {"ridge": 0.37, "seasonal_naive": 0.512, "rnn_validation": 0.63, "transformer_validation": 0.64}
    told = {"relative_mse_difference": 0.07, "ci_low": -0.6, "ci_high": 708.0, "verdict": "inconclusive"}
    rows = pd.DataFrame([{"recipe": "a", "prediction_length": 96, **told, **numbers}])
    assert "+7.0% (-60.0% to beyond +100%)" in verdict_table(rows)


def test_where_data_were_not_enough_no_difference_is_told():
    numbers = {"ridge": 0.37, "seasonal_naive": 0.512, "rnn_validation": 0.63, "transformer_validation": 0.64}
    told = {"verdict": "not enough data", "test_windows": 300.0, "enough_test_windows": 480.0}
    rows = pd.DataFrame([{"recipe": "a", "prediction_length": 96, **told, **numbers}])
    assert "| 96 | a |  | not enough data | 0.370 |" in verdict_table(rows)


def test_coverages_are_told_over_worlds_with_the_share_without_bound():
    """Per kind and level: mean, standard error and deviation in points, worlds near nominal, width of the bounded."""
    shared = {"intervals": "fixed", "level": 0.8}
    rows = pd.DataFrame(
        [
            {**shared, "world": 1, "coverage": 0.78, "width": 1.0, "unbounded": 0.0},
            {**shared, "world": 2, "coverage": 0.80, "width": 2.0, "unbounded": 0.0},
            {**shared, "world": 3, "coverage": 0.83, "width": np.nan, "unbounded": 0.03},
            {**shared, "world": 1, "coverage": 0.96, "width": 2.5, "unbounded": 0.0, "level": 0.95},
            {**shared, "world": 2, "coverage": 0.96, "width": 2.5, "unbounded": 0.0, "level": 0.95},
        ]
    )
    head, _, line = coverage_table(rows, "intervals").splitlines()
    assert head.startswith("| intervals | 80 % | within 2, of 3 | width | without bound | 95 % |")
    assert line == "| fixed | 80.3 ± 1.5 (2.5) | 2 | 1.50 | 1.0 % | 96.0 ± 0.0 (0.0) | 2 | 2.50 | none |"
