"""What a hostile reader of panels, gaps and plans found, each a test of the kind."""

import numpy as np
import pandas as pd
import pytest
from panels import unscaled

from rnn_vs_transformer.data.axis import Axis
from rnn_vs_transformer.data.covariates import Covariate
from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.scaling import Scaler
from rnn_vs_transformer.data.series import Meta, scale_splits
from rnn_vs_transformer.data.splits import Borders, Splits
from rnn_vs_transformer.data.windows import windows_of
from rnn_vs_transformer.evaluation.comparison import Comparison
from rnn_vs_transformer.evaluation.intervals import ratio_interval
from rnn_vs_transformer.evaluation.scoring import squared_error_of
from rnn_vs_transformer.evaluation.series_comparison import compare_series, widened
from rnn_vs_transformer.evaluation.test_split import as_test_split
from rnn_vs_transformer.models.baselines import fit_ridge, last_value_forecast
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.sources.make import make_series
from rnn_vs_transformer.sources.propose import propose

PLAIN = Scaler(np.zeros(1), np.ones(1))


def gappy(filling):
    """Every third step is missing, so that no window of three targets is whole; the context is one step."""
    values, observed = np.random.default_rng(0).standard_normal(120), np.ones(120, dtype=np.bool_)
    observed[1::3] = False
    values[~observed] = filling
    return Splits(Panel.of(["y"], [values], [observed]), np.array([[70, 95, 120]]), 1, 3, PLAIN)


def test_ridge_learns_nothing_of_what_fills_a_gap_though_no_window_is_whole():
    """Weights and the error that chooses them are of observed targets alone."""
    one, other = (fit_ridge(gappy(filling), 1) for filling in (0.0, 50.0))

    assert np.array_equal(one.weights, other.weights)
    assert one.validation_mse == other.validation_mse


def test_ridge_on_gaps_is_ridge_on_the_rows_that_are_there():
    """Step by step, with the windows that have that target: without gaps both ways give the same weights."""
    values = np.cumsum(np.random.default_rng(0).standard_normal(200))
    whole = unscaled(values, Borders(100, 150, 200), 4, 3)
    observed = np.ones(200, dtype=np.bool_)
    observed[99] = False  # the last target of train alone
    other = Splits(Panel.of(["y"], [values], [observed]), whole.ends, 4, 3, PLAIN)

    plain, stepwise = fit_ridge(whole, 4), fit_ridge(other, 4)

    np.testing.assert_allclose(stepwise.weights, plain.weights, atol=0.05)


def test_the_error_that_chooses_what_ships_is_finite_and_of_observed_targets_alone():
    """A mean over no window is no number, and the first name would be the best."""
    errors = []
    for filling in (0.0, 50.0):
        splits = gappy(filling)
        places = splits.places("validation")
        errors.append(squared_error_of(last_value_forecast(splits.values, places.origins, 3), splits, places))

    assert errors[0] == errors[1] > 0


def test_the_interval_of_an_error_knows_nothing_of_how_many_series_there_are(configure):
    """One series over 100 origins and five over the next have the loss 1 in every window: so has their mean."""
    settings = {**configure().data.model_dump(), "context_length": 4, "prediction_length": 2}
    draw = np.random.default_rng(0)
    series = [draw.standard_normal(300)] + [draw.standard_normal(200) for _ in range(4)]
    panel = Panel.of([str(number) for number in range(5)], series, first_steps=[0, 100, 100, 100, 100])
    ends = np.array([[60, 98, 300]] + [[60, 98, 200]] * 4)
    meta = Meta(settings, panel.names, 8, Axis(), filled_cells={"test": 0})
    test = as_test_split(scale_splits(panel, ends, meta), meta, {})

    ones = test.over_time(np.ones(len(test.truth)))[None]

    assert ones.std() > 0.1
    interval = ratio_interval(ones, ones, 20, 100, 0)
    assert (interval.low, interval.high) == pytest.approx((1, 1))


def test_series_in_step_are_no_surer_than_time_allows(configure):
    """Ten copies of one series are ten ratios alike; over time the difference may still be luck."""
    params = configure().evaluate
    errors = np.exp(np.random.default_rng(0).normal(0, 0.01, 12))
    over_series = compare_series(errors, 0.9 * errors, params)
    over_time = Comparison(-0.1, -0.3, 0.15, 0.5, "inconclusive", 0.2)

    found = widened(over_series, over_time, params)

    assert over_series.verdict == "transformer better"
    assert found.verdict == "inconclusive"
    assert (found.ci_low, found.ci_high) == (-0.3, 0.15)


def test_losses_of_validation_count_each_series_alike():
    """As scores do: a long series must not choose the epoch for the short ones."""
    panel = Panel.of(["long", "short"], [np.zeros(60), np.zeros(30)])
    ends = np.array([[20, 50, 60], [12, 20, 30]])
    splits = Splits(panel, ends, 3, 2, Scaler(np.zeros(2), np.ones(2)))
    [windows] = windows_of(splits, "validation")
    counts = np.bincount(windows.places.series)

    import torch  # noqa: PLC0415

    errors = torch.from_numpy(np.repeat([1.0, 3.0], counts))

    assert counts[0] > counts[1]
    assert windows.mean_over_series(errors) == pytest.approx(2.0)


def test_a_series_without_a_value_is_refused_by_name():
    """It has no scale of its own."""
    with pytest.raises(InputError, match="series 'y' has no value"):
        Scaler.fit(Panel.of(["y"], [np.zeros(3)], [np.zeros(3, dtype=np.bool_)]), constant=True)


@pytest.mark.parametrize("transform", ["log", "boxcox"])
def test_a_constant_that_a_transform_cannot_take_is_refused(transform):
    """As a new series to forecast it would scale to no number."""
    with pytest.raises(InputError, match="cannot take"):
        Scaler.fit(Panel.of(["y"], [np.full(5, -3.0)]), transform, constant=True)


def test_series_are_chosen_in_order():
    """Names and cells would be mixed up."""
    with pytest.raises(ValueError, match="increasing"):
        Panel.wide(np.zeros((3, 2)), ["a", "b"]).chosen(np.array([1, 0]))


def test_a_flag_of_the_plan_is_0_or_1():
    """Two promotions a day are another plan than any that was seen."""
    with pytest.raises(InputError, match="expected 0 or 1 as in training, got 2"):
        Covariate("promo", "future", "flag").codes(np.array([0.0, 1.0, 2.0]))


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """The folder of a user's files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/raw").mkdir(parents=True)
    return tmp_path / "data/raw"


def test_a_column_that_cannot_be_trained_on_is_left_out_unless_it_was_named(raw, configure):
    """One rule for wide files and panels: a dead sensor must not stop the others."""
    frame = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=120).date, "dead": 5.0})
    frame["y"] = np.random.default_rng(0).standard_normal(120)
    frame.to_csv(raw / "a.csv", index=False)
    changes = {"data.source": "csv", "data.file": "data/raw/a.csv"}

    made = make_series(configure(changes).data)

    assert made.meta.series == ["y"]
    assert "constant" in made.meta.left_out["dead"]
    with pytest.raises(InputError, match="'dead': is constant"):
        make_series(configure({**changes, "data.channels": ["dead", "y"]}).data)


@pytest.mark.parametrize(("year", "month"), [("year", "month"), ("Jahr", "Monat"), ("année", "mois")])
def test_years_and_months_in_two_columns_are_one_monthly_series(raw, configure, year, month):
    """In any of the usual languages; never twelve yearly ones."""
    times = pd.date_range("2014-01-01", periods=96, freq="MS")
    frame = pd.DataFrame({year: times.year, month: times.month, "y": np.random.default_rng(0).random(96)})
    frame.to_csv(raw / "a.csv", index=False)

    found = propose(raw / "a.csv", configure().data)

    assert (len(found.reading.panel), found.reading.axis.frequency) == (1, "MS")


def test_inspect_takes_the_setting_that_its_refusal_asked_for(raw, configure):
    """An hour that comes twice in October."""
    times = pd.date_range("2022-10-28", periods=120, freq="h", tz="Europe/Berlin").tz_localize(None)
    pd.DataFrame({"t": times, "y": np.random.default_rng(0).random(120)}).to_csv(raw / "a.csv", index=False)
    with pytest.raises(InputError, match=r"data\.time_zone"):
        propose(raw / "a.csv", configure().data)

    found = propose(raw / "a.csv", configure().data, {"time_zone": "Europe/Berlin"})

    assert found.reading.axis.zone == "Europe/Berlin"
