"""Naive2 and the classical decomposition that it rests on."""

import numpy as np
import pytest

from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.splits import Places
from rnn_vs_transformer.models.decomposition import moving_average, season_means
from rnn_vs_transformer.models.naive2 import has_season, naive2_forecast, season_factors


def forecast_of(*series, ends=None, origins=None, horizon=4, season=2):
    """Naive2 of each series from its last step on, or from the given steps of each."""
    panel = Panel.of([str(number) for number in range(len(series))], [np.asarray(one, dtype=float) for one in series])
    steps = [[len(one) - 1] for one in series] if origins is None else origins
    numbers = np.repeat(np.arange(len(series)), [len(one) for one in steps])
    places = Places(np.concatenate([np.array(one) + first for one, first in zip(steps, panel.offsets, strict=False)]),
                    numbers)  # fmt: skip
    return naive2_forecast(panel, panel.lengths if ends is None else np.array(ends), places, horizon, season)


def test_an_even_window_weighs_each_step_of_the_season_alike():
    """(1/2 a + b + c + d + 1/2 e) / 4; an odd one is the plain mean."""
    values = np.array([2.0, 1.0, 1.0, 1.0, 4.0, 9.0])
    np.testing.assert_allclose(moving_average(values, 4), [np.nan, np.nan, 1.5, 2.75, np.nan, np.nan])
    np.testing.assert_allclose(moving_average(values, 3), [np.nan, 4 / 3, 1, 2, 14 / 3, np.nan])
    np.testing.assert_allclose(moving_average(values, 1), values)
    assert np.isnan(moving_average(values, 7)).all()


def test_a_gap_counts_in_no_mean_of_the_season():
    """1 and 3 of the first step, 5 alone of the second; the last season may be cut short."""
    assert season_means(np.array([1.0, 5.0, 3.0, np.nan, 2.0]), 2).tolist() == [2.0, 5.0]
    with pytest.raises(ValueError, match="expected 2 seasons of 3 steps, got 5 steps"):
        season_means(np.ones(5), 3)


def test_the_season_must_exceed_what_chance_gives():
    """Of 10, 20, 10, ... the autocorrelations are -(n - 1) / n and (n - 2) / n.

    With 12 steps 0.833 > 0.777 = 1.645 sqrt((1 + 2 0.917^2) / 12), with 6 steps 0.667 < 1.038.
    """
    assert has_season(np.tile([10.0, 20.0], 6), 2)
    assert not has_season(np.tile([10.0, 20.0], 3), 2)


@pytest.mark.parametrize(
    ("values", "season"), [(np.ones(40), 4), (np.tile([1.0, 2.0, 4.0], 2), 3), (np.arange(9.0), 1)]
)
def test_no_season_is_found_where_none_can_be(values, season):
    """In a constant, in fewer than three seasons, and where a season is one step."""
    assert not has_season(values, season)
    assert season_factors(values, season).tolist() == [1.0] * season


def test_the_factors_are_those_of_the_classical_decomposition():
    """10 and 20 about a trend of 15."""
    np.testing.assert_allclose(season_factors(np.tile([10.0, 20.0], 6), 2), [2 / 3, 4 / 3])


def test_the_last_value_goes_on_with_the_season_to_come():
    """From 20 the level is 15, so 10, 20, ...; without a season 20 goes on."""
    np.testing.assert_allclose(forecast_of(np.tile([10.0, 20.0], 6)), [[10, 20, 10, 20]])
    np.testing.assert_allclose(forecast_of(np.tile([10.0, 20.0], 3)), [[20, 20, 20, 20]])


def test_each_series_and_origin_has_its_own_phase():
    """One series ends in mid-season; a level that doubled later changes the forecast and not the factors."""
    one = np.concatenate([np.tile([10.0, 20.0], 6), [20.0]])
    found = forecast_of(
        one, np.tile([30.0, 10.0, 20.0], 8), origins=[[10, 12], [22]], ends=[12, 24], horizon=2, season=2
    )

    np.testing.assert_allclose(found[:2], [[20, 10], [40, 20]])


def test_what_comes_behind_the_end_changes_no_factor():
    """The season is found before test."""
    plain = np.tile([10.0, 20.0], 10)
    other = np.concatenate([plain[:14], [70.0, 1.0, 70.0, 1.0, 70.0, 20.0]])
    one, changed = (forecast_of(values, ends=[14], origins=[[13]]) for values in (plain, other))

    np.testing.assert_array_equal(one, changed)


def test_the_unit_of_a_series_changes_nothing():
    values = np.random.default_rng(0).uniform(1, 2, 40) * np.tile([1.0, 3.0, 2.0, 5.0], 10)
    np.testing.assert_allclose(forecast_of(1e6 * values, season=4), 1e6 * forecast_of(values, season=4))


@pytest.mark.parametrize("low", [0.0, -1.0, 1e-13])
def test_it_is_not_defined_where_a_value_is_not_above_0(low):
    """No season is a factor of nothing; what scaling and back leaves of a 0 is none too."""
    values = np.tile([10.0, 20.0], 6)
    values[3] = low
    assert forecast_of(np.tile([10.0, 20.0], 6), values) is None
    behind = np.append(np.tile([10.0, 20.0], 6), low)
    assert forecast_of(behind, ends=[12]) is None
    assert forecast_of(behind, ends=[12], origins=[[11]]) is not None
