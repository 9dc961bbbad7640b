"""Baselines against literal values and against a direct solution of the same problem."""

import numpy as np
import pytest

from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.scaling import Scaler
from rnn_vs_transformer.data.splits import Borders, Places, Splits, forecast_origins
from rnn_vs_transformer.models import baselines
from rnn_vs_transformer.models.baselines import PENALTIES, fit_ridge, last_value_forecast, seasonal_naive_forecast

BORDERS = Borders(150, 200, 240)
CONTEXT, AHEAD = 5, 3


@pytest.fixture
def values():
    """Two channels with a level, so that an intercept is needed."""
    return 3.0 + np.cumsum(np.random.default_rng(0).standard_normal((240, 2)), axis=0) * 0.3


def splits_of(values, borders=BORDERS, context_length=CONTEXT, prediction_length=AHEAD):
    """Of columns (steps, S) that count as scaled."""
    unscaled = Scaler(np.zeros(values.shape[1]), np.ones(values.shape[1]))
    return Splits.of_wide(values, borders, context_length, prediction_length, unscaled)


def ridge_of(values, borders=BORDERS, context_length=CONTEXT, prediction_length=AHEAD):
    """Ridge on columns (steps, S)."""
    return fit_ridge(splits_of(values, borders, context_length, prediction_length), context_length)


def forecast(ridge, values, origins):
    """Of columns (steps, S) from the same steps of each (S, N, H)."""
    panel = Panel.wide(values, [str(number) for number in range(values.shape[1])])
    cells = np.concatenate([origins + offset for offset in panel.offsets[:-1]])
    places = Places(cells, np.repeat(np.arange(len(panel)), len(origins)))
    return ridge.forecast(panel, places).reshape(len(panel), len(origins), -1)


def windows(values, start, end, subtract_last):
    """Contexts and targets of all windows whose targets lie in [start, end), stacked over channels."""
    rows = []
    for series in values.T:
        for origin in range(max(start, CONTEXT) - 1, end - AHEAD):
            context, target = series[origin - CONTEXT + 1 : origin + 1], series[origin + 1 : origin + AHEAD + 1]
            level = context[-1] if subtract_last else 0.0
            rows.append((context - level, target - level))
    return [np.array(part) for part in zip(*rows, strict=True)]


def solved_directly(values, subtract_last, penalty):
    """Ridge weights by least squares on a system with one row more per penalised weight, and none for the intercept."""
    contexts, targets = windows(values, 0, BORDERS.train_end, subtract_last)
    contexts = np.column_stack([contexts, np.ones(len(contexts))])
    extra = np.hstack([np.sqrt(penalty) * np.eye(CONTEXT), np.zeros((CONTEXT, 1))])
    system, right = np.vstack([contexts, extra]), np.vstack([targets, np.zeros((CONTEXT, AHEAD))])
    return np.linalg.lstsq(system, right)[0]


def test_ridge_is_the_best_of_all_candidates_solved_directly(values):
    """Weights, penalty and centring are those of the candidate with the least error on validation, solved otherwise."""
    candidates = {}
    for subtract_last in (False, True):
        contexts, targets = windows(values, BORDERS.train_end, BORDERS.validation_end, subtract_last)
        contexts = np.column_stack([contexts, np.ones(len(contexts))])
        for penalty in PENALTIES:
            weights = solved_directly(values, subtract_last, penalty)
            candidates[subtract_last, penalty] = (np.square(contexts @ weights - targets).mean(), weights)
    best = min(candidates, key=lambda candidate: candidates[candidate][0])

    ridge = ridge_of(values[:200])

    assert (ridge.subtract_last, ridge.penalty) == best
    assert ridge.validation_mse == pytest.approx(candidates[best][0])
    np.testing.assert_allclose(ridge.weights, candidates[best][1], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("penalty", [1e-3, 10.0, 1e5])
def test_the_intercept_bears_no_penalty(values, monkeypatch, penalty):
    """However strong the penalty, the level is forecast: a shrunk intercept would handicap the baseline."""
    monkeypatch.setattr(baselines, "PENALTIES", (penalty,))

    ridge = ridge_of(values)

    np.testing.assert_allclose(
        ridge.weights, solved_directly(values, ridge.subtract_last, penalty), rtol=1e-5, atol=1e-7
    )


def test_ridge_recovers_a_planted_linear_map():
    """A series that answers to its last two steps by 0.5 and -0.3, around 2, must be found to do so.

    The map is read off the forecasts of unit impulses, so it does not matter how the weights are stored.
    """
    generator, series = np.random.default_rng(0), [0.0, 0.0]
    for noise in generator.standard_normal(6000):
        series.append(2.0 + 0.5 * series[-1] - 0.3 * series[-2] + noise)
    values = np.array(series)[:, None]

    ridge = ridge_of(values, Borders(5000, 6000, 6000), 3, 1)
    impulses = np.vstack([np.zeros(3), np.eye(3)]).reshape(-1, 1)
    level, *moved = forecast(ridge, impulses, np.array([2, 5, 8, 11])).flatten()

    assert level == pytest.approx(2.0, abs=0.15)
    np.testing.assert_allclose(np.array(moved) - level, [0.0, -0.3, 0.5], atol=0.06)


def test_ridge_forecasts_a_noiseless_recurrence_without_error():
    """A sine obeys a linear recurrence of order two, so the best linear forecast is all but perfect."""
    values = np.sin(np.arange(400) * 2 * np.pi / 13)[:, None]

    ridge = ridge_of(values, Borders(300, 400, 400), 6, 4)
    origins = np.arange(310, 390)

    truth = values[origins[:, None] + np.arange(1, 5), 0]
    np.testing.assert_allclose(forecast(ridge, values, origins)[0], truth, atol=1e-3)


def test_ridge_never_reads_beyond_validation(values):
    """Neither weights nor penalty may know a test step; here every one of them is not a number."""
    spoilt = values.copy()
    spoilt[BORDERS.validation_end :] = np.nan

    known, blind = (ridge_of(series) for series in (values, spoilt))

    assert np.array_equal(known.weights, blind.weights)
    assert (known.penalty, known.subtract_last) == (blind.penalty, blind.subtract_last)


def test_the_penalty_is_chosen_on_validation_not_on_train(values):
    """On train the weakest penalty always wins; with validation steps of pure noise a strong one must."""
    noisy = values.copy()
    noisy[150:200] = 3.0 + np.random.default_rng(1).standard_normal((50, 2))
    noisy[:150] = 3.0 + np.sin(np.arange(150))[:, None]

    assert ridge_of(noisy).penalty > PENALTIES[0]
    assert ridge_of(np.sin(np.arange(240.0))[:, None]).penalty == PENALTIES[0]


@pytest.mark.parametrize(("trend", "subtract_last"), [(0.0, False), (0.5, True)])
def test_forecasts_repeat_the_error_that_chose_the_ridge(trend, subtract_last):
    """What is reported on test is the model that won on validation, level included: with a trend, the centred one."""
    values = np.random.default_rng(0).standard_normal((240, 2)) + trend * np.arange(240)[:, None]
    origins = forecast_origins(BORDERS.train_end, BORDERS.validation_end, CONTEXT, AHEAD)
    truth = values[origins[:, None] + np.arange(1, AHEAD + 1)].transpose(2, 0, 1)

    ridge = ridge_of(values)

    assert ridge.subtract_last is subtract_last
    assert np.square(forecast(ridge, values, origins) - truth).mean() == pytest.approx(ridge.validation_mse)


def test_ridge_is_the_same_whatever_the_number_of_rows_at_once(values, monkeypatch):
    """Rows are summed in blocks to save memory; a row lost at a block's end would show here."""
    whole = ridge_of(values)
    forecasts = forecast(whole, values, np.arange(200, 237))
    monkeypatch.setattr(baselines, "ROWS_AT_ONCE", 7)

    parts = ridge_of(values)

    np.testing.assert_allclose(parts.weights, whole.weights, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(forecast(parts, values, np.arange(200, 237)), forecasts, rtol=1e-9)


def test_the_last_value_is_repeated():
    """Per origin: the value there, for every step ahead."""
    found = last_value_forecast(np.arange(10.0), np.array([3, 8]), 2)

    assert found.tolist() == [[3, 3], [8, 8]]


@pytest.mark.parametrize(
    ("season_length", "expected"),
    [(3, [7, 8, 9, 7, 8]), (1, [9, 9, 9, 9, 9]), (5, [5, 6, 7, 8, 9]), (7, [3, 4, 5, 6, 7])],
)
def test_the_last_season_is_repeated_as_often_as_needed(season_length, expected):
    """From 0 to 9 the last season of 3 is 7, 8, 9; five steps ahead take it and begin it again."""
    result = seasonal_naive_forecast(np.arange(10.0), np.array([9]), 5, season_length)

    assert result.tolist() == [expected]


def test_every_origin_has_its_own_last_season():
    """The forecast moves on with the origin, by one step of the season."""
    result = seasonal_naive_forecast(np.arange(10.0), np.array([5, 6]), 4, 3)

    assert result.tolist() == [[3, 4, 5, 3], [4, 5, 6, 4]]


def test_no_baseline_knows_the_future(values):
    """A baseline that saw ahead would be a bar that no model can reach."""
    ridge = ridge_of(values)
    origins = np.array([219, 220])
    changed = values.copy()
    changed[221:] = 1e6

    for made in (
        lambda series: last_value_forecast(series[:, 0], origins, AHEAD),
        lambda series: seasonal_naive_forecast(series[:, 0], origins, AHEAD, 2),
        lambda series: forecast(ridge, series, origins),
    ):
        assert np.array_equal(made(values), made(changed))


def test_ridge_forecasts_at_the_last_step_of_the_series(values):
    """A real forecast has no targets yet."""
    ridge = ridge_of(values)
    origins = forecast_origins(200, 240, CONTEXT, AHEAD)

    at_end = forecast(ridge, values, np.array([239]))

    assert np.isfinite(at_end).all()
    np.testing.assert_allclose(
        forecast(ridge, values[: origins[0] + 1], origins[:1]), forecast(ridge, values, origins)[:, :1]
    )
