"""Folds of validation: where they lie, what is trained before them, and what they choose."""

import numpy as np
import pytest

from rnn_vs_transformer.data.panel import Panel
from rnn_vs_transformer.data.scaling import Scaler
from rnn_vs_transformer.data.series import save_series
from rnn_vs_transformer.data.splits import Borders, Splits, require_folds
from rnn_vs_transformer.forecasting.forecaster import Forecaster
from rnn_vs_transformer.forecasting.package import package_forecasters
from rnn_vs_transformer.models.baselines import fit_best_ridge, fit_ridge, load_ridge, refit_ridge, save_ridge_form
from rnn_vs_transformer.runtime import paths
from rnn_vs_transformer.runtime.errors import InputError
from rnn_vs_transformer.runtime.files import read_json, write_bytes
from rnn_vs_transformer.settings.family.families import given_settings, save_settings
from rnn_vs_transformer.sources.make import make_series
from rnn_vs_transformer.training.fit import Fit
from rnn_vs_transformer.training.history import best_recipes, best_validation_losses, validation_losses, write_history

from .test_panel_training import LONG, stores, train_all
from .test_panel_training import H as PANEL_H

L, H = 6, 3


BORDERS = Borders(120, 150, 180)


def splits_of(values, borders=BORDERS):
    scaler = Scaler.fit(Panel.wide(values[: borders.train_end], ["a", "b"]))
    return Splits.of_wide(scaler.scale(values, np.arange(2)), borders, L, H, scaler)


@pytest.fixture
def splits():
    return splits_of(np.random.default_rng(0).normal(size=(180, 2)).cumsum(axis=0))


def test_folds_lie_one_before_the_other_and_touch_no_later_step(splits):
    assert splits.fold(0) is splits
    for number in (1, 2):
        fold, end = splits.fold(number), 150 - 30 * number
        assert fold.ends.tolist() == [[end - 30, end, end]] * 2
        last = splits.panel.offsets[:-1] + end - 1
        for split in ("train", "validation"):
            places = fold.places(split)
            assert ((places.origins + H) <= last[places.series]).all()
        first = fold.places("validation").origins + 1 - splits.panel.offsets[fold.places("validation").series]
        assert first.min() == end - 30
        assert len(fold.places("test").origins) == 0


def test_a_fold_knows_nothing_of_what_follows(splits):
    """Ridge before a fold stays the same, whatever comes after it."""
    ridge = fit_ridge(splits, L)
    before = refit_ridge(ridge, splits.fold(1))
    for start in splits.panel.offsets[:-1]:
        splits.panel.values[start + 120 : start + 180] = 1e3
    after = refit_ridge(ridge, splits.fold(1))
    np.testing.assert_array_equal(before.weights, after.weights)
    assert before.validation_mse == after.validation_mse


def test_one_fold_is_the_validation_split_alone(splits):
    one, plain = fit_best_ridge(splits, 1), fit_best_ridge(splits)
    assert one.validation_mse == plain.validation_mse
    np.testing.assert_array_equal(one.weights, plain.weights)


def test_the_error_that_chooses_is_the_mean_over_folds(splits):
    ridge = fit_best_ridge(splits, 3)
    each = [refit_ridge(ridge, splits.fold(fold)) for fold in range(3)]
    assert ridge.validation_mse == pytest.approx(np.mean([one.validation_mse for one in each]))
    np.testing.assert_allclose(ridge.weights, each[0].weights)


def test_folds_choose_what_holds_in_all_of_them():
    """The last stretch alone jumps back to its mean; in the two before it the level wanders."""
    draw = np.random.default_rng(1)
    values = draw.normal(size=(400, 2)).cumsum(axis=0)
    values[300:350] = values[300] + 0.1 * draw.normal(size=(50, 2))
    wandering = splits_of(values, Borders(300, 350, 400))
    folds = [fit_best_ridge(wandering, count) for count in (1, 4)]
    errors = [[refit_ridge(ridge, wandering.fold(fold)).validation_mse for fold in range(4)] for ridge in folds]
    assert np.mean(errors[1]) < np.mean(errors[0])
    assert errors[0][0] < errors[1][0]


def test_more_folds_than_train_has_steps_for_are_refused(splits):
    require_folds(splits.panel, splits.ends, (L, H), 1, 4)
    with pytest.raises(InputError, match="leaves series '0' without a train window"):
        require_folds(splits.panel, splits.ends, (L, H), 1, 6)
    with pytest.raises(InputError, match="set it to 3 or less"):  # the seasonal naive has no season to repeat
        require_folds(splits.panel, splits.ends, (L, H), 40, 4)


def test_a_gap_that_leaves_a_fold_nothing_to_learn_from_is_refused(splits):
    splits.panel.observed[splits.panel.offsets[1] : splits.panel.offsets[1] + 80] = False
    require_folds(splits.panel, splits.ends, (L, H), 1, 2)
    with pytest.raises(InputError, match="leaves series '1'"):
        require_folds(splits.panel, splits.ends, (L, H), 1, 3)


def test_one_origin_per_series_is_enough_and_folds_choose_what_ships(tmp_path, monkeypatch, configure, pass_settings):
    """As the M4 competition tests: the horizon is all of the test split; through to the forecast."""
    monkeypatch.chdir(tmp_path)
    frame = stores([110 + 3 * number for number in range(12)])
    write_bytes(tmp_path / "data/raw/file.csv", frame.to_csv(index=False).encode())
    file = {"data.source": "csv", "data.file": "data/raw/file.csv", "data.season_length": 7, "run.workers": 1}
    short = {"train.epochs": 1, "train.patience": 1, "data.split": ["rest", PANEL_H, PANEL_H]}
    params = configure({**LONG, **file, **short, "train.validation_folds": 3})
    series = make_series(params.data)
    require_folds(series.panel, series.ends, (params.data.context_length, PANEL_H), 7, 3)
    save_series(series)
    pass_settings(params)
    train_all(params)
    metrics, artifact = read_json(paths.METRICS), package_forecasters()

    assert series.meta.windows["test"] == 12
    assert metrics["comparison"]["series"] == 12
    assert paths.weights("rnn", 0, fold=2).exists()
    losses = [best_validation_losses("rnn", fold=fold).mean() for fold in range(3)]
    assert len(set(losses)) == 3
    assert artifact.ensemble == pytest.approx(
        {name: metrics["ensemble"][f"weight_{name}"] for name in artifact.ensemble}, abs=1e-7
    )
    members = [artifact.validation_mse[name] for name in ("rnn", "transformer", "ridge")]
    assert artifact.validation_mse["ensemble"] <= max(members)
    assert len(Forecaster.load("models/forecaster").predict(frame)) == 12 * PANEL_H


def test_the_form_that_evaluation_chose_is_fitted_again_to_the_same_weights(splits, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    chosen = fit_best_ridge(splits, 3)
    save_ridge_form(chosen)
    again = load_ridge(splits)
    np.testing.assert_array_equal(again.weights, chosen.weights)
    assert (again.context_length, again.penalty) == (chosen.context_length, chosen.penalty)


def test_the_recipe_is_chosen_by_the_mean_over_folds(tmp_path, monkeypatch, configure):
    """Season tokens are better on the last stretch; over three the tutorial's recipe is, for the RNN alone."""
    monkeypatch.chdir(tmp_path)
    losses = {
        ("rnn", "tutorial"): (0.5, 0.2, 0.2), ("rnn", "season_tokens"): (0.4, 0.3, 0.3),
        ("transformer", "tutorial"): (0.5, 0.3, 0.3), ("transformer", "season_tokens"): (0.4, 0.3, 0.3),
    }  # fmt: skip
    for (family, recipe), folds in losses.items():
        params = configure({"train.validation_folds": len(folds)})
        save_settings(paths.trained_settings(family, recipe), given_settings(family, params.model, params.train))
        for fold, loss in enumerate(folds):
            seeds = {seed: Fit({}, [1.0], [loss + change], [1.0]) for seed, change in enumerate((-0.01, 0.01))}
            write_history(family, recipe, seeds, fold)
    assert validation_losses("rnn").tolist() == pytest.approx([0.29, 0.31])
    assert best_recipes() == {"rnn": "tutorial", "transformer": "season_tokens"}
